"""
The ledger on SQLAlchemy Core: SQLite or PostgreSQL.

Rule of this file: every write runs in one transaction that first locks the org's lease row and checks its epoch
(design section 3, point 7; attacks D13, D14).
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Row,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError

from connectors.database import tables
from connectors.database.engine import reading
from processors.errors import LeaseLost, Transient
from processors.executor.plan import ApiCall, call_from_json, call_to_json
from processors.ledger import (
    LANES,
    Applied,
    Arrival,
    Change,
    Lease,
    Postponed,
    Settled,
    Stored,
    Unpublished,
)

_CHUNK = 500
"""IDs in one IN list: below every database's limit on bound parameters."""

_command = tables.command.c

_POSTPONE = (
    update(tables.command)
    .where(_command.id == bindparam("p_id"), _command.state != "settled")
    .values(
        state="waiting",
        due=bindparam("p_due"),
        why=bindparam("p_why"),
        blocker=bindparam("p_blocker"),
        tries=bindparam("p_tries"),
        crashes=bindparam("p_crashes"),
        alone=bindparam("p_alone"),
        plan=bindparam("p_plan"),
    )
)
_INTEND = (
    update(tables.command)
    .where(_command.id == bindparam("p_id"), _command.state != "settled")
    .values(state="intended", plan=bindparam("p_plan"), blocker=None)
)
_SETTLE = (
    update(tables.command)
    .where(_command.id == bindparam("p_id"), _command.state != "settled")
    .values(
        state="settled",
        sequence=bindparam("p_sequence"),
        outcome=bindparam("p_outcome"),
        key=bindparam("p_key"),
        headers=bindparam("p_headers"),
        kind=bindparam("p_kind"),
        reason=bindparam("p_reason"),
        settled_at=bindparam("p_at"),
        plan=None,
        blocker=None,
    )
)


