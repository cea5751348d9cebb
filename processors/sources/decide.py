"""
decide: what one command does to Salesforce.

In: a command, what matched it, settings, facts, now.  Out: a `Decision`, a value.
Rule of this file: pure; it only finds who decides: the folder of the contract.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast

from processors.deciding.activity import activity_object
from processors.deciding.campaign import with_member
from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.deciding.references import referenced, with_references, with_unknown
from processors.deciding.remember_choice import with_choice_kept
from processors.integration.model import Integration
from processors.model.advice import SEND_AGAIN
from processors.model.call import Call
from processors.model.decision import Decision
from processors.model.field_history import latest_events, written_fields
from processors.model.match import Match, Resolution
from processors.model.org_facts import OrgFacts
from processors.model.record import Record
from processors.model.rule_table import Book
from processors.sources.registry import source_of
from processors.sources.rule_book import BOOK
from schemas.command import Command
from schemas.outcome import Reason

_NEW_BY_FORCE = ("force_new", "wrong_match")
"""What a user asks for whatever the match says: a search that gave no full answer does not stop it (XB-24)."""


def decide(
    command: Command,
    match: Match,
    settings: Integration | None,
    facts: OrgFacts,
    now: datetime,
    book: Book = BOOK,
    *,
    call: Call | None = None,
    resolution: Resolution | None = None,
) -> Decision:
    """
    Return what *command* does, by the executor's own *settings* (None: the integration is gone). Never raises.

    A known account ID travels in a step's `fields` (for a conversion too), one yet to come in its `refs`. *call* is the
    assembled call of a PBX command, *resolution* what someone chose for one that was parked.
    """
    if command.kind == "skip":
        return Decision("skipped", cast(Reason, command.skip_reason or "other"), rule_ids=command.rule_ids)
    if settings is None:
        detail = f"integration {command.integration} is not configured here: restore its file, then {SEND_AGAIN}"
        return Decision("error", "settings_missing", rule_ids=command.rule_ids, detail=detail)
    source = source_of(command.contract)
    if not isinstance(settings, source.settings):
        detail = (
            f"integration {command.integration} is of source '{settings.source}' by now: restore its file, "
            f"then {SEND_AGAIN}"
        )
        return Decision("error", "settings_missing", rule_ids=command.rule_ids, detail=detail)
    activity = activity_object(settings, command)
    called = referenced(activity, source.related.activity(command, call, settings), facts, match.parents)
    meant = with_references(command, activity, facts, match.parents)
    case = Case(meant.command, match, settings, facts, now, book, call, resolution)
    if command.unmapped:
        return picklist_unmapped(case)
    forced = command.request is not None and command.request.action in _NEW_BY_FORCE
    if match.unsettled and not forced and not (match.leads or match.contacts or match.accounts):
        return search_full(case)
    unknown = {unknown_parent.unfit: unknown_parent for unknown_parent in (*meant.unknown, *called.unknown)}
    decided = with_unknown(case, source.decide(case), tuple(unknown.values()))
    decision = with_member(case, with_choice_kept(case, decided))
    if match.merged:
        # A record was named that became another one (docs/decisions/0073).
        decision = replace(decision, flags=tuple(dict.fromkeys((*decision.flags, "merged_record"))))
    decision = _with_names(decision, match)
    return replace(decision, received=_last_said(match)) if command.time_is_receipt else decision


def _last_said(match: Match) -> dict[str, dict[str, str]]:
    """Return when it was last said what fields hold, by record ID and field."""
    return {
        record_id: {name: latest for name in written_fields(own) if (latest := latest_events(own, name)[0])}
        for record_id, own in match.field_history.items()
    }


def _with_names(decision: Decision, match: Match) -> Decision:
    """Return *decision* with the names, as they were read, of the records that it writes or lists, and of owners."""
    wanted = {step.record_id for step in decision.steps} | {record.id for record in decision.linked}
    alone = (record for record in (match.account_of, match.opportunity) if record is not None)
    records = [*match.leads, *match.contacts, *match.accounts, *match.of_company, *alone, *decision.linked]
    known = {record.id: record for record in records if record.id in wanted}
    if not known:
        return decision
    owned = {name: record for name, record in known.items() if record.fields.get("Owner.Name")}
    owner_names, owner_ids = _texts(owned, "Owner.Name"), _texts(owned, "OwnerId")
    return replace(decision, names=_texts(known, "Name"), owner_names=owner_names, owner_ids=owner_ids)


def _texts(records: Mapping[str, Record], field: str) -> dict[str, str]:
    return {record_id: str(record.fields[field]) for record_id, record in records.items() if record.fields.get(field)}


def search_full(case: Case) -> Decision:
    """Return the refusal of a command whose number the org's search finds too often to say whose it is."""
    numbers = ", ".join(case.match.unsettled)
    detail = f"the org's search finds more records for {numbers} than it tells: send another key, or the SalesforceID"
    return case.decided("error", (), (Part(refusal="multiple_match", detail=detail),))


def picklist_unmapped(case: Case) -> Decision:
    """Return the refusal of values that the integration's value maps must list and do not (SP-23)."""
    named = ", ".join(case.command.unmapped)
    detail = f"no value is mapped for {named}: add it to 'values' of that field, then {SEND_AGAIN}"
    return case.decided("error", ("SP-23",), (Part(refusal="picklist_unmapped", detail=detail),))
