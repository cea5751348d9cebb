"""The released contracts: the last one is the present, what is out never changes, and each is read by the others."""

import io
from collections.abc import Mapping
from typing import Any

import fastavro
import pytest

from processors.sources.registry import SOURCES
from schemas.codec import SingleObject
from schemas.contracts import DIRECTORY, crc64, read_schema, released
from schemas.evolution import MODES, Mode, check
from schemas.notice import Notice
from schemas.outcome import Outcome

CODEC = SingleObject()
OUT: Mapping[str, Mapping[int, str]] = {
    "booking": {1: "1940adcaf636da8e"},
    "call_result": {1: "aa4fb5acc6e0b5d9"},
    "change": {1: "5e707354238334a8"},
    "command": {1: "8525c2bc4e6b937f", 2: "25c9fa48825cd4ce", 3: "ac0ee1aca1a76d79"},
    "field_activity": {1: "7fda119255da64be"},
    "field_record": {1: "9d59d16027f0ac99"},
    "notice": {1: "61add7dc7f331d76", 2: "f273f1fcb5e18347"},
    "outcome": {1: "b3baf10f009c700c", 2: "6e3cff2629d8b9a7", 3: "379c3c0e13a49506"},
    "pbx_call_event": {1: "c4133362fbb4f255"},
    "prospect": {1: "de61467e9ed8df8f"},
    "user_action": {1: "10a07a43459ddf2b", 2: "6083111bd944ed62"},
}
"""Fingerprints of what release 0.1.0 shipped, by contract and version."""
VERSIONS = [(contract, number) for contract in sorted(MODES) for number, _ in released(DIRECTORY, contract)]
EACH = pytest.mark.parametrize(("contract", "number"), VERSIONS)
READERS = {
    **{name: row.reader.read for name, row in SOURCES.items() if row.reader},
    "outcome": Outcome.from_avro,
    "notice": Notice.from_avro,
}


def version(contract: str, number: int) -> dict[str, Any]:
    return read_schema(DIRECTORY / "released" / contract / f"{number}.avsc")


def least(schema: Any) -> Any:
    """Return a value that the schema takes: the first of each choice, and nothing in lists and maps."""
    if isinstance(schema, list):
        return least(schema[0])
    if isinstance(schema, dict):
        kind = schema["type"]
        if kind == "record":
            return {part["name"]: least(part["type"]) for part in schema["fields"]}
        made = {"enum": lambda: schema["symbols"][0], "array": list, "map": dict}
        return made[kind]() if kind in made else least(kind)
    return {"null": None, "string": "x", "long": 1, "int": 1, "double": 1.0, "float": 1.0, "boolean": True}[schema]


@pytest.mark.parametrize("contract", sorted(MODES))
def test_the_last_released_version_is_the_present_contract(contract: str) -> None:
    versions = released(DIRECTORY, contract)
    assert [number for number, _ in versions] == list(range(1, len(versions) + 1))
    present = (DIRECTORY / f"{contract}.avsc").read_bytes()
    assert (DIRECTORY / "released" / contract / f"{len(versions)}.avsc").read_bytes() == present


def test_what_a_release_shipped_never_changes() -> None:
    shipped = {
        contract: {number: crc64(version(contract, number)).hex() for number in of} for contract, of in OUT.items()
    }
    assert shipped == OUT
    assert set(OUT) <= set(MODES)


@EACH
def test_a_message_of_each_version_is_read_by_the_present_contract(contract: str, number: int) -> None:
    old = version(contract, number)
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(dict(old), named_schemas={}), least(old))
    value = CODEC.decode(contract, b"\xc3\x01" + crc64(old) + body.getvalue())
    assert set(value) == {part["name"] for part in read_schema(DIRECTORY / f"{contract}.avsc")["fields"]}
    if contract in READERS:
        READERS[contract](value)


@EACH
def test_a_message_of_the_present_contract_is_read_by_each_version_that_subscribers_may_have(
    contract: str, number: int
) -> None:
    if MODES[contract] is not Mode.FULL_TRANSITIVE:
        return
    old, present = (
        read_schema(path)
        for path in (DIRECTORY / "released" / contract / f"{number}.avsc", DIRECTORY / f"{contract}.avsc")
    )
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(dict(present), named_schemas={}), least(present))
    body.seek(0)
    writer, reader = (fastavro.parse_schema(dict(row), named_schemas={}) for row in (present, old))
    value = fastavro.schemaless_reader(body, writer, reader)
    assert isinstance(value, Mapping)
    assert set(value) == {part["name"] for part in old["fields"]}


@EACH
def test_each_version_may_be_followed_by_every_later_one(contract: str, number: int) -> None:
    later = [row for at, row in released(DIRECTORY, contract) if at > number]
    assert [check(version(contract, number), row, MODES[contract]) for row in later] == [[]] * len(later)
