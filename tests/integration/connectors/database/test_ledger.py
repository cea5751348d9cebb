"""The ledger's promises, on SQLite and on PostgreSQL alike."""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event, select

from connectors.database import tables
from connectors.database.engine import open_engine
from connectors.database.ledger import SqlLedger
from connectors.database.migrate import migrate
from connectors.database.org_status import org_statuses, resume
from connectors.database.tables_all import metadata
from processors.model.errors import LeaseLost, Misconfigured, Transient
from processors.model.ledger import Arrival, Lease, LedgerTransaction, Postponed, Settled
from schemas.command import Command
from schemas.values import Person

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def arrival(command_id: str, digest: str = "d") -> Arrival:
    command = Command(
        command_id=command_id,
        kind="apply",
        contract="call_result",
        event_id=f"event-{command_id}",
        event_digest=digest,
        source_id="thing",
        integration="yes",
        org="main",
        lane="live",
        event_time=AT,
        command_time=AT,
        settings_digest="s",
        person=Person(),
    )
    return Arrival(command, command_id.encode())


def settled(command_id: str, outcome: bytes = b"outcome") -> Settled:
    return Settled(command_id, outcome, "created", "none", "key", b"{}")


def sequences(ledger: SqlLedger) -> list[int]:
    return [row.sequence for row in ledger.unpublished("main", 0, 10_000)]


