"""
What prospects and field records have in common: their link with a record of the org, and how they are applied.

In: a case, or a command with what is kept of its record.  Out: a situation, a `Decision`, the state that is kept.
Rule of this file: pure; how a record is applied is decided by the four actions. What is known of a prospect is kept, so
that a user can link it, or ask for it, later (LL-15, LL-22).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from processors.deciding.actions import by_action, selected_records
from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.matching import links
from processors.model.decision import Decision, Link
from schemas.command import Command, MatchKey, SourceRecord
from schemas.values import person_from, plain

_PREFIX = "prospect:"
_FORGOTTEN = orjson.dumps(None)
"""What is kept of a prospect that is no more at the source."""
_BY_HAND = ("link_record", "sync_record")
MAPS = ("lead", "contact", "account", "opportunity")


def prospect_states(command: Command) -> tuple[str, ...]:
    """Return under which name the ledger keeps what is known of the prospect that a user's action is about."""
    about = asked_for(command)
    return (f"{_PREFIX}{about}",) if about else ()


def asked_for(command: Command) -> str | None:
    """Return the source's ID of the record that a user's action is about, or None for other commands (LL-15, LL-22)."""
    request = command.request
    about = (request.about or "").strip() if request and request.action in _BY_HAND else ""
    return about or None


def resumed(command: Command, kept: Mapping[str, bytes]) -> Command:
    """Return a user's action with what is known of the prospect that it is about; others as they are."""
    about = asked_for(command)
    if about is None:
        return command
    state = kept.get(f"{_PREFIX}{about}")
    if state in (None, _FORGOTTEN):
        # What the action itself fills (a constant, a name) is not what a prospect said: nothing is known of it.
        return replace(
            command, source_id=about, record=SourceRecord(about), lead={}, contact={}, account={}, opportunity={}
        )
    return replace(command, source_id=about, record=SourceRecord(about), **_from_state(state))


def prospect_state_of(command: Command) -> dict[str, bytes]:
    """Return what is kept of the command's prospect, by source ID."""
    ended = command.record is not None and command.record.is_ended
    return {f"{_PREFIX}{command.source_id}": _FORGOTTEN if ended else _state(command)}


def _state(command: Command) -> bytes:
    said = {name: dict(getattr(command, name)) for name in MAPS}
    return orjson.dumps({"person": plain(command.person), "keys": [plain(key) for key in command.keys], **said})


def _from_state(state: bytes) -> dict[str, Any]:
    value = orjson.loads(state)
    return {
        "person": person_from(value["person"]),
        "keys": tuple(MatchKey.of(key) for key in value["keys"]),
        **{name: value[name] for name in MAPS},
    }


def situation(case: Case) -> str:
    """Return how the record of the source stands to the org: one word of `source_record_rules.LINK`."""
    if case.match.linked_id is not None and case.match.step != "chosen":
        return "linked" if case.match.step == "link" else "gone"
    if case.match.step == "chosen" and (case.match.leads or case.match.contacts):
        return "linked"
    return "unlinked" if case.command.keys else "anonymous"


def deleted(case: Case, rule: str) -> Decision:
    """Return the error of a record whose linked record is gone; the link is dropped (LL-26)."""
    gone = case.match.linked_id or ""
    detail = f"record {gone}, which it was linked with, is deleted or hidden from us; the link is dropped (LL-26)"
    decision = case.decided("error", (rule,), (Part(refusal="record_deleted", detail=detail),))
    name = links.name_of(case.command)
    return replace(decision, unlinked=(Link(links.KIND, name),) if name else ())


def _taken(case: Case) -> Part | None:
    """Return the refusal of a first link to a record that another record of the source is linked with, or None."""
    records, how = selected_records(case)
    record = records[0] if len(records) == 1 else None
    if record is None or case.match.step == "link" or record.id == case.match.linked_id:
        return None
    same = (record.id, case.match.followed or "", *case.match.also)
    other = next((case.match.taken[record_id] for record_id in same if record_id in case.match.taken), None)
    row = case.book.row("link_taken", "taken" if other else "free", case.settings.record_link.taken)
    if row.then == "link":
        return None
    detail = (
        f"{record.object} {record.id} is linked with '{other}' of this source already: merge the two there, "
        "or set link.taken: share"
    )
    return Part(refusal="link_taken", candidates=records, detail=detail, rules=(*how.rules, row.rule))


def applied(case: Case, action: str, rules: tuple[str, ...], said: Part | None = None) -> Decision:
    """Return what *action* does, with its link kept, the *rules* that led there, and the flags of *said*."""
    if (taken := _taken(case)) is not None:
        return case.decided("error", rules, (taken,))
    decision = by_action(case, action)
    flags = (*decision.flags, *(said.flags if said else ()))
    decision = replace(decision, rule_ids=tuple(dict.fromkeys((*rules, *decision.rule_ids))), flags=flags)
    return links.keep_link(case.command, case.match, decision)
