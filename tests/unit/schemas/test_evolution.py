"""Each kind of incompatible change is refused by one line, each compatible one passes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas.contracts import DIRECTORY, read_schema, released
from schemas.evolution import MODES, Mode, check, check_against, check_all

Change = Callable[[dict[str, Any]], None]


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return next(part for part in schema["fields"] if part["name"] == name)


def changed(contract: str, change: Change) -> list[str]:
    versions: list[Any] = [*released(DIRECTORY, contract)]
    new = json.loads(json.dumps(read_schema(DIRECTORY / f"{contract}.avsc")))
    change(new)
    return check_against(contract, new, versions)


def add(name: str, **more: Any) -> Change:
    return lambda schema: schema["fields"].append({"name": name, "type": ["null", "string"], **more})


def drop(name: str) -> Change:
    return lambda schema: schema["fields"].remove(field(schema, name))


def retype(name: str, kind: Any) -> Change:
    return lambda schema: field(schema, name).update(type=kind)


def symbol(name: str) -> Change:
    return lambda schema: field(schema, name)["type"]["symbols"].append("new_symbol")


REFUSED: list[tuple[str, Change]] = [
    ("call_result", add("more")),
    ("call_result", retype("event_id", "long")),
    ("call_result", retype("resulted", "long")),
    ("call_result", retype("resulted", {"type": "long", "logicalType": "timestamp-micros"})),
    ("call_result", lambda schema: schema.update(name="Other")),
    ("command", lambda schema: field(schema, "kind")["type"]["symbols"].remove("skip")),
    ("outcome", add("more")),
    ("outcome", drop("thing")),
    ("outcome", retype("detail", "string")),
    ("outcome", retype("thing", ["null", "string"])),
    ("notice", drop("reason")),
    ("notice", retype("until", ["null", "string"])),
]
ACCEPTED: list[tuple[str, Change]] = [
    ("call_result", add("more", default=None)),
    ("call_result", drop("zone")),
    ("call_result", drop("project")),
    ("call_result", retype("event_id", ["null", "string"])),
    ("command", symbol("lane")),
    ("command", symbol("kind")),
    ("outcome", add("more", default=None)),
    ("outcome", drop("detail")),
    ("outcome", symbol("kind")),
    ("outcome", symbol("reason")),
    ("notice", symbol("kind")),
    ("notice", lambda schema: schema.update(doc="other words")),
]


def test_the_shipped_contracts_may_follow_their_released_versions() -> None:
    assert check_all(DIRECTORY) == []
    assert {path.stem for path in DIRECTORY.glob("*.avsc")} == set(MODES)


@pytest.mark.parametrize(("contract", "change"), REFUSED)
def test_an_incompatible_change_is_refused_by_one_line_for_each_version(contract: str, change: Change) -> None:
    faults = changed(contract, change)
    versions = [number for number, _ in released(DIRECTORY, contract)]
    assert len(faults) == len(versions)
    for fault, number in zip(faults, versions, strict=True):
        assert fault.startswith(f"{contract}: against version {number} ({MODES[contract].value}): ")
        assert "\n" not in fault


@pytest.mark.parametrize(("contract", "change"), ACCEPTED)
def test_a_compatible_change_passes(contract: str, change: Change) -> None:
    assert changed(contract, change) == []


def test_a_closed_enum_fails_full_transitive_at_its_first_new_symbol() -> None:
    closed: dict[str, Any] = {"type": "enum", "name": "E", "symbols": ["a"]}
    wider = {**closed, "symbols": ["a", "b"]}
    assert "missing enum symbols" in check(closed, wider, Mode.FULL_TRANSITIVE)[0]
    assert check({**closed, "default": "a"}, {**wider, "default": "a"}, Mode.FULL_TRANSITIVE) == []


def test_a_default_taken_from_an_enum_later_is_refused_where_symbols_differ() -> None:
    opened = {"type": "enum", "name": "E", "symbols": ["a", "b"], "default": "a"}
    assert len(check(opened, {"type": "enum", "name": "E", "symbols": ["a"]}, Mode.BACKWARD)) == 1
