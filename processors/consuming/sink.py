"""
The consumer loop of notifier and audit: read outcomes, call the handler, then commit the offsets.

In: messages of outcome topics (`read_committed`).  Out: batches of `Received`, committed once they are dealt with.
Rule of this file: an offset is committed only after the handler said done; while it cannot, partitions are paused
and polling goes on, so that an outage of the other side never costs the group membership.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Event
from time import monotonic, time
from typing import Any, Generic, TypeAlias, TypeVar

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from processors.consuming.lag import ConsumerLag
from processors.consuming.membership import raise_if_fenced, static_member
from processors.model.backoff import Backoff
from processors.model.errors import Transient, Undecodable, Unprocessable
from processors.model.ports import Metrics, Probe
from processors.model.received import ReceivedOf

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """
    What a sink reads and how patient it is. `kafka` are librdkafka's options (address, TLS, SASL, group.instance.id).

    A poll takes at most `batch` messages or `wait` seconds; pauses grow from `pause_first` to `pause_most` seconds.
    """

    group: str
    topics: tuple[str, ...]
    kafka: Mapping[str, Any] = field(default_factory=dict)
    batch: int = 500
    wait: float = 0.25
    pause_first: float = 0.5
    pause_most: float = 30.0

    def consumer(self) -> dict[str, Any]:
        """Return the consumer's configuration; what the promise rests on cannot be overridden."""
        return {
            "session.timeout.ms": 10_000,
            **static_member(self.kafka, self.topics),
            "partition.assignment.strategy": "cooperative-sticky",
            "group.id": self.group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            # Where nothing more is to be read: the lag rests on it.
            "enable.partition.eof": True,
        }


T = TypeVar("T")

Handler: TypeAlias = Callable[[Sequence[ReceivedOf[T]]], bool]
"""
Deals with a batch and returns True, or False: not finished, come again soon with the same batch and what came since.

Raises `Transient` where the other side does not answer.
"""


class Sink(Generic[T]):
    """
    One consumer of outcome topics (and that of notices). `run` returns when *stop* is set.

    *read* decodes a message of a topic: (topic, value) → what the handler deals with.
    """

    def __init__(
        self,
        settings: SinkSettings,
        handle: Handler[T],
        *,
        read: Callable[[str, bytes], T],
        dead_letter: Callable[[Message, Undecodable], None],
        metrics: Metrics,
        stop: Event,
        random: Random,
        probe: Probe | None = None,
        beat: Callable[[bool], None] = lambda _ready: None,
    ) -> None:
        self._settings = settings
        self._beat = beat
        self._handle = handle
        self._read = read
        self._dead_letter = dead_letter
        self._metrics = metrics
        self._stop = stop
        self._backoff = Backoff(settings.pause_first, settings.pause_most, random.random)
        self._probe = probe or (lambda _place: None)
        self._raw: list[Message] = []
        self._held: list[ReceivedOf[T]] = []
        self._next: dict[tuple[str, int], int] = {}
        self._tries = 0
        self._again_at = 0.0
        self._consumer = Consumer(settings.consumer())
        self._assigned = False
        self._paused = False
        self._lag = ConsumerLag(metrics)

    @property
    def ready(self) -> bool:
        """Whether partitions are assigned and the other side takes what it is handed."""
        return self._assigned and self._tries == 0

    def run(self) -> None:
        """Read and call the handler until *stop* is set; then leave the group without waiting for unfinished work."""
        self._consumer.subscribe(
            list(self._settings.topics), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )
        try:
            while not self._stop.is_set():
                self._beat(self.ready)
                self._take(self._consumer.consume(self._settings.batch, self._settings.wait))
                if (self._raw or self._held or self._next) and monotonic() >= self._again_at:
                    self._attempt()
                self._lag.tell(self._consumer, self._in_hand, time())
        finally:
            self._consumer.close()

    def _take(self, messages: Sequence[Message]) -> None:
        for message in messages:
            error = message.error()
            if error is None:
                self._raw.append(message)
                self._lag.read(message)
                self._metrics.count("events_consumed_total", topic=str(message.topic()))
            elif error.code() == KafkaError._PARTITION_EOF:
                self._lag.at_end(message)
            else:
                raise_if_fenced(error)
                log.warning("kafka answered with an error, it is tried again", error=error.str(), topic=message.topic())

    def _attempt(self) -> None:
        try:
            self._open()
            finished = self._handle(self._held) if self._held else True
        except Transient as error:
            self._hold(error)
            return
        if finished:
            if self._held:
                self._probe("handled")
                self._metrics.gauge("last_success_timestamp_seconds", time())
            self._held.clear()
            self._commit()
        if self._tries:
            log.info("the other side answers again", group=self._settings.group)
        self._tries = 0
        if finished or len(self._held) < 2 * self._settings.batch:
            self._resume()
        else:
            self._pause()

    def _in_hand(self) -> list[tuple[str, int, int]]:
        """Return the places of the messages that are read and not done with."""
        return [
            *map(_place, self._raw),
            *((received.topic, received.partition, received.offset) for received in self._held),
        ]

    def _open(self) -> None:
        """Turn messages into outcomes; what cannot be read goes to the dead letters, once."""
        while self._raw:
            message = self._raw[0]
            topic, partition, offset = _place(message)
            try:
                outcome = self._read(topic, message.value() or b"")
            except Transient:
                raise
            except Exception as fault:  # noqa: BLE001  one message must not stop the others
                self._dead_letter(message, fault if isinstance(fault, Undecodable) else Unprocessable(fault))
                log.warning("outcome is unreadable, it is now a dead letter", topic=topic, offset=offset)
            else:
                self._held.append(ReceivedOf(outcome, topic, partition, offset))
            self._next[(topic, partition)] = offset + 1
            self._raw.pop(0)

    def _commit(self) -> None:
        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in self._next.items()]
        if not offsets:
            return
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            # Nothing is lost: the batch is done and known as done; the offsets go along with the next attempt.
            log.warning("offsets could not be committed, they are tried again", error=str(error))
            self._again_at = monotonic() + self._settings.pause_first
            return
        self._next.clear()

    def _hold(self, error: Transient) -> None:
        self._tries += 1
        wait = error.retry_after or self._backoff.delay(self._tries)
        self._again_at = monotonic() + wait
        log.warning(
            "the other side does not answer, partitions are paused",
            group=self._settings.group,
            reason=error.reason,
            code=error.code,
            waiting=len(self._held) + len(self._raw),
            again_in=round(wait, 1),
        )
        self._pause()

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._consumer.pause(self._consumer.assignment())

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            self._consumer.resume(self._consumer.assignment())

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.incremental_assign(partitions)
        self._assigned = True
        if self._paused and partitions:
            consumer.pause(partitions)

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        gone = {(partition.topic, partition.partition) for partition in partitions}
        self._raw = [message for message in self._raw if _place(message)[:2] not in gone]
        self._held[:] = [item for item in self._held if (item.topic, item.partition) not in gone]
        self._next = {place: offset for place, offset in self._next.items() if place not in gone}
        self._lag.forget(gone)
        consumer.incremental_unassign(partitions)


def _place(message: Message) -> tuple[str, int, int]:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    if topic is None or partition is None or offset is None:
        raise RuntimeError("librdkafka delivered a message without a place")
    return topic, partition, offset
