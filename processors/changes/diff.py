"""
Stage *diff*: which mapped fields of a record are news to an integration.

In: a record, what was last seen of it, what we wrote ourselves.  Out: the fields that are news (SP-41), and whether any
was ours.
Rule of this file: pure, and field by field: who changed the record last decides nothing, since a person's edit may lie
between our write and this reading. A field is ours where its value is the one that we last wrote there for this same
integration, by an event that was not taken into account before.
"""

from collections.abc import Mapping

from processors.changes.map import mapped
from processors.changes.ports import ChangedRecord, OwnWrite
from processors.changes.seen import Seen
from processors.integration.change_settings import ChangedFields
from processors.model.org_facts import FieldFacts, ObjectFacts
from processors.model.stored_form import same_value
from schemas.change import FieldChange
from schemas.values import Scalar


def diff(
    row: ChangedRecord,
    seen: Seen | None,
    fields: ChangedFields,
    ours: Mapping[str, OwnWrite],
    integration: str,
    facts: ObjectFacts | None,
    *,
    whole: bool,
    blanks: bool,
) -> tuple[tuple[FieldChange, ...], bool]:
    """
    Return the fields that are news, and whether any was left out as our own.

    *facts* is what describe says of the row's object, by which our own writes are known again.
    *whole*: the integration does not know the record (any more), so every field is news; *blanks*: also those that are
    empty now and of which nothing is known from before.
    """
    news, own = [], False
    for name, field in fields.items():
        known = seen is not None and field.salesforce in seen.values
        raw = row.fields.get(field.salesforce)
        after, before = mapped(raw, field), mapped(seen.values[field.salesforce], field) if seen and known else None
        if (known and not whole and same_value(None, before, after)) or (not known and not blanks and after is None):
            continue
        if whole and known and after is None and before is None:
            continue
        mark = seen.marks.get(field.salesforce) if seen else None
        if _is_ours(raw, ours.get(field.salesforce), integration, mark, _fact(facts, field.salesforce)):
            own = True
            continue
        news.append(FieldChange(name, field.salesforce, after, before, before_known=known))
    return tuple(news), own


def _is_ours(
    value: Scalar, write: OwnWrite | None, integration: str, mark: str | None, fact: FieldFacts | None
) -> bool:
    if write is None or write.integration != integration:
        return False
    return mark != write.event and same_value(fact, value, write.value)


def _fact(facts: ObjectFacts | None, name: str) -> FieldFacts | None:
    """Return what describe says of a field; names are told apart in no case."""
    fields = facts.fields if facts else {}
    return fields.get(name) or next((field for key, field in fields.items() if key.lower() == name.lower()), None)
