"""
The ledger on SQLAlchemy Core: SQLite or PostgreSQL.

Rule of this file: every write runs in one transaction that first locks the org's lease row and checks its epoch
(design section 3, point 7; attacks D13, D14).
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Row,
    delete,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from connectors.database import tables
from connectors.database.own_records import forget_own_records, keep_own_records
from connectors.database.reads import LedgerReads, chunks, translated
from connectors.database.rows import call_row, new_row, notice_row, postponed_row, settled_row, stored_command
from connectors.database.statements import ABSORB, ENDED, INTEND, POSTPONE, SETTLE
from connectors.database.upserts import forget_links, keep_field_history, keep_links, keep_source_states
from processors.model.errors import LeaseLost
from processors.model.ledger import (
    Applied,
    Arrival,
    Lease,
    LedgerTransaction,
    Noticed,
    Resumed,
    Settled,
    Stored,
)
from processors.model.plan import ApiCall, call_from_json

KEEP_SOURCE_STATES = 400 * 86_400.0
"""Seconds that what is known of a source entity is kept after its last change: bookings are made months ahead."""

KEEP_FIELD_HISTORY = 400 * 86_400.0
"""Seconds that a record's field history are kept after we wrote to it last; events that old are not sent again."""

_command, _notice = tables.command.c, tables.notice.c


