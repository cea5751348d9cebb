"""Today's code on what release 0.1.0 left: its ledger on both databases, its topics, its integration files."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text

from connectors.database.audit import AuditFilter, DatabaseAudit
from connectors.database.ledger import SqlLedger
from connectors.database.migrate import at_head, migrate, revision
from connectors.database.notes import DatabaseNotes
from connectors.database.parked import parked_commands
from processors.model.field_history import fields_from_json, last_write_of, written_fields
from processors.model.incidents import INCIDENTS_KEY, incidents_from_json
from processors.model.plan import plan_from_json
from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.command import Command
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.notice import Notice
from schemas.outcome import Outcome
from schemas.pbx_call_event import PbxCallEvent
from schemas.prospect import Prospect
from schemas.topics import SOURCES
from schemas.user_action import UserAction
from tests.upgrade.releases import release
from tests.upgrade.restored import CODEC, Restored, load_ledger, read_topics, records, restored

RELEASE = release("0.1.0")
REVISION = "0003"
"""The last migration of release 0.1.0."""

ROWS = {"command": 33, "api_call": 3, "link": 7, "thing": 4, "field_clock": 17, "notice": 3, "lease": 2, "ledger": 1}
ROWS |= {"audit": 16, "audit_key": 58, "mail_note": 3, "mail_body": 2}
"""What the ledger held when 0.1.0 was killed."""

OPEN = {
    "result-10": "updated",  # several records: someone chooses, in an event that nobody had read
    "result-11": "error",  # behind the one before, then parked itself; nobody chooses in time
    "prospect-2": "updated",  # waited for its cycle
    "prospect-3": "created",  # as above
    "prospect-4": "created",  # waited for API calls
    "result-12": "updated",  # its record was locked
    "call-2-started": "activity",  # the steps of a call that was not over
    "call-2-ringing": "activity",
    "call-2-answered": "activity",
    "field-2": "updated",  # its integration's field was gone
    "result-14": "created",  # in doubt: it had landed
    "result-15": "created",  # in doubt: it never landed
    "result-16": "created",  # settled, not published
    "result-17": "created",  # not read by the executor
    "booking-1-cancelled": "activity",
    "action-2": "updated",  # from here on: not read by the intake
    "call-2-ended": "activity",
    "result-18": "created",
    "prospect-5": "updated",
    "field-3": "updated",
    "activity-2": "activity",
    "booking-1-other": "skipped",
}
"""Every event without a published answer, and the kind of outcome that it must have."""

READERS: dict[str, Any] = {
    "command": Command,
    "outcome": Outcome,
    "notice": Notice,
    "call_result": CallResult,
    "booking": Booking,
    "pbx_call_event": PbxCallEvent,
    "prospect": Prospect,
    "field_record": FieldRecord,
    "field_activity": FieldActivity,
    "user_action": UserAction,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def folder(request: pytest.FixtureRequest) -> Path:
    """Return the recording on each database."""
    return RELEASE.folder / str(request.param)


@pytest.fixture
def left(folder: Path, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return a database as 0.1.0 left it."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}" if folder.name == "sqlite" else request.getfixturevalue("postgres_url")
    engine = load_ledger(folder, url)
    yield engine
    engine.dispose()


@pytest.fixture
def migrated(left: Engine) -> Engine:
    """Return the same database with today's tables."""
    migrate(left)
    return left


def counts(engine: Engine) -> dict[str, int]:
    """Return how many rows each table has."""
    with engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in inspect(engine).get_table_names()
            if table in ROWS
        }


def contract_of(topic: str) -> str | None:
    """Return the contract of what 0.1.0 wrote into a topic; None where it kept bytes as they came."""
    kind = topic.split(".")[1]
    return SOURCES.get(topic) or {"command": "command", "outcome": "outcome", "notice": "notice"}.get(kind)


def test_the_migrations_bring_its_tables_to_today_and_lose_no_row(left: Engine) -> None:
    assert revision(left) == REVISION
    assert counts(left) == ROWS
    migrate(left)
    assert at_head(left)
    assert counts(left) == ROWS


def test_every_row_of_its_ledger_is_read_today(migrated: Engine) -> None:
    ledger = SqlLedger(migrated, lambda: 0.0)
    lease = ledger.take_lease("main", "today")
    stored, calls = ledger.unsettled(lease)
    commands = [Command.from_avro(CODEC.decode("command", item.body)) for item in stored]
    waiting = list(OPEN)[:12]
    assert sorted(command.event_id for command in commands) == sorted(waiting)
    plans = [plan_from_json(item.plan) for item in stored if item.plan]
    assert [plan.step.operation for plan in plans if plan.step is not None] == ["create", "create"]
    assert Counter(call.state for call in calls) == {"alive": 1, "intended": 2}
    assert all(call.claims and call.commands for call in calls)

    ids = [row[0] for row in _rows(migrated, "SELECT record_id FROM field_clock")]
    field_history = ledger.field_history(lease, ids)
    assert len(field_history) == ROWS["field_clock"]
    for body in field_history.values():
        fields = fields_from_json(body)
        assert written_fields(fields)
        assert all(last_write_of(fields, name) is not None for name in written_fields(fields))

    [broken] = incidents_from_json(ledger.source_states(lease, [INCIDENTS_KEY])[INCIDENTS_KEY])
    assert (broken.cause, broken.integrations) == ("field_removed", ("field-sales",))
    [parked] = parked_commands(migrated)
    assert parked.notice is not None
    assert len(Notice.from_avro(CODEC.decode("notice", parked.notice)).candidates) == 2
    rows = ledger.unpublished("main", 0, 1_000)
    assert [unpublished.sequence for unpublished in rows] == list(range(1, lease.last_sequence + 1))
    for row in rows:
        contract = "notice" if row.kind == "notice" else "outcome"
        READERS[contract].from_avro(CODEC.decode(contract, row.outcome))


