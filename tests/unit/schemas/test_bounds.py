"""What an event may hold: each bound is kept when it is written and when it is read, and its field is named."""

import io
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import fastavro
import pytest

from schemas import bounds
from schemas.bounds import BOUNDED, DEPTH, ID_CHARACTERS, LINE_CHARACTERS, TEXT_CHARACTERS
from schemas.call_result import CallResult
from schemas.codec import SingleObject
from schemas.contracts import shipped
from schemas.errors import Undecodable
from schemas.topics import SOURCE_CALL_RESULT, SOURCE_TOPICS
from schemas.values import Agent, Person, PhoneNumber
from signalbox.commands.publish import message

CODEC = SingleObject()
AT = datetime(2026, 3, 4, 10, 15, tzinfo=UTC)
EVENT = CallResult("e1", "c1", "p", "YES", AT, Person(last_name="Example", phones=("1",)), agent=Agent("a@example.com"))


def written(value: dict[str, Any], contract: str = "call_result") -> bytes:
    """Return the bytes that a publisher without our checks would send."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, shipped()[contract].parsed, value)
    return b"\xc3\x01" + shipped()[contract].fingerprint + out.getvalue()


def person(**more: Any) -> dict[str, Any]:
    return {"person": {**EVENT.to_avro()["person"], **more}}


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"event_id": "x" * 201}, "field event_id: text of 201 characters, more than 200"),
    ({"event_id": "a\0b"}, "field event_id: text with the character U+0000"),
    ({"call_id": "\0"}, "field call_id: text with the character U+0000"),
    ({"result_code": "x" * 2_001}, "field result_code: text of 2,001 characters, more than 2,000"),
    (person(last_name="x" * 2_001), "field person.last_name: text of 2,001 characters, more than 2,000"),
    (person(phones=["1"] * 201), "field person.phones: 201 items, more than 200"),
    (person(phones=["1", "2\0"]), "field person.phones.1: text with the character U+0000"),
    (person(numbers=[{"number": "\0", "kind": "work"}]), "field person.numbers.0.number: text with the character U"),
    ({"agent": {"email": "\0", "name": None, "extension": None, "user_id": None}}, "field agent.email: text with"),
    ({"notes": "x" * 131_073}, "field notes: text of 131,073 characters, more than 131,072"),
    ({"fields": {"a": math.nan}}, "field fields.a: nan is no number that Salesforce can hold"),
    ({"fields": {"a": -math.inf}}, "field fields.a: -inf is no number that Salesforce can hold"),
    ({"fields": {"a": "\0"}}, "field fields.a: text with the character U+0000"),
    ({"fields": {"a\0": 1}}, "field fields: a name with the character U+0000"),
    ({"fields": {"n" * 201: 1}}, "field fields: a name of 201 characters, more than 200"),
    ({"fields": {"a": ["x", "\0"]}}, "field fields.a.1: text with the character U+0000"),
    ({"fields": {"a": ["x"] * 1_001}}, "field fields.a: 1,001 items, more than 1,000"),
    ({"fields": {str(n): None for n in range(1_001)}}, "field fields: 1,001 values, more than 1,000"),
    ({"resulted": datetime(1899, 12, 31, 23, 59, tzinfo=UTC)}, "field resulted: a moment of the year 1899"),
    ({"ended": datetime(2200, 1, 1, tzinfo=UTC)}, "field ended: a moment of the year 2200, not of 1900 to 2199"),
]
READING = [
    lambda value: CODEC.decode("call_result", written(value)),
    lambda value: CODEC.encode("call_result", value),
]


@pytest.mark.parametrize("through", READING, ids=["read", "written"])
@pytest.mark.parametrize(("more", "why"), BROKEN, ids=[why[:60] for _, why in BROKEN])
def test_what_breaks_a_bound_is_refused_with_its_field(
    more: dict[str, Any], why: str, through: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises((Undecodable, ValueError)) as error:
        through({**EVENT.to_avro(), **more})
    assert str(error.value).startswith(f"call_result: {why}")


FITTING: list[dict[str, Any]] = [
    {"event_id": "é" * ID_CHARACTERS},
    person(last_name="x" * LINE_CHARACTERS, phones=["1"] * 200),
    {"notes": "é" * TEXT_CHARACTERS},
    {"fields": {"n" * 200: "x" * TEXT_CHARACTERS, "b": ["x"] * 1_000, "c": 2**63 - 1, "d": 1.7e308, "e": None}},
    {"fields": {str(n): True for n in range(1_000)}},
    {"resulted": datetime(1900, 1, 1, tzinfo=UTC), "ended": datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)},
    {"resulted": datetime(1900, 1, 1, 2, tzinfo=timezone(timedelta(hours=1)))},
]


@pytest.mark.parametrize("more", FITTING, ids=range(len(FITTING)))
def test_what_is_at_its_bound_passes(more: dict[str, Any]) -> None:
    value = {**EVENT.to_avro(), **more}
    assert CODEC.decode("call_result", CODEC.encode("call_result", value)).keys() == value.keys()


def test_the_whole_size_is_bounded_before_anything_is_read() -> None:
    long_name = written({**EVENT.to_avro(), **person(last_name="x" * 500_000)})
    with pytest.raises(Undecodable, match="bytes, more than the 400,000 of an event"):
        CODEC.decode("call_result", long_name)
    many = {**EVENT.to_avro(), "fields": dict.fromkeys("abcd", "x" * TEXT_CHARACTERS)}
    with pytest.raises(ValueError, match="bytes, more than the 400,000 of an event"):
        CODEC.encode("call_result", many)
    assert (
        len(CODEC.encode("call_result", {**EVENT.to_avro(), "fields": dict.fromkeys("abc", "x" * 130_000)})) > 390_000
    )


def test_a_duration_is_a_year_at_the_most() -> None:
    ended = {"event_id": "e", "call_id": "c", "network": "n", "step": "ended", "at": AT.isoformat(), "duration": 4e7}
    row = next(topic for topic in SOURCE_TOPICS if topic.contract == "pbx_call_event")
    with pytest.raises(ValueError, match=r"field duration: 4e[+]07 seconds, more than 31,622,400"):
        message(row, CODEC, json.dumps(ended))


def test_every_source_contract_is_bounded_and_no_other_one() -> None:
    assert {row.contract for row in SOURCE_TOPICS} == BOUNDED


def depth(schema: Any, names: dict[str, int]) -> int:
    if isinstance(schema, list):
        return max(depth(part, names) for part in schema)
    if isinstance(schema, str):
        return names.get(schema, 0)
    kind = str(schema["type"])
    inner = {"array": "items", "map": "values"}.get(kind)
    if kind == "record":
        names[schema["name"]] = 1 + max(depth(part["type"], names) for part in schema["fields"])
        return names[schema["name"]]
    return 1 + depth(schema[inner], names) if inner else 0


def test_the_page_for_publishers_names_every_bound() -> None:
    page = Path("docs/publishers.md").read_text(encoding="utf-8").partition("## Bounds")[2].partition("\n## ")[0]
    numbers = [
        ID_CHARACTERS,
        LINE_CHARACTERS,
        TEXT_CHARACTERS,
        bounds.LIST_ITEMS,
        bounds.MAP_VALUES,
        bounds.EVENT_BYTES,
    ]
    assert [number for number in numbers if f"{number:,}" not in page] == []
    assert {f"`{name}`" for name in bounds.IDS | bounds.TEXTS | bounds.DURATIONS if f"`{name}`" not in page} == set()


def test_no_contract_is_deeper_than_the_bound() -> None:
    assert max(depth(shipped()[name].parsed, {}) for name in BOUNDED) <= DEPTH


@pytest.mark.parametrize("line", ["[" * 100_000, '{"a":' * 100_000], ids=["lists", "objects"])
def test_json_that_is_nested_for_ever_is_a_refused_line(line: str) -> None:
    row = next(topic for topic in SOURCE_TOPICS if topic.name == SOURCE_CALL_RESULT)
    with pytest.raises(ValueError, match="nested deeper than 6 levels"):
        message(row, CODEC, line)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_that_is_none_is_a_refused_line(number: str) -> None:
    row = next(topic for topic in SOURCE_TOPICS if topic.name == SOURCE_CALL_RESULT)
    line = json.dumps({**EVENT.to_avro(), "resulted": AT.isoformat()}).replace(
        '"fields": {}', f'"fields": {{"a": {number}}}'
    )
    with pytest.raises(ValueError, match=r"field fields[.]a: (nan|inf) is no number"):
        message(row, CODEC, line)


def test_all_ids_have_the_same_bound() -> None:
    for name in sorted(BOUNDED):
        fields = {part["name"] for part in shipped()[name].parsed["fields"]}
        assert {field for field in fields if field.endswith("_id")} <= bounds.IDS, name


def test_values_of_shared_records_are_bounded_wherever_they_stand() -> None:
    value = {**EVENT.to_avro(), **person(numbers=[{"number": PhoneNumber("x" * 2_001).number, "kind": "home"}])}
    with pytest.raises(Undecodable, match=r"field person[.]numbers[.]0[.]number: text of 2,001"):
        CODEC.decode("call_result", written(value))
