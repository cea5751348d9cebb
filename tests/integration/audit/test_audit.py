"""The audit on both databases: each outcome once, and found by what people know of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import ProgrammingError

from connectors.database.audit import AuditFilter, DatabaseAudit, audit, audit_key
from connectors.database.engine import open_engine
from connectors.database.metadata import metadata
from processors.audit.app import TOPICS, Audit
from processors.model.errors import Transient
from processors.model.received import Received
from schemas.outcome import Candidate, Outcome, Touched
from schemas.topics import OUTCOME_KINDS, outcome_topic
from schemas.values import Person

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return an empty database of each kind."""
    url = f"sqlite:///{tmp_path}/audit.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


class Counts:
    """Metrics that are a dictionary."""

    def __init__(self) -> None:
        self.counted: dict[str, float] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        key = " ".join([name, *labels.values()])
        self.counted[key] = self.counted.get(key, 0) + amount

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add an observation."""


def received(number: int, **changes: Any) -> Received:
    """Return an outcome with a number of its own."""
    outcome = Outcome(
        outcome_id=f"00000000-0000-5000-8000-{number:012}",
        kind="updated",
        reason="none",
        integration="example-sales",
        org="main",
        contract="call_result",
        event_ids=(f"event-{number}",),
        source_id=f"call-{number}",
        event_time=AT,
        command_time=AT,
        settled_time=AT + timedelta(minutes=number),
        intake_digest="",
        executor_digest="",
        person=Person("Ada", f"Example{number}", f"Ada{number}@Example.org", (f"+4930123450{number}",)),
        rule_ids=("VS-11",),
        records=(Touched("Lead", f"00Q00000000000{number}AAA", "updated", {"Budget__c": 1.5}),),
    )
    return Received(replace(outcome, **changes), "crm.outcome.updated", 0, number)


def ids(found: Sequence[Any]) -> list[int]:
    """Return the numbers of outcomes found."""
    return [int(outcome["outcome_id"][-12:]) for outcome in found]


def test_each_outcome_is_kept_once_whatever_is_handed_over_again(engine: Engine) -> None:
    counts = Counts()
    stage = Audit(DatabaseAudit(engine), metrics=counts)
    batch = [received(1), received(2, kind="error", reason="no_match"), received(1)]
    assert stage(batch)
    assert stage([*batch, received(3)])
    assert ids(DatabaseAudit(engine).find(AuditFilter())) == [3, 2, 1]
    assert counts.counted == {"outcomes_audited_total updated": 2, "outcomes_audited_total error": 1}


def test_a_row_says_where_its_message_is_and_when_it_happened(engine: Engine) -> None:
    DatabaseAudit(engine).add([received(7)])
    with engine.connect() as connection:
        row = connection.execute(select(audit)).one()
    assert (row.topic, row.kafka_partition, row.kafka_offset) == ("crm.outcome.updated", 0, 7)
    assert (row.event_time, row.settled_time) == (AT.timestamp(), AT.timestamp() + 420)
    assert (row.integration, row.kind, row.reason, row.rule_ids) == ("example-sales", "updated", "none", "VS-11")


def test_the_whole_outcome_is_kept(engine: Engine) -> None:
    DatabaseAudit(engine).add([received(1)])
    (found,) = DatabaseAudit(engine).find(AuditFilter())
    assert found["records"][0]["fields"] == {"Budget__c": 1.5}
    assert found["settled_time"] == "2026-03-02T09:16:00+00:00"
    assert found["person"]["email"] == "Ada1@Example.org"


@pytest.mark.parametrize(
    "wanted, found",
    [
        (AuditFilter(integration="other"), [3]),
        (AuditFilter(kind="error"), [4, 3]),
        (AuditFilter(kind="error", reason="no_match"), [3]),
        (AuditFilter(since=AT + timedelta(minutes=3)), [4, 3]),
        (AuditFilter(until=AT + timedelta(minutes=3)), [2, 1]),
        (AuditFilter(record_id="00Q000000000002AAA"), [2]),
        (AuditFilter(record_id="00Q000000000002"), [2]),
        (AuditFilter(record_id="00300000000000ZAAA"), [4]),
        (AuditFilter(event_id="event-2"), [2]),
        (AuditFilter(event_id="event-reused"), [3]),
        (AuditFilter(person="example2"), [2]),
        (AuditFilter(person="ADA EXAMPLE"), [4, 3, 2, 1]),
        (AuditFilter(person=" ada1@example.ORG "), [1]),
        (AuditFilter(person="+49 30 1234502"), [2]),
        (AuditFilter(person="0049 30 1234502"), [2]),
        (AuditFilter(person="030 / 1234502"), [2]),
        (AuditFilter(person="30 / 123450-2"), [2]),
        (AuditFilter(person="030 / 1234509"), []),
        (AuditFilter(person="00Q000000000001AAA"), [1]),
        (AuditFilter(person="%"), []),
        (AuditFilter(person="_"), []),
        (AuditFilter(person="nobody' OR 1=1 --"), []),
        (AuditFilter(limit=2), [4, 3]),
        (AuditFilter(limit=None), [4, 3, 2, 1]),
    ],
)
def test_outcomes_are_found_by_what_people_know(engine: Engine, wanted: AuditFilter, found: list[int]) -> None:
    store = DatabaseAudit(engine)
    store.add([received(1), received(2)])
    store.add([received(3, kind="error", reason="no_match", integration="other", reused_event_id="event-reused")])
    store.add(
        [received(4, kind="error", reason="multiple_match", candidates=(Candidate("Contact", "00300000000000ZAAA"),))]
    )
    assert ids(store.find(wanted)) == found
    if wanted.limit == 100:
        assert sum(store.count(wanted).values()) == len(found)


def test_characters_that_databases_dislike_are_kept_and_found(engine: Engine) -> None:
    store = DatabaseAudit(engine)
    strange = "A\0da\x1b[2J\u2028\N{GRINNING FACE}"
    person = Person(strange, strange, f"{strange}@example.org", (strange, "+49301234567"))
    store.add([received(1, person=person, event_ids=("event\0one",), detail=strange)])
    (found,) = store.find(AuditFilter(person="+49301234567"))
    assert found["person"]["first_name"] == strange
    assert found["detail"] == strange


def test_a_large_batch_is_kept_whole(engine: Engine) -> None:
    assert len(DatabaseAudit(engine).add([received(n) for n in range(1_200)])) == 1_200


def test_a_batch_that_fails_leaves_nothing(engine: Engine) -> None:
    store = DatabaseAudit(engine)
    audit_key.drop(engine)
    with pytest.raises((Transient, ProgrammingError)):
        store.add([received(1)])
    assert store.find(AuditFilter()) == []


def test_a_database_that_is_away_is_to_be_tried_again() -> None:
    gone = open_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")
    with pytest.raises(Transient, match=r"database \(audit\)"):
        DatabaseAudit(gone).add([received(1)])


def test_every_kind_of_outcome_is_kept() -> None:
    assert set(TOPICS) == {outcome_topic(kind) for kind in OUTCOME_KINDS}
