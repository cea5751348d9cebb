"""
Forward: a batch of source messages → commands and dead letters, all acknowledged before it ends.

In: messages as they came, a way to send. Out: what was sent; it raises where anything was not.
Rule of this file: it returns only after every message is safe elsewhere, so the caller may pass its offset; sent
twice is harmless (command IDs), sent never is not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from processors.consuming.share_limit import ShareLimit
from processors.intake.decode import decode
from processors.intake.map import command
from processors.intake.route import route
from processors.integration.catalog import Integrations
from processors.model.dead_letter import Coordinates, Headers, headers
from processors.model.errors import SignalboxError, Undecodable
from processors.model.ports import Clock, Metrics
from schemas.codec import Codec
from schemas.topics import SOURCE, SOURCES, command_topic, dead_letter_topic

STAGE = "decode"
_TRACE = "traceparent"


@dataclass(frozen=True, slots=True)
class Message:
    """One Kafka message as it came."""

    where: Coordinates
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class ProducerRecord:
    """One message to send; `partition` None lets its key choose."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


Send = Callable[[ProducerRecord], Awaitable[Awaitable[object]]]
"""Queue a record, in order; the result is awaited for the broker's acknowledgement."""


class TooManyDeadLetters(SignalboxError):
    """The share of unreadable messages says that something is wrong with this program or its source: stop."""


class Forwarder:
    """Forwards batches; its only state is the count of dead letters."""

    def __init__(
        self,
        integrations: Integrations,
        codec: Codec,
        clock: Clock,
        metrics: Metrics,
        limit: ShareLimit,
        prefix: str = "",
    ) -> None:
        self._integrations = integrations
        self._codec = codec
        self._clock = clock
        self._metrics = metrics
        self._limit = limit
        self._prefix = prefix

    async def batch(self, messages: Sequence[Message], send: Send) -> None:
        """Send what *messages* become and wait for every acknowledgement; raise what any of them raised."""
        now = self._clock()
        counts: list[tuple[str, dict[str, str]]] = []
        waiting: list[Awaitable[object]] = []
        for message in messages:
            record, counted = self._record(message, now)
            waiting.append(await send(record))
            counts += [("events_consumed_total", {"topic": message.where.topic}), counted]
        await asyncio.gather(*waiting)
        for name, labels in counts:
            self._metrics.count(name, 1, **labels)
        self._metrics.gauge("last_success_timestamp_seconds", self._clock().timestamp())

    def _record(self, message: Message, now: datetime) -> tuple[ProducerRecord, tuple[str, dict[str, str]]]:
        source = message.where.topic.removeprefix(self._prefix)
        try:
            event = decode(message.value, self._codec, SOURCES[source])
        except Undecodable as error:
            return self._dead(message, error)
        self._limit.exceeded(dead=False)
        made = command(event, route(event, self._integrations), now, _trace_id(message.headers))
        record = ProducerRecord(
            topic=self._prefix + command_topic(made.org),
            key=made.source_id.encode(),
            value=self._codec.encode("command", made.to_avro()),
            headers=tuple(header for header in message.headers if header[0] == _TRACE),
            partition=0,  # one writer an org: its topic has one partition
        )
        return record, ("commands_sent_total", {"org": made.org, "integration": made.integration})

    def _dead(self, message: Message, error: Undecodable) -> tuple[ProducerRecord, tuple[str, dict[str, str]]]:
        where = message.where
        if self._limit.exceeded(dead=True):
            raise TooManyDeadLetters(
                f"more than {self._limit.share:.0%} of the last messages of {where.topic} cannot be read, at last "
                f"{where.partition}:{where.offset} ({error.reason}); nothing was passed over: compare the source's "
                "contract with this version's, or raise the limit on dead letters"
            )
        said = headers(where, error, stage=STAGE, now=self._clock(), own=message.headers)
        topic = self._prefix + dead_letter_topic(where.topic.removeprefix(self._prefix).removeprefix(SOURCE))
        reason = type(error).__name__
        labels = {"topic": where.topic, "reason": reason}
        return ProducerRecord(topic, message.key, message.value, said), ("dead_letters_total", labels)


def _trace_id(found: Headers) -> str | None:
    """Return the trace ID of a W3C traceparent header, or None."""
    for name, value in found:
        parts = value.decode("ascii", "replace").split("-") if name == _TRACE else ()
        if len(parts) == 4 and len(parts[1]) == 32:
            return parts[1]
    return None