class SqlLedger(LedgerReads):
    """
    `processors.model.ledger.Ledger` on a database that alembic has migrated.

    *clock* returns seconds since the epoch.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        super().__init__(engine)
        self._engine = engine
        self._clock = clock
        # SQLite has one write lock and waits for it by sleeping: threads of one process had better take turns.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        self._insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._turn, translated(), self._engine.begin() as connection:
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
        for chunk in chunks(command_ids):
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
        rows = [new_row(lease.org, place + n, arrival, now) for n, arrival in enumerate(arrivals)]
        connection.execute(tables.command.insert(), rows)
        self._number(connection, lease, next_place=place + len(rows))
        return [
            Stored(
                row["id"],
                row["place"],
                "waiting",
                row["lane"],
                row["due"],
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
            query = select(tables.command).where(_command.org == lease.org, _command.state.not_in(ENDED))
            found = [stored_command(row) for row in connection.execute(query.order_by(_command.place))]
            calls = select(tables.api_call.c.body).where(tables.api_call.c.org == lease.org)
            return found, [call_from_json(row.body) for row in connection.execute(calls)]

    def apply(self, lease: Lease, change: LedgerTransaction) -> Applied:
        """Carry the change out in one transaction; return the sequence numbers that it gave out."""
        with self._guarded(lease, exclusive=bool(change.settled or change.noticed)) as (connection, row):
            self._calls(connection, lease, change)
            _each(
                connection,
                INTEND,
                [{"p_id": id_, "p_plan": plan} for id_, plan in change.plans.items()],
            )
            _each(
                connection,
                POSTPONE,
                [postponed_row(postponed) for postponed in change.postponed],
            )
            for resumed in change.resumed:
                self._resume(connection, resumed)
            last = int(row.next_sequence) - 1
            numbers: dict[str, int] = {}
            if change.settled:
                numbers = self._settle(connection, lease, change.settled, last)
            if change.noticed:
                numbers |= self._note(connection, lease, change.noticed, last + len(numbers))
            forget_links(connection, lease.org, change.unlinked)
            keep_links(connection, self._insert, lease.org, change.links, self._clock())
            keep_source_states(connection, self._insert, lease.org, change.source_states, self._clock())
            forget_own_records(connection, lease.org, change.disowned)
            keep_own_records(connection, self._insert, lease.org, change.own_records, self._clock())
            keep_field_history(connection, self._insert, lease.org, change.field_history, self._clock())
            return Applied(last + len(numbers), numbers)

    def _calls(self, connection: Connection, lease: Lease, change: LedgerTransaction) -> None:
        table = tables.api_call
        gone = [*change.answered, *(call.id for call in change.alive)]
        for chunk in chunks(gone):
            connection.execute(delete(table).where(table.c.id.in_(chunk)))
        kept = [*change.intended, *change.alive]
        _each(connection, table.insert(), [call_row(lease, call) for call in kept])

    def _settle(
        self,
        connection: Connection,
        lease: Lease,
        settled: Sequence[Settled],
        last: int,
    ) -> dict[str, int]:
        ids = [item.command_id for item in settled]
        known: set[str] = set()
        for chunk in chunks(ids):
            query = select(_command.id).where(_command.id.in_(chunk), _command.state.in_(ENDED))
            known.update(connection.execute(query).scalars())
        # One outcome a command, whatever a bug above may do: a settled row keeps its outcome and its number.
        fresh = [item for item in settled if item.command_id not in known]
        now = self._clock()
        _each(
            connection,
            SETTLE,
            [settled_row(item, last + n, now) for n, item in enumerate(fresh, start=1)],
        )
        _each(connection, ABSORB, [{"p_id": id_, "p_at": now} for item in fresh for id_ in item.absorbed])
        self._number(connection, lease, next_sequence=last + len(fresh) + 1, unclean_starts=0)
        return {item.command_id: last + n for n, item in enumerate(fresh, start=1)}

    def _resume(self, connection: Connection, resumed: Resumed) -> None:
        """Wake a parked command: one conditional write, so that of two choices, or a choice and an expiry, one wins."""
        row = (_command.id == resumed.command_id, _command.state == "waiting", _command.parked)
        values = {"parked": False, "due": resumed.due, "resolution": resumed.resolution, "blocker": None}
        if connection.execute(update(tables.command).where(*row).values(values)).rowcount != 1:
            raise RuntimeError(f"command {resumed.command_id} was chosen for, but it is not parked; nothing is stored")

    def _note(self, connection: Connection, lease: Lease, noticed: Sequence[Noticed], last: int) -> dict[str, int]:
        """Give each new notice the org's next number; one that is known keeps its own."""
        known: set[str] = set()
        for chunk in chunks([item.notice_id for item in noticed]):
            known.update(connection.execute(select(_notice.id).where(_notice.id.in_(chunk))).scalars())
        fresh = [item for item in {item.notice_id: item for item in noticed}.values() if item.notice_id not in known]
        now = self._clock()
        rows = [notice_row(lease.org, item, last + n, now) for n, item in enumerate(fresh, start=1)]
        _each(connection, tables.notice.insert(), rows)
        self._number(connection, lease, next_sequence=last + len(fresh) + 1)
        return {item.notice_id: last + n for n, item in enumerate(fresh, start=1)}

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
        source_id, long_ago = tables.source_state.c, self._clock() - KEEP_SOURCE_STATES
        clock, untouched = tables.field_clock.c, self._clock() - KEEP_FIELD_HISTORY
        with self._guarded(lease) as (connection, _):
            absorbed = (_command.org == lease.org, _command.state == "absorbed", _command.settled_at < before)
            connection.execute(delete(tables.command).where(*absorbed))
            told = (_notice.org == lease.org, _notice.created_at < before, _notice.sequence <= through)
            connection.execute(delete(tables.notice).where(*told))
            connection.execute(
                delete(tables.source_state).where(source_id.org == lease.org, source_id.updated_at < long_ago)
            )
            own = tables.own_record.c
            connection.execute(delete(tables.own_record).where(own.org == lease.org, own.updated_at < long_ago))
            connection.execute(delete(tables.field_clock).where(clock.org == lease.org, clock.updated_at < untouched))
            old = (
                _command.org == lease.org,
                _command.state == "settled",
                _command.settled_at < before,
                _command.sequence <= through,
            )
            return int(connection.execute(delete(tables.command).where(*old)).rowcount)


def _each(connection: Connection, statement: Executable, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
