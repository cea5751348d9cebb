"""
What comes with a contact: its account and its one open opportunity.

In: a case, the contact where it is known, the account chosen.  Out: a part for each (VS-16, VS-21, VS-26).
Rule of this file: a contact keeps the account that it has, and keys of an account are matched by, never rewritten. It
has one open opportunity at a time (1G-one_opportunity).
"""

from dataclasses import replace

from processors.deciding.case import Case, Part, field_names
from processors.model.normalise import is_blank, text_key
from processors.model.values import Record, Role
from schemas.values import Scalar


def discarded(case: Case) -> Part:
    """Return the part that lists account and opportunity data as discarded (VS-16)."""
    lost = field_names("Account", case.command.account) + field_names("Opportunity", case.command.opportunity)
    return Part(discarded=lost)


def account(case: Case, contact: Record | None) -> Part:
    """Return what happens to the account of *contact*; None where the contact is created or converted here."""
    found, own = _found(case, contact)
    settings = case.settings.account
    allowed = {"none": settings.create, "own": settings.update and own is not None and bool(own.fields)}
    row = case.book.row("account", found, "allowed" if allowed.get(found, settings.update) else "not_allowed")
    if row.then == "leave":
        return Part(rules=(row.rule,), discarded=field_names("Account", case.command.account))
    if row.then == "multiple_match":
        detail = f"{len(case.match.accounts)} accounts match its keys: merge them or add a key, then replay"
        return Part(rules=(row.rule,), refusal="multiple_match", candidates=case.match.accounts, detail=detail)
    if row.then == "create":
        return _ruled(case.create("account", "Account", case.command.account, creation="account"), row.rule)
    record = own or case.match.accounts[0]
    if row.then == "link":
        return Part(record=record, rules=(row.rule,), linked=(record,))
    return _ruled(_update(case, record), row.rule)


def _found(case: Case, contact: Record | None) -> tuple[str, Record | None]:
    """Return the situation of the account table, and the contact's own account where it has one."""
    if not case.settings.account.enabled:
        return "off", None
    own_id = contact.fields.get("AccountId") if contact else None
    if not is_blank(own_id):
        return "own", case.match.account_of or Record("Account", str(own_id))
    mapped = case.command.account
    if mapped and any(is_blank(mapped.get(key)) for key in case.settings.account.keys):
        return "unkeyed", None
    return ("none", "one", "several")[min(len(case.match.accounts), 2)], None


def _update(case: Case, record: Record) -> Part:
    # A key that differs tells of another company: writing it would rename this one for everybody who belongs to it.
    keys = case.settings.account.keys
    mapped = case.command.account
    part = case.update("account", record, {name: value for name, value in mapped.items() if name not in keys})
    kept = {
        name: mapped[name]
        for name in keys
        if name in mapped and text_key(mapped[name]) != text_key(record.fields.get(name))
    }
    return replace(part, record=record, discarded=field_names("Account", kept))


def opportunity(case: Case, contact_id: str | None, account_id: str | None, *, account_made: bool) -> Part:
    """
    Return what happens to the one open opportunity of the contact (VS-21, VS-26, 1G).

    *contact_id* is None where the contact comes into being here; *account_made* says that the account does.
    """
    settings = case.settings.opportunity
    held = case.match.opportunity
    if not settings.enabled:
        found, allowed = "off", settings.update
    elif held is not None and not held.fields.get("IsClosed"):
        found, allowed = "open", settings.update
    else:
        found, allowed = "none", settings.create
    row = case.book.row("opportunity", found, "allowed" if allowed else "not_allowed")
    mapped = case.command.opportunity
    if row.then == "leave":
        return Part(rules=(row.rule,), discarded=field_names("Opportunity", mapped))
    if row.then == "create":
        links, refs = _links(case, contact_id, account_id, account_made=account_made)
        made = case.create("opportunity", "Opportunity", mapped, creation="opportunity", links=links, refs=refs)
        return _ruled(made, row.rule)
    if held is None:
        raise ValueError("no opportunity to update")
    if row.then == "link":
        return Part(record=held, rules=(row.rule,), linked=(held,))
    return _ruled(case.update("opportunity", held, mapped), row.rule)


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


def _ruled(part: Part, rule: str) -> Part:
    return replace(part, rules=(rule, *part.rules))
