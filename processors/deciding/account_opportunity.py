"""
What comes with a contact: its account, and the contact's place in it; its opportunity is `opportunity.py`'s.

In: a case, the contact where it is known.  Out: a part for each (VS-16, VS-21).
Rule of this file: a contact keeps the account that it has unless a setting says otherwise, an event about another
company writes nothing to it, and keys of an account are matched by, never rewritten.
"""

from dataclasses import replace

from processors.deciding.case import Case
from processors.deciding.opportunity import may_create, ruled
from processors.deciding.part import Part, field_names
from processors.matching import accounts
from processors.model.advice import SEND_AGAIN
from processors.model.company_name import same_company
from processors.model.decision import Step
from processors.model.normalise import is_blank, text_key
from processors.model.org_facts import IS_PERSON
from processors.model.record import Record, Role
from schemas.values import Scalar


def discarded(case: Case) -> Part:
    """Return the part that lists account and opportunity data as discarded (VS-16)."""
    lost = field_names("Account", case.command.account) + field_names("Opportunity", case.command.opportunity)
    return Part(discarded=lost)


def account(case: Case, contact: Record | None) -> Part:
    """
    Return what happens to the account of *contact*; None where the contact is created or converted here.

    A person account is no company's: what an event says of one is discarded (decision 0107).
    """
    if contact is not None and contact.fields.get(IS_PERSON):
        return Part(discarded=field_names("Account", case.command.account))
    other = _other(case, contact)
    if other.refusal or other.flags:
        return other
    found, own = _found(case, contact)
    if other.moves:
        found, own = _by_keys(case), None
    settings = case.settings.account
    create = may_create(case, settings.create)
    update = "allowed" if settings.update and (own is None or own.fields) else "not_allowed"
    row = case.book.row("account", found, create.then if found == "none" else update)
    rules = (*other.rules, *((create.rule,) if found == "none" and create.then != "allowed" else ()), row.rule)
    if row.then == "leave":
        return Part(rules=rules, discarded=field_names("Account", case.command.account))
    if row.then == "multiple_match":
        return _several(case, case.match.accounts, rules)
    if row.then == "create":
        made = case.create("account", "Account", case.command.account, creation="account")
        return ruled(made, *rules, moves=other.moves)
    record = own or case.match.accounts[0]
    if row.then == "link":
        return Part(record=record, rules=rules, linked=(record,), moves=other.moves)
    return ruled(_update(case, record), *rules, moves=other.moves)


def account_of_company(case: Case, account: Part, who: str) -> Part:
    """
    Return *account*, or where it names none, what happens by the name of the company: of the lead that is converted
    (*who* `lead`), or of a new record that stands at the stage of conversion already (`new_at_stage`).
    """
    name = accounts.event_company(case.command, case.settings)
    if account.record or account.creates or account.refusal or (who == "new_at_stage" and name is None):
        return account
    found = case.match.of_company
    count = ("none", "one", "several")[min(len(found), 2)]
    row = case.book.row("company_account", who, count, "on" if case.settings.account.enabled else "off")
    rules = (*account.rules, row.rule)
    if row.then == "multiple_match":
        return _several(case, found, rules)
    if row.then == "leave":
        return account
    if row.then == "use":
        return replace(account, record=found[0], linked=(found[0],), rules=rules)
    made = case.create("account", "Account", {"Name": name}, creation="account")
    return replace(ruled(made, *rules), discarded=account.discarded)


def _several(case: Case, found: tuple[Record, ...], rules: tuple[str, ...]) -> Part:
    """Return the refusal where several accounts match, or the wait for someone's choice by `match.several`."""
    row = case.book.row("several", case.settings.match.several)
    park = row.then == "park"
    advice = "choose the one that is meant" if park else f"merge them or add a key, then {SEND_AGAIN}"
    detail = f"{len(found)} accounts match its keys: {advice}"
    ruled = (*rules, row.rule) if park else rules
    return Part(rules=ruled, refusal="multiple_match", candidates=found, detail=detail, park=park)


def _other(case: Case, contact: Record | None) -> Part:
    """Return what the event's company means for a contact whose own account is another one; nothing where it is not."""
    own = case.match.account_of
    values = accounts.account_values(case.command, case.settings)
    if contact is None or own is None or values is None or own.id != contact.fields.get("AccountId"):
        return Part()
    if all(_agrees(case, own, field, value) for field, value in values.items()):
        return Part()
    act = case.guard(contact).act(case.book)
    row = case.book.row("other_account", case.settings.account.on_other, "newest" if act.then == "act" else "older")
    rules = (act.rule, row.rule) if act.then == "hold" else (row.rule,)
    lost = field_names("Account", case.command.account)
    if row.then == "refuse":
        company = own.fields.get("Name") or own.id
        detail = (
            f"the contact belongs to {company}, the event names another company: move the contact, then {SEND_AGAIN}"
        )
        return Part(rules=rules, refusal="other_account", candidates=(contact,), detail=detail)
    if row.then == "leave":
        return Part(rules=rules, discarded=lost, flags=("other_account",))
    return Part(rules=rules, moves=True)


def _agrees(case: Case, own: Record, field: str, value: str) -> bool:
    held = own.fields.get(field)
    if field == "Name" and held is not None:
        return same_company(str(held), value, case.settings.account.legal_forms)
    return text_key(held) == text_key(value)


def _found(case: Case, contact: Record | None) -> tuple[str, Record | None]:
    """Return the situation of the account table, and the contact's own account where it has one."""
    if not case.settings.account.enabled:
        return "off", None
    own_id = contact.fields.get("AccountId") if contact else None
    if not is_blank(own_id):
        return "own", case.match.account_of or Record("Account", str(own_id))
    return _by_keys(case), None


def _by_keys(case: Case) -> str:
    if case.command.account and accounts.account_values(case.command, case.settings) is None:
        return "unkeyed"
    return ("none", "one", "several")[min(len(case.match.accounts), 2)]


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


def contact_of(case: Case, contact: Record | None, account: Part, *, creation: str = "contact") -> Part:
    """Return the create (None) or update of the contact; one without an account is linked to the one chosen."""
    links, refs = _linked_to_account(contact, account)
    mapped = case.command.contact
    if contact is None:
        return case.create("contact", "Contact", mapped, creation=creation, links=links, refs=refs)
    part = case.update("contact", contact, mapped, links)
    if not refs:
        return part
    allow = case.allows_duplicates
    step = part.step or Step("contact", "update", "Contact", record_id=contact.id, allow_duplicates=allow)
    before = {**step.before, "AccountId": case.held(contact, "AccountId")}
    return replace(part, step=replace(step, refs=refs, before=before), linked=())


def _linked_to_account(contact: Record | None, account: Part) -> tuple[dict[str, Scalar], dict[str, Role]]:
    """Return what links a contact (None: a new one) to its account: a known ID, or the role whose ID will be known."""
    if contact is not None and not is_blank(contact.fields.get("AccountId")) and not account.moves:
        return {}, {}
    if account.record is not None:
        return {"AccountId": account.record.id}, {}
    return {}, ({"AccountId": "account"} if account.creates else {})