def test_its_audit_and_its_mail_notes_are_read_today(migrated: Engine) -> None:
    audit = DatabaseAudit(migrated)
    assert sum(audit.count(AuditFilter()).values()) == ROWS["audit"]
    [booked] = audit.find(AuditFilter(event_id="booking-1-booked"))
    assert booked["kind"] == "created"
    assert len(audit.find(AuditFilter(person="ann@example.com"))) == 3
    errors = [str(row[0]) for row in _rows(migrated, "SELECT outcome_id FROM audit WHERE kind = 'error'")]
    notes = DatabaseNotes(migrated)
    assert sorted(notes.states(errors).values()) == ["intended", "intended", "sent"]
    mails = notes.unsent(errors)
    assert {mail.recipient for mail in mails} == {"crm-team@example.com", "sales@example.com"}
    assert all(f"To: {mail.recipient}" in mail.content.decode() for mail in mails)


def test_every_message_of_its_topics_is_read_today(folder: Path) -> None:
    messages, offsets = read_topics(folder)
    read: Counter[str] = Counter()
    for message in messages:
        contract = contract_of(message.topic)
        if contract is None:
            assert message.headers["__connect.errors.topic"] == "crm.event.call-result"
            continue
        assert CODEC.contract_of(message.value) == contract
        READERS[contract].from_avro(CODEC.decode(contract, message.value))
        read[contract] += 1
    assert set(read) == set(READERS)
    assert {offset.group for offset in offsets} == {"signalbox-intake", "signalbox-executor"}


@pytest.mark.timeout(500)
def test_what_waited_gets_its_one_outcome_and_nothing_is_published_again(folder: Path, migrated: Engine) -> None:
    with restored(folder, RELEASE.folder / "integrations", migrated) as today:
        told_before = [recorded for recorded in today.before if recorded.topic.startswith("crm.outcome.")]
        before = [Outcome.from_avro(CODEC.decode("outcome", recorded.value)) for recorded in told_before]
        assert not {event for outcome in before for event in outcome.event_ids} & set(OPEN)
        today.hand_over()
        today.start()
        today.until(lambda: len(today.query(_SETTLED)) >= 10, "the first outcomes")
        # The next cycle of what is gathered, and the end of the time in which a lost write may land.
        today.later(3_600)
        today.until(lambda: _left(today) == {"result-11"}, "every outcome but one")
        # Nobody chooses for that one within its 48 hours.
        today.later(49 * 3_600)
        today.until(lambda: not _left(today), "the last outcome")
        today.stop()
        _check_outcomes(today, before)
        _check_org(today)
        assert today.query("SELECT id FROM api_call") == []


_SETTLED = "SELECT id FROM command WHERE state = 'settled' AND sequence > 20"


def _left(today: Restored) -> set[str]:
    """Return the events that are not answered yet, whether they are stored already or not."""
    stored = {str(row[0]) for row in today.query("SELECT event_id FROM command")}
    return set(OPEN) - stored | {str(event) for event, _ in today.waiting()}


def _check_outcomes(today: Restored, before: list[Outcome]) -> None:
    """Each event has one outcome of the right kind; sequences go on where they ended; no ID comes twice."""
    messages = today.published()
    after = [message for message in messages if (message.topic() or "").startswith("crm.outcome.")]
    outcomes = [Outcome.from_avro(CODEC.decode("outcome", message.value() or b"")) for message in after]
    ids = Counter(outcome.outcome_id for outcome in (*before, *outcomes))
    assert [name for name, times in ids.items() if times > 1] == []
    kinds = [(event, outcome.kind) for outcome in outcomes for event in outcome.event_ids]
    assert sorted(kinds) == sorted(OPEN.items())

    numbers = sorted(int(dict(message.headers() or [])["signalbox_sequence"] or b"") for message in messages)
    [last] = [offset.metadata for offset in today.offsets if offset.topic == "crm.command.main"]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert f'"sequence":{numbers[0] - 1}}}' in last
    notices = [
        Notice.from_avro(CODEC.decode("notice", message.value() or b"")) for message in messages if message not in after
    ]
    assert sorted(notice.kind for notice in notices) == ["connection_mended", "parked", "resumed"]


def _check_org(today: Restored) -> None:
    """Every person is in the org once, with what was said last."""
    leads = {row["Email"]: row for row in records(today, "Lead") if row["Email"] != "pat@example.com"}
    assert len(leads) == len(records(today, "Lead")) - 2
    assert [leads[f"{name}@example.com"]["Title"] for name in ("gus", "hal", "ivy", "lock")] == [
        "Landed",
        "Never landed",
        "Settled, not published",
        "Locked",
    ]
    assert leads["pia@example.com"]["State"] == "Hesse"
    assert leads["fay@example.com"]["City"] == "Bonn"
    pats = [row.get("Title") for row in records(today, "Lead") if row["Email"] == "pat@example.com"]
    assert pats == [None, "Which of the two"]
    calls = [row for row in records(today, "Task") if row.get("CallDurationInSeconds")]
    assert [row["CallDurationInSeconds"] for row in calls] == [60, 60]


def _rows(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    with closing(engine.connect()) as connection:
        return [tuple(row) for row in connection.execute(text(statement))]