def test_the_migrated_tables_differ_in_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_command_is_inserted_once_however_often_it_comes(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    new, reused = ledger.insert(lease, [arrival("a"), arrival("b"), arrival("a")])
    assert [stored.command_id for stored in new] == ["a", "b"]
    assert not reused
    again, reused = ledger.insert(lease, [arrival("a"), arrival("c")])
    assert [stored.command_id for stored in again] == ["c"]
    assert not reused
    assert [stored.command_id for stored in ledger.unsettled(lease)[0]] == ["a", "b", "c"]
    assert [stored.queue_position for stored in ledger.unsettled(lease)[0]] == [1, 2, 3]


def test_an_id_that_comes_with_another_content_is_told(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    ledger.insert(lease, [arrival("a")])
    new, reused = ledger.insert(lease, [arrival("a", "other"), arrival("b"), arrival("b", "other")])
    assert [stored.command_id for stored in new] == ["b"]
    assert [item.command.command_id for item in reused] == ["a", "b"]


def test_whoever_lost_the_lease_writes_nothing(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    old = ledger.take_lease("main", "one")
    ledger.insert(old, [arrival("a")])
    new = ledger.take_lease("main", "two")
    assert new.epoch == old.epoch + 1
    assert new.ledger_id == old.ledger_id
    for attempt in (
        lambda: ledger.insert(old, [arrival("b")]),
        lambda: ledger.apply(old, LedgerTransaction(settled=[settled("a")])),
        lambda: ledger.unsettled(old),
        lambda: ledger.clean(old),
        lambda: ledger.mark_crashing(old, "a"),
        lambda: ledger.prune(old, 1e12, 100),
    ):
        with pytest.raises(LeaseLost):
            attempt()
    assert [stored.command_id for stored in ledger.unsettled(new)[0]] == ["a"]
    assert sequences(ledger) == []


def test_d14_an_old_writer_that_commits_late_is_seen_by_the_new_owner(engine: Engine) -> None:
    ledger, checked, go = SqlLedger(engine), threading.Event(), threading.Event()
    old = ledger.take_lease("main", "one")

    @event.listens_for(engine, "before_cursor_execute")
    def _hold(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        # The old epoch has been checked and the row is about to be written: here the old writer stands still.
        if statement.startswith("INSERT INTO command") and not checked.is_set():
            checked.set()
            go.wait(4)

    writer = threading.Thread(target=lambda: ledger.insert(old, [arrival("late")]))
    taken: list[Lease] = []
    taker = threading.Thread(target=lambda: taken.append(ledger.take_lease("main", "two")))
    writer.start()
    assert checked.wait(10)
    taker.start()
    taker.join(0.5)
    assert taker.is_alive(), "the new owner must wait for the writer that checked the old epoch"
    go.set()
    writer.join(20)
    taker.join(20)
    assert taken[0].commands == 1
    assert [stored.command_id for stored in ledger.unsettled(taken[0])[0]] == ["late"]


def test_a_settled_row_never_changes(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    ledger.insert(lease, [arrival("a")])
    assert ledger.apply(lease, LedgerTransaction(settled=[settled("a", b"first")])).last_sequence == 1
    assert ledger.apply(lease, LedgerTransaction(settled=[settled("a", b"second")])).last_sequence == 1
    ledger.apply(lease, LedgerTransaction(plans={"a": b"plan"}, postponed=[Postponed("a", 1.0, "why")]))
    assert ledger.unsettled(lease)[0] == []
    assert [(row.sequence, row.outcome) for row in ledger.unpublished("main", 0, 10)] == [(1, b"first")]


def test_sequences_have_no_gaps_however_many_settle_at_once(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    names = [f"c{number}" for number in range(40)]
    ledger.insert(lease, [arrival(name) for name in names])
    faults: list[BaseException] = []

    def settle(some: list[str]) -> None:
        try:
            for name in some:
                ledger.apply(lease, LedgerTransaction(settled=[settled(name)]))
        except BaseException as error:  # noqa: BLE001  a thread's fault must reach the test
            faults.append(error)

    threads = [threading.Thread(target=settle, args=(names[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    assert sequences(ledger) == list(range(1, 41))


def test_a_transaction_that_fails_leaves_no_gap(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    ledger.insert(lease, [arrival("a"), arrival("b")])
    broken = LedgerTransaction(settled=[settled("a")], links={("kind", "source"): None})  # type: ignore[dict-item]  # on purpose
    with pytest.raises(Exception, match=r"(?i)null"):
        ledger.apply(lease, broken)
    ledger.apply(lease, LedgerTransaction(settled=[settled("b")]))
    assert [(row.sequence, row.command_id) for row in ledger.unpublished("main", 0, 10)] == [(1, "b")]


def test_a_link_is_kept_once_and_the_latest_counts(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    ledger.apply(lease, LedgerTransaction(links={("person", "p1"): "00Q1", ("person", "p2"): "00Q2"}))
    ledger.apply(lease, LedgerTransaction(links={("person", "p1"): "0031"}))
    assert ledger.links(lease, "person", ["p1", "p2", "p3"]) == {"p1": "0031", "p2": "00Q2"}


def test_d15_a_writer_that_stands_still_is_put_out_by_postgresql(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    migrate(engine)
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    with engine.connect() as stopped:
        stopped.execute(select(tables.lease).where(tables.lease.c.org == "main").with_for_update()).one()
        began = time.monotonic()
        ledger.insert(lease, [arrival("a")])
        assert 1 < time.monotonic() - began < 12
        stopped.invalidate()
    assert [stored.command_id for stored in ledger.unsettled(lease)[0]] == ["a"]
    engine.dispose()


def test_d15_on_sqlite_others_wait_for_a_writer_that_stands_still_and_then_try_again(tmp_path: Path) -> None:
    # A stated limit: SQLite cannot end the transaction of a process that was stopped inside it.
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    engine, stopped = open_engine(url), open_engine(url)
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=100"))
    migrate(engine)
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    with stopped.begin():
        with pytest.raises(Transient, match="locked"):
            ledger.insert(lease, [arrival("a")])
    assert [stored.command_id for stored in ledger.insert(lease, [arrival("a")])[0]] == ["a"]


def test_an_operator_says_where_a_stopped_org_goes_on(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    ledger.insert(lease, [arrival("a"), arrival("b")])
    ledger.apply(lease, LedgerTransaction(settled=[settled("a")]))
    assert ledger.resume_from("main") is None
    resume(engine, "main", 7)
    assert ledger.resume_from("main") == 7
    assert ledger.take_lease("main", "crashed").resume_from == 7
    lease = ledger.take_lease("main", "two")
    assert lease.resume_from == 7
    ledger.resumed(lease)
    assert ledger.resume_from("main") is None
    [status] = org_statuses(engine)
    assert (status.owner, status.states, status.last_sequence) == ("two", {"settled": 1, "waiting": 1}, 7)
    with pytest.raises(Misconfigured, match="no org 'other'"):
        resume(engine, "other", 1)


def test_a_database_that_went_away_is_an_outage(tmp_path: Path) -> None:
    with pytest.raises(Transient):
        SqlLedger(open_engine("postgresql://nobody@127.0.0.1:1/none")).take_lease("main", "one")
