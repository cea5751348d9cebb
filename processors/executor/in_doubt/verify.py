"""
Stage *execute*, when no answer came: what the org's records say about a call in doubt.

In: the call, the records as read now.  Out: for each row the answer that it must have got, or None where nothing is
seen.  Pure.
Rule of this file: "not found" is not "not applied" (design section 3, point 4); None only says that it is not seen yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from processors.model.members import MEMBER_FIELDS, PERSON_FIELDS, creates_member, is_member
from processors.model.org_facts import OrgFacts
from processors.model.plan import CallRow
from processors.model.record import Record
from processors.model.requests import In, Question, Write, Written
from processors.model.stored_form import same_value

_ACTIVITIES = ("Task", "Event")
_MERGED = ("Lead", "Contact", "Account")
"""Objects whose records can be merged; a loser is deleted and names its winner in MasterRecordId."""

_BEFORE = 60.0
"""Seconds that an org's clock may be behind ours when we ask whether a record was made by this call."""


def verification_questions(rows: Sequence[CallRow]) -> list[Question]:
    """Return what to read to see whether the rows were applied."""
    leads = [row.conversion.lead_id for row in rows if row.conversion]
    asked = [Question("Lead", _CONVERSION, ((In("Id", tuple(leads)),),))] if leads else []
    for name in sorted({row.write.object for row in rows if row.write}):
        asked += _about(name, [row.write for row in rows if row.write and row.write.object == name])
    return asked


_CONVERSION = ("Id", "IsConverted", "ConvertedContactId", "ConvertedAccountId")


def _about(name: str, writes: Sequence[Write]) -> list[Question]:
    asked = []
    updates = [write for write in writes if write.record_id]
    # What is deleted is read too: that it is not there any more is the answer.
    if updates:
        written = (field for write in updates for field in write.fields)
        fields = dict.fromkeys(("Id", "LastModifiedById", "LastModifiedDate", *written))
        ids = tuple(dict.fromkeys(write.record_id for write in updates if write.record_id))
        asked.append(Question(name, tuple(fields), ((In("Id", ids),),)))
    keyed = [write.external for write in writes if write.external]
    if keyed:
        field = keyed[0][0]
        values = tuple(dict.fromkeys(value for _, value in keyed))
        merged = ("MasterRecordId",) if name in _MERGED else ()
        fields_read = ("Id", "CreatedDate", "IsDeleted", *merged, field)
        asked.append(Question(name, fields_read, ((In(field, values),),), deleted=True))
    members = [write for write in writes if creates_member(write)]
    if members:
        asked.append(Question(name, MEMBER_FIELDS, tuple(_joined(members))))
    unkeyed = [write for write in writes if _is_unkeyed_activity(write)]
    if unkeyed:
        fields = dict.fromkeys(
            ("Id", "CreatedDate", "CreatedById", *(field_name for write in unkeyed for field_name in write.fields))
        )
        asked.append(Question(name, tuple(fields), tuple(_hung_on(unkeyed))))
    return asked


def _is_unkeyed_activity(write: Write) -> bool:
    """Whether it creates an activity that no external ID names: only what it says can find it again."""
    return write.operation == "create" and write.external is None and write.object in _ACTIVITIES


def _joined(writes: Sequence[Write]) -> Iterator[tuple[In, ...]]:
    """Yield what to look for: these people in these campaigns."""
    for field in PERSON_FIELDS:
        own = [write for write in writes if write.fields.get(field)]
        if own:
            campaigns, people = (
                tuple(dict.fromkeys(str(write.fields.get(name)) for write in own)) for name in ("CampaignId", field)
            )
            yield (In("CampaignId", campaigns), In(field, people))


def _hung_on(writes: Sequence[Write]) -> Iterator[tuple[In, ...]]:
    """Yield what to look for: these subjects on these records."""
    for link in ("WhoId", "WhatId"):
        records = tuple(dict.fromkeys(str(write.fields[link]) for write in writes if write.fields.get(link)))
        subjects = tuple(dict.fromkeys(str(write.fields.get("Subject") or "") for write in writes))
        if records:
            yield (In(link, records), In("Subject", subjects))


