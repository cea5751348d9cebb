"""
What the ledger keeps of field records that were left out, so that their activities are left out too (SP-6, SP-20).

In: a command of a record or of an activity, and what is kept.  Out: the name of what is kept, its state, why.
Rule of this file: pure; the state of a record that is applied again says so, and replaces the one of before.
"""

from collections.abc import Mapping

import orjson

from schemas.command import Command

_PREFIX = "left_out:"


def left_out_states(command: Command) -> tuple[str, ...]:
    """Return under which name the ledger keeps whether the command's field record was left out."""
    record = command.record.id if command.record else ""
    return (_name(record),) if record else ()


def left_out(command: Command) -> Mapping[str, bytes]:
    """Return what is kept of a field record that the intake left out: the reason and the condition."""
    why = ", ".join((command.skip_reason or "other", *command.rule_ids))
    return {_name(command.source_id): orjson.dumps({"why": why})}


def end_of_record(command: Command) -> Mapping[str, bytes]:
    """Return what is kept of a field record that is no more at the source."""
    into = command.record.merged_into if command.record else None
    why_ended = f"merged into '{into}' at the source" if into else "deleted at the source"
    return {_name(command.source_id): orjson.dumps({"why": why_ended})}


def taken_in(command: Command, kept: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return what is kept of a field record that is applied, where it was left out before."""
    return {name: orjson.dumps({"why": None}) for name in left_out_states(command) if why(command, kept)}


def why(command: Command, kept: Mapping[str, bytes]) -> str | None:
    """Return why the command's field record was left out last, or None where it was not."""
    state = next((kept[name] for name in left_out_states(command) if name in kept), None)
    found = orjson.loads(state)["why"] if state else None
    return str(found) if found else None


def _name(record_id: str) -> str:
    return f"{_PREFIX}{record_id}"
