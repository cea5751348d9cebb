"""
How far a consumer is behind: messages not yet done with, and how old the oldest of them is at the least.

In: messages as they are read, what is still in hand, the clock's reading.  Out: two gauges for each partition.
Rule of this file: nothing is asked of the broker; the client knows the end of a partition from its last answer.
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


def set_lag(metrics: Metrics, place: Partition, messages: int, seconds: float) -> None:
    """Set both gauges of a partition: messages not done with, and the age of the oldest of them at the least."""
    labels = {"topic": place[0], "partition": str(place[1])}
    metrics.gauge("consumer_lag_messages", messages, **labels)
    metrics.gauge("consumer_lag_seconds", max(0.0, seconds), **labels)


@dataclass(slots=True)
class Lag:
    """The lag of one consumer; used by its own thread alone."""

    metrics: Metrics
    _next_at: float = 0.0
    _last: dict[Partition, float] = field(default_factory=dict)
    _times: dict[Place, float] = field(default_factory=dict)

    def read(self, message: Message) -> None:
        """Note when a message that was read now was sent."""
        _, milliseconds = message.timestamp()
        place = (message.topic() or "", message.partition() or 0)
        self._last[place] = milliseconds / 1000
        self._times[(*place, message.offset() or 0)] = milliseconds / 1000

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
            unread = max(0, high - partition.offset) if high >= 0 and partition.offset >= 0 else 0
            oldest = min(waiting, default=self._last.get(place) if unread else None)
            set_lag(self.metrics, place, unread + len(waiting), now - oldest if oldest else 0.0)

    def forget(self, partitions: Iterable[Partition]) -> None:
        """Set the gauges of partitions that are another's now to nothing."""
        for topic, number in partitions:
            self._last.pop((topic, number), None)
            set_lag(self.metrics, (topic, number), 0, 0.0)
