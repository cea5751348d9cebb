"""
Forward: a batch of source messages → commands and dead letters, all acknowledged before it ends.

In: messages as they came, a way to send. Out: what was sent; it raises where anything was not.
Rule of this file: it returns only after every message is safe elsewhere, so the caller may pass its offset; sent
twice is harmless (command IDs), sent never is not. A message that cannot be handled, for whatever reason, is a dead
letter: none stops those behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from processors.consuming.share_limit import ShareLimit
from processors.intake.decode import decode
from processors.intake.map import command
from processors.intake.route import IntegrationUnknown, route
from processors.integration.catalog import Integrations
from processors.model.dead_letter import MESSAGE_BYTES, Coordinates, Headers, fitted, headers, sendable, size
from processors.model.errors import Misconfigured, SignalboxError, TooLarge, Transient, Undecodable, Unprocessable
from processors.model.ports import Clock, Metrics
from schemas.codec import Codec
from schemas.command import Command
from schemas.shorten import fit_command
from schemas.topics import SOURCE, SOURCES, command_topic, dead_letter_topic

STAGE = "decode"
LEAST_BYTES = 4_096
"""A dead letter is not shortened further than this; a topic that refuses even that is a fault of the installation."""
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

    def size(self) -> int:
        """Return its bytes, as `MESSAGE_BYTES` counts them."""
        return size(self.key, self.value, self.headers)


Send = Callable[[ProducerRecord], Awaitable[Awaitable[object]]]
"""
Queue a record, in order; the result is awaited for the broker's acknowledgement.

Either raises `TooLarge` where the record, or the broker's batch that it was in, is larger than the topic takes.
"""
Counted = tuple[str, dict[str, str]]
"""A counter's name with its labels."""


class TooManyDeadLetters(SignalboxError):
    """So many messages are unreadable that this program or the source must be wrong: the topic pauses."""

    def __init__(self, reason: str, where: Coordinates) -> None:
        super().__init__(reason)
        self.where = where


