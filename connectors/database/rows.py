"""
Values of the ledger as rows of its tables, and back.

Rule of this file: names alone; what is written when is in `ledger.py`.
"""

from typing import Any

from sqlalchemy import Row

from processors.model.ledger import LANES, Arrival, Lease, Noticed, Postponed, Settled, Stored
from processors.model.plan import ApiCall, call_to_json


def new_row(org: str, place: int, arrival: Arrival, now: float) -> dict[str, Any]:
    """Return the row of a command that has just arrived."""
    command = arrival.command
    return {
        "id": command.command_id,
        "org": org,
        "place": place,
        "state": "waiting",
        "lane": LANES[command.lane],
        "due": now if arrival.due is None else arrival.due,
        "tries": 0,
        "crashes": 0,
        "alone": False,
        "parked": False,
        "contract": command.contract,
        "event_id": command.event_id,
        "integration": command.integration,
        "digest": command.event_digest,
        "body": arrival.body,
    }


def stored_command(row: Row[Any]) -> Stored:
    """Return a row as the executor takes it."""
    return Stored(
        command_id=row.id,
        queue_position=row.place,
        state=row.state,
        lane=row.lane,
        due=row.due,
        tries=row.tries,
        crashes=row.crashes,
        alone=row.alone,
        body=row.body,
        plan=row.plan,
        parked=row.parked,
        resolution=row.resolution,
    )


def postponed_row(postponed: Postponed) -> dict[str, Any]:
    """Return the parameters of `POSTPONE`."""
    names = ("due", "why", "blocker", "tries", "crashes", "alone", "plan", "parked")
    return {
        "p_id": postponed.command_id,
        **{f"p_{name}": getattr(postponed, name) for name in names},
    }


def settled_row(settled: Settled, sequence: int, now: float) -> dict[str, Any]:
    """Return the parameters of `SETTLE`."""
    return {
        "p_id": settled.command_id,
        "p_sequence": sequence,
        "p_outcome": settled.outcome,
        "p_key": settled.key,
        "p_headers": settled.headers,
        "p_kind": settled.kind,
        "p_reason": settled.reason,
        "p_at": now,
    }


def call_row(lease: Lease, call: ApiCall) -> dict[str, Any]:
    """Return the row of an API call that may land."""
    return {
        "id": call.id,
        "org": lease.org,
        "state": call.state,
        "epoch": lease.epoch,
        "send_by": call.send_by,
        "alive_until": call.alive_until,
        "body": call_to_json(call),
    }


def notice_row(org: str, noticed: Noticed, sequence: int, now: float) -> dict[str, Any]:
    """Return the row of a notice."""
    return {
        "id": noticed.notice_id,
        "org": org,
        "sequence": sequence,
        "command_id": noticed.command_id,
        "body": noticed.notice,
        "key": noticed.key,
        "headers": noticed.headers,
        "created_at": now,
    }