def verify_rows(
    rows: Sequence[CallRow], records: Sequence[Record], facts: OrgFacts, intended_at: float
) -> list[Written | None]:
    """Return for each row the answer that it must have got, or None where it is not seen (yet)."""
    by_id = {record.id: record for record in records}
    by_key: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        for value in {str(value) for value in record.fields.values() if value}:
            by_key.setdefault((record.object, value), []).append(record)
    results = [
        _member(row, records, intended_at)
        if creates_member(row.write)
        else _verdict(row, by_id, by_key, facts, intended_at)
        for row in rows
    ]
    taken = {written.id for written in results if written is not None}
    for number, row in enumerate(rows):
        if row.write is not None and _is_unkeyed_activity(row.write):
            found = _same_activity(row.write, records, facts, intended_at, taken)
            results[number] = None if found is None else Written(True, found.id, created=True)
            taken |= {found.id} if found else set()
    return results


def _member(row: CallRow, records: Sequence[Record], intended_at: float) -> Written | None:
    """Return the answer of a create of a campaign member: the org keeps one for a person and campaign."""
    fields = row.write.fields if row.write else {}
    campaign, people = fields.get("CampaignId"), [str(fields.get(name) or "") for name in PERSON_FIELDS]
    found = next((record for record in records if is_member(record, str(campaign), people)), None)
    since = intended_at if row.since is None else row.since
    return None if found is None else Written(True, found.id, created=_is_new(found, since))


def _same_activity(
    write: Write, records: Sequence[Record], facts: OrgFacts, intended_at: float, taken: set[str | None]
) -> Record | None:
    """Return the activity that we made since with exactly these values, each taken once; or None."""
    for record in sorted(records, key=lambda item: item.id):
        ours = (
            record.object == write.object
            and record.fields.get("CreatedById") == facts.user_id
            and record.id not in taken
        )
        if ours and _holds(record, write, facts) and _is_new(record, intended_at):
            return record
    return None


def _verdict(
    row: CallRow,
    by_id: Mapping[str, Record],
    by_key: Mapping[tuple[str, str], Sequence[Record]],
    facts: OrgFacts,
    intended_at: float,
) -> Written | None:
    if row.conversion is not None:
        return _converted(by_id.get(row.conversion.lead_id))
    write = row.write
    if write is None:
        return None
    if write.external is not None:
        since = intended_at if row.since is None else row.since
        return _keyed(by_key.get((write.object, write.external[1]), ()), since)
    record = by_id.get(write.record_id or "")
    if write.operation == "delete":
        return Written(True, write.record_id) if record is None or record.fields.get("IsDeleted") else None
    if record is None or record.fields.get("LastModifiedById") != facts.user_id:
        return None
    if not _since(record.fields.get("LastModifiedDate"), intended_at):
        # These values stood there before: our write may still be under way.
        return None
    return Written(True, record.id) if _holds(record, write, facts) else None


def _holds(record: Record, write: Write, facts: OrgFacts) -> bool:
    """Whether the record holds what was sent, as the org keeps it."""
    return all(
        same_value(facts.field(write.object, name), record.fields.get(name), value)
        for name, value in write.fields.items()
    )


def _keyed(records: Sequence[Record], since: float) -> Written | None:
    """
    Return the answer of a create whose key is on these records, or None where it is on none that counts.

    `created` says whether it was made since *since* (the first intent). A deleted record counts only then: it was
    made by this command and taken away by somebody; a merged one is its winner.
    """
    for record in sorted(records, key=lambda item: (bool(item.fields.get("IsDeleted")), item.id)):
        new = _is_new(record, since)
        if not record.fields.get("IsDeleted"):
            return Written(True, record.id, created=new)
        if new:
            return Written(True, str(record.fields.get("MasterRecordId") or record.id), created=True)
    return None


def _converted(record: Record | None) -> Written | None:
    if record is None or not record.fields.get("IsConverted"):
        return None
    fields = record.fields
    return Written(
        True, record.id, account_id=fields.get("ConvertedAccountId"), contact_id=fields.get("ConvertedContactId")
    )


def _is_new(record: Record, intended_at: float) -> bool:
    return _since(record.fields.get("CreatedDate"), intended_at)


def _since(moment: str | None, intended_at: float) -> bool:
    return moment is None or datetime.fromisoformat(moment).timestamp() >= intended_at - _BEFORE
