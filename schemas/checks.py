"""
Checks: does a value fit its contract exactly, before it is written? fastavro writes True as 1, a huge
integer as a rounded double.

In: a parsed schema. Out: a function that raises `Misfit` with the path. Rule of this file: pure; compiled once.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

Check = Callable[[Any], None]

_INT = 1 << 31
_LONG = 1 << 63


class Misfit(ValueError):
    """A value does not fit: *path* of names from the inside out, and what is wrong."""

    def __init__(self, wrong: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.path: list[str] = []

    def __str__(self) -> str:
        """Return one line."""
        return f"field {'.'.join(reversed(self.path)) or '(the value itself)'}: {self.wrong}"


def compile_check(schema: Any, names: dict[str, Check] | None = None) -> Check:
    """Return the check of a schema parsed by fastavro; *names* are the named types met so far."""
    names = {} if names is None else names
    if isinstance(schema, list):
        return _union([(_branch(part), compile_check(part, names)) for part in schema])
    if isinstance(schema, str):
        return names[schema] if schema in names else _PRIMITIVES[schema]
    if schema.get("logicalType") == "timestamp-millis":
        return _moment
    kind = schema["type"]
    if kind == "enum":
        names[schema["name"]] = check = _enum(frozenset(schema["symbols"]))
        return check
    if kind == "record":
        parts = {part["name"]: compile_check(part["type"], names) for part in schema["fields"]}
        needed = frozenset(part["name"] for part in schema["fields"] if "default" not in part)
        names[schema["name"]] = check = _record(parts, needed)
        return check
    if kind == "array":
        return _array(compile_check(schema["items"], names))
    if kind == "map":
        return _map(compile_check(schema["values"], names))
    return _PRIMITIVES[kind]


def _record(parts: Mapping[str, Check], needed: frozenset[str]) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, Mapping):
            raise Misfit(f"a record is needed, not {type(value).__name__}")
        if missing := needed - value.keys():
            raise Misfit(f"without {', '.join(sorted(missing))}")
        name = ""
        try:
            for name, part in value.items():
                parts[name](part)
        except Misfit as misfit:
            misfit.path.append(name)
            raise
        except KeyError:
            raise Misfit(f"the contract has no field {name!r}") from None

    return check


def _array(item: Check) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, list | tuple):
            raise Misfit(f"a list is needed, not {type(value).__name__}")
        check_items(value, item)

    return check


def check_items(value: Sequence[Any], item: Check) -> None:
    """Check each item of a list; a `Misfit` names its place."""
    index = 0
    try:
        for index, part in enumerate(value):  # noqa: B007 - the handler below names the place
            item(part)
    except Misfit as misfit:
        misfit.path.append(str(index))
        raise


def _map(item: Check) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, Mapping):
            raise Misfit(f"a map is needed, not {type(value).__name__}")
        name = ""
        try:
            for name, part in value.items():
                _string(name)
                item(part)
        except Misfit as misfit:
            misfit.path.append(str(name))
            raise

    return check


def _enum(symbols: frozenset[str]) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, str) or value not in symbols:
            raise Misfit(f"{value!r} is none of {', '.join(sorted(symbols))}")

    return check


def _union(branches: list[tuple[tuple[type, ...], Check]]) -> Check:
    by_type = {kind: check for kinds, check in reversed(branches) for kind in kinds}

    def check(value: Any) -> None:
        found = by_type.get(type(value))
        if found is None:
            raise Misfit(f"no type of the contract fits {type(value).__name__}")
        found(value)

    return check


def _branch(schema: Any) -> tuple[type, ...]:
    if isinstance(schema, dict):
        if schema.get("logicalType") == "timestamp-millis":
            return (datetime,)
        return {"array": (list, tuple), "enum": (str,)}.get(schema["type"], (dict,))
    kinds: dict[str, tuple[type, ...]] = {"null": (type(None),), "boolean": (bool,), "int": (int,), "long": (int,)}
    kinds |= {"double": (float,), "string": (str,)}
    return kinds.get(schema, (dict,))


def _null(value: Any) -> None:
    if value is not None:
        raise Misfit("only null fits")


def _boolean(value: Any) -> None:
    if not isinstance(value, bool):
        raise Misfit(f"true or false is needed, not {type(value).__name__}")


def _whole(limit: int) -> Check:
    def check(value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Misfit(f"a whole number is needed, not {type(value).__name__}")
        if not -limit <= value < limit:
            raise Misfit(f"a whole number beyond {limit.bit_length()} bits; send it as text")

    return check


def _double(value: Any) -> None:
    if not isinstance(value, float):
        raise Misfit(f"a decimal number is needed, not {type(value).__name__}")
    if not math.isfinite(value):
        raise Misfit(f"{value} is no number that Salesforce can hold; leave it out")


def _string(value: Any) -> None:
    if not isinstance(value, str):
        raise Misfit(f"text is needed, not {type(value).__name__}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Misfit("text with half a surrogate pair; mend it at the source") from None


def _moment(value: Any) -> None:
    if not isinstance(value, datetime):
        raise Misfit(f"a moment is needed, not {type(value).__name__}")
    if value.tzinfo is None:
        raise Misfit("a moment without a time zone")


_PRIMITIVES: Mapping[str, Check] = {
    "null": _null,
    "boolean": _boolean,
    "int": _whole(_INT),
    "long": _whole(_LONG),
    "double": _double,
    "string": _string,
}
