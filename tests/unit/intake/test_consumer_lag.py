"""How far the intake is behind, as its gauges tell it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from processors.intake.consumer_lag import IntakeLag


@dataclass(frozen=True)
class Raw:
    offset: int
    timestamp: float
    topic: str = "t.crm.event.booking"
    partition: int = 2


@dataclass(frozen=True)
class Event:
    message: Raw


class Client:
    """Faust's consumer: what it has read, where it reads on, and the end of the one partition."""

    def __init__(self, end: int, read: int | None = None, position: int = 0) -> None:
        self.end, self.at = end, position
        self._read_offset = {Raw(0, 0.0): read}

    def assignment(self) -> list[Any]:
        return [Raw(0, 0.0)]

    def highwater(self, _partition: Any) -> int:
        return self.end

    async def position(self, _partition: Any) -> int:
        return self.at


class Gauges:
    def __init__(self) -> None:
        self.seen: dict[str, float] = {}

    def gauge(self, name: str, value: float, **labels: str) -> None:
        assert labels == {"topic": "crm.event.booking", "partition": "2"}
        self.seen[name.removeprefix("consumer_lag_")] = value

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        raise AssertionError(name)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        raise AssertionError(name)


def test_messages_not_handed_over_are_the_lag_and_the_first_of_them_tells_its_age() -> None:
    gauges = Gauges()
    lag = IntakeLag(gauges, "t.")
    batch = [Event(Raw(5, 100.0)), Event(Raw(6, 101.0))]

    def told(client: Client, now: float) -> dict[str, float]:
        asyncio.run(lag.tell(client, now))
        return gauges.seen

    lag.begin(batch)
    assert told(Client(10, 6), 130.0) == {"messages": 5, "seconds": 30.0}
    lag.end(batch)
    # Those behind it are no older than the last one that was handed over.
    assert told(Client(10, 9, 10), 131.0) == {"messages": 3, "seconds": 30.0}
    assert told(Client(7, 6), 132.0) == {"messages": 0, "seconds": 0.0}


def test_where_only_a_control_record_is_left_nothing_is_unread() -> None:
    gauges = Gauges()
    lag = IntakeLag(gauges, "t.")
    batch = [Event(Raw(5, 100.0))]
    lag.begin(batch)
    lag.end(batch)
    asyncio.run(lag.tell(Client(7, 5, 7), 131.0))
    assert gauges.seen == {"messages": 0, "seconds": 0.0}