class Forwarder:
    """Forwards batches of one topic; its only state is the count of dead letters, and which of them were accepted."""

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
        self._accepted: Mapping[int, int] = {}

    def accept(self, offsets: Mapping[int, int]) -> None:
        """An operator has accepted what lies before these offsets of the partitions: it counts no more."""
        self._accepted = offsets
        self._limit = self._limit.anew()

    async def batch(self, messages: Sequence[Message], send: Send) -> None:
        """
        Send what *messages* become and wait for every acknowledgement; raise what any of them raised.

        Raises:
            TooManyDeadLetters: Too much cannot be read; nothing was sent.
            IntegrationUnknown: Of the first whose integration is not known; those before it were sent.
        """
        now = self._clock()
        made: list[tuple[ProducerRecord, Counted]] = []
        for number, message in enumerate(messages):
            try:
                made.append(self._record(message, now))
            except IntegrationUnknown:
                await self._send(messages[:number], made, now, send)
                raise
        await self._send(messages, made, now, send)

    async def _send(
        self, messages: Sequence[Message], made: Sequence[tuple[ProducerRecord, Counted]], now: datetime, send: Send
    ) -> None:
        answers = await _acknowledged([record for record, _ in made], send)
        counts: list[Counted] = []
        for message, (record, counted), answer in zip(messages, made, answers, strict=True):
            # The broker refuses a whole batch for its size: one large message takes others with it.
            again = await self._alone(message, record, now, send) if isinstance(answer, TooLarge) else None
            if answer is not None and not isinstance(answer, TooLarge):
                raise answer
            counts += [("events_consumed_total", {"topic": message.where.topic}), again or counted]
        for name, labels in counts:
            self._metrics.count(name, 1, **labels)
        self._metrics.gauge("last_success_timestamp_seconds", self._clock().timestamp())

    async def _alone(self, message: Message, record: ProducerRecord, now: datetime, send: Send) -> Counted | None:
        """
        Send by itself what was refused for its size; what is too large even so becomes a dead letter that fits.

        Return what is counted for the dead letter, None where the record was taken.
        """
        [answer] = await _acknowledged([record], send)
        limit, counted = MESSAGE_BYTES, None
        while isinstance(answer, TooLarge) and limit >= LEAST_BYTES:
            limit //= 4
            dead, counted = self._dead(message, answer, now, limit)
            [answer] = await _acknowledged([dead], send)
        if answer is not None:
            raise answer
        return counted

    def _record(self, message: Message, now: datetime) -> tuple[ProducerRecord, Counted]:
        """
        Return the message's command, or its dead letter: whatever of our own code raises is one, too.

        What something outside causes (`Transient`, `Misconfigured`: a registry without an answer) is none.
        """
        try:
            made = self._command(message, now)
        except IntegrationUnknown:
            raise
        except Undecodable as error:
            return self._counted_dead(message, error, now)
        except (Transient, Misconfigured):
            raise
        except Exception as error:  # noqa: BLE001  a message that no code of ours can handle must not stop the others
            return self._counted_dead(message, Unprocessable(error), now)
        self._limit.exceeded(dead=False)
        return made

    def _command(self, message: Message, now: datetime) -> tuple[ProducerRecord, Counted]:
        event = decode(message.value, self._codec, SOURCES[message.where.topic.removeprefix(self._prefix)])
        made = command(event, route(event, self._integrations), now, _trace_id(message.headers))
        trace = tuple(header for header in message.headers if header[0] == _TRACE)
        record = self._to_send(made, trace)
        if record.size() > MESSAGE_BYTES:
            made = fit_command(made, lambda item: self._to_send(item, trace).size(), MESSAGE_BYTES)
            record = self._to_send(made, trace)
        if record.size() > MESSAGE_BYTES:
            raise TooLarge(f"its command has {record.size():,} bytes, more than the {MESSAGE_BYTES:,} of a message")
        return record, ("commands_sent_total", {"org": made.org, "integration": made.integration})

    def _to_send(self, made: Command, trace: Headers) -> ProducerRecord:
        return ProducerRecord(
            topic=self._prefix + command_topic(made.org),
            key=made.source_id.encode(),
            value=self._codec.encode("command", made.to_avro()),
            headers=trace,
            partition=0,  # one writer an org: its topic has one partition
        )

    def _counted_dead(self, message: Message, error: Undecodable, now: datetime) -> tuple[ProducerRecord, Counted]:
        where = message.where
        accepted = where.offset < self._accepted.get(where.partition, 0)
        if not accepted and self._limit.exceeded(dead=True):
            raise TooManyDeadLetters(
                f"more than {self._limit.share:.0%} of the last messages of {where.topic} cannot be read, at last "
                f"{where.partition}:{where.offset} ({error.reason}); compare the source's contract with this "
                f"version's, or let all that it holds now become dead letters: signalbox dead-letters accept "
                f"{where.topic.removeprefix(self._prefix)}",
                where,
            )
        return self._dead(message, error, now)

    def _dead(
        self, message: Message, error: Undecodable, now: datetime, limit: int = MESSAGE_BYTES
    ) -> tuple[ProducerRecord, Counted]:
        """Return the dead letter of *message* in at most *limit* bytes."""
        where = message.where
        said = headers(where, error, stage=STAGE, now=now, own=message.headers)
        topic = self._prefix + dead_letter_topic(where.topic.removeprefix(self._prefix).removeprefix(SOURCE))
        labels = {"topic": where.topic, "reason": type(error).__name__}
        record = ProducerRecord(topic, *sendable(*fitted(message.key, message.value, said, limit)))
        return record, ("dead_letters_total", labels)


async def _acknowledged(records: Sequence[ProducerRecord], send: Send) -> list[BaseException | None]:
    """Send *records* in order and wait for all; return what each raised."""
    waiting: list[Awaitable[object]] = [await _queued(record, send) for record in records]
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    return [answer if isinstance(answer, BaseException) else None for answer in answers]


async def _queued(record: ProducerRecord, send: Send) -> Awaitable[object]:
    """Queue a record; one that is refused at once for its size is answered as one that the broker refuses."""
    try:
        return await send(record)
    except TooLarge as error:
        refused: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        refused.set_exception(error)
        return refused


def _trace_id(found: Headers) -> str | None:
    """Return the trace ID of a W3C traceparent header, or None."""
    for name, value in found:
        parts = value.decode("ascii", "replace").split("-") if name == _TRACE else ()
        if len(parts) == 4 and len(parts[1]) == 32:
            return parts[1]
    return None
