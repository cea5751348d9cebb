"""
Whom a booking registers, and what it overwrites of those who are there.

In: a case.  Out: the steps for the person's record, and where an activity hangs (JI-1 to JI-18, JI-23 to JI-25).
Rule of this file: pure; which way to go is read from the tables in `rules.py` beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from processors.deciding import account_opportunity
from processors.deciding.activity import ActivityTarget
from processors.deciding.case import Case
from processors.deciding.opportunity import opportunity_of
from processors.deciding.own_records import own_record_refused
from processors.deciding.part import Part, converted_refused, no_mapping
from processors.matching.match import newest, the_one
from processors.model.match import Match
from processors.model.record import Record
from processors.sources.booking.settings import BookingIntegration

NOWHERE = ActivityTarget()
"""Where the activity of a booking hangs that registers nobody."""

CONVERTED = "converted_lead"
"""What the outcome flags where a lead was converted, so that its contact is left as it is (JI-4)."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What becomes of the person: the outcome's kind if something is written, the parts, and their record's place."""

    kind: str = "updated"
    rules: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    target: ActivityTarget = NOWHERE

    @property
    def writes(self) -> bool:
        """Whether a record of the person or beside it is written."""
        return any(part.step is not None for part in self.parts)

    @property
    def refused(self) -> bool:
        """Whether nothing of the booking may be written."""
        return any(part.refusal for part in self.parts)


def register(case: Case) -> Registered:
    """Return what becomes of the booking's invitee."""
    if (refused := own_record_refused(case)) is not None:
        return Registered(parts=(refused,))
    case, chosen = _one_of_several(case)
    if chosen.refusal:
        return Registered(parts=(chosen,))
    keyless = case.keyless() if _situation(case) == "none" else Part()
    if keyless.refusal:
        return Registered(parts=(keyless,))
    row = case.book.row("booking", BookingIntegration.of(case.settings).booking.register_as, _situation(case))
    done = _VERBS[row.then](case, row.then)
    rules = (*case.match.own_rules, *chosen.rules, row.rule, *done.rules)
    return replace(done, rules=rules, parts=(chosen, *done.parts))


def _one_of_several(case: Case) -> tuple[Case, Part]:
    """Return the case with one record of each object at most, and the part that says how, or refuses."""
    match, rules, tie = case.match, list[str](), None
    if len(match.leads) > 1:
        counted = case.book.row("booking_leads", BookingIntegration.of(case.settings).booking.register_as)
        rules.append(counted.rule)
        if counted.then == "ignore":
            # No lead is written: whichever of them stands for all.
            match = replace(match, leads=(newest(match.leads),))
    if len(match.leads) > 1 or len(match.contacts) > 1:
        # JI-25: a booking's document leaves it to the setting.
        row = case.book.row("several", case.settings.match.several)
        rules += ["JI-25", row.rule]
        if row.then in ("refuse", "park"):
            return case, _refusal(match, rules, park=row.then == "park")
        tie = row.then
        match = replace(match, leads=_one(match.leads, tie), contacts=_one(match.contacts, tie))
    if match.leads and match.contacts:
        row = case.book.row("booking_both", _both_setting(case))
        rules.append(row.rule)
        if row.then in ("refuse", "park"):
            return case, _refusal(match, rules, park=row.then == "park")
        if row.then == "lead":
            match = replace(match, contacts=(), account_of=None, opportunity=None)
    return replace(case, match=match), Part(rules=tuple(rules), tie_break=tie)


def _one(records: Sequence[Record], how: str) -> tuple[Record, ...]:
    return (the_one(records, how),) if records else ()


def _both_setting(case: Case) -> str:
    # Settings that do not say leave it to the booking document, in which the contact wins.
    settings = case.settings.match
    return settings.lead_and_contact if "lead_and_contact" in settings.model_fields_set else "unset"


def _refusal(match: Match, rules: Sequence[str], *, park: bool) -> Part:
    found = match.leads + match.contacts
    what = "choose the one that is meant" if park else "merge them, or set match.several and match.lead_and_contact"
    detail = f"{len(found)} records match: {what}"
    return Part(rules=tuple(rules), refusal="multiple_match", candidates=found, detail=detail, park=park)


def _situation(case: Case) -> str:
    match = case.match
    if match.leads:
        if match.leads[0].fields.get("IsConverted"):
            return "converted_refused"
        return "both" if match.contacts else "lead"
    if not match.contacts:
        return "none"
    return "converted_lead" if match.followed or match.also else "contact"


def _create_lead(case: Case, _verb: str) -> Registered:
    made = case.create("lead", "Lead", case.command.lead, creation="lead")
    return Registered("created", parts=(made, account_opportunity.discarded(case)), target=ActivityTarget(role="lead"))


def _create_contact(case: Case, _verb: str) -> Registered:
    # The lead that is there stays as it is, and what is kept for another contact is not this one's.
    alone = replace(case, match=replace(case.match, account_of=None, opportunity=None))
    return Registered(
        "created", parts=_with_account_and_opportunity(alone, None), target=ActivityTarget(role="contact")
    )


def _update(case: Case, verb: str) -> Registered:
    """Return the update of the lead or contact that is there, where the switch allows it (JI-5 to JI-11, JI-18)."""
    record = (case.match.leads if verb == "update_lead" else case.match.contacts)[0]
    switch = BookingIntegration.of(case.settings).booking.overwrite
    row = case.book.row("overwrite", "on" if switch else "off", verb)
    target, rules = ActivityTarget(who=record.id), (row.rule,)
    if row.then == "leave":
        return Registered(rules=rules, parts=(Part(record=record, linked=(record,)),), target=target)
    case = _overwriting(case)
    mapped = case.command.lead if verb == "update_lead" else case.command.contact
    allowed = case.book.row("mapping", verb, "mapped" if mapped else "no_mapping")
    if allowed.then == "refuse":
        return Registered(rules=rules, parts=(no_mapping(record.object, allowed.rule),))
    if verb == "update_lead":
        parts: tuple[Part, ...] = (case.update("lead", record, mapped), account_opportunity.discarded(case))
    else:
        parts = _with_account_and_opportunity(case, record)
    return Registered(rules=rules, parts=parts, target=target)


def _leave(case: Case, _verb: str) -> Registered:
    contact = case.match.contacts[0]
    part = Part(record=contact, linked=(contact,), flags=(CONVERTED,))
    return Registered(parts=(part,), target=ActivityTarget(who=contact.id))


def _refuse(case: Case, _verb: str) -> Registered:
    return Registered(parts=(converted_refused(case.match.leads),))


_VERBS = {
    "create_lead": _create_lead,
    "create_contact": _create_contact,
    "update_lead": _update,
    "update_contact": _update,
    "leave": _leave,
    "refuse": _refuse,
}


def _overwriting(case: Case) -> Case:
    """Return the case in which the switch counts: `never`, as the preset has it, says no more than that it is off."""
    write = case.settings.write
    if write.default != "never":
        return case
    write = write.model_copy(update={"default": "overwrite"})
    return replace(case, settings=case.settings.model_copy(update={"write": write}))


def _with_account_and_opportunity(case: Case, contact: Record | None) -> tuple[Part, ...]:
    """Return the parts of a contact that is made (None) or written: its account, itself, its opportunity."""
    account = account_opportunity.account(case, contact)
    person = account_opportunity.contact_of(case, contact, account)
    return account, person, opportunity_of(case, contact, account, account_made=account.creates)
