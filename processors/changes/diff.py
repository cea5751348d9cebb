"""
Stage *diff*: which mapped fields of a record are news to an integration.

In: a record, what was last seen of it, what we wrote ourselves.  Out: the fields that are news (SP-41), and whether any
was ours.
Rule of this file: pure, and field by field: who changed the record last decides nothing, since a person's edit may lie
between our write and this reading. A field is ours where its value is the one that we last wrote there for this same
integration, by an event that was not taken into account before.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from processors.changes.map import mapped
from processors.changes.ports import ChangedRecord, OwnWrite
from processors.changes.seen import Seen
from processors.integration.change_settings import ChangedFields
from schemas.change import FieldChange
from schemas.values import Scalar


def diff(
    row: ChangedRecord,
    seen: Seen | None,
    fields: ChangedFields,
    ours: Mapping[str, OwnWrite],
    integration: str,
    *,
    whole: bool,
    blanks: bool,
) -> tuple[tuple[FieldChange, ...], bool]:
    """
    Return the fields that are news, and whether any was left out as our own.

    *whole*: the integration does not know the record (any more), so every field is news; *blanks*: also those that are
    empty now and of which nothing is known from before.
    """
    news, own = [], False
    for name, field in fields.items():
        known = seen is not None and field.salesforce in seen.values
        raw = row.fields.get(field.salesforce)
        after, before = mapped(raw, field), mapped(seen.values[field.salesforce], field) if seen and known else None
        if (known and not whole and same(before, after)) or (not known and not blanks and after is None):
            continue
        if whole and known and after is None and before is None:
            continue
        if _is_ours(raw, ours.get(field.salesforce), integration, seen, field.salesforce):
            own = True
            continue
        news.append(FieldChange(name, field.salesforce, after, before, before_known=known))
    return tuple(news), own


def _is_ours(value: Scalar, write: OwnWrite | None, integration: str, seen: Seen | None, field: str) -> bool:
    if write is None or write.integration != integration:
        return False
    return (seen is None or seen.marks.get(field) != write.event) and same(value, write.value)


def same(one: Scalar, other: Scalar) -> bool:
    """Whether the org would take one value for the other: empty text is none, times are compared as moments."""
    if one in (None, "") or other in (None, ""):
        return one in (None, "") and other in (None, "")
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(float(one) - float(other)) < 1e-9
    if isinstance(one, str) and isinstance(other, str):
        return one.strip() == other.strip() or (_moment(one) is not None and _moment(one) == _moment(other))
    return False


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
