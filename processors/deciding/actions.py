"""
The four actions: which record is meant, and what is written to it and to what comes with it (VS-1 to VS-32).

In: a case and the name of an action.  Out: a `Decision`.
Rule of this file: pure; which way to go is always read from a row of a rule table, never from an `if` of its own. Steps
come in one order: lead, account made for a conversion, conversion, account, contact, opportunity.
"""

from dataclasses import replace

from processors.deciding import account_opportunity
from processors.deciding.case import Case
from processors.deciding.conform import written
from processors.deciding.opportunity import opportunity_of
from processors.deciding.own_records import own_record_refused
from processors.deciding.owners import UNKNOWN, user_called
from processors.deciding.part import Part, converted_refused, no_mapping
from processors.integration.model import Integration
from processors.matching.match import the_one
from processors.model.decision import Decision, Step
from processors.model.match import Match
from processors.model.normalise import is_blank, names_user
from processors.model.record import Record
from processors.model.rule_table import Book
from schemas.command import Command

_QUEUE = "00G"
CONVERTS = "update_and_convert_lead_or_create_contact"
OLDER = "a newer event wrote to this lead: an older one does not convert it"


def by_action(case: Case, action: str) -> Decision:
    """Return what one of the four actions does (VS-1 to VS-32)."""
    command, match, settings, book = case.command, case.match, case.settings, case.book
    if (refused := own_record_refused(case)) is not None:
        return case.decided("error", (), (refused,))
    found = _match_rules(match)
    situation, match, choice = _situation(match, settings, book)
    case = replace(case, match=match)
    row = book.row("action", action, situation)
    rules = (*found, *choice.rules, row.rule)
    keyless = case.keyless() if situation == "none" else Part()
    if keyless.refusal:
        return case.decided("error", rules, (keyless,))
    if row.then in ("no_match", "multiple_match", "converted_lead"):
        return case.decided("error", rules, (_refusal(row.then, match, park=choice.park),))
    mapped = book.row("mapping", row.then, "mapped" if _written(row.then, command) else "no_mapping")
    if mapped.then == "refuse":
        return case.decided("error", rules, (no_mapping(_object(row.then), mapped.rule),))
    held = Part()
    if row.then == "convert_lead":
        act = case.guard(match.leads[0]).act(book)
        if act.then == "hold":
            rules = (*rules, act.rule)
            row = replace(row, then="update_lead")
            held = Part(stale=("Lead.IsConverted",), detail=OLDER)
    come = book.row("account_opportunity", row.then)
    rules = (*rules, come.rule)
    if row.then in ("update_lead", "create_lead"):
        extra = account_opportunity.discarded(case) if come.then == "discard" else Part()
        return case.decided(_kind(row.then), rules, (_lead(case, row.then), extra, choice, held))
    at_stage = action == CONVERTS and settings.action_name is None
    parts = _contact_parts(case, row.then, apply=come.then == "apply", at_stage=at_stage)
    return case.decided(_kind(row.then), rules, (*parts, choice))


def selected_records(case: Case) -> tuple[tuple[Record, ...], Part]:
    """Return the person's records that may be meant, one where the settings choose; and how it was chosen."""
    _, match, how = _situation(case.match, case.settings, case.book)
    return (*match.leads, *match.contacts), replace(how, rules=(*_match_rules(match), *how.rules))


def _match_rules(match: Match) -> tuple[str, ...]:
    """Return the rules by which the match came about: link or SalesforceID, then keys; a lead followed (VS-7)."""
    if match.step == "link":
        return ("LL-7", *(("VS-7",) if match.followed else ()))
    by_key = match.step not in ("none", "own") or match.ignored_id
    followed = ("VS-7",) if match.followed else ()
    return (*(("VS-8",) if by_key else ()), *match.own_rules, *followed)


def _situation(match: Match, settings: Integration, book: Book) -> tuple[str, Match, Part]:
    """
    Return the situation of the action table, the match that it speaks of, and how one of several was chosen.

    The part holds no step: only the rules that chose, the tie-break, and whether someone is to choose.
    """
    choice = Part()
    if match.leads and match.contacts:
        row = book.row("lead_and_contact", settings.match.lead_and_contact)
        choice = Part(rules=(row.rule,), park=row.then == "park")
        if row.then == "contact":
            match = replace(match, leads=())
        elif row.then == "lead":
            match = replace(match, contacts=(), account_of=None, opportunity=None)
    count = len(match.leads) + len(match.contacts)
    if count > 1 and not choice.park:
        row = book.row("several", settings.match.several)
        choice = replace(choice, rules=(*choice.rules, row.rule), park=row.then == "park")
        if row.then not in ("refuse", "park"):
            match, choice, count = _taken(match, row.then), replace(choice, tie_break=row.then), 1
    if count != 1:
        return ("several" if count else "none"), match, choice
    if match.contacts:
        return "one_contact", match, choice
    return ("converted_lead" if match.leads[0].fields.get("IsConverted") else "one_lead"), match, choice


