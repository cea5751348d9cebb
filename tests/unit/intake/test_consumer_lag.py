"""How far the intake is behind, as its gauges tell it."""

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
    def __init__(self, end: int) -> None:
        self.end = end

    def assignment(self) -> list[Any]:
        return [Raw(0, 0.0)]

    def highwater(self, _partition: Any) -> int:
        return self.end


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
    lag.begin(batch)
    lag.tell(Client(10), 130.0)
    assert gauges.seen == {"messages": 5, "seconds": 30.0}
    lag.end(batch)
    lag.tell(Client(10), 131.0)
    assert gauges.seen == {"messages": 3, "seconds": 31.0}
    lag.tell(Client(7), 132.0)
    assert gauges.seen == {"messages": 0, "seconds": 0.0}
