"""
Avro single-object messages, read by the `avro` library from the contract files alone.

Rule of this file: the two magic bytes, the fingerprint and the end of the bytes are all checked.
"""

import io
from pathlib import Path
from typing import Any

import avro.io
import avro.schema

MAGIC = b"\xc3\x01"


class Reader:
    """Reads messages of the contracts in a folder of .avsc files."""

    def __init__(self, folder: Path) -> None:
        self._readers: dict[bytes, Any] = {}
        for file in sorted(folder.glob("*.avsc")):
            schema = avro.schema.parse(file.read_text(encoding="utf-8"))
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
