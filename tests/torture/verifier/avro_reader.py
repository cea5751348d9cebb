"""
Avro single-object messages, read by the `avro` library from the contract files alone.

Rule of this file: the two magic bytes, the fingerprint and the end of the bytes are all checked.
"""

import io
import json
from pathlib import Path
from typing import Any

import avro.io
import avro.schema

MAGIC = b"\xc3\x01"


PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


class Reader:
    """Reads messages of the contracts in a folder of .avsc files."""

    def __init__(self, folder: Path) -> None:
        self._readers: dict[bytes, Any] = {}
        for file in sorted(folder.glob("*.avsc")):
            # The library's canonical form keeps {"type": "long"}; the specification's rule PRIMITIVES says "long".
            schema = avro.schema.parse(json.dumps(_plain(json.loads(file.read_text(encoding="utf-8")))))
            self._readers[bytes(schema.fingerprint("CRC-64-AVRO"))] = avro.io.DatumReader(schema, schema)

    def read(self, data: bytes) -> dict[str, Any]:
        """Return the value; raise ValueError where the bytes are not one message of a known contract."""
        if data[:2] != MAGIC or len(data) < 10:
            raise ValueError("not an Avro single-object message")
        reader = self._readers.get(data[2:10])
        if reader is None:
            raise ValueError(f"unknown fingerprint {data[2:10].hex()}")
        rest = io.BytesIO(data[10:])
        value: dict[str, Any] = reader.read(avro.io.BinaryDecoder(rest))
        if rest.read(1):
            raise ValueError("bytes are left after the value")
        return value


def _plain(schema: Any) -> Any:
    """Return the schema with its logical types taken away: times are read as the numbers that they are on the wire."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") in PRIMITIVES and "name" not in schema:
        return schema["type"]
    return {
        name: _plain(value) if name in ("type", "items", "values", "fields") else value
        for name, value in schema.items()
    }
