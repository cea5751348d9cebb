"""
On whose record a call is logged, where its number matches one or several.

In: a case with at least one match.  Out: the record and why it, or the refusal (XB-11, XB-17 to XB-19, XB-22).
Rule of this file: pure; every choice is a row of a table, and the same match leads to the same record, always.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from processors.deciding.case import Case
from processors.deciding.part import Part, converted_refused
from processors.matching.match import newest, the_one
from processors.model.normalise import is_blank
from processors.model.record import Record
from processors.sources.pbx_call.settings import PbxCallIntegration

_CHOSEN = ("assigned", "chosen")


@dataclass(frozen=True, slots=True)
class RecordChoice:
    """The record that a call is logged on, or None with the refusal; the rules that chose, and how a tie was broken."""

    record: Record | None = None
    rules: tuple[str, ...] = ()
    tie_break: str | None = None
    refusal: Part = field(default_factory=Part)


def choose_record(case: Case) -> RecordChoice:
    """Return the record that the call is logged on, of all that hold its number."""
    row = case.book.row("call_place", _found(case), "assigned" if case.match.step in _CHOSEN else "free")
    if row.then == "account":
        return _several(case, case.match.accounts, (row.rule,))
    return _person(case, (row.rule,))


def _found(case: Case) -> str:
    match = case.match
    people = [_rank(case, name) for name, held in (("Lead", match.leads), ("Contact", match.contacts)) if held]
    if not people:
        return "account"
    if not match.accounts:
        return "person"
    return "person_before_account" if min(people) < _rank(case, "Account") else "account_before_person"


def _rank(case: Case, name: str) -> int:
    """Return the place of an object in the order of priority; one that is not named comes last."""
    objects: Sequence[str] = PbxCallIntegration.of(case.settings).calls.objects
    return objects.index(name) if name in objects else len(objects)


def _person(case: Case, rules: tuple[str, ...]) -> RecordChoice:
    leads, contacts = case.match.leads, case.match.contacts
    if leads and contacts:
        first = "lead_first" if _rank(case, "Lead") < _rank(case, "Contact") else "contact_first"
        row = case.book.row("call_both", _mode(case), first)
        rules = (*rules, row.rule)
        if row.then in ("refuse", "park"):
            return _refused((*leads, *contacts), rules, park=row.then == "park")
        leads, contacts = (leads, ()) if row.then == "lead" else ((), contacts)
    return _lead(case, leads, rules) if leads else _contact(case, contacts, rules)


def _mode(case: Case) -> str:
    """Return the setting `lead_and_contact` where an integration names it; else the order of priority decides."""
    settings = case.settings.match
    return settings.lead_and_contact if "lead_and_contact" in settings.model_fields_set else "priority"


def _lead(case: Case, leads: Sequence[Record], rules: tuple[str, ...]) -> RecordChoice:
    """Return the newest lead, or a stable one where all of them are older than the integration (XB-17, XB-18)."""
    if len(leads) == 1:
        return _single(leads[0], rules)
    installed, latest = PbxCallIntegration.of(case.settings).calls.installed, newest(leads)
    when = "no_install_date"
    if installed is not None:
        when = "after_install" if _created(latest) > installed else "before_install"
    row = case.book.row("call_leads", when)
    rules = (*rules, row.rule)
    if row.then == "stable":
        return _single(min(leads, key=lambda record: record.id), rules, "pre_install")
    return _single(latest, rules, "newest")


def _contact(case: Case, contacts: Sequence[Record], rules: tuple[str, ...]) -> RecordChoice:
    """Return the contact; of several contacts of one account it is the company's number (setting `shared_number`)."""
    accounts = {contact.fields.get("AccountId") for contact in contacts}
    company = next(iter(accounts))
    if len(contacts) == 1 or len(accounts) > 1 or is_blank(company):
        return _several(case, contacts, rules)
    row = case.book.row("call_shared", PbxCallIntegration.of(case.settings).calls.shared_number)
    rules = (*rules, row.rule)
    if row.then == "park":
        return _refused(contacts, rules, park=True)
    if row.then == "newest":
        return _single(newest(contacts), rules, "newest")
    known = next((account for account in case.match.accounts if account.id == company), None)
    return RecordChoice(known or Record("Account", str(company)), rules)


def _several(case: Case, records: Sequence[Record], rules: tuple[str, ...]) -> RecordChoice:
    """Return the one record, or what the setting `several` says of more."""
    if len(records) == 1:
        return _single(records[0], rules)
    row = case.book.row("several", case.settings.match.several)
    rules = (*rules, row.rule)
    if row.then in ("refuse", "park"):
        return _refused(records, rules, park=row.then == "park")
    return _single(the_one(records, row.then), rules, row.then)


def _single(record: Record, rules: tuple[str, ...], tie_break: str | None = None) -> RecordChoice:
    if record.object == "Lead" and record.fields.get("IsConverted"):
        return RecordChoice(None, (*rules, "VS-7"), refusal=converted_refused((record,)))
    return RecordChoice(record, rules, tie_break)


def _refused(records: Sequence[Record], rules: tuple[str, ...], *, park: bool) -> RecordChoice:
    advice = "choose the one that is meant" if park else "merge them, or set how calls choose among them"
    detail = f"{len(records)} records have the number: {advice}"
    part = Part(refusal="multiple_match", candidates=tuple(records), detail=detail, park=park)
    return RecordChoice(None, rules, refusal=part)


def _created(record: Record) -> datetime:
    """Return when a record was created; one that does not say so is older than all."""
    try:
        moment = datetime.fromisoformat(str(record.fields.get("CreatedDate")))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
