"""
Contracts: the shipped `.avsc` files, parsed once, with their fingerprints and the released versions beside them.

In: the folder `schemas/contracts`. Out: `Contract` values by name.
Rule of this file: it reads the package's own files only, once; a broken file is our bug and raises.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

DIRECTORY = Path(__file__).with_name("contracts")
"""Where the contracts ship: `<name>.avsc` now, `released/<name>/<n>.avsc` as they were."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract: `raw` as written, `parsed` for fastavro, `writers` by fingerprint (the present one among them)."""

    name: str
    raw: Mapping[str, Any]
    parsed: Any
    fingerprint: bytes
    writers: Mapping[bytes, Any]


def crc64(schema: Mapping[str, Any]) -> bytes:
    """Return the CRC-64-AVRO fingerprint of the canonical form: 8 bytes, little-endian, as Avro says."""
    # fastavro writes the hex of the little-endian bytes already; the test compares with the `avro` library.
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(dict(schema)), "CRC-64-AVRO"))


def read_schema(path: Path) -> dict[str, Any]:
    """Return the schema in *path*; raises ValueError that names the file where it is none."""
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error}); restore the file") from error
    if not isinstance(schema, dict):
        raise ValueError(f"{path}: not a schema of a record; restore the file")
    return schema


def released(directory: Path, name: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the released versions of contract *name*, oldest first, with their numbers."""
    paths = (directory / "released" / name).glob("*.avsc")
    return sorted(((int(path.stem), read_schema(path)) for path in paths), key=lambda version: version[0])


def load(directory: Path) -> Mapping[str, Contract]:
    """Return every contract of *directory* by name."""
    return MappingProxyType({path.stem: _contract(path, directory) for path in sorted(directory.glob("*.avsc"))})


@cache
def shipped() -> Mapping[str, Contract]:
    """Return the contracts of this build."""
    return load(DIRECTORY)


def _contract(path: Path, directory: Path) -> Contract:
    raw = read_schema(path)
    mark = crc64(raw)
    writers = {crc64(old): _parse(old) for _, old in released(directory, path.stem)}
    parsed = _parse(raw)
    return Contract(path.stem, MappingProxyType(raw), parsed, mark, MappingProxyType({**writers, mark: parsed}))


def _parse(schema: Mapping[str, Any]) -> Any:
    # A dictionary of names for each: Person of one contract must not stand in for Person of another.
    return fastavro.parse_schema(dict(schema), named_schemas={})
