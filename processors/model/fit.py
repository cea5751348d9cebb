"""
A value that a field does not take as it was sent, in the form that the field takes.

In: what describe says of the field, the value.  Out: a `Fit`: the value to write, or that there is none, and why.
Rule of this file: pure and total; what the field takes as it is stays as it is, to the last character. Whether a value
may be changed or left out is not decided here.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

import regex

from processors.model import read_values
from processors.model.normalise import ADDRESS, NUMBERS, bare_address, is_blank, record_id
from processors.model.org_facts import FieldFacts
from processors.model.stored_form import WHOLE, at_scale, moment_text
from processors.model.visible import visible
from schemas.values import Scalar

_WHOLE_LIMIT = 2**31
_YEARS = (1700, 4000)
_CUTTABLE = frozenset({"string", "textarea", "picklist", "combobox", "encryptedstring"})
_ELLIPSIS_FROM = 20
"""From this length on a text that was cut ends with an ellipsis."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Fit:
    """The value to write; `why` it is another one than was sent; `dropped`: no value of it can be written."""

    value: Scalar
    why: str | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Writer:
    """
    Who wrote the value: the locale and the zone that decide what may be read in two ways.

    `days_in`: moments that a date-only field takes are given their day in that zone (None: their day as written).
    """

    locale: str = "en"
    zone: tzinfo = UTC
    days_in: tzinfo | None = None


def fit(fact: FieldFacts, value: Scalar, writer: Writer) -> Fit:
    """Return what the field takes of *value*; a field of a type that is not known here takes it as it is."""
    kind = "number" if fact.type in NUMBERS else fact.type
    reader = _READERS.get(kind)
    return Fit(value) if reader is None or is_blank(value) else reader(fact, value, writer)


def _dropped(value: Scalar, why: str) -> Fit:
    return Fit(value, why, dropped=True)


def _number(fact: FieldFacts, value: Scalar, writer: Writer) -> Fit:
    plain = not isinstance(value, str) or read_values.PLAIN_NUMBER.fullmatch(value.strip()) is not None
    # A plain number that has no part means the same in each locale; `1.234` does not.
    as_written = plain and (
        not isinstance(value, str) or "." not in value or read_values.decimal_mark(writer.locale) == "."
    )
    if isinstance(value, bool):
        return _dropped(value, "not_a_number")
    found = Decimal(str(value).strip()) if as_written else read_values.number(str(value), writer.locale)
    if found is None or not found.is_finite():
        return _dropped(value, "not_a_number")
    whole = fact.type in WHOLE
    scaled = found
    if whole or fact.precision:
        scaled = at_scale(fact, found)
    if not _in_range(fact, scaled, whole=whole):
        return _dropped(value, "out_of_range")
    if as_written and scaled == found:
        return Fit(value)
    kept = int(scaled) if scaled == scaled.to_integral_value() else float(scaled)
    return Fit(kept, "scale" if as_written else "number_format")


def _in_range(fact: FieldFacts, found: Decimal, *, whole: bool) -> bool:
    if whole:
        return -_WHOLE_LIMIT <= found < _WHOLE_LIMIT
    return not fact.precision or abs(found) < Decimal(10) ** (fact.precision - fact.scale)


def _truth(_fact: FieldFacts, value: Scalar, _writer: Writer) -> Fit:
    if isinstance(value, bool):
        return Fit(value)
    found = read_values.truth(str(value).removesuffix(".0"))
    if found is None:
        return _dropped(value, "not_a_boolean")
    said = isinstance(value, str) and value.strip().casefold() in ("true", "false")
    return Fit(value) if said else Fit(found, "boolean_format")


def _day(_fact: FieldFacts, value: Scalar, writer: Writer) -> Fit:
    text = value.strip() if isinstance(value, str) else ""
    moment = _iso(text)
    if moment is not None and moment.utcoffset() is not None and not moment.utcoffset() and writer.days_in is not None:
        # Moments of an event travel in UTC: which day that was is a matter of the event's zone.
        return Fit(moment.astimezone(writer.days_in).date().isoformat())
    found = read_values.day(text, writer.locale)
    if found is None or not _possible(found):
        return _dropped(value, "not_a_date")
    return Fit(value) if moment is not None else Fit(found.isoformat(), "date_format")


def _moment(_fact: FieldFacts, value: Scalar, writer: Writer) -> Fit:
    text = value.strip() if isinstance(value, str) else ""
    found = read_values.moment(text, writer.locale, writer.zone)
    if found is None or not _possible(found):
        return _dropped(value, "not_a_date")
    if _iso(text) is not None:
        return Fit(value)
    return Fit(moment_text(found), "date_format")


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _possible(found: date) -> bool:
    return _YEARS[0] <= found.year <= _YEARS[1]


