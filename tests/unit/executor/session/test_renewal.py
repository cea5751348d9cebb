"""After a sign of a late end: a new producer, and what is committed read again before anything is published."""

from collections.abc import Sequence
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from processors.executor.session.publish import Expelled, Position, Publisher
from processors.model.ledger import Unpublished

FIRST, SECOND = Position(1, 1, "ledger"), Position(2, 2, "ledger")


class Client:
    """A producer whose transactions succeed; *late_end* may be set by a test."""

    def __init__(self) -> None:
        self.late_end: str | None = None
        self.did: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def note(*_given: Any, **_more: Any) -> int:
            self.did.append(name)
            return 0

        return note


class Group:
    """A consumer that tells what is committed."""

    def __init__(self) -> None:
        self.found: Position | None = FIRST
        self.fails = False

    def consumer_group_metadata(self) -> None:
        """Return nothing that matters here."""

    def committed(self, wanted: Sequence[TopicPartition], _timeout: float) -> list[TopicPartition]:
        if self.fails:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer"))
        at = self.found
        return [
            TopicPartition(partition.topic, 0, at.offset, at.metadata()) if at else partition for partition in wanted
        ]


class Rig:
    def __init__(self) -> None:
        self.made: list[Client] = []
        self.group = Group()

        def make() -> Any:
            self.made.append(Client())
            return self.made[-1]

        self.publisher = Publisher(
            make,
            self.group,  # type: ignore[arg-type]  # a consumer of a test
            lambda _place: None,
            also_commit=False,
            poll=lambda: None,
        )

    def publish(self, after: Position) -> None:
        row = Unpublished(after.sequence, "c", "created", b"", "", b"{}")
        self.publisher.publish({"acme": after}, {"acme": [row]})


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.publish(FIRST)
    made.made[0].late_end = "a connection broke"
    return made


def test_without_a_sign_the_producer_stays() -> None:
    rig = Rig()
    rig.publish(FIRST)
    rig.publish(SECOND)
    assert len(rig.made) == 1


def test_after_a_sign_a_new_producer_fences_the_old_one_before_it_publishes(rig: Rig) -> None:
    rig.publish(SECOND)
    assert [client.did[0] for client in rig.made] == ["begin_transaction", "init_transactions"]
    assert rig.made[1].did.count("commit_transaction") == 1


@pytest.mark.parametrize("found", [SECOND, None, Position(1, 1, "another")])
def test_another_position_than_the_last_transaction_left_ends_the_session(rig: Rig, found: Position | None) -> None:
    rig.group.found = found
    with pytest.raises(Expelled, match="another position of org acme"):
        rig.publish(SECOND)
    assert "begin_transaction" not in rig.made[1].did


def test_where_kafka_does_not_tell_the_position_the_session_ends(rig: Rig) -> None:
    rig.group.fails = True
    with pytest.raises(Expelled, match="does not tell what is committed"):
        rig.publish(SECOND)
