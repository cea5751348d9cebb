"""A topic of which too much cannot be read waits until an operator accepts that, and asks on while Kafka is away."""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping

from processors.consuming.share_limit import ShareLimit
from processors.intake.forward import ProducerRecord
from processors.intake.pause import ASK_SECONDS, PausingForwarder
from processors.model.errors import Transient
from tests.unit.intake.test_forward import GOOD, Counts, hand_over, message

POISON = message(b"x")
"""It lies at offset 7 of partition 2."""


class Gauges(Counts):
    """Counts, and what was told of the pause."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, float, str]] = []

    def gauge(self, name: str, value: float, **labels: str) -> None:
        if name == "topic_paused":
            self.told.append((name, value, labels["topic"]))


def forwarded(*answers: Mapping[int, int] | Transient, poison: int = 3) -> tuple[list[str], list[float], Gauges]:
    """Return the topics that were sent to, how long was slept, and the gauges, where Kafka gives these answers."""
    slept: list[float] = []
    sent: list[str] = []
    gauges = Gauges()
    left: Iterator[Mapping[int, int] | Transient] = iter(answers)

    def accepted(topic: str) -> Mapping[int, int]:
        assert topic == "crm.event.call-result"
        answer = next(left, None)
        assert answer is not None, "asked though nothing called for it"
        if isinstance(answer, Transient):
            raise answer
        return answer

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def send(record: ProducerRecord) -> Awaitable[object]:
        sent.append(record.topic)
        return asyncio.sleep(0)

    forwarder = PausingForwarder(hand_over(gauges, ShareLimit(0.5, least=3)), accepted, gauges, sleep)
    asyncio.run(forwarder.batch([*[POISON] * poison, GOOD], send))
    assert not forwarder.paused
    return sent, slept, gauges


def test_it_waits_until_its_dead_letters_are_accepted_and_sends_each_message_once() -> None:
    sent, slept, gauges = forwarded({}, {2: 7}, {1: 99}, {2: 8})
    assert sent == ["crm.dead-letter.call-result"] * 3 + ["crm.command.acme"]
    assert slept == [ASK_SECONDS] * 3
    assert gauges.told == [("topic_paused", 1, "crm.event.call-result"), ("topic_paused", 0, "crm.event.call-result")]


def test_what_was_accepted_before_a_restart_pauses_nothing() -> None:
    sent, slept, gauges = forwarded({2: 8})
    assert len(sent) == 4
    assert slept == []
    assert gauges.told == [("topic_paused", 0, "crm.event.call-result")]


def test_a_kafka_that_does_not_answer_accepts_nothing() -> None:
    sent, slept, _ = forwarded(Transient("away"), Transient("away"), {2: 8})
    assert len(sent) == 4
    assert len(slept) == 2


def test_a_few_dead_letters_ask_nothing() -> None:
    assert len(forwarded(poison=2)[0]) == 3


def test_a_registry_that_does_not_answer_lets_the_batch_wait_and_sets_nothing_apart() -> None:
    slept: list[float] = []
    answers: Iterator[Transient | None] = iter([Transient("the registry is away"), Transient("still", retry_after=7)])

    class Forwarder:
        async def batch(self, _messages: object, _send: object) -> None:
            if (error := next(answers, None)) is not None:
                raise error

    async def sleep(seconds: float) -> None:
        assert forwarder.paused
        slept.append(seconds)

    async def send(_record: ProducerRecord) -> Awaitable[object]:
        raise AssertionError("nothing is sent")

    forwarder = PausingForwarder(Forwarder(), lambda _topic: {}, Gauges(), sleep)  # type: ignore[arg-type]  # a fake
    asyncio.run(forwarder.batch([GOOD], send))
    assert slept == [ASK_SECONDS, 7]
    assert not forwarder.paused
