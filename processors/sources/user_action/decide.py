"""
What users do by hand: create a lead, log an activity, create a task, choose or change a match, link or sync a prospect.

In: a case of the contract `UserAction`.  Out: a `Decision` (XB-1, XB-2, XB-10, XB-19 to XB-26, LL-15, LL-22).
Rule of this file: pure; which way to go is read from the table `by_hand`. With several records a user chooses, always:
between a lead and a contact too (XB-21, XB-22).
"""

from collections.abc import Mapping
from dataclasses import replace

from processors.deciding.activity import ActivityTarget, log, object_of
from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.deciding.remember_choice import assignment_link
from processors.integration.paths import value_at
from processors.matching import links
from processors.model.decision import Decision
from processors.model.record import Record
from processors.sources.prospect.decide import decide_prospect
from schemas.command import Command, Request
from schemas.identity import effect_key
from schemas.outcome import Reason
from schemas.values import Scalar

_STATUS = {"log": "Completed", "open": "Not Started"}


def effects(command: Command, _states: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the effect key of the activity that the action logs: each event logs its own, of one conversation too."""
    return (effect_key(command.integration, command.event_id, "activity"),)


def decide_by_hand(case: Case) -> Decision:
    """Return what a user's action does."""
    request = case.command.request or Request("other")
    found = _meant(case, request)
    row = case.book.row("by_hand", request.action, _situation(case, found))
    return _VERBS[row.then](case, (row.rule,), found, row.then)


def _situation(case: Case, records: tuple[Record, ...]) -> str:
    if case.match.step == "chosen":
        return "chosen" if records else "none"
    if case.command.salesforce_id:
        # The record that was chosen is gone: another one must not be taken for it.
        return "gone"
    return ("none", "one", "several")[min(len(records), 2)]


def _meant(case: Case, request: Request) -> tuple[Record, ...]:
    """Return the records that may be meant: those that match, of the object that the user named where there is one."""
    found = (*case.match.leads, *case.match.contacts) or case.match.accounts
    return tuple(record for record in found if request.object in (None, "", record.object))


def _create(case: Case, rules: tuple[str, ...], _records: tuple[Record, ...], verb: str) -> Decision:
    part = case.create("lead", "Lead", case.command.lead, creation="lead", allow_duplicates=verb != "create")
    links = (assignment_link(None, "lead"),) if verb == "create_and_assign" else ()
    return case.decided("created", rules, (part,), links=links)


def _assign(case: Case, rules: tuple[str, ...], records: tuple[Record, ...], _verb: str) -> Decision:
    """The match is another one from now on; what was logged before stays where it is (XB-19, XB-20)."""
    record = records[0]
    return case.decided(
        "updated", rules, (Part(record=record, linked=(record,)),), "resolved", links=(assignment_link(record.id),)
    )


def _leave(case: Case, rules: tuple[str, ...], records: tuple[Record, ...], _verb: str) -> Decision:
    return case.decided("updated", rules, (Part(linked=records),))


def _no_match(case: Case, rules: tuple[str, ...], _records: tuple[Record, ...], _verb: str) -> Decision:
    asked, request = case.command.salesforce_id, case.command.request
    detail = "no lead, contact or account matches"
    if request and request.action == "sync_record":
        detail = "a request to sync names a prospect and no record: link the prospect to the record by link_record"
    elif asked:
        detail = f"record {asked} is not there: choose another one"
    elif request and request.action == "choose_match":
        detail = "the choice names no record: send its salesforce_id"
    return case.decided("error", rules, (Part(refusal="no_match", detail=detail),))


def _park(case: Case, rules: tuple[str, ...], records: tuple[Record, ...], _verb: str) -> Decision:
    detail = f"{len(records)} records match: choose the one that is meant"
    return case.decided("error", rules, (Part(refusal="multiple_match", candidates=records, detail=detail, park=True),))


def _log(case: Case, rules: tuple[str, ...], records: tuple[Record, ...], verb: str) -> Decision:
    record = records[0]
    place = ActivityTarget(what=record.id) if record.object == "Account" else ActivityTarget(who=record.id)
    part = log(case, effects(case.command, {})[0], place, _fields(case, verb), {"Subject": "Activity"})
    reason: Reason = "activity_updated" if part.step and part.step.operation == "update" else "activity_created"
    return case.decided("activity" if part.step else "updated", rules, (part, Part(linked=(record,))), reason)


def _fields(case: Case, verb: str) -> dict[str, Scalar]:
    """
    Return what the activity says; what is mapped for the other activity object alone is no field of this one.

    A field that neither object has, mistyped or hidden from us, stays: Salesforce refuses it, and the outcome tells it.
    """
    name = object_of(case)
    known, other = (
        case.facts.objects.get(object_name) for object_name in (name, "Event" if name == "Task" else "Task")
    )
    foreign = set(other.fields) - set(known.fields) if known and other else set()
    mapped = {text: value for text, value in case.command.activity.items() if text not in foreign}
    if name == "Task":
        return {**mapped, "Status": _STATUS[verb]}
    start = value_at(case.command, "started") or value_at(case.command, "event_time")
    times: dict[str, Scalar] = {"StartDateTime": start, "EndDateTime": value_at(case.command, "ended") or start}
    return {**times, **{text: value for text, value in mapped.items() if text != "ActivityDate"}}


def _link(case: Case, rules: tuple[str, ...], chosen: tuple[Record, ...], _verb: str) -> Decision:
    """The prospect is that record from now on, and what is known of it goes there (LL-15)."""
    if not _has_prospects(case):
        return _no_prospects(case, rules)
    if not any((case.command.lead, case.command.contact)):
        if case.match.linked_id is None:
            return _never_sent(case, rules)
        detail = (
            "what was known of the prospect is past its time: it is linked, and what comes later goes to the record"
        )
        part = Part(record=chosen[0], linked=chosen, detail=detail)
        return links.keep_link(case.command, case.match, case.decided("updated", rules, (part,), "resolved"))
    return _ruled(decide_prospect(case), rules)


def _sync(case: Case, rules: tuple[str, ...], _chosen: tuple[Record, ...], _verb: str) -> Decision:
    """What is known of the prospect goes to Salesforce because a user asks for it (LL-22)."""
    if not _has_prospects(case):
        return _no_prospects(case, rules)
    if not any((case.command.lead, case.command.contact)):
        return _never_sent(case, rules)
    return _ruled(decide_prospect(case, requested=True), rules)


def _has_prospects(case: Case) -> bool:
    return case.settings.source == "prospect"


def _no_prospects(case: Case, rules: tuple[str, ...]) -> Decision:
    detail = (
        f"integration {case.command.integration} has no prospects: name the integration of the prospect's workspace"
    )
    return case.decided("error", rules, (Part(refusal="no_match", detail=detail),))


def _never_sent(case: Case, rules: tuple[str, ...]) -> Decision:
    detail = f"nothing is known of prospect '{case.command.source_id}': it was never sent, or its name is another one"
    return case.decided("error", rules, (Part(refusal="no_match", detail=detail),))


def _ruled(decision: Decision, rules: tuple[str, ...]) -> Decision:
    return replace(decision, rule_ids=tuple(dict.fromkeys((*rules, *decision.rule_ids))))


_VERBS = {
    "link": _link,
    "sync": _sync,
    "create": _create,
    "create_and_assign": _create,
    "assign": _assign,
    "leave": _leave,
    "log": _log,
    "open": _log,
    "no_match": _no_match,
    "park": _park,
}
