"""
Which accounts a command may be about: by its account keys, or by the company of the lead that it converts.

In: a command, settings, rows.  Out: what to ask for; the accounts found.
Rule of this file: pure; a name as it is written comes first, its normal form second; what says nothing of a company (a
default, a constant, a placeholder) finds none.
"""

from collections.abc import Mapping

from processors.integration.model import Integration
from processors.matching.index import Index
from processors.model.fit import shortened
from processors.model.match import Match
from processors.model.normalise import is_blank, text_key
from processors.model.org_facts import IS_PERSON
from processors.model.record import Record
from schemas.command import Command
from schemas.values import Scalar

PLACEHOLDERS = frozenset({"n/a", "na", "no integration", "unknown", "unknown company", "none", "-", "[not provided]"})
"""Texts that stand for a company without a name, beside those that an integration writes itself."""
_NAME_LENGTH = 255
"""Characters of an account's name (Salesforce, Account): a longer one is cut where it is written."""


def account_values(command: Command, settings: Integration) -> dict[str, str] | None:
    """Return the account keys with what the event says of them; None where it says nothing of one."""
    if not settings.account.enabled or not settings.account.keys:
        return None
    values = {key: _as_named(key, command.account.get(key), settings) for key in settings.account.keys}
    if any(is_blank(value) or not is_said(command, settings, "Account", key) for key, value in values.items()):
        return None
    return {key: str(value) for key, value in values.items()}


def _as_named(key: str, value: Scalar, settings: Integration) -> Scalar:
    """Return the value of an account key; of a name what an org keeps of it, None where it stands for no company."""
    if key != "Name":
        return value
    name = company_named(value, settings)
    return None if name is None else shortened(name, _NAME_LENGTH)


def is_said(command: Command, settings: Integration, object_name: str, field: str) -> bool:
    """
    Return whether the event itself says the mapped field's value: it is neither a constant nor a default.

    A command of release 0.1.0 does not tell its defaults: a value that is the map's default counts as one.
    """
    if f"{object_name}.{field}" in command.defaulted:
        return False
    source = getattr(settings.map, object_name.lower()).get(field)
    if source is None:
        return True
    held = getattr(command, object_name.lower()).get(field)
    return source.source is not None and (source.default is None or held != source.default)


def says_nothing(value: object) -> bool:
    """Return whether a value is blank, or a text that people write where they have nothing to say."""
    return is_blank(value) or text_key(value) in PLACEHOLDERS


def company_named(name: object, settings: Integration) -> str | None:
    """Return a company's name; None for an empty one and for what is written where there is none."""
    if is_blank(name):
        return None
    text = str(name).strip()
    lead = settings.map.lead.get("Company")
    ours = (settings.mandatory.text, *((lead.default, lead.constant) if lead else ()))
    known = PLACEHOLDERS | {key for item in ours if (key := text_key(item))}
    return None if text_key(text) in known else text


def accounts_meant(command: Command, settings: Integration) -> tuple[dict[str, str], ...]:
    """Return the accounts to ask for, each by the values of its fields: those of the keys, that of the company."""
    values = account_values(command, settings)
    company = event_company(command, settings) if settings.may_convert else None
    return (*((values,) if values else ()), *(({"Name": company},) if company else ()))


def found(values: Mapping[str, str], index: Index, settings: Integration) -> tuple[Record, ...]:
    """Return the accounts on which all values agree: the name as it is written, else by its normal form."""
    exact: dict[str, Record] | None = None
    others: dict[str, Record] | None = None
    for field, value in values.items():
        hits = dict(index.having("Account", field, "text", value))
        alike = index.companies(value, settings.account.legal_forms) if field == "Name" else hits
        exact = _both(exact, hits)
        others = _both(others, {**hits, **alike})
    # A person account is nobody's company, whatever the person is called.
    return tuple(record for record in (exact or others or {}).values() if not record.fields.get(IS_PERSON))


def _both(known: dict[str, Record] | None, hits: Mapping[str, Record]) -> dict[str, Record]:
    return dict(hits) if known is None else {name: record for name, record in known.items() if name in hits}


def event_company(command: Command, settings: Integration) -> str | None:
    """Return the company that the event names: its person's, else what is mapped to the lead's company."""
    mapped = command.lead.get("Company") if is_said(command, settings, "Lead", "Company") else None
    return company_named(command.person.company, settings) or company_named(mapped, settings)


def of_company(match: Match, command: Command, settings: Integration, index: Index) -> tuple[Record, ...]:
    """
    Return the accounts that bear the company's name: that of the lead which matches, else that of the event.

    Only where the command may convert: a lead's company is its account by then.
    """
    if len(match.leads) == 1:
        return of_lead(match.leads[0], settings, index)
    name = event_company(command, settings) if settings.may_convert and not match.leads else None
    return found({"Name": name}, index, settings) if name else ()


def of_lead(lead: Record, settings: Integration, index: Index) -> tuple[Record, ...]:
    """Return the accounts that bear the name of a lead's company, where the settings may convert it."""
    name = company_named(lead.fields.get("Company"), settings) if settings.may_convert else None
    return found({"Name": name}, index, settings) if name else ()
