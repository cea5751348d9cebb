"""
What someone chose by hand narrows a match: for one parked command, or for everything about a person (XB-19, XB-21).

In: a match, a choice or a record assigned for good, the rows of the batch.  Out: the match that it leaves.
Rule of this file: pure; a chosen record that is deleted counts as not chosen, and the keys decide.
"""

from collections.abc import Mapping
from dataclasses import replace

from processors.integration.model import Integration
from processors.matching.accounts import of_lead
from processors.matching.index import Index
from processors.matching.match import follow_converted
from processors.matching.queries import person_object
from processors.matching.rules import BOOK
from processors.model.match import Match, Resolution
from processors.model.normalise import record_id
from processors.model.plan import Ending
from processors.model.record import Record
from processors.model.rule_table import Book
from schemas.command import Command


def apply_choice(
    match: Match,
    resolution: Resolution | None,
    assigned: str | None,
    settings: Integration,
    index: Index,
    book: Book = BOOK,
) -> Match:
    """Return *match* as the choice leaves it: the record chosen, or none where a new one is to be made."""
    if resolution is not None and not resolution.expired:
        if resolution.record_id is None and _is_of_accounts(match, settings):
            return replace(match, accounts=(), of_company=())
        if resolution.record_id is None:
            return replace(match, leads=(), contacts=(), followed=None, also=(), of_company=(), step="chosen")
        chosen = selected_record(match, resolution.record_id, settings, index, book)
        if chosen is not None:
            return chosen if _is_account(resolution.record_id, settings) else replace(chosen, step="chosen")
    if assigned is not None and match.step != "salesforce_id":
        kept = selected_record(match, assigned, settings, index, book)
        if kept is not None:
            return replace(kept, step="assigned", assigned=assigned)
    return match


def with_further_assigned(
    match: Match, assigned: Mapping[str, str | None], settings: Integration, index: Index
) -> Match:
    """Return *match* with the records that someone chose for good for a call's further people, by E.164 (XB-19)."""
    further = {
        number: apply_choice(found_at, None, assigned.get(number), settings, index)
        for number, found_at in match.further.items()
    }
    return replace(match, further=further)


def resolution_of(command: Command) -> Resolution | Ending:
    """Return the choice that a `choose_match` makes, or how it ends where it names no record."""
    request, chosen = command.request, record_id(command.salesforce_id)
    remember = request is not None and request.remember
    agent = command.agent
    by = (agent.email or agent.name) if agent else None
    if request is not None and request.create_new:
        return Resolution(None, by, remember)
    if chosen is None or person_object(chosen) is None:
        detail = f"'{command.salesforce_id or ''}' is no ID of a lead, contact or account: choose one of the candidates"
        return Ending("error", "no_match", detail)
    return Resolution(chosen, by, remember)


def selected_record(match: Match, chosen: str, settings: Integration, index: Index, book: Book) -> Match | None:
    """Return *match* with the record of that ID alone, a converted lead followed; None where it is not there."""
    record = _record(chosen, index)
    if record is None:
        return None
    if _is_account(chosen, settings):
        return _of_company(match, record)
    if record.object == "Account":
        return replace(match, leads=(), contacts=(), followed=None, also=(), accounts=(record,))
    leads, contacts = ((record,), ()) if record.object == "Lead" else ((), (record,))
    alone = follow_converted(leads, contacts, settings, index, book)
    if not alone.leads and not alone.contacts:
        return None
    contact = alone.contacts[0] if alone.contacts else None
    own = index.get(contact.fields.get("AccountId"), "Account") if contact else None
    return replace(
        match,
        leads=alone.leads,
        contacts=alone.contacts,
        followed=alone.followed,
        also=alone.also,
        account_of=own,
        of_company=of_lead(alone.leads[0], settings, index) if alone.leads else (),
        merged=match.merged or index.merged_into(chosen) is not None,
        opportunity=match.opportunity if contact in match.contacts else None,
    )


def _is_account(chosen: str, settings: Integration) -> bool:
    """Whether an account was chosen as somebody's company; of calls it is what the call is logged on."""
    return settings.phone_search is None and person_object(record_id(chosen) or "") == "Account"


def _is_of_accounts(match: Match, settings: Integration) -> bool:
    """Whether the accounts alone left a choice: nobody was asked about the person."""
    several = len(match.accounts) > 1 or len(match.of_company) > 1
    return settings.phone_search is None and several and len(match.leads) + len(match.contacts) < 2


def _of_company(match: Match, account: Record) -> Match:
    """
    Return *match* with that account alone of those that its keys or its company name.

    One that they do not name was found by the org's duplicate rules: it takes the place of a new account.
    """
    if account.id not in {record.id for record in (*match.accounts, *match.of_company)}:
        return replace(match, accounts=(account,), of_company=())
    accounts, of_company = ((account,) if entry else () for entry in (match.accounts, match.of_company))
    return replace(match, accounts=accounts, of_company=of_company)


def _record(chosen: str, index: Index) -> Record | None:
    full = record_id(chosen)
    name = person_object(full) if full else None
    return index.get(full, name) if name else None
