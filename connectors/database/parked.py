"""
Parked commands, as the command line shows them.

Rule of this file: reads only; no lease is taken, so a running executor is never disturbed.
"""

from dataclasses import dataclass

from sqlalchemy import Engine, select

from connectors.database import tables
from connectors.database.audit import patient
from connectors.database.engine import reading


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked command: until when (seconds since the epoch), why, and its notice, which has the candidates."""

    command_id: str
    org: str
    integration: str
    until: float
    why: str
    notice: bytes | None


def parked_commands(engine: Engine, integration: str | None = None, command_id: str | None = None) -> list[Parked]:
    """Return the parked commands, ordered by their deadline. Raises `Transient`."""
    command, notice = tables.command.c, tables.notice.c
    query = (
        select(command.id, command.org, command.integration, command.due, command.why, notice.body)
        .join_from(tables.command, tables.notice, notice.command_id == command.id, isouter=True)
        .where(command.state == "waiting", command.parked)
        .order_by(command.due, command.id)
    )
    if integration is not None:
        query = query.where(command.integration == integration)
    if command_id is not None:
        query = query.where(command.id == command_id)
    with patient("ledger"), reading(engine).connect() as connection:
        return [Parked(*row) for row in connection.execute(query)]
