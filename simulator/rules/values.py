"""
Stage: one value into one field.

In: a JSON value and the field. Out: the value as the org keeps it.
Rule of this file: what a field's type, length and list allow; nothing that needs another record.
Source: fact sheet A5.
"""

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from simulator import ids
from simulator.catalogue import ObjectDef
from simulator.errors import ApiError
from simulator.fielddef import FieldDef
from simulator.values import written_date, written_datetime

_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
                    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+")  # fmt: skip
_WHOLE, _NUMBER = ("int", "long"), ("double", "currency", "percent")
_CUT = 32
_DIGITS = Context(prec=50)


def coerce(sobject: ObjectDef, field: FieldDef, value: Any) -> Any:
    """Return *value* as the org keeps it. Raises ApiError."""
    if value is None or value == "":
        return False if field.type == "boolean" and value == "" else None
    if field.type == "boolean":
        return _boolean(value)
    if field.type in _WHOLE or field.type in _NUMBER:
        return _number(field, value)
    if field.type in ("date", "datetime"):
        return _moment(field, value)
    if isinstance(value, dict | list):
        raise _unreadable("string", "START_OBJECT" if isinstance(value, dict) else "START_ARRAY")
    if isinstance(value, bool):
        value = "true" if value else "false"
    text = str(value)
    if field.type in ("reference", "id"):
        return _reference(field, text)
    return _text(sobject, field, text)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    raise _unreadable("boolean", f"VALUE_STRING value {value}")


def _number(field: FieldDef, value: Any) -> int | float:
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
    except (TypeError, ValueError):
        raise _unreadable("int" if field.type in _WHOLE else "double", f"VALUE_STRING value {value}") from None
    if field.type in _WHOLE:
        if number != int(number):
            raise _unreadable("int", f"VALUE_NUMBER_FLOAT value {value}")
        return int(number)
    whole = field.precision - field.scale
    if field.precision and abs(number) >= 10**whole:
        text = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", text, fields=[field.name])
    if not field.precision:
        return number
    # Through its text: a binary 2.675 lies below what was written.
    return float(Decimal(str(number)).quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP, _DIGITS))


def _moment(field: FieldDef, value: Any) -> Any:
    try:
        return written_date(value) if field.type == "date" else written_datetime(value)
    except ValueError:
        raise _unreadable(field.type, f"VALUE_STRING value {value}") from None


def _unreadable(kind: str, what: str) -> ApiError:
    return ApiError("JSON_PARSER_ERROR", f"Cannot deserialize instance of {kind} from {what} or request may be "
                    "missing a required field at [line:1, column:1]")  # fmt: skip


def _reference(field: FieldDef, text: str) -> str:
    found = ids.normal(text)
    if found is None:
        label = field.label if field.name == "Id" else f"{field.label} ID"
        message = f"{label}: id value of incorrect type: {text}"
        raise ApiError("MALFORMED_ID", message, fields=[field.name])
    return found


def _text(sobject: ObjectDef, field: FieldDef, text: str) -> str | None:
    text = text.strip() if field.type != "textarea" else text.rstrip()
    if not text:
        return None
    if field.type in ("picklist", "multipicklist"):
        text = _picked(field, text)
    if field.length and len(text) > field.length:
        shown = text if len(text) <= _CUT else text[:_CUT] + "…"
        label = field.label if field.name != "Name" else f"{sobject.label} Name"
        message = f"{label}: data value too large: {shown} (max length={field.length})"
        raise ApiError("STRING_TOO_LONG", message, fields=[field.name])
    if field.type == "email" and not _valid_email(text):
        raise ApiError("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", fields=[field.name])
    return text.lower() if field.type == "email" else text


def _picked(field: FieldDef, text: str) -> str:
    """Return what the field picks: each value once, in the order of the list, as a restricted list writes it."""
    several = field.type == "multipicklist"
    known = {value.lower(): value for value in field.values} if field.restricted else {}
    picked = dict.fromkeys(part.strip() for part in text.split(";") if part.strip()) if several else {text: None}
    for item in picked:
        if field.restricted and item.lower() not in known:
            message = f"{field.label}: bad value for restricted picklist field: {item}"
            raise ApiError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, fields=[field.name])
    order = {value: place for place, value in enumerate(field.values)}
    named = dict.fromkeys(known.get(text.lower(), text) for text in picked)
    return ";".join(sorted(named, key=lambda entry: order.get(entry, len(order))))


def _valid_email(text: str) -> bool:
    local = text.partition("@")[0]
    return bool(_EMAIL.fullmatch(text)) and len(local) <= 64 and ".." not in local and local[:1] != "." != local[-1:]
