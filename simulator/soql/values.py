"""
Noun: values as SOQL compares them.

In: the value of a row, or a literal, and a describe type. Out: a key that Python may compare.
Rule of this file: what equals what is decided here: text ignores case and an empty text is null, an ID of 15 characters
equals that of 18, a boolean without a value is false, of a moment whole seconds count.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any, Final

from simulator.soql.dates import days
from simulator.soql.ids import long_id
from simulator.soql.scope import Operand, Scope
from simulator.soql.tree import Literal

NUMBERS: Final = frozenset({"int", "double", "currency", "percent", "long"})
IDS: Final = frozenset({"id", "reference"})
DAYS: Final = frozenset({"date", "datetime"})
_SHOWN: Final = {"datetime": "dateTime"}


def is_text(kind: str) -> bool:
    """Whether values of the describe type *kind* are compared as text."""
    return kind not in NUMBERS and kind not in IDS and kind not in DAYS and kind != "boolean"


def key_of(kind: str) -> Callable[[Any], Any]:
    """The function from a row's value of type *kind* to its key."""
    if kind == "boolean":
        return bool
    if kind in IDS:
        return lambda value: value or None
    if kind == "datetime":
        return _second
    if is_text(kind):
        return lambda value: str(value).lower() if value not in (None, "") else None
    return lambda value: value


def _second(value: Any) -> Any:
    """A moment without its parts of a second: an org compares none (an aggregate's value may be something else)."""
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def key_of_literal(scope: Scope, operand: Operand, literal: Literal) -> Any:  # a key of any type
    """
    The key of *literal*, compared with *operand*.

    Raises:
        SoqlError: the literal is of another type than the field, or no ID.
    """
    if literal.kind == "null":
        return False if operand.type == "boolean" else None
    if operand.type in IDS and literal.kind == "string":
        return _id_key(scope, literal)
    expected = _literal_kind(operand.type)
    if literal.kind != expected:
        quotes = "should be enclosed in quotes" if expected == "string" else "should not be enclosed in quotes"
        message = f"value of filter criterion for field '{operand.name}' must be of type "
        message += f"{_SHOWN.get(operand.type, operand.type if expected != 'string' else 'string')} and {quotes}"
        raise scope.error("INVALID_FIELD", operand.position, message)
    return key_of(operand.type)(literal.value)


def range_of(scope: Scope, operand: Operand, literal: Literal) -> tuple[Any, Any]:
    """
    First value, and the value after the last, of a date literal for a date or datetime field.

    Raises:
        SoqlError: the field is of another type, or the range leaves the calendar.
    """
    if operand.type not in DAYS:
        key_of_literal(scope, operand, literal)
    try:
        first, end = days(literal.value, scope.now.astimezone(UTC).date())
    except (OverflowError, ValueError):
        message = f"date literal {literal.value} is out of range"
        raise scope.error("INVALID_QUERY_FILTER_OPERATOR", literal.position, message) from None
    if operand.type == "date":
        return first, end
    midnight = time(tzinfo=UTC)
    return datetime.combine(first, midnight), datetime.combine(end, midnight)


def _id_key(scope: Scope, literal: Literal) -> str | None:
    if literal.value == "":
        return None
    full = long_id(literal.value)
    if full is None:
        message = f"invalid ID field: {literal.value}"
        raise scope.error("INVALID_QUERY_FILTER_OPERATOR", literal.position, message)
    return full


def _literal_kind(kind: str) -> str:
    """The kind of literal that a field of the describe type *kind* takes."""
    if kind in NUMBERS:
        return "number"
    return kind if kind in DAYS or kind == "boolean" else "string"