def _text(fact: FieldFacts, value: Scalar, _writer: Writer) -> Fit:
    if not isinstance(value, str):
        return Fit(value)
    clean = _CONTROL.sub("", value)
    why = None if clean == value else "control_characters"
    if not fact.length or _units(clean) <= fact.length:
        return Fit(clean, why)
    if fact.unique or fact.external_id or fact.type not in _CUTTABLE:
        # Part of an identifier, of a number or of an address means something else, or nothing.
        return _dropped(value, "too_long")
    return Fit(shortened(clean, fact.length), "too_long")


def shortened(text: str, length: int) -> str:
    """Return *text* cut between graphemes to at most *length* UTF-16 units, with an ellipsis where there is room."""
    if _units(text) <= length:
        return text
    mark = "…" if length >= _ELLIPSIS_FROM else ""
    room, kept = length - len(mark), list[str]()
    for grapheme in regex.findall(r"\X", text[: length + 1]):
        room -= _units(grapheme)
        if room < 0:
            break
        kept.append(grapheme)
    return "".join(kept).rstrip() + mark


def _units(text: str) -> int:
    """Return how long Salesforce finds it: characters beyond the basic plane count as two."""
    return len(text) + sum(1 for item in text if ord(item) > 0xFFFF)


def _email(fact: FieldFacts, value: Scalar, _writer: Writer) -> Fit:
    if not isinstance(value, str):
        return _dropped(value, "not_an_email")
    bare = bare_address(value) or ""
    if not ADDRESS.fullmatch(bare) or len(bare.partition("@")[0]) > 64:
        return _dropped(value, "not_an_email")
    if fact.length and len(bare) > fact.length:
        return _dropped(value, "too_long")
    return Fit(bare, None if bare == value.strip() else "email_format")


def _phone(fact: FieldFacts, value: Scalar, writer: Writer) -> Fit:
    found = _text(fact, value, writer)
    if not found.dropped or not isinstance(value, str):
        return found
    first = re.split(r"[;,|\n]| or | und | / ", _CONTROL.sub("", value))[0].strip()
    return Fit(first, "too_long") if first and len(first) <= fact.length else found


def _picklist(fact: FieldFacts, value: Scalar, writer: Writer) -> Fit:
    if not fact.restricted or not fact.values:
        return _text(fact, value, writer)
    text = _as_text(value)
    if text in fact.values:
        return Fit(value)
    known = _by_key(fact.values).get(_key(text))
    return _dropped(value, "unknown_value") if known is None else Fit(known, "list_format")


def _several(fact: FieldFacts, value: Scalar, _writer: Writer) -> Fit:
    text = _as_text(value)
    known = _by_key(fact.values)
    parts = [part.strip() for part in re.split(r"[;\n]", _CONTROL.sub("", text)) if part.strip()]
    if len(parts) == 1 and _key(parts[0]) not in known and "," in text:
        by_comma = [part.strip() for part in text.split(",") if part.strip()]
        parts = by_comma if all(_key(item) in known for item in by_comma) else parts
    kept = [known.get(_key(part), part) for part in parts]
    if fact.restricted and fact.values:
        kept = [item for item in kept if item in fact.values]
    joined = ";".join(dict.fromkeys(kept))
    if not joined:
        return _dropped(value, "unknown_value")
    if len(kept) < len(parts):
        return Fit(joined, "unknown_value")
    return Fit(value) if joined == text else Fit(joined, "list_format")


def _reference(_fact: FieldFacts, value: Scalar, _writer: Writer) -> Fit:
    return Fit(value) if record_id(_as_text(value)) else _dropped(value, "not_a_record_id")


def _as_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _key(text: str) -> str:
    return unicodedata.normalize("NFKC", visible(text)).strip().casefold()


def _by_key(values: tuple[str, ...]) -> dict[str, str]:
    return {_key(value): value for value in values}


_READERS: Mapping[str, Callable[[FieldFacts, Scalar, Writer], Fit]] = {
    "number": _number,
    "boolean": _truth,
    "date": _day,
    "datetime": _moment,
    "string": _text,
    "textarea": _text,
    "encryptedstring": _text,
    "combobox": _text,
    "url": _text,
    "phone": _phone,
    "email": _email,
    "picklist": _picklist,
    "multipicklist": _several,
    "reference": _reference,
}
