"""What one command holds never stops the others: it is set apart, and they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, TopicPartition

from processors.consuming.lag import Lag
from processors.executor.session.inbox import Inbox
from processors.executor.session.ownership import Owned, Ownership
from processors.executor.session.publish import Position
from processors.model.errors import LeaseLost, Transient, Undecodable
from processors.model.ledger import Arrival
from tests.fakes.scheduler import CODEC, NoMetrics, command


class Ledger:
    """Takes commands; *refuses* raises for what it does not like."""

    def __init__(self, refuses: dict[str, Exception]) -> None:
        self.refuses = refuses
        self.taken: list[str] = []

    def insert(self, _lease: Any, arrivals: Sequence[Arrival]) -> tuple[list[str], list[Arrival]]:
        for arrival in arrivals:
            if arrival.command.event_id in self.refuses:
                raise self.refuses[arrival.command.event_id]
        self.taken += [arrival.command.event_id for arrival in arrivals]
        return [arrival.command.event_id for arrival in arrivals], []


@dataclass
class Letter:
    """A message of a command topic, as librdkafka gives it."""

    body: bytes
    at: int

    def value(self) -> bytes:
        return self.body

    def offset(self) -> int:
        return self.at

    def topic(self) -> str:
        return "crm.command.acme"

    def error(self) -> None:
        return None

    def timestamp(self) -> tuple[int, int]:
        return 1, 5_000


@dataclass
class Desk:
    """An inbox with all that it needs."""

    ledger: Ledger
    dead: list[tuple[int, str, str]] = field(default_factory=list)
    added: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        deps: Any = SimpleNamespace(
            ledger=self.ledger, codec=CODEC, metrics=NoMetrics(), clock=lambda: 0.0, deciders={}, gauge=None
        )
        executor: Any = SimpleNamespace(
            deps=deps, lease=None, failure=None, add=lambda stored, _commands: self.added.extend(stored)
        )
        self.executor = executor
        shell: Any = SimpleNamespace(
            codec=CODEC, metrics=NoMetrics(), probe=lambda _: None, clock=lambda: 0.0, dead_letter=self._letter
        )
        owners = Ownership(None, lambda _: deps, "me", lambda: 0.0)  # type: ignore[arg-type]  # nothing is asked of Kafka
        self.owned = Owned("acme", TopicPartition("crm.command.acme", 0), executor, Position(0, 0, "l"))
        owners.orgs["acme"] = self.owned
        self.inbox = Inbox(shell, owners, Lag(NoMetrics()))

    def _letter(self, message: Any, stage: str, error: Undecodable) -> None:
        self.dead.append((message.offset(), stage, error.reason))

    def position(self) -> int:
        return self.owned.position.offset if self.owned.position else -1

    def take(self, *bodies: bytes) -> None:
        messages: Any = [Letter(body, at) for at, body in enumerate(bodies)]
        self.inbox.take(messages)


def body(event_id: str) -> bytes:
    return CODEC.encode("command", command("ann@example.com", event_id=event_id).to_avro())


def test_a_command_that_the_database_refuses_is_set_apart_and_the_others_are_stored() -> None:
    desk = Desk(Ledger({"bad": ValueError("a NUL of ann@example.com")}))
    desk.take(body("one"), body("bad"), body("two"))
    assert desk.ledger.taken == desk.added == ["one", "two"]
    [(at, stage, reason)] = desk.dead
    assert (at, stage) == (1, "insert")
    assert reason.startswith("ValueError at processors/executor/session/inbox.py:")
    assert "ann@" not in reason
    assert desk.position() == 3


def test_all_that_are_refused_are_set_apart() -> None:
    desk = Desk(Ledger({"a": ValueError(), "b": TypeError()}))
    desk.take(body("a"), body("b"))
    assert [at for at, _, _ in desk.dead] == [0, 1]
    assert desk.added == []


def test_bytes_that_are_no_command_are_set_apart() -> None:
    desk = Desk(Ledger({}))
    desk.take(b"poison", body("one"))
    assert [(at, stage) for at, stage, _ in desk.dead] == [(0, "decode")]
    assert desk.added == ["one"]


@pytest.mark.parametrize("failure", [Transient("away", code="database"), LeaseLost("taken")])
def test_a_database_that_is_away_sets_nothing_apart_and_passes_no_offset(failure: Exception) -> None:
    desk = Desk(Ledger({"one": failure}))
    desk.take(body("one"))
    assert desk.dead == []
    assert desk.executor.failure is failure
    assert desk.position() == 0


class End:
    """The client's word that a partition is read to its end, which control records may have moved."""

    def error(self) -> KafkaError:
        return KafkaError(KafkaError._PARTITION_EOF)

    def topic(self) -> str:
        return "crm.command.acme"

    def offset(self) -> int:
        return 9


def test_the_end_of_a_partition_is_told_to_the_lag_and_stores_nothing() -> None:
    desk = Desk(Ledger({}))
    seen: dict[str, float] = {}

    class Gauges(NoMetrics):
        def gauge(self, name: str, value: float, **_labels: str) -> None:
            seen[name] = value

    lag = Lag(Gauges())
    desk.inbox._lag = lag
    desk.inbox.take([End()])  # type: ignore[list-item]  # a message of a test
    lag.tell(("crm.command.acme", 0), 8, 9, 100.0)
    assert seen == {"consumer_lag_messages": 0, "consumer_lag_seconds": 0.0}
    assert desk.position() == 0


def test_a_registry_that_is_away_sets_nothing_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Transient("schema registry: cannot read schema 7")

    def decode(_contract: str, _data: bytes) -> None:
        raise away

    desk = Desk(Ledger({}))
    monkeypatch.setattr(type(CODEC), "decode", lambda _self, contract, data: decode(contract, data))
    desk.take(b"one")
    assert desk.dead == []
    assert desk.executor.failure is away
    assert desk.position() == 0


def test_a_command_that_our_own_code_cannot_schedule_loads_its_org_anew_and_ends_no_process() -> None:
    desk, fault = Desk(Ledger({})), OverflowError("date value out of range")

    def add(_stored: Any, _commands: Any) -> None:
        raise fault

    desk.executor.add = add
    desk.take(body("one"))
    assert desk.executor.failure is fault
    assert desk.position() == 0
