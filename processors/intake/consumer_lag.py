"""
The lag of the intake: messages not forwarded yet, and how old the first of them is at the least.

In: batches as they begin and end, Faust's consumer.  Out: two gauges for each partition.
Rule of this file: how lag is counted is in `processors/consuming/lag.py`; here is how Faust's consumer is asked.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from processors.consuming.lag import Lag, Partition
from processors.model.ports import Metrics

POSITION_SECONDS = 0.5


@dataclass(slots=True)
class IntakeLag:
    """The forwarded offset of each partition, and when the first message of a batch in hand was sent."""

    metrics: Metrics
    prefix: str = ""
    _done: dict[Partition, int] = field(default_factory=dict)
    _in_hand: dict[Partition, float] = field(default_factory=dict)
    _lag: Lag = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing read."""
        self._lag = Lag(self.metrics)

    def begin(self, events: Sequence[Any]) -> None:
        """A batch is in hand: of each partition its first message is the oldest that waits."""
        for raw in (event.message for event in events):
            place = raw.topic, raw.partition
            self._in_hand.setdefault(place, float(raw.timestamp or 0.0))
            self._done.setdefault(place, raw.offset)

    def end(self, events: Sequence[Any]) -> None:
        """A batch is forwarded."""
        for raw in (event.message for event in events):
            place = raw.topic, raw.partition
            self._done[place] = raw.offset + 1
            self._lag.read(self._named(place), float(raw.timestamp or 0.0))
            self._in_hand.pop(place, None)

    async def tell(self, consumer: Any, now: float) -> None:
        """Set the gauges of every partition of which a message was read."""
        for item in consumer.assignment():
            place = item.topic, item.partition
            done = self._done.get(place)
            if done is None:
                continue
            end = consumer.highwater(item)
            if end is not None and end > done and not _delivered(consumer, item, done):
                self._lag.nothing_below(self._named(place), await _position(consumer, item))
            reached = done if end is None else end
            self._lag.tell(self._named(place), done, reached, now, oldest=self._in_hand.get(place))

    def _named(self, place: Partition) -> Partition:
        return place[0].removeprefix(self.prefix), place[1]


def _delivered(consumer: Any, partition: Any, done: int) -> bool:
    """Whether Faust has messages at hand that are not forwarded."""
    read = consumer._read_offset[partition]
    return read is not None and read >= done


async def _position(consumer: Any, partition: Any) -> int:
    """Return where the client reads on, which is behind control records; 0 where it does not say at once."""
    try:
        return int(await asyncio.wait_for(consumer.position(partition), POSITION_SECONDS) or 0)
    except Exception:  # noqa: BLE001  a partition that was just taken away, a client that stops: the next turn tells
        return 0
