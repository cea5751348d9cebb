"""
People as a lookup shows them: by their link first, else by e-mail, for display only (LL-10 to LL-12).

In: what someone asked for, links, records of an org.  Out: a `FoundRecord` for each.  Pure but for the ports that it is
given.
Rule of this file: it reads and never links; of one e-mail every record is shown, and which of them is linked.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from processors.model.errors import Misconfigured
from processors.model.normalise import record_id
from processors.model.org_facts import OrgFacts
from processors.model.ports import Salesforce
from processors.model.record import Record
from processors.model.requests import In, Question
from processors.notifier.clean import clean

OBJECTS = ("Lead", "Contact")
_FIELDS = ("Id", "Name", "Email", "Phone", "Company", "IsConverted", "IsDeleted", "CreatedDate", "LastModifiedDate")
_PREFIXES = ("00Q", "003")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST = 400

State = Literal["linked", "linked, deleted", "linked, gone", "named", "named, deleted", "same e-mail"]
Links = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]
"""Record IDs → by which of the source's records (`<integration>/<its ID>`) each is linked."""


@dataclass(frozen=True, slots=True)
class LookupTarget:
    """What someone asked for: an e-mail, a record ID, or an ID of the source."""

    kind: Literal["email", "record", "source"]
    value: str


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """One record: in which org, what it is to who was asked for, and by what it is linked."""

    org: str
    state: State
    object: str
    id: str
    name: str = ""
    email: str = ""
    converted: bool = False
    modified: str = ""
    links: tuple[str, ...] = ()


def lookup_target(text: str) -> LookupTarget:
    """Return what *text* names; raises `Misconfigured` with one line where it can be nobody."""
    value = text.strip()
    shown = clean(value, 60)
    if not value or len(value) > LONGEST or not value.isprintable():
        raise Misconfigured([f"lookup: {shown!r} names nobody; give an e-mail, a record ID or the source's own ID"])
    if "@" in value:
        if not _MAIL.fullmatch(value):
            raise Misconfigured([f"lookup: {shown!r} is no e-mail address; write one as name@example.com"])
        return LookupTarget("email", value)
    known = record_id(value) if value[:3] in _PREFIXES else None
    return LookupTarget("record", known) if known else LookupTarget("source", value)


def lookup_records(
    org: str, wanted: LookupTarget, linked: Sequence[str], salesforce: Salesforce, facts: OrgFacts, links: Links
) -> list[FoundRecord]:
    """
    Return the records in *org* that match: linked records first, then all of the same e-mail (LL-12).

    Args:
        linked: The records that the source's own ID is linked to.
    """
    ids = [wanted.value] if wanted.kind == "record" else list(linked)
    own = _find(salesforce, facts, "Id", ids) if ids else []
    mails = (
        [wanted.value]
        if wanted.kind == "email"
        else [str(record.fields["Email"]) for record in own if record.fields.get("Email")]
    )
    same = _find(salesforce, facts, "Email", mails) if mails else []
    found = {record.id: record for record in (*own, *(record for record in same if not record.fields.get("IsDeleted")))}
    by = links([*found, *(item_id for item_id in ids if item_id not in found)])
    seen = [_seen(org, record, ids, by.get(record.id, ())) for record in found.values()]
    gone = [
        FoundRecord(org, "linked, gone", "", record_id, links=tuple(by.get(record_id, ())))
        for record_id in linked
        if record_id not in found
    ]
    return [
        *gone,
        *sorted(seen, key=lambda found_record: (_ORDER[found_record.state], found_record.object, found_record.id)),
    ]


_ORDER: Mapping[State, int] = {
    "linked": 0,
    "linked, deleted": 0,
    "linked, gone": 0,
    "named": 1,
    "named, deleted": 1,
    "same e-mail": 2,
}


def _find(salesforce: Salesforce, facts: OrgFacts, field: str, values: Sequence[str]) -> list[Record]:
    """Return the leads and contacts, deleted ones too: a link to a deleted record must be shown as such (LL-26)."""
    questions = []
    for name in OBJECTS:
        known = facts.objects.get(name)
        wanted = [value for value in values if field != "Id" or _PREFIXES[OBJECTS.index(name)] == value[:3]]
        if known is not None and field in known.fields and wanted:
            fields = tuple(field_name for field_name in _FIELDS if field_name in known.fields)
            questions.append(Question(name, fields, ((In(field, tuple(wanted)),),), deleted=True))
    if not questions:
        return []
    return [record for rows in salesforce.find(questions).rows for record in rows]


def _seen(org: str, record: Record, ids: Sequence[str], links: Sequence[str]) -> FoundRecord:
    fields = record.fields
    deleted = bool(fields.get("IsDeleted"))
    state: State = "same e-mail"
    if links:
        state = "linked, deleted" if deleted else "linked"
    elif record.id in ids:
        state = "named, deleted" if deleted else "named"
    return FoundRecord(
        org,
        state,
        record.object,
        record.id,
        str(fields.get("Name") or ""),
        str(fields.get("Email") or ""),
        bool(fields.get("IsConverted")),
        str(fields.get("LastModifiedDate") or ""),
        tuple(links),
    )
