"""
How far a consumer is behind: messages not yet done with, and how old the oldest of them is at the least.

In: what was read of each partition, its end as the client knows it, the clock's reading.  Out: two gauges a partition.
Rule of this file: the one way to count, for every process. Nothing is asked of the broker. A transaction's last offset
holds no message, but a control record: what counts is where the client found nothing more to read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from confluent_kafka import Consumer, KafkaException, Message

from processors.model.ports import Metrics

EVERY_SECONDS = 1.0
Partition: TypeAlias = tuple[str, int]
Place: TypeAlias = tuple[str, int, int]
"""Topic, partition, offset."""


@dataclass(slots=True)
class Lag:
    """The lag of one consumer; used by its own thread alone. Times are seconds since the epoch."""

    metrics: Metrics
    _ends: dict[Partition, int] = field(default_factory=dict)
    _since: dict[Partition, float] = field(default_factory=dict)

    def read(self, place: Partition, sent: float) -> None:
        """Note when the last message that was read of a partition was sent: those behind it are younger."""
        self._since[place] = max(sent, self._since.get(place, 0.0))

    def nothing_below(self, place: Partition, offset: int) -> None:
        """Note that the client has read to *offset*, which only control records may have brought it to."""
        self._ends[place] = offset

    def tell(
        self, place: Partition, begin: int, end: int, now: float, *, in_hand: int = 0, oldest: float | None = None
    ) -> None:
        """
        Set both gauges of a partition.

        Args:
            begin: The offset after the last message that was read; below 0: not known yet.
            end: The offset after the last one that the client knows of; below 0: not known yet.
            in_hand: How many messages before *begin* are not done with.
            oldest: When the oldest message was sent that is not done with, where that is known.
        """
        unread = max(0, end - max(begin, self._ends.get(place, 0))) if min(begin, end) >= 0 else 0
        if not unread and not in_hand:
            # Whatever comes from now on is sent after this.
            self._since[place] = now
        late = unread + in_hand
        since = self._since.setdefault(place, now) if oldest is None else oldest
        self._set(place, late, now - since if late else 0.0)

    def forget(self, partitions: Iterable[Partition]) -> None:
        """Set the gauges of partitions that are another's now to nothing."""
        for place in partitions:
            self.begin_anew(place)
            self._set(place, 0, 0.0)

    def begin_anew(self, place: Partition) -> None:
        """Forget what was read of a partition: it is read again from another offset."""
        self._since.pop(place, None)
        self._ends.pop(place, None)

    def _set(self, place: Partition, messages: int, seconds: float) -> None:
        labels = {"topic": place[0], "partition": str(place[1])}
        self.metrics.gauge("consumer_lag_messages", messages, **labels)
        self.metrics.gauge("consumer_lag_seconds", max(0.0, seconds), **labels)


@dataclass(slots=True)
class ConsumerLag:
    """The lag of a consumer that hands messages over in batches, told once a second."""

    metrics: Metrics
    _next_at: float = 0.0
    _times: dict[Place, float] = field(default_factory=dict)
    _lag: Lag = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing read."""
        self._lag = Lag(self.metrics)

    def read(self, message: Message) -> None:
        """Note a message that was read now."""
        place = (message.topic() or "", message.partition() or 0)
        self._times[(*place, message.offset() or 0)] = sent_at(message)
        self._lag.read(place, sent_at(message))

    def at_end(self, message: Message) -> None:
        """Note the client's word that it has read a partition to its end (`enable.partition.eof`)."""
        self._lag.nothing_below((message.topic() or "", message.partition() or 0), message.offset() or 0)

    def tell(self, consumer: Consumer, in_hand: Callable[[], Iterable[Place]], now: float) -> None:
        """Set the gauges of every partition, once a second; *in_hand* tells the places of messages not done with."""
        if now < self._next_at:
            return
        self._next_at = now + EVERY_SECONDS
        kept = {place: self._times[place] for place in in_hand() if place in self._times}
        self._times = kept
        try:
            assigned = consumer.position(consumer.assignment())
        except KafkaException:
            return
        for partition in assigned:
            place = (partition.topic, partition.partition)
            waiting = [moment for (topic, number, _), moment in kept.items() if (topic, number) == place]
            _, high = consumer.get_watermark_offsets(partition, cached=True)
            oldest = min(waiting, default=None)
            self._lag.tell(place, partition.offset, high, now, in_hand=len(waiting), oldest=oldest)

    def forget(self, partitions: Iterable[Partition]) -> None:
        """Set the gauges of partitions that are another's now to nothing."""
        self._lag.forget(partitions)


def sent_at(message: Message) -> float:
    """Return when a message was sent, in seconds since the epoch."""
    _, milliseconds = message.timestamp()
    return milliseconds / 1000