def _taken(match: Match, how: str) -> Match:
    """Return the match with one of its records alone; account and opportunity are those of the contact so taken."""
    chosen = the_one((*match.leads, *match.contacts), how)
    if chosen.object == "Lead":
        return replace(match, leads=(chosen,), contacts=(), account_of=None, opportunity=None)
    return replace(match, leads=(), contacts=(chosen,))


def _refusal(verb: str, match: Match, *, park: bool = False) -> Part:
    found = match.leads + match.contacts
    if verb == "multiple_match":
        detail = f"{len(found)} records match: merge them, or send the SalesforceID"
        if park:
            detail = f"{len(found)} records match: choose the one that is meant"
        return Part(refusal="multiple_match", candidates=found, detail=detail, park=park)
    if verb == "converted_lead":
        return converted_refused(found)
    return Part(refusal="no_match", detail="no lead and no contact matches, and the action creates none")


def _object(verb: str) -> str:
    """Return the object that the action ends on."""
    return "Lead" if verb in ("update_lead", "create_lead") else "Contact"


def _kind(verb: str) -> str:
    return {"create": "created", "convert": "converted"}.get(verb.partition("_")[0], "updated")


def _written(verb: str, command: Command) -> bool:
    return bool(command.lead if _object(verb) == "Lead" else command.contact)


def _lead(case: Case, verb: str) -> Part:
    if verb == "create_lead":
        return case.create("lead", "Lead", case.command.lead, creation="lead")
    return case.update("lead", case.match.leads[0], case.command.lead)


def _contact_parts(case: Case, verb: str, *, apply: bool, at_stage: bool) -> tuple[Part, ...]:
    """Return all parts of an action that ends on a contact, in their order; *at_stage*: one that converts leads."""
    contact = case.match.contacts[0] if verb == "update_contact" else None
    account = account_opportunity.account(case, contact) if apply else account_opportunity.discarded(case)
    if verb == "convert_lead":
        account = account_opportunity.account_of_company(case, account, "lead")
        lead = replace(case.update("lead", case.match.leads[0], case.command.lead), linked=())
        convert = _convert(case, account)
        first = (lead, account, convert) if account.creates else (lead, convert, account)
        parts: tuple[Part, ...] = (*first, _after_conversion(case, lead))
    else:
        if verb == "create_contact" and at_stage:
            account = account_opportunity.account_of_company(case, account, "new_at_stage")
        creation = "contact_by_convert" if case.settings.action_name == CONVERTS else "contact"
        parts = (account, account_opportunity.contact_of(case, contact, account, creation=creation))
    if not apply:
        return parts
    made = account.creates or verb == "convert_lead"
    return (*parts, opportunity_of(case, contact, account, account_made=made))


def _convert(case: Case, account: Part) -> Part:
    """Return the conversion (VS-23): into the account chosen, else into the one that it makes of the lead's company."""
    lead = case.match.leads[0]
    said = (case.settings.convert.owner or "").strip()
    setting = user_called(case.match.users, said) if names_user(said) else said
    queue = "queue_with_setting" if setting else "queue_without_setting"
    row = case.book.row("owner", queue if str(lead.fields.get("OwnerId") or "").startswith(_QUEUE) else "user")
    owner = {"setting": setting, "integration_user": case.facts.user_id}.get(row.then)
    step = Step(
        "convert",
        "convert",
        "Lead",
        record_id=lead.id,
        fields={"AccountId": account.record.id} if account.record else {},
        refs={"AccountId": "account"} if account.creates else {},
        status=case.settings.convert.status or case.facts.converted_status,
        owner_id=owner,
        allow_duplicates=case.allows_duplicates,
    )
    unknown = bool(said) and not setting and row.then == "integration_user"
    return Part(step, rules=(row.rule,), flags=(UNKNOWN,) if unknown else ())


def _after_conversion(case: Case, lead: Part) -> Part:
    """
    Return the update of the contact that the conversion makes, by the contact mapping (VS-23).

    Nobody has read that contact yet: what it will hold is taken from the lead's fields of the same name.
    """
    record = case.match.leads[0]
    mapped = case.command.contact
    held = {**record.fields, **(lead.step.fields if lead.step else {})}
    expected = Record("Contact", "", {name: held.get(name) for name in mapped})
    was_lead = replace(case.match, also=(*case.match.also, record.id))
    part = replace(case, match=was_lead).update("contact", expected, mapped)
    fitting, unfit = case.conform.update("Contact", mapped)
    always = {
        name: value
        for name, value in fitting.items()
        if not is_blank(value)
        and f"Contact.{name}" not in part.stale
        and case.settings.write.policy_of(f"Contact.{name}") == "overwrite"
    }
    fields = {**(part.step.fields if part.step else {}), **always}
    if not fields:
        return Part(rules=part.rules, stale=part.stale, unfit=part.unfit)
    allow = case.allows_duplicates
    step = Step("contact", "update", "Contact", target="convert", fields=fields, allow_duplicates=allow)
    return Part(step, rules=part.rules, stale=part.stale, unfit=written(unfit, fields))