class SqlLedger:
    """`processors.ledger.Ledger` on a database that alembic has migrated. *clock* returns seconds since the epoch."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._reading = reading(engine)
        self._clock = clock
        # SQLite has one write lock and waits for it by sleeping: threads of one process had better take turns.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        self._insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._turn, _translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _guarded(self, lease: Lease, *, exclusive: bool = False) -> Iterator[tuple[Connection, Row[Any]]]:
        """Begin, lock the lease row, check the epoch: D14's old writer is refused here, or commits before we load."""
        with self._transaction() as connection:
            query = select(tables.lease).where(tables.lease.c.org == lease.org)
            row = connection.execute(query.with_for_update(read=not exclusive)).one_or_none()
            if row is None or row.epoch != lease.epoch:
                raise LeaseLost(f"org {lease.org}: the lease of epoch {lease.epoch} has been taken over")
            yield connection, row

    def take_lease(self, org: str, owner: str) -> Lease:
        """Take the org's lease: epoch + 1."""
        table = tables.lease
        with self._transaction() as connection:
            ledger_id = self._ledger_id(connection)
            new = {
                "org": org,
                "epoch": 0,
                "owner": owner,
                "taken_at": self._clock(),
                "next_place": 1,
                "next_sequence": 1,
                "unclean_starts": 0,
            }
            connection.execute(self._insert(table).values(new).on_conflict_do_nothing())
            row = connection.execute(select(table).where(table.c.org == org).with_for_update()).one()
            taken = {
                "epoch": row.epoch + 1,
                "owner": owner,
                "taken_at": self._clock(),
                "unclean_starts": row.unclean_starts + 1,
            }
            connection.execute(update(table).where(table.c.org == org).values(taken))
            return Lease(
                org=org,
                epoch=row.epoch + 1,
                ledger_id=ledger_id,
                last_sequence=row.next_sequence - 1,
                unclean_starts=row.unclean_starts,
                commands=row.next_place - 1,
                resume_from=row.resume_from,
            )

    def _ledger_id(self, connection: Connection) -> str:
        found = connection.execute(select(tables.ledger.c.id)).scalar_one_or_none()
        if found is None:
            found = str(uuid.uuid4())
            connection.execute(tables.ledger.insert().values(id=found))
        return found

    def insert(self, lease: Lease, arrivals: Sequence[Arrival]) -> tuple[Sequence[Stored], Sequence[Arrival]]:
        """Insert each command once by its ID; return the new ones, and those whose ID is known with another digest."""
        fresh: dict[str, Arrival] = {}
        reused = []
        with self._guarded(lease, exclusive=True) as (connection, row):
            known = self._digests(connection, [arrival.command.command_id for arrival in arrivals])
            for arrival in arrivals:
                command = arrival.command
                first = fresh.get(command.command_id)
                digest = first.command.event_digest if first else known.get(command.command_id)
                if digest is None:
                    fresh[command.command_id] = arrival
                elif digest != command.event_digest:
                    reused.append(arrival)
            return self._store(connection, lease, list(fresh.values()), row.next_place), reused

    def _digests(self, connection: Connection, command_ids: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for chunk in _chunks(command_ids):
            query = select(_command.id, _command.digest).where(_command.id.in_(chunk))
            found.update((row.id, row.digest) for row in connection.execute(query))
        return found

    def _store(
        self,
        connection: Connection,
        lease: Lease,
        arrivals: Sequence[Arrival],
        place: int,
    ) -> Sequence[Stored]:
        if not arrivals:
            return ()
        now = self._clock()
        rows = [_new_row(lease.org, place + n, arrival, now) for n, arrival in enumerate(arrivals)]
        connection.execute(tables.command.insert(), rows)
        self._number(connection, lease, next_place=place + len(rows))
        return [
            Stored(
                row["id"],
                row["place"],
                "waiting",
                row["lane"],
                now,
                0,
                0,
                False,
                row["body"],
            )
            for row in rows
        ]

    def _number(self, connection: Connection, lease: Lease, **numbers: int) -> None:
        connection.execute(update(tables.lease).where(tables.lease.c.org == lease.org).values(**numbers))

    def unsettled(self, lease: Lease) -> tuple[Sequence[Stored], Sequence[ApiCall]]:
        """Return everything that waits or is intended, in place order, and every call that may still land."""
        with self._guarded(lease) as (connection, _):
            query = select(tables.command).where(_command.org == lease.org, _command.state != "settled")
            stored = [_stored(row) for row in connection.execute(query.order_by(_command.place))]
            calls = select(tables.api_call.c.body).where(tables.api_call.c.org == lease.org)
            return stored, [call_from_json(row.body) for row in connection.execute(calls)]

    def apply(self, lease: Lease, change: Change) -> Applied:
        """Carry the change out in one transaction; return the sequence numbers that it gave out."""
        with self._guarded(lease, exclusive=bool(change.settled)) as (connection, row):
            self._calls(connection, lease, change)
            _each(
                connection,
                _INTEND,
                [{"p_id": id_, "p_plan": plan} for id_, plan in change.plans.items()],
            )
            _each(
                connection,
                _POSTPONE,
                [_postponed_row(postponed) for postponed in change.postponed],
            )
            last = int(row.next_sequence) - 1
            numbers: dict[str, int] = {}
            if change.settled:
                numbers = self._settle(connection, lease, change.settled, last)
            for (kind, source_id), record_id in change.links.items():
                self._link(connection, lease.org, kind, source_id, record_id)
            return Applied(last + len(numbers), numbers)

    def _calls(self, connection: Connection, lease: Lease, change: Change) -> None:
        table = tables.api_call
        gone = [*change.answered, *(call.id for call in change.alive)]
        for chunk in _chunks(gone):
            connection.execute(delete(table).where(table.c.id.in_(chunk)))
        kept = [*change.intended, *change.alive]
        _each(connection, table.insert(), [_call_row(lease, call) for call in kept])

    def _settle(
        self,
        connection: Connection,
        lease: Lease,
        settled: Sequence[Settled],
        last: int,
    ) -> dict[str, int]:
        ids = [one.command_id for one in settled]
        known: set[str] = set()
        for chunk in _chunks(ids):
            query = select(_command.id).where(_command.id.in_(chunk), _command.state == "settled")
            known.update(connection.execute(query).scalars())
        # One outcome a command, whatever a bug above may do: a settled row keeps its outcome and its number.
        fresh = [one for one in settled if one.command_id not in known]
        now = self._clock()
        _each(
            connection,
            _SETTLE,
            [_settled_row(one, last + n, now) for n, one in enumerate(fresh, start=1)],
        )
        self._number(connection, lease, next_sequence=last + len(fresh) + 1, unclean_starts=0)
        return {one.command_id: last + n for n, one in enumerate(fresh, start=1)}

    def _link(
        self,
        connection: Connection,
        org: str,
        kind: str,
        source_id: str,
        record_id: str,
    ) -> None:
        values = {
            "org": org,
            "kind": kind,
            "source_id": source_id,
            "record_id": record_id,
            "linked_at": self._clock(),
        }
        kept = {"record_id": record_id, "linked_at": values["linked_at"]}
        statement = self._insert(tables.link).values(values)
        connection.execute(statement.on_conflict_do_update(index_elements=["org", "kind", "source_id"], set_=kept))

    def links(self, lease: Lease, kind: str, source_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the record IDs kept for these source IDs."""
        table = tables.link
        found: dict[str, str] = {}
        with _translated(), self._reading.connect() as connection:
            for chunk in _chunks(source_ids):
                query = select(table.c.source_id, table.c.record_id).where(
                    table.c.org == lease.org,
                    table.c.kind == kind,
                    table.c.source_id.in_(chunk),
                )
                found.update((row.source_id, row.record_id) for row in connection.execute(query))
        return found

    def unpublished(self, org: str, after: int, limit: int) -> Sequence[Unpublished]:
        """Return the next outcomes after a sequence number, in sequence."""
        query = (
            select(_command.sequence, _command.id, _command.kind, _command.outcome, _command.key, _command.headers)
            .where(_command.org == org, _command.sequence > after)
            .order_by(_command.sequence)
            .limit(limit)
        )
        with _translated(), self._reading.connect() as connection:
            return [Unpublished(*row) for row in connection.execute(query)]

    def resume_from(self, org: str) -> int | None:
        """Return the sequence number that the operator said a stopped org goes on after, or None; no lease is taken."""
        table = tables.lease
        with _translated(), self._reading.connect() as connection:
            found = connection.execute(select(table.c.resume_from).where(table.c.org == org)).scalar_one_or_none()
            return None if found is None else int(found)

    def resumed(self, lease: Lease) -> None:
        """Forget where the operator said to go on."""
        with self._guarded(lease) as (connection, _):
            connection.execute(update(tables.lease).where(tables.lease.c.org == lease.org).values(resume_from=None))

    def clean(self, lease: Lease) -> None:
        """Forget unclean starts: work has been settled, or the process ends in good order."""
        with self._guarded(lease) as (connection, _):
            self._number(connection, lease, unclean_starts=0)

    def mark_crashing(self, lease: Lease, command_id: str) -> int:
        """Note that a command is about to be decided alone after crashes; return how often that was noted."""
        with self._guarded(lease) as (connection, _):
            row = _command.id == command_id
            connection.execute(update(tables.command).where(row).values(crashes=_command.crashes + 1))
            return int(connection.execute(select(_command.crashes).where(row)).scalar_one())

    def prune(self, lease: Lease, before: float, through: int) -> int:
        """Delete settled rows older than *before* and published (sequence ≤ *through*); return how many."""
        with self._guarded(lease) as (connection, _):
            old = (
                _command.org == lease.org,
                _command.state == "settled",
                _command.settled_at < before,
                _command.sequence <= through,
            )
            return int(connection.execute(delete(tables.command).where(*old)).rowcount)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn a database that is away, busy or ended our transaction into `Transient`; other faults are our bugs."""
    try:
        yield
    except OperationalError as error:
        raise Transient(f"the database did not answer: {error.orig}", code="database") from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise Transient(f"the database ended the connection: {error.orig}", code="database") from error


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def _each(connection: Connection, statement: Executable, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)


def _new_row(org: str, place: int, arrival: Arrival, now: float) -> dict[str, Any]:
    command = arrival.command
    return {
        "id": command.command_id,
        "org": org,
        "place": place,
        "state": "waiting",
        "lane": LANES[command.lane],
        "due": now,
        "tries": 0,
        "crashes": 0,
        "alone": False,
        "contract": command.contract,
        "event_id": command.event_id,
        "integration": command.integration,
        "digest": command.event_digest,
        "body": arrival.body,
    }


def _stored(row: Row[Any]) -> Stored:
    return Stored(
        command_id=row.id,
        place=row.place,
        state=row.state,
        lane=row.lane,
        due=row.due,
        tries=row.tries,
        crashes=row.crashes,
        alone=row.alone,
        body=row.body,
        plan=row.plan,
    )


def _postponed_row(postponed: Postponed) -> dict[str, Any]:
    names = ("due", "why", "blocker", "tries", "crashes", "alone", "plan")
    return {
        "p_id": postponed.command_id,
        **{f"p_{name}": getattr(postponed, name) for name in names},
    }


def _settled_row(settled: Settled, sequence: int, now: float) -> dict[str, Any]:
    return {
        "p_id": settled.command_id,
        "p_sequence": sequence,
        "p_outcome": settled.outcome,
        "p_key": settled.key[:200],
        "p_headers": settled.headers,
        "p_kind": settled.kind,
        "p_reason": settled.reason,
        "p_at": now,
    }


def _call_row(lease: Lease, call: ApiCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "org": lease.org,
        "state": call.state,
        "epoch": lease.epoch,
        "send_by": call.send_by,
        "alive_until": call.alive_until,
        "body": call_to_json(call),
    }
