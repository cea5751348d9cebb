"""
The lag of the intake: messages not forwarded yet, and how old the first of them is at the least.

In: batches as they begin and end, Faust's consumer.  Out: two gauges for each partition.
Rule of this file: nothing is asked of the broker; the client knows the end of a partition from its last answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from processors.consuming.lag import set_lag
from processors.model.ports import Metrics


@dataclass(slots=True)
class IntakeLag:
    """The forwarded offset of each partition, and since when the first message after it waits."""

    metrics: Metrics
    prefix: str = ""
    _done: dict[tuple[str, int], int] = field(default_factory=dict)
    _sent: dict[tuple[str, int], float] = field(default_factory=dict)

    def begin(self, events: Sequence[Any]) -> None:
        """A batch is in hand: of each partition its first message is the oldest that waits."""
        first: dict[tuple[str, int], Any] = {}
        for raw in (event.message for event in events):
            first.setdefault((raw.topic, raw.partition), raw)
        for place, raw in first.items():
            self._sent[place] = float(raw.timestamp or 0.0)
            self._done.setdefault(place, raw.offset)

    def end(self, events: Sequence[Any]) -> None:
        """A batch is forwarded."""
        for raw in (event.message for event in events):
            self._done[raw.topic, raw.partition] = raw.offset + 1

    def tell(self, consumer: Any, now: float) -> None:
        """Set the gauges of every partition of which a message was read."""
        ends = {(one.topic, one.partition): consumer.highwater(one) for one in consumer.assignment()}
        for place, done in self._done.items():
            unread = max(0, (ends.get(place) or done) - done)
            age = now - self._sent[place] if unread else 0.0
            set_lag(self.metrics, (place[0].removeprefix(self.prefix), place[1]), unread, age)
