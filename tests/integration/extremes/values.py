"""
Extreme values of every field of a contract, from its Avro schema.

In: a contract, a good event of it.  Out: the event with extreme values, as a publisher that checks nothing sends it.
Rule of this file: pure; what fits the contract's types and what breaks our bounds come in turns.
"""

import io
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import fastavro
from hypothesis import strategies as st

from schemas.contracts import shipped

TEXTS = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\t\r\n",
        "\u202e\u2028",
        "é" * 200,
        "x" * 201,
        "😀" * 200,
        "😀" * 500,
        "x" * 2_000,
        "x" * 2_001,
    ),
    *(
        "'); DROP TABLE command; --",
        "=cmd|' /C calc'!A0",
        "{{7*7}}",
        "<script>",
        "%s%n",
        "\\u0000",
        "null",
        "NaN",
        "a@b",
        "@",
    ),
    *(
        "ann@example.com",
        "x" * 300 + "@example.com",
        "+1 415 555 2671",
        "+" + "9" * 400,
        "00" * 100,
        "0001-01-01",
        "9999-12-31",
    ),
    *(
        "9999-12-31T23:59:59Z",
        "1e400",
        "-0",
        "00Q000000000001AAA",
        "00Q000000000001",
        "Europe/Paris",
        "UTC+99:99",
        "../..",
        ";;;",
    ),
    *("x" * 131_072, "x" * 131_073, "\ufffd\uffff", "=?utf-8?q?x=0D=0ABcc:_e?=", "Straße ſ İ ﬃ", "Ⅷ٣৪", "\ud7ff\ue000"),
)
WHOLE = (0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
DECIMAL = (0.0, -0.0, 5e-324, 1.7e308, -1.7e308, 1e15, 0.1, math.nan, math.inf, -math.inf)
YEARS = (1, 1899, 1900, 1970, 2026, 2199, 2200, 9999)
MOMENTS = tuple(
    datetime(year, month, day, hour, tzinfo=UTC) for year in YEARS for month, day, hour in ((1, 1, 0), (12, 31, 23))
)


def any_of(schema: Any, names: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return the strategy of a schema parsed by fastavro; *names* are the named types met so far."""
    if isinstance(schema, list):
        return st.one_of([any_of(part, names) for part in schema])
    if isinstance(schema, str):
        return names[schema] if schema in names else _PRIMITIVES[schema]
    if schema.get("logicalType") == "timestamp-millis":
        return st.sampled_from(MOMENTS)
    return _compound(schema, names)


def _compound(schema: Any, names: dict[str, Any]) -> st.SearchStrategy[Any]:
    kind = schema["type"]
    if kind == "enum":
        names[schema["name"]] = words = st.sampled_from(schema["symbols"])
        return words
    if kind == "record":
        parts = {part["name"]: any_of(part["type"], names) for part in schema["fields"]}
        names[schema["name"]] = made = st.fixed_dictionaries(parts)
        return made
    if kind == "array":
        items = any_of(schema["items"], names)
        # Many of something large would be the same as one that is too large, and slow.
        return st.lists(items, max_size=3) | items.map(lambda item: [item] * (201 if len(str(item)) < 300 else 1))
    if kind == "map":
        values = st.dictionaries(st.sampled_from(TEXTS), any_of(schema["values"], names), max_size=3)
        return values | st.just({f"n{number}": "v" for number in range(1_001)})
    return _PRIMITIVES[kind]


_PRIMITIVES: Mapping[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.sampled_from((0, 1, 2**31 - 1, -(2**31))),
    "long": st.sampled_from(WHOLE),
    "double": st.sampled_from(DECIMAL),
    "string": st.sampled_from(TEXTS),
}


def changed(contract: str, good: Mapping[str, Any], most: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Return the strategy of *good* with extreme values in some of its fields, inside of records too."""
    names: dict[str, Any] = {}
    parts: dict[str, st.SearchStrategy[Any]] = {}
    for part in shipped()[contract].parsed["fields"]:
        parts[part["name"]] = any_of(part["type"], names)
    person = {
        part: st.none() | st.sampled_from(TEXTS)
        for part in ("first_name", "last_name", "email", "company", "full_name")
    }

    def function(name: str) -> st.SearchStrategy[dict[str, Any]]:
        plain = parts[name].map(lambda value: {name: value})
        if name != "person":
            return plain
        within = st.sampled_from(sorted(person)).flatmap(
            lambda part: person[part].map(lambda value: {name: {**good[name], part: value}})
        )
        return plain | within

    names_of = st.lists(st.sampled_from(sorted(parts)), min_size=1, max_size=most, unique=True)
    return names_of.flatmap(lambda chosen: st.tuples(*map(function, chosen))).map(
        lambda some: {**good, **{name: value for part in some for name, value in part.items()}}
    )


def whole(contract: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return the strategy of a contract of which every field is extreme."""
    return any_of(shipped()[contract].parsed, {})


def sent(contract: str, value: Mapping[str, Any]) -> bytes:
    """Return the bytes of a publisher that checks nothing."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, shipped()[contract].parsed, dict(value))
    return b"\xc3\x01" + shipped()[contract].fingerprint + out.getvalue()
