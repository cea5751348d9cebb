"""
The state of the orgs for operators, and the command that resumes a stopped org.

Rule of this file: reads only, but for `resume`; no lease is taken here, so a running executor is never disturbed.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select, update

from connectors.database import tables
from connectors.database.audit import patient
from connectors.database.engine import reading
from connectors.database.statements import ENDED
from processors.model.connection import Cause
from processors.model.errors import Misconfigured
from processors.model.incidents import INCIDENTS_KEY, incidents_from_json


@dataclass(frozen=True, slots=True)
class OrgStatus:
    """
    One org as the ledger has it; times in seconds since the epoch.

    `parked` wait for someone's choice and do not count for `oldest_due`; `held` wait for a field, and `broken` are the
    causes for which the connection is broken. `last_sequence` is its latest outcome's or notice's number, `resume_from`
    where the operator said to go on publishing.
    """

    org: str
    owner: str
    epoch: int
    states: dict[str, int]
    oldest_due: float | None
    parked: int
    held: int
    broken: tuple[Cause, ...]
    last_sequence: int
    calls_in_doubt: int
    last_settled: float | None
    unclean_starts: int
    resume_from: int | None


def org_statuses(engine: Engine) -> list[OrgStatus]:
    """Return every org that ever had a lease, by name. Raises `Transient`."""
    command, call, lease = tables.command.c, tables.api_call.c, tables.lease
    with patient("ledger"), reading(engine).connect() as connection:
        found = []
        for row in connection.execute(select(lease).order_by(lease.c.org)):
            here = command.org == row.org
            counted = select(command.state, func.count().label("n")).where(here).group_by(command.state)
            due = select(func.min(command.due)).where(here, command.state.not_in(ENDED), ~command.parked)
            settled = select(func.max(command.settled_at)).where(here)
            parked = select(func.count()).where(here, command.state == "waiting", command.parked)
            broken = _broken(connection, row.org)
            waits = select(func.count()).where(here, command.state == "waiting", command.blocker == "field_removed")
            doubts = select(func.count()).where(call.org == row.org)
            found.append(
                OrgStatus(
                    org=row.org,
                    owner=row.owner,
                    epoch=row.epoch,
                    states={each.state: each.n for each in connection.execute(counted)},
                    oldest_due=connection.execute(due).scalar_one(),
                    parked=connection.execute(parked).scalar_one(),
                    held=connection.execute(waits).scalar_one() if "field_removed" in broken else 0,
                    broken=broken,
                    last_sequence=row.next_sequence - 1,
                    calls_in_doubt=connection.execute(doubts).scalar_one(),
                    last_settled=connection.execute(settled).scalar_one(),
                    unclean_starts=row.unclean_starts,
                    resume_from=row.resume_from,
                )
            )
        return found


def unpublished_since(engine: Engine, org: str, published: int) -> float | None:
    """
    Return when the oldest outcome above the number *published* was settled, in seconds since the epoch; None: no such.

    Raises `Transient`.
    """
    command = tables.command.c
    oldest = select(func.min(command.settled_at)).where(command.org == org, command.sequence > published)
    with patient("ledger"), reading(engine).connect() as connection:
        found: float | None = connection.execute(oldest).scalar_one()
        return found


def _broken(connection: Connection, org: str) -> tuple[Cause, ...]:
    """Return the causes of the incidents that are open, each once."""
    source_id = tables.source_state.c
    kept = select(source_id.body).where(
        source_id.org == org, source_id.integration == INCIDENTS_KEY[0], source_id.source_id == INCIDENTS_KEY[1]
    )
    body = connection.execute(kept).scalar_one_or_none()
    return tuple(dict.fromkeys(incident.cause for incident in incidents_from_json(body))) if body else ()


def resume(engine: Engine, org: str, published_through: int) -> None:
    """
    Let a stopped org go on publishing after this sequence number; its executor sees it at its next look.

    Numbers below are never given again: outcomes settled from now on follow the higher of both.
    Raises Misconfigured where the org is unknown, `Transient` where the database is away.
    """
    table = tables.lease
    following = table.c.next_sequence
    with patient("ledger"), engine.begin() as connection:
        row = connection.execute(select(following).where(table.c.org == org).with_for_update()).one_or_none()
        if row is None:
            raise Misconfigured([f"the ledger knows no org {org!r}; `signalbox org status` names those that it knows"])
        values = {"resume_from": published_through, "next_sequence": max(row.next_sequence, published_through + 1)}
        connection.execute(update(table).where(table.c.org == org).values(**values))
