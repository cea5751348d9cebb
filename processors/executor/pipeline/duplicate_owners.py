"""
Who owns the records that a duplicate rule found: its refusal tells what the rule compares, and rarely an owner.

In: the errors of a row, the org.  Out: the errors, their records with name, dates and owner as the org has them.
Rule of this file: it is for people who read the outcome; where the org cannot tell now, the records stay as they came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from processors.executor.connection.org_facts import OrgMetadataCache
from processors.matching.queries import OWNER_NAME
from processors.model.errors import RequestRefused, Transient
from processors.model.org_facts import OrgFacts
from processors.model.record import Record
from processors.model.requests import In, Question, RowError

_READ = ("Id", "Name", "CreatedDate", "LastModifiedDate", "OwnerId")


def with_owners(errors: Sequence[RowError], org: OrgMetadataCache) -> tuple[RowError, ...]:
    """Return *errors* with the owners of the records that they name, by one request; none where all are known."""
    unknown = [duplicate for error in errors for duplicate in error.duplicates if not duplicate.fields.get(OWNER_NAME)]
    if not unknown:
        return tuple(errors)
    try:
        salesforce, facts = org.org()
        asked = _questions(unknown, facts)
        rows = salesforce.find(asked).rows if asked else ()
    except (RequestRefused, Transient):
        return tuple(errors)
    found = {record.id: record for own in rows for record in own}
    return tuple(
        replace(error, duplicates=tuple(_joined(duplicate, found) for duplicate in error.duplicates))
        for error in errors
    )


def _questions(records: Sequence[Record], facts: OrgFacts) -> list[Question]:
    ids: dict[str, dict[str, None]] = {}
    for record in records:
        held = facts.objects.get(record.object)
        if held is not None and "OwnerId" in held.fields:
            ids.setdefault(record.object, {})[record.id] = None
    return [
        Question(
            name,
            tuple(
                field for field in (*_READ, OWNER_NAME) if field == OWNER_NAME or field in facts.objects[name].fields
            ),
            ((In("Id", tuple(own)),),),
        )
        for name, own in ids.items()
    ]


def _joined(record: Record, found: Mapping[str, Record]) -> Record:
    known = found.get(record.id)
    return record if known is None else replace(record, fields={**record.fields, **known.fields})
