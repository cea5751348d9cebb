"""
A value as the org keeps it, and what follows from that: which two values are the same one.

In: what describe says of a field, values as they are written or read.  Out: the one form in which they are compared,
and written.
Rule of this file: pure and total; nothing else knows how an org keeps a value. What a field cannot hold stays as it is,
and the org says what it thinks of it. `docs/decisions/0081-values-as-the-org-keeps-them.md`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from processors.model.normalise import NUMBERS, bare_address, is_blank, record_id
from processors.model.org_facts import FieldFacts
from schemas.values import Scalar

WHOLE = ("int", "long")
_LARGEST = Decimal(10) ** 20
"""Beyond it a number is left as it is: no field of an org holds so many digits."""
_DIGITS = Context(prec=50)
_LINE_ENDS = re.compile(r"\r\n?")
_OF_VALUE = {bool: "boolean", int: "double", float: "double"}


def as_stored(fact: FieldFacts | None, value: Scalar) -> Scalar:
    """
    Return *value* as the org keeps it in the field, and as it is written: None where it is blank.

    An e-mail is its bare address in lower case. A moment is in UTC, at whole seconds; one without an offset is meant in
    UTC. Of a moment, a date takes the day as it is written (LL-16). A number has the field's scale. The values of a
    multi-select stand in the order of the list. An ID has 18 characters. A text is trimmed, and its lines end alike.
    """
    if is_blank(value):
        return None
    kind = "" if fact is None else "number" if fact.type in NUMBERS else fact.type
    return _FORMS.get(kind, _as_it_is)(fact, value)


def same_value(fact: FieldFacts | None, item: Any, other: Any) -> bool:
    """
    Return whether the org keeps both values as the same one: to write one over the other would change nothing.

    Where describe does not know the field (*fact* None), its type is that of the value that is no text.
    """
    if is_blank(item) or is_blank(other):
        return is_blank(item) and is_blank(other)
    known = fact or _guessed(item, other)
    first, second = as_stored(known, item), as_stored(known, other)
    if isinstance(first, str) or isinstance(second, str):
        return _said(first) == _said(second)
    # True is 1 for Python, and no number for an org.
    return isinstance(first, bool) is isinstance(second, bool) and first == second


def fact_of_type(kind: str) -> FieldFacts:
    """Return a field of describe's type *kind* of which nothing else is known."""
    return FieldFacts("", kind, 0, True, True, True, False, False, False, False)


def at_scale(fact: FieldFacts, number: Decimal) -> Decimal:
    """Return a number with the digits that the field has behind the point; halves are rounded away from zero."""
    if abs(number) >= _LARGEST or not (fact.precision or fact.type in WHOLE):
        return number
    digits = 0 if fact.type in WHOLE else fact.scale
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _DIGITS)


def moment_text(moment: datetime) -> str:
    """Return a moment as it is written: in UTC, at whole seconds, for an org cuts the rest off."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _guessed(item: Any, other: Any) -> FieldFacts | None:
    kinds = {_OF_VALUE[type(value)] for value in (item, other) if type(value) in _OF_VALUE}
    if not kinds and all(_zoned(value) for value in (item, other)):
        return fact_of_type("datetime")
    return fact_of_type(kinds.pop()) if len(kinds) == 1 else None


def _zoned(value: Any) -> bool:
    moment = _iso(str(value).strip())
    return moment is not None and moment.tzinfo is not None


def _as_it_is(_fact: FieldFacts | None, value: Scalar) -> Scalar:
    return value.strip() if isinstance(value, str) else value


def _text(_fact: FieldFacts | None, value: Scalar) -> Scalar:
    return _LINE_ENDS.sub("\n", value).strip() if isinstance(value, str) else value


def _said(value: Scalar) -> str:
    """Return a value as a field of text takes it: an org writes out what is no text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(fact: FieldFacts | None, value: Scalar) -> Scalar:
    try:
        found = None if isinstance(value, bool) else Decimal(str(value).strip())
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or fact is None:
        return _as_it_is(fact, value)
    if fact.type in WHOLE and found != found.to_integral_value():
        # An org refuses a whole number with a fraction; it does not round it.
        return float(found)
    scaled = at_scale(fact, found)
    return int(scaled) if scaled == scaled.to_integral_value() else float(scaled)


def _truth(fact: FieldFacts | None, value: Scalar) -> Scalar:
    word = str(value).strip().casefold()
    return word in ("true", "1", "1.0") if word in ("true", "1", "1.0", "false", "0", "0.0") else _as_it_is(fact, value)


def _day(fact: FieldFacts | None, value: Scalar) -> Scalar:
    moment = _iso(value.strip()) if isinstance(value, str) else None
    return _as_it_is(fact, value) if moment is None else moment.date().isoformat()


def _moment(fact: FieldFacts | None, value: Scalar) -> Scalar:
    moment = _iso(value.strip()) if isinstance(value, str) else None
    try:
        return _as_it_is(fact, value) if moment is None else moment_text(_in_zone(moment, UTC))
    except OverflowError:
        return _as_it_is(fact, value)


def _time(fact: FieldFacts | None, value: Scalar) -> Scalar:
    try:
        found = time.fromisoformat(str(value).strip())
    except ValueError:
        return _as_it_is(fact, value)
    utc = datetime.combine(date(2000, 1, 2), found, found.tzinfo or UTC).astimezone(UTC)
    return f"{utc:%H:%M:%S}.000Z"


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _email(fact: FieldFacts | None, value: Scalar) -> Scalar:
    return (bare_address(value) or value.strip()).lower() if isinstance(value, str) else _as_it_is(fact, value)


def _picklist(fact: FieldFacts | None, value: Scalar) -> Scalar:
    text = _text(fact, value)
    known = {item.casefold(): item for item in fact.values} if fact is not None and fact.restricted else {}
    return known.get(_said(text).casefold(), text)


def _several(fact: FieldFacts | None, value: Scalar) -> Scalar:
    values = fact.values if fact is not None else ()
    order = {text: place for place, text in enumerate(values)}
    known = {text.casefold(): text for text in values} if fact is not None and fact.restricted else {}
    parts = [part.strip() for part in _said(_text(fact, value)).split(";")]
    named = dict.fromkeys(known.get(part.casefold(), part) for part in parts if part)
    # What the list does not know comes after what it knows, in one order whatever the order it was written in.
    return ";".join(sorted(named, key=lambda text: (order.get(text, len(order)), text))) or None


def _id(fact: FieldFacts | None, value: Scalar) -> Scalar:
    return record_id(_said(value)) or _text(fact, value)


_FORMS: Mapping[str, Callable[[FieldFacts | None, Scalar], Scalar]] = {
    "number": _number,
    "boolean": _truth,
    "date": _day,
    "datetime": _moment,
    "time": _time,
    "email": _email,
    "picklist": _picklist,
    "multipicklist": _several,
    "reference": _id,
    "id": _id,
    **dict.fromkeys(("string", "textarea", "encryptedstring", "combobox", "url", "phone"), _text),
}
