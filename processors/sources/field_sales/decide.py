"""
What a lead or an account of a field sales application does to Salesforce.

In: a case of the contract `FieldRecord`.  Out: a `Decision` (SP-3 to SP-12, SP-28, LL-26).
Rule of this file: pure; what a record becomes and whose it is are read from the tables of `rules.py`, how it is applied
from the four actions.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from processors.deciding.activity import acting_user, user_named
from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.deciding.source_end import ended, is_ended
from processors.deciding.source_record import MAPS, applied, deleted, situation
from processors.integration.catalog import code_key
from processors.model.decision import Decision
from processors.sources.field_sales import left_out
from processors.sources.field_sales.settings import FieldSalesIntegration
from schemas.values import Scalar

_ACTIONS = {
    "lead": "update_or_create_lead",
    "convert": "update_and_convert_lead_or_create_contact",
    "account": "update_or_create_contact",
}


def decide_field_record(case: Case) -> Decision:
    """Return what a field record's state does: by its object and stage one of the four actions, for its owner."""
    if is_ended(case):
        return replace(ended(case), source_states=left_out.end_of_record(case.command))
    decision = _decided(case)
    kept = left_out.taken_in(case.command, case.match.source_states)
    return replace(decision, source_states={**decision.source_states, **kept}) if kept else decision


def _decided(case: Case) -> Decision:
    row = case.book.row("field_record", situation(case))
    if row.then == "deleted":
        return deleted(case, row.rule)
    settings, stage = (
        FieldSalesIntegration.of(case.settings).field_sales,
        case.command.record.stage if case.command.record else None,
    )
    reached = settings.convert_at is not None and code_key(stage or "") == code_key(settings.convert_at)
    action = case.book.row("field_action", settings.object, "reached" if reached else "not_reached")
    if action.then == "account":
        # Records that are accounts have nothing to do with leads of the same person (SP-3).
        case = replace(case, match=replace(case.match, leads=()))
    case, owner = _owned(case)
    return applied(case, _ACTIONS[action.then], (row.rule, action.rule, *owner.rules), owner)


def _owned(case: Case) -> tuple[Case, Part]:
    """Return the case whose new records have an owner, and what the outcome says about that (SP-28)."""
    agent = case.command.agent
    known = acting_user(case)
    default = user_named(case, FieldSalesIntegration.of(case.settings).field_sales.owner)
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
    return MAPS if others else ("lead", "contact", "opportunity")


def _with_owner(mapped: Mapping[str, Scalar], owner: str) -> Mapping[str, Scalar]:
    return {"OwnerId": owner, **mapped} if mapped else mapped
