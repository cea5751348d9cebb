"""
Several people of one source entity: whose records are whose, as they are now.

In: what is kept of a source entity, the rows of the batch.  Out: records by the ID that is kept.
Rule of this file: pure; a merged record stands for what it became, a converted lead for its contact.
"""

from collections.abc import Iterable

from processors.matching.index import Index
from processors.matching.queries import person_object


def people_now(kept: Iterable[str], index: Index) -> dict[str, str]:
    """Return the record that each lead or contact *kept* is now, by its ID; what is deleted is not in it."""
    found: dict[str, str] = {}
    for one in kept:
        record = index.get(one, person_object(one) or "")
        if record is not None and record.fields.get("IsConverted"):
            record = index.get(record.fields.get("ConvertedContactId"), "Contact")
        if record is not None:
            found[one] = record.id
    return found
