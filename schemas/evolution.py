"""
Evolution: may this contract replace that one? For `signalbox schemas check`.

In: schemas. Out: faults, one line each, none where it may. Rule of this file: Avro's own checker decides, and what it
overlooks is added here: a changed logical type, which Avro resolves without a word into other moments.
"""

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import avro.schema
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import AvroException

from schemas.contracts import read_schema, released
from schemas.topics import SOURCES

Raw = Mapping[str, Any]


class Mode(Enum):
    """Which way versions must be readable; transitive: against every released version, not the last alone."""

    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"
    FULL = "FULL"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def transitive(self) -> bool:
        """Whether every released version counts."""
        return self.value.endswith("_TRANSITIVE")

    @property
    def backward(self) -> bool:
        """Whether the new version must read what the old one wrote."""
        return not self.value.startswith("FORWARD")

    @property
    def forward(self) -> bool:
        """Whether the old version must read what the new one writes."""
        return not self.value.startswith("BACKWARD")


# Inputs are read by us alone, so readers are upgraded first; outcomes and notices are read by whoever subscribed.
# Every released version stays a writer that is read, so the inputs too are compared with all of them.
MODES: Mapping[str, Mode] = MappingProxyType(
    {
        **dict.fromkeys(SOURCES.values(), Mode.BACKWARD),
        "command": Mode.BACKWARD,
        "outcome": Mode.FULL_TRANSITIVE,
        "notice": Mode.FULL_TRANSITIVE,
        "change": Mode.FULL_TRANSITIVE,
    }
)


def check(old: Raw, new: Raw, mode: Mode) -> list[str]:
    """Return why *new* may not follow *old* under *mode*, one line each; empty where it may."""
    unreadable = []
    if mode.backward:
        unreadable += _unreadable(reader=new, writer=old, says="the new version cannot read the old one")
    if mode.forward:
        unreadable += _unreadable(reader=old, writer=new, says="the old version cannot read the new one")
    # One change that breaks both directions is one fault for the reader.
    faults = ["; ".join(unreadable)] if unreadable else []
    before, now = dict(_logical(old)), dict(_logical(new))
    faults += [
        f"{path}: logical type {before[path]} became {now[path]}; add a field of another name"
        for path in before.keys() & now.keys()
        if before[path] != now[path]
    ]
    return sorted(faults)


def check_against(contract: str, new: Raw, versions: list[tuple[int, Raw]]) -> list[str]:
    """Return the faults of *new* against the released *versions* of *contract*, by its mode (else the strictest)."""
    mode = MODES.get(contract, Mode.FULL_TRANSITIVE)
    return [
        f"{contract}: against version {number} ({mode.value}): {fault}"
        for number, old in versions
        for fault in check(old, new, mode)
    ]


def check_all(directory: Path) -> list[str]:
    """Return the faults of every contract of *directory* against its released versions; a missing one is a fault."""
    present = {path.stem: path for path in sorted(directory.glob("*.avsc"))}
    homeless = {path.name for path in (directory / "released").glob("*") if path.is_dir()} | MODES.keys()
    faults = [f"{name}: {name}.avsc is missing; restore it" for name in sorted(homeless - present.keys())]
    for name, path in present.items():
        versions: list[tuple[int, Raw]] = [*released(directory, name)]
        if not versions:
            faults.append(f"{name}: no released version; add released/{name}/1.avsc")
        faults += check_against(name, read_schema(path), versions)
    return faults


def _unreadable(reader: Raw, writer: Raw, says: str) -> list[str]:
    try:
        read, written = (avro.schema.parse(json.dumps(dict(schema))) for schema in (reader, writer))
    except AvroException as error:
        return [f"not a valid schema: {' '.join(str(error).split())}"]
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # the library leaves it untyped
    result = checker.get_compatibility(read, written)
    if result.compatibility is SchemaCompatibilityType.compatible:
        return []
    kinds = ", ".join(sorted({kind.value.replace("_", " ") for kind in result.incompatibilities}))
    messages = "; ".join(sorted(" ".join(message.split()) for message in result.messages))
    return [f"{says}: {kinds} ({messages})"]


def _logical(schema: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the logical type (or `none`) of every number in *schema* by its path."""
    if isinstance(schema, list):
        for part in schema:
            yield from _logical(part, path)
    elif schema in ("int", "long"):
        yield path, "none"
    elif isinstance(schema, dict | MappingProxyType):
        if schema["type"] in ("int", "long"):
            yield path, schema.get("logicalType", "none")
        for part in schema.get("fields", ()):
            yield from _logical(part["type"], f"{path}.{part['name']}".lstrip("."))
        for inner in ("items", "values"):
            if inner in schema:
                yield from _logical(schema[inner], path)
