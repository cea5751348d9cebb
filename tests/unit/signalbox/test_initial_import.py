"""An initial import: how much is under way at once."""

from typing import cast

import pytest
from confluent_kafka import Producer

from processors.model.errors import Transient
from signalbox.commands import import_
from signalbox.commands.import_ import Sender
from signalbox.following import Following
from signalbox.initial_import import ImportEvent, InitialImport


class Kafka:
    """Takes messages, as many as it has room for."""

    def __init__(self, room: int = 1000, left: int = 0) -> None:
        self.taken: list[bytes] = []
        self._room, self._left = room, left

    def produce(self, _topic: str, value: bytes, _key: bytes) -> None:
        """Take one."""
        if len(self.taken) >= self._room:
            raise BufferError
        self.taken.append(value)

    def flush(self, _seconds: float) -> int:
        """Say how many are left."""
        return self._left


class Answers:
    """What is answered so far."""

    def __init__(self, *ids: str) -> None:
        self.seen = set(ids)

    @property
    def answered(self) -> int:
        """How many."""
        return len(self.seen)


LOAD = InitialImport("marketing", tuple(ImportEvent(f"o{n}", b"k", f"v{n}".encode()) for n in range(10)))


def sender(kafka: Kafka, answers: Answers) -> Sender:
    return Sender(cast(Producer, kafka), LOAD, cast(Following, answers))


def test_a_load_sends_no_more_than_may_be_under_way_and_goes_on_as_outcomes_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(import_, "WINDOW", 4)
    kafka, answers = Kafka(), Answers()
    sends = sender(kafka, answers)
    for _ in range(2):
        sends.more()
        assert len(kafka.taken) == 4
    answers.seen |= {"o0", "o1", "o2"}
    sends.more()
    assert len(kafka.taken) == 7
    answers.seen |= {f"o{n}" for n in range(10)}
    for _ in range(2):
        sends.more()
        assert kafka.taken == [f"v{n}".encode() for n in range(10)]


def test_a_load_that_goes_on_sends_what_is_not_answered_alone() -> None:
    kafka = Kafka()
    sender(kafka, Answers("o0", "o9")).more()
    assert kafka.taken == [f"v{n}".encode() for n in range(1, 9)]


def test_what_a_full_producer_does_not_take_is_sent_later() -> None:
    kafka = Kafka(room=3)
    sends = sender(kafka, Answers())
    sends.more()
    assert len(kafka.taken) == 3
    kafka._room = 1000
    sends.more()
    assert len(kafka.taken) == 10


def test_a_broker_that_takes_nothing_ends_the_load_in_one_line() -> None:
    with pytest.raises(Transient, match="Kafka did not take 7 prospects in 60 s; start again to go on"):
        sender(Kafka(left=7), Answers()).more()
