"""How far a sink is behind, as its gauges tell it."""

from typing import Any

from confluent_kafka import TopicPartition

from processors.consuming.lag import EVERY_SECONDS, ConsumerLag, Lag


class Client:
    """A consumer at a position, of a partition with an end."""

    def __init__(self, position: int, end: int) -> None:
        self.at, self.end = position, end

    def assignment(self) -> list[TopicPartition]:
        return [TopicPartition("t", 1)]

    def position(self, _partitions: Any) -> list[TopicPartition]:
        return [TopicPartition("t", 1, self.at)]

    def get_watermark_offsets(self, _partition: Any, *, cached: bool) -> tuple[int, int]:
        assert cached
        return 0, self.end


class Message:
    def __init__(self, offset: int, sent: float) -> None:
        self._offset, self._sent = offset, sent

    def topic(self) -> str:
        return "t"

    def partition(self) -> int:
        return 1

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return 1, int(self._sent * 1000)


class Gauges:
    def __init__(self) -> None:
        self.seen: dict[str, float] = {}

    def gauge(self, name: str, value: float, **labels: str) -> None:
        assert labels == {"topic": "t", "partition": "1"}
        self.seen[name.removeprefix("consumer_lag_")] = value

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        raise AssertionError(name)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        raise AssertionError(name)


def told(lag: ConsumerLag, client: Client, in_hand: list[tuple[str, int, int]], now: float) -> None:
    lag.tell(client, lambda: in_hand, now)  # type: ignore[arg-type]  # a client of a test


def test_what_is_unread_and_what_is_in_hand_are_the_lag_and_the_oldest_tells_its_age() -> None:
    gauges = Gauges()
    lag = ConsumerLag(gauges)
    for offset, sent in ((3, 100.0), (4, 105.0)):
        lag.read(Message(offset, sent))  # type: ignore[arg-type]  # a message of a test
    told(lag, Client(5, 9), [("t", 1, 3), ("t", 1, 4)], 110.0)
    assert gauges.seen == {"messages": 6, "seconds": 10.0}
    told(lag, Client(5, 9), [("t", 1, 4)], 110.0 + EVERY_SECONDS)
    assert gauges.seen == {"messages": 5, "seconds": 6.0}
    told(lag, Client(5, 9), [], 110.0 + 2 * EVERY_SECONDS)
    assert gauges.seen == {"messages": 4, "seconds": 7.0}
    told(lag, Client(9, 9), [], 110.0 + 3 * EVERY_SECONDS)
    assert gauges.seen == {"messages": 0, "seconds": 0.0}


def test_partitions_that_another_has_now_have_no_lag_here() -> None:
    gauges = Gauges()
    lag = ConsumerLag(gauges)
    lag.read(Message(3, 100.0))  # type: ignore[arg-type]  # a message of a test
    told(lag, Client(4, 9), [("t", 1, 3)], 110.0)
    lag.forget([("t", 1)])
    assert gauges.seen == {"messages": 0, "seconds": 0}


def test_a_control_record_at_the_end_is_nothing_unread() -> None:
    gauges = Gauges()
    lag = Lag(gauges)
    lag.read(("t", 1), 100.0)
    lag.tell(("t", 1), 5, 6, 110.0)
    assert gauges.seen == {"messages": 1, "seconds": 10.0}
    lag.nothing_below(("t", 1), 6)
    lag.tell(("t", 1), 5, 6, 111.0)
    assert gauges.seen == {"messages": 0, "seconds": 0.0}
    lag.tell(("t", 1), 5, 9, 1000.0)
    assert gauges.seen == {"messages": 3, "seconds": 889.0}


def test_what_comes_after_a_long_silence_is_no_older_than_the_silence_is_over() -> None:
    gauges = Gauges()
    lag = Lag(gauges)
    lag.read(("t", 1), 100.0)
    lag.tell(("t", 1), 5, 5, 9_000.0)
    lag.tell(("t", 1), 5, 6, 9_002.0)
    assert gauges.seen == {"messages": 1, "seconds": 2.0}


def test_a_partition_of_which_nothing_was_read_counts_from_the_first_look() -> None:
    gauges = Gauges()
    lag = Lag(gauges)
    lag.tell(("t", 1), 0, 7, 50.0)
    assert gauges.seen == {"messages": 7, "seconds": 0.0}
    lag.tell(("t", 1), 0, 7, 60.0)
    assert gauges.seen == {"messages": 7, "seconds": 10.0}


def test_what_is_read_again_from_an_earlier_offset_counts_again() -> None:
    gauges = Gauges()
    lag = Lag(gauges)
    lag.nothing_below(("t", 1), 9)
    lag.begin_anew(("t", 1))
    lag.tell(("t", 1), 4, 9, 50.0)
    assert gauges.seen["messages"] == 5
