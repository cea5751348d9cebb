"""
Record types by their developer name.

In: what describe says of an object, a mapped value.  Out: the ID of the record type.
Rule of this file: pure; names are compared without case, and an ID passes as it is.
"""

from processors.model.normalise import is_blank, record_id
from processors.model.org_facts import ObjectFacts
from schemas.values import Scalar

RECORD_TYPE = "RecordTypeId"


def record_type(known: ObjectFacts | None, value: Scalar) -> str | None:
    """Return the ID of the record type that *value* names or is; None where it is neither, or blank."""
    if is_blank(value):
        return None
    text = str(value).strip()
    types = known.record_types if known else {}
    named = next((kind for name, kind in types.items() if name.casefold() == text.casefold()), None)
    return named or record_id(text)


def no_record_type(known: ObjectFacts | None, value: Scalar) -> str:
    """Return for the reader that *value* is no record type, and which there are."""
    names = ", ".join(sorted(known.record_types)) if known else ""
    return f"no record type {value!r} that the integration user may give; there is {names or 'none'}"
