"""
The opportunity of a contact: one open at a time for its account (VS-26, 1G-one_opportunity).

In: a case, the contact where it is known, the account chosen.  Out: a part.
Rule of this file: an event about another company than the contact's account writes no opportunity of that account, and
one that the contact left behind with its last account is written no more (docs/decisions/0100).
"""

from dataclasses import replace

from processors.deciding.case import Case
from processors.deciding.part import Part, field_names
from processors.matching import accounts
from processors.matching.index import full_id
from processors.model.normalise import is_blank
from processors.model.record import Record, Role
from processors.model.rule_table import Row
from schemas.values import Scalar


def opportunity_of(case: Case, contact: Record | None, account: Part, *, account_made: bool) -> Part:
    """Return what happens to the opportunity of the contact, under the account chosen or else the contact's own."""
    own = contact.fields.get("AccountId") if contact and not account.creates else None
    account_id = account.record.id if account.record else str(own) if not is_blank(own) else None
    place = _place(case, contact, account)
    return _opportunity(case, contact.id if contact else None, account_id, account_made=account_made, place=place)


def _opportunity(
    case: Case, contact_id: str | None, account_id: str | None, *, account_made: bool, place: str = "own"
) -> Part:
    """
    Return what happens to the one open opportunity of the contact (VS-21, VS-26, 1G).

    *contact_id* is None where the contact comes into being here; *account_made* says that the account does. *place*:
    what `_place` says of the account.
    """
    found, allowed, rules = _opportunity_found(case, place)
    held = case.match.opportunity
    row = case.book.row("opportunity", found, "allowed" if allowed else "not_allowed")
    mapped = case.command.opportunity
    if row.then == "leave":
        return Part(rules=(*rules, row.rule), discarded=field_names("Opportunity", mapped))
    if row.then == "create":
        links, refs = _links(case, contact_id, account_id, account_made=account_made)
        made = case.create("opportunity", "Opportunity", mapped, creation="opportunity", links=links, refs=refs)
        return ruled(made, row.rule)
    if held is None:
        raise ValueError("no opportunity to update")
    if row.then == "link":
        return Part(record=held, rules=(row.rule,), linked=(held,))
    return ruled(case.update("opportunity", held, mapped), row.rule)


def _opportunity_found(case: Case, place: str) -> tuple[str, bool, tuple[str, ...]]:
    """Return the situation of the opportunity table, whether the settings allow to write, and the rule that forbids."""
    settings, held = case.settings.opportunity, case.match.opportunity
    if not settings.enabled:
        return "off", settings.update, ()
    is_open = held is not None
    if place == "other_account":
        return "other_account", settings.update if is_open else settings.create is not False, ()
    if is_open and place != "elsewhere":
        return "open", settings.update, ()
    said = (name for name, value in case.command.opportunity.items() if not accounts.says_nothing(value))
    known = any(accounts.is_said(case.command, case.settings, "Opportunity", name) for name in said)
    create = may_create(case, settings.create)
    allowed = create.then == "allowed"
    found = place if is_open else "none"
    return found if known or not case.command.opportunity else "unsaid", allowed, () if allowed else (create.rule,)


def _place(case: Case, contact: Record | None, account: Part) -> str:
    """
    Return how the opportunity of *contact* stands to the account that the event is about.

    `own`: it is that account's, or there is none yet. `other_account`: the contact stays with an account that the event
    does not name. `elsewhere`: the opportunity that is kept belongs to an account that is not the contact's any more.
    """
    held = case.match.opportunity
    theirs = full_id(str(held.fields.get("AccountId") or "")) if held else ""
    if "other_account" in account.flags:
        named = {full_id(record.id) for record in case.match.accounts}
        return "own" if theirs and theirs in named else "other_account"
    own = contact.fields.get("AccountId") if contact else None
    if not theirs or not case.settings.account.enabled or is_blank(own):
        return "own"
    now = account.record.id if account.record else "" if account.creates else str(own)
    return "own" if theirs == full_id(now) else "elsewhere"


def _links(
    case: Case, contact_id: str | None, account_id: str | None, *, account_made: bool
) -> tuple[dict[str, Scalar], dict[str, Role]]:
    """Return the record IDs that are known, and the roles whose IDs will be (a conversion answers for both roles)."""
    links: dict[str, Scalar] = {}
    refs: dict[str, Role] = {}
    if account_id:
        links["AccountId"] = account_id
    elif account_made:
        refs["AccountId"] = "account"
    facts = case.facts.objects.get("Opportunity")
    if facts is not None and "ContactId" not in facts.fields:
        return links, refs
    if contact_id:
        links["ContactId"] = contact_id
    else:
        refs["ContactId"] = "contact"
    return links, refs


def may_create(case: Case, setting: bool | None) -> Row:
    """Return the row that says whether an account or opportunity may be made (VS-11)."""
    said = "unset" if setting is None else "yes" if setting else "no"
    action = "update_only" if case.settings.action_name == "update_only" else "other"
    return case.book.row("may_create", said, action)


def ruled(part: Part, *rules: str, moves: bool = False) -> Part:
    """Return *part* with the rules that led to it before its own; *moves*: the contact goes to its account."""
    return replace(part, rules=(*rules, *part.rules), moves=moves)
