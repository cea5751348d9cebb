"""
Command *import*: the initial import of an integration's prospects, followed until each one is answered.

In: a file of JSON lines (`-`: standard input), or a topic of prospects.  Out: events of the occasion `initial`; a bar,
or plain lines; a summary whose numbers add up.
Rule of this file: every line is checked before the first is sent; a line's event ID is its own for ever, so that a load
which was stopped goes on where it was, and nothing is applied twice.
"""

import signal
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from rich.console import Console

from connectors.kafka.options import consumer_config, producer_config
from processors.model.errors import Misconfigured, Transient
from processors.sources.load import load_integrations
from processors.sources.prospect.settings import ProspectIntegration
from schemas.codec import Codec
from schemas.topics import SOURCE_PROSPECT
from signalbox.codec import open_codec
from signalbox.commands.common import FAILED, say
from signalbox.following import Following, follow_to_end
from signalbox.initial_import import InitialImport, line_of, prepared
from signalbox.settings import Settings, load_settings

_READ_SECONDS = 30.0
_FLUSH_SECONDS = 60.0
_STOPPED = 130

WINDOW = 5_000
"""
Prospects that are under way at once: more than the org takes at a time, and so few that what else comes for the org is
read in between (an executor reads no further than `executor.max_due` commands).
"""


def import_(
    source: Annotated[str, typer.Argument(help="JSON lines of prospects; - reads standard input; topic:NAME a topic.")],
    integration: Annotated[str, typer.Option(help="Whose prospects they are.")],
    timeout: Annotated[float, typer.Option(help="Seconds without a new outcome after which it gives up.")] = 600.0,
) -> None:
    """
    Load prospects for the first time and follow each one to its outcome; exit 1 if any ended as an error.

    Stopped and started again, it goes on: what was answered before is not sent again.
    Example: signalbox import prospects.jsonl --integration prospects-to-leads
    """
    # Begun in the background of a script it would not hear Ctrl-C: shells have it ignored there.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings = load_settings()
    wanted = _integration(settings, integration)
    codec = open_codec(settings)
    load = prepared(_lines(source, settings, codec), wanted, codec)
    if load.faults:
        for fault in load.faults:
            say(fault)
        say(f"{len(load.faults)} of {load.lines} lines are refused, and nothing was sent; mend them, then start again")
        raise typer.Exit(FAILED)
    console = Console()
    follow = Following(settings.kafka.client(None), codec, load)
    try:
        before = follow.catch_up()
        sender = Sender(Producer(producer_config(settings.kafka.client(None))), load, follow)
        follow_to_end(follow, sender.more, console, timeout, time.monotonic)
    except KeyboardInterrupt:
        say(f"stopped with {follow.answered} of {len(load.events)} answered; start it again to go on")
        raise typer.Exit(_STOPPED) from None
    finally:
        follow.close()
    console.print(follow.summary(before))
    if not follow.whole:
        raise typer.Exit(FAILED)


def _integration(settings: Settings, name: str) -> ProspectIntegration:
    known = load_integrations(settings.integrations).by_name
    found = known.get(name)
    if not isinstance(found, ProspectIntegration):
        fit = sorted(integration.name for integration in known.values() if isinstance(integration, ProspectIntegration))
        others = f"; those are {', '.join(fit)}" if fit else "; there is none in the integration files"
        raise Misconfigured([f"integration '{name}' is none of source 'prospect'{others}"])
    if not found.enabled:
        raise Misconfigured([f"integration '{name}' is not enabled; set enabled: true in its file, restart, then load"])
    return found


def _lines(source: str, settings: Settings, codec: Codec) -> Iterable[str]:
    if source == "-":
        return sys.stdin
    if source.startswith("topic:"):
        return _messages(source.removeprefix("topic:"), settings, codec)
    try:
        return Path(source).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured([f"{source}: cannot be read: {error}"]) from None


def _messages(topic: str, settings: Settings, codec: Codec) -> Iterator[str]:
    """Yield every prospect of a topic, from its beginning to where it ends now, as JSON lines."""
    if topic == SOURCE_PROSPECT:
        raise Misconfigured([f"topic {topic} is where prospects are sent to; name another one to load from"])
    consumer = Consumer(
        {**consumer_config(settings.kafka.client(None), "signalbox-import"), "enable.partition.eof": True}
    )
    try:
        known = consumer.list_topics(topic, timeout=_READ_SECONDS).topics[topic]
        if known.error is not None:
            raise Misconfigured([f"topic {topic}: {known.error.str()}"])
        for partition in known.partitions:
            consumer.assign([TopicPartition(topic, partition, 0)])
            yield from _partition(consumer, topic, codec)
    finally:
        consumer.close()


def _partition(consumer: Consumer, topic: str, codec: Codec) -> Iterator[str]:
    while True:
        message = consumer.poll(_READ_SECONDS)
        if message is None:
            raise Transient(f"Kafka gave no message of {topic} within {_READ_SECONDS:g} s")
        error = message.error()
        if error is not None and error.code() == KafkaError._PARTITION_EOF:
            return
        if error is not None:
            raise Transient(f"{topic}: {error.str()}")
        yield line_of(message.value() or b"", codec)


class Sender:
    """Sends what is not answered yet, never more than `WINDOW` prospects ahead of their outcomes."""

    def __init__(self, producer: Producer, load: InitialImport, follow: Following) -> None:
        self._producer, self._follow = producer, follow
        self._before = follow.answered
        self._left = deque(event for event in load.events if event.outcome_id not in follow.seen)
        self._sent = 0

    def more(self) -> None:
        """Send as many as may be under way now; raises `Transient` where Kafka does not take them."""
        room = WINDOW - (self._sent - (self._follow.answered - self._before))
        if room <= 0 or not self._left:
            return
        for _ in range(min(room, len(self._left))):
            event = self._left[0]
            try:
                self._producer.produce(SOURCE_PROSPECT, event.value, event.key)
            except BufferError:
                break
            self._left.popleft()
            self._sent += 1
        if left := self._producer.flush(_FLUSH_SECONDS):
            raise Transient(f"Kafka did not take {left} prospects in {_FLUSH_SECONDS:g} s; start again to go on")
