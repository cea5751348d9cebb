"""
Command *publish*: JSON lines → Avro → one topic, for tests and first steps.

In: a file of JSON objects, one a line (`-`: standard input).  Out: messages, and one line for each line refused.
Rule of this file: every line is either acknowledged by Kafka or named with its number; the end says how many of each.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from confluent_kafka import KafkaError, KafkaException, Producer

from connectors.kafka.options import producer_config
from processors.model.errors import Misconfigured
from schemas.bounds import DEPTH
from schemas.codec import Codec
from schemas.contracts import shipped
from schemas.topics import Topic
from signalbox.codec import open_codec
from signalbox.commands.common import FAILED, say
from signalbox.commands.topics import wanted
from signalbox.settings import load_settings

FLUSH_SECONDS = 60.0


def publish(
    file: Annotated[str, typer.Argument(help="JSON lines; - reads standard input.")],
    topic: Annotated[str, typer.Option(help="The topic, which decides the contract and the key.")],
) -> None:
    """
    Publish JSON lines as Avro; exit 1 if any line was refused.

    Times are ISO 8601 with a zone, or milliseconds since the epoch; fields with a default may be left out.
    Example: signalbox publish calls.jsonl --topic crm.event.call-result
    """
    settings = load_settings()
    row = _row(topic, wanted(settings))
    codec = open_codec(settings)
    batch = Batch(Producer(producer_config(settings.kafka.client(None))), row, codec)
    for number, line in enumerate(_lines(file), start=1):
        if line.strip():
            batch.send(number, line)
    if not batch.end():
        raise typer.Exit(FAILED)


class Batch:
    """Lines on their way to one topic, and how they fared."""

    def __init__(self, producer: Producer, topic: Topic, codec: Codec, tell: Callable[[str], None] = say) -> None:
        self._producer, self._topic, self._codec, self._tell = producer, topic, codec, tell
        self._sent = self._refused = 0

    def send(self, number: int, line: str) -> None:
        """Send one line, or tell why not."""
        try:
            key, value = message(self._topic, self._codec, line)
        except ValueError as error:
            self._refuse(number, str(error))
            return
        while True:
            try:
                self._producer.produce(
                    self._topic.name, value, key, on_delivery=lambda error, _: self._answered(number, error)
                )
                self._producer.poll(0)
                return
            except BufferError:
                self._producer.poll(0.2)
            except KafkaException as error:
                self._refuse(number, error.args[0].str())
                return

    def end(self) -> bool:
        """Wait for Kafka's answers, tell the counts; return whether every line was published."""
        left = self._producer.flush(FLUSH_SECONDS)
        unanswered = f", {left} without an answer from Kafka" if left else ""
        self._tell(f"{self._sent} published to {self._topic.name}, {self._refused} refused{unanswered}")
        return not self._refused and not left

    def _answered(self, number: int, error: KafkaError | None) -> None:
        if error is None:
            self._sent += 1
        else:
            self._refuse(number, error.str())

    def _refuse(self, number: int, why: str) -> None:
        self._refused += 1
        self._tell(f"line {number}: {' '.join(why.split())}")


def message(topic: Topic, codec: Codec, line: str) -> tuple[bytes, bytes]:
    """Return key and value of one JSON line; raise ValueError that says what is wrong with it."""
    value = json_object(line)
    contract = topic.contract or ""
    filled = from_json(shipped()[contract].raw, value, "")
    key = filled.get(topic.key)
    if not isinstance(key, str):
        raise ValueError(f"{topic.key}, the key, is missing or no text")
    return key.encode(), codec.encode(contract, filled)


def json_object(line: str) -> dict[str, Any]:
    """Return the JSON object that a line holds; raise ValueError that says why it is none."""
    try:
        value = json.loads(line)
    except RecursionError:
        raise ValueError(f"not JSON of an event: nested deeper than {DEPTH} levels") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def from_json(schema: Any, value: Any, path: str) -> Any:
    """Return *value* as the contract takes it: defaults filled in, ISO 8601 moments read; unknown fields refused."""
    if isinstance(schema, list):
        inner = [item for item in schema if item != "null"]
        return value if value is None or len(inner) != 1 else from_json(inner[0], value, path)
    if not isinstance(schema, Mapping):
        return _number(schema, value)
    kind = schema["type"]
    if kind == "record" and isinstance(value, Mapping):
        return _record(schema, value, path)
    if kind == "array" and isinstance(value, list):
        return [from_json(schema["items"], item, f"{path}[{index}]") for index, item in enumerate(value)]
    if str(schema.get("logicalType", "")).startswith("timestamp") and isinstance(value, str):
        return _moment(value, path)
    return from_json(kind, value, path) if isinstance(kind, Mapping | list) else value


def _number(kind: Any, value: Any) -> Any:
    """Return a whole number as the decimal one that the contract asks for: JSON has one kind of number."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if kind == "double" and whole and abs(value) < 2**63 else value


def _record(schema: Mapping[str, Any], value: Mapping[str, Any], path: str) -> dict[str, Any]:
    fields = {field["name"]: field for field in schema["fields"]}
    unknown = sorted(set(value) - set(fields))
    if unknown:
        raise ValueError(f"unknown field {', '.join(f'{path}{name}' for name in unknown)}")
    filled = {}
    for name, field in fields.items():
        if name in value:
            filled[name] = from_json(field["type"], value[name], f"{path}{name}.")
        elif "default" in field:
            filled[name] = field["default"]
        else:
            raise ValueError(f"{path}{name} is missing")
    return filled


def _moment(text: str, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{path.rstrip('.')} is no ISO 8601 time") from None
    if moment.tzinfo is None:
        raise ValueError(f"{path.rstrip('.')} has no zone; end it with Z or +00:00")
    return moment


def _fields(contract: str) -> frozenset[str]:
    return frozenset(field["name"] for field in shipped()[contract].raw["fields"])


def _row(topic: str, table: Iterable[Topic]) -> Topic:
    rows = {row.name: row for row in table if row.contract is not None and row.key in _fields(row.contract)}
    if topic not in rows:
        raise Misconfigured([f"topic {topic!r} takes no published lines; choose one of {', '.join(sorted(rows))}"])
    return rows[topic]


def _lines(file: str) -> Iterable[str]:
    if file == "-":
        yield from sys.stdin
        return
    try:
        with Path(file).open(encoding="utf-8") as lines:
            yield from lines
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured([f"{file}: cannot be read: {error}"]) from None
