"""
What a prospect, or a lead or account of a field sales application, does to Salesforce.

In: a case of the contracts `Prospect` and `FieldRecord`.  Out: a `Decision` (LL-6 to LL-15, LL-22, LL-26, SP-3 to
SP-12, SP-28).
Rule of this file: pure; whether it is applied is read from `rules/records.py`, how it is applied from the four actions.
What is known of a prospect is kept, so that a user can link it, or ask for it, later.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from processors.deciding.actions import by_action
from processors.deciding.activity import user_named
from processors.deciding.case import Case, Part
from processors.integration.catalog import code_key
from processors.matching import links
from processors.model.values import Decision, Link
from schemas.command import Command, MatchKey, SourceRecord
from schemas.outcome import Reason
from schemas.values import Person, Scalar, plain

_PREFIX = "prospect:"
_BY_HAND = ("link_record", "sync_record")
_MAPS = ("lead", "contact", "account", "opportunity")


def source_states(command: Command) -> tuple[str, ...]:
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
    if state is None:
        return replace(command, source_id=about, record=SourceRecord(about))
    return replace(command, source_id=about, record=SourceRecord(about), **_from_state(state))


def _state(command: Command) -> bytes:
    said = {name: dict(getattr(command, name)) for name in _MAPS}
    return orjson.dumps({"person": plain(command.person), "keys": [plain(key) for key in command.keys], **said})


def _from_state(state: bytes) -> dict[str, Any]:
    value = orjson.loads(state)
    person = Person(**{**value["person"], "phones": tuple(value["person"]["phones"])})
    return {
        "person": person,
        "keys": tuple(MatchKey(**key) for key in value["keys"]),
        **{name: value[name] for name in _MAPS},
    }


def decide_prospect(case: Case, *, requested: bool = False) -> Decision:
    """
    Return what a prospect's state does: applied, kept until a user links or asks for it, or its record is gone.

    *requested*: a user asks for it (LL-22).
    """
    wanted = requested or case.settings.prospects.sync == "all"
    row = case.book.row("prospect", _situation(case), "wanted" if wanted else "not_wanted")
    if row.then == "apply":
        decision = _applied(case, str(case.settings.action), (row.rule,))
    elif row.then == "deleted":
        decision = _deleted(case, row.rule)
    else:
        decision = _waiting(case, row.then, row.rule)
    if case.command.request is not None:
        return decision
    return replace(
        decision, source_states={**decision.source_states, f"{_PREFIX}{case.command.source_id}": _state(case.command)}
    )


def _situation(case: Case) -> str:
    if case.match.linked_id is not None and case.match.step != "chosen":
        return "linked" if case.match.step == "link" else "gone"
    if case.match.step == "chosen" and (case.match.leads or case.match.contacts):
        return "linked"
    return "unlinked" if case.command.keys else "anonymous"


def _waiting(case: Case, verb: str, rule: str) -> Decision:
    reason: Reason = "anonymous" if verb == "keep" else "not_requested"
    detail = {
        "anonymous": "the prospect has no key to match by: what is known of it is kept until a user links it (LL-15)",
        "not_requested": "prospects go to Salesforce when a user asks for them: it is kept until then (LL-22)",
    }[reason]
    return case.decided("skipped", (rule,), (Part(detail=detail),), reason)


def _deleted(case: Case, rule: str) -> Decision:
    gone = case.match.linked_id or ""
    detail = f"record {gone}, which it was linked with, is deleted or hidden from us; the link is dropped (LL-26)"
    decision = case.decided("error", (rule,), (Part(refusal="record_deleted", detail=detail),))
    name = links.name_of(case.command)
    return replace(decision, unlinked=(Link(links.KIND, name),) if name else ())


_ACTIONS = {
    "lead": "update_or_create_lead",
    "convert": "update_and_convert_lead_or_create_contact",
    "account": "update_or_create_contact",
}


def decide_field_record(case: Case) -> Decision:
    """Return what a field record's state does: by its object and stage one of the four actions, for its owner."""
    row = case.book.row("field_record", _situation(case))
    if row.then == "deleted":
        return _deleted(case, row.rule)
    settings, stage = case.settings.field_sales, case.command.record.stage if case.command.record else None
    reached = settings.convert_at is not None and code_key(stage or "") == code_key(settings.convert_at)
    action = case.book.row("field_action", settings.object, "reached" if reached else "not_reached")
    if action.then == "account":
        # Records that are accounts have nothing to do with leads of the same person (SP-3).
        case = replace(case, match=replace(case.match, leads=()))
    case, owner = _owned(case)
    return _applied(case, _ACTIONS[action.then], (row.rule, action.rule, *owner.rules), owner)


def _owned(case: Case) -> tuple[Case, Part]:
    """Return the case whose new records have an owner, and what the outcome says about that (SP-28)."""
    agent = case.command.agent
    known = user_named(case, (agent.email if agent else None) or (agent.name if agent else None))
    default = user_named(case, case.settings.field_sales.owner)
    row = case.book.row("field_owner", "user" if known else "unknown", "default" if default else "no_default")
    if row.then == "nobody":
        return case, Part(rules=(row.rule,), flags=("owner_unknown",) if agent else ())
    chosen = known if row.then == "user" else default
    if chosen is None:
        raise ValueError(f"no owner that is the {row.then}")
    flags = ("owner_fallback",) if row.then == "default" else ()
    there = bool(case.match.leads or case.match.contacts)
    if row.then == "default" and there:
        # Somebody owns it already: a default user steps in for nobody.
        return case, Part(rules=(row.rule,))
    added: dict[str, Any] = {
        name: _with_owner(getattr(case.command, name), chosen) for name in _owned_objects(case, row.then)
    }
    return replace(case, command=replace(case.command, **added)), Part(rules=(row.rule,), flags=flags)


def _owned_objects(case: Case, then: str) -> tuple[str, ...]:
    others = not (case.match.accounts or case.match.account_of) or then == "user"
    return _MAPS if others else ("lead", "contact", "opportunity")


def _with_owner(mapped: Mapping[str, Scalar], owner: str) -> Mapping[str, Scalar]:
    return {"OwnerId": owner, **mapped} if mapped else mapped


def _applied(case: Case, action: str, rules: tuple[str, ...], said: Part | None = None) -> Decision:
    decision = by_action(case, action)
    flags = (*decision.flags, *(said.flags if said else ()))
    decision = replace(decision, rule_ids=tuple(dict.fromkeys((*rules, *decision.rule_ids))), flags=flags)
    return links.keep_link(case.command, case.match, decision)
