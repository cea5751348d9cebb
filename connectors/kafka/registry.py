"""
Schema registry: the codec where one is configured. Confluent wire format: byte 0, schema ID in 4 bytes, Avro body.

In: values or bytes, a registry client. Out: bytes or values. Rule of this file: strict like `SingleObject`; a registry
that does not answer is `Transient`, never a dead letter. Single-object messages are read too (decision 0010).
"""

import json
from collections.abc import Mapping
from typing import Any

import fastavro
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError
from confluent_kafka.schema_registry.common._httpx_compat import httpx

from processors.model.errors import Misconfigured, Transient
from schemas.codec import MAGIC, Bodies, Codec, SingleObject
from schemas.contracts import Contract, shipped
from schemas.errors import Undecodable, UnknownFingerprint

HEADER = 5
_NOT_FOUND = 404
_FOR_THE_OPERATOR = frozenset({409, 422})


class ConfluentCodec(Codec):
    """Confluent wire format over *client*; the subject of a contract is its full name, such as `signalbox.Outcome`."""

    def __init__(self, client: SchemaRegistryClient, contracts: Mapping[str, Contract] | None = None) -> None:
        self._client = client
        self._contracts = shipped() if contracts is None else contracts
        self._bodies = Bodies(self._contracts)
        self._embedded = SingleObject(self._contracts)
        self._ids: dict[str, int] = {}
        self._writers: dict[tuple[str, int], Any] = {}

    def encode(self, contract: str, value: Mapping[str, Any]) -> bytes:
        """
        Return the bytes of *value*; the first use registers the contract.

        Raises ValueError for a value that does not fit, Transient for a registry that does not answer, Misconfigured
        where it refuses the contract.
        """
        body = self._bodies.write(contract, value)
        return b"\x00" + self._id(contract).to_bytes(4, "big") + body

    def decode(self, contract: str, data: bytes) -> dict[str, Any]:
        """Return the value as the present contract reads it; raises Undecodable, UnknownFingerprint or Transient."""
        if data.startswith(MAGIC):
            return self._embedded.decode(contract, data)
        if not data:
            raise Undecodable(f"{contract}: the message is empty")
        if data[0] != 0:
            raise Undecodable(f"{contract}: begins with {data[:2].hex()}, neither 00 of Confluent's format nor c301")
        if len(data) < HEADER:
            raise Undecodable(f"{contract}: cut off inside the header, {len(data)} of {HEADER} bytes")
        writer = self._writer(contract, int.from_bytes(data[1:HEADER], "big"))
        return self._bodies.read(contract, writer, data, HEADER)

    def _id(self, contract: str) -> int:
        known = self._ids.get(contract)
        if known is None:
            raw = self._contracts[contract].raw
            schema = Schema(json.dumps(dict(raw)), "AVRO")
            subject = f"{raw['namespace']}.{raw['name']}"
            try:
                known = self._client.register_schema(subject, schema)
            except (SchemaRegistryError, httpx.HTTPError, OSError) as error:
                raise _failed(error, f"register {subject}") from error
            self._ids[contract] = known
        return known

    def _writer(self, contract: str, number: int) -> Any:
        known = self._writers.get((contract, number))
        if known is None:
            known = self._writers[contract, number] = self._fetch(contract, number)
        return known

    def _fetch(self, contract: str, number: int) -> Any:
        try:
            text = self._client.get_schema(number).schema_str
        except SchemaRegistryError as error:
            if error.http_status_code == _NOT_FOUND:
                raise UnknownFingerprint(f"{contract}: the registry knows no schema with ID {number}") from error
            raise _failed(error, f"read schema {number}") from error
        except (httpx.HTTPError, OSError) as error:
            raise _failed(error, f"read schema {number}") from error
        try:
            writer = fastavro.parse_schema(json.loads(text or ""), named_schemas={})
        # The registry's schema may be of another kind (JSON Schema, Protobuf) or broken; either way it reads nothing.
        except Exception as error:
            raise Undecodable(f"{contract}: schema {number} of the registry is no Avro schema") from error
        present = self._contracts[contract]
        name = writer.get("name") if isinstance(writer, dict) else None
        if name != present.parsed["name"]:
            raise Undecodable(f"{contract}: schema {number} is of {name}, not of {present.parsed['name']}")
        return writer


def _failed(error: Exception, what: str) -> Transient | Misconfigured:
    """Return what the caller must do about a registry that refused or did not answer."""
    if isinstance(error, SchemaRegistryError) and error.http_status_code in _FOR_THE_OPERATOR:
        return Misconfigured(
            [f"schema registry refused to {what}: {error.error_message}; run `signalbox schemas check`"]
        )
    reason = " ".join(str(error).split())
    return Transient(f"schema registry: cannot {what} ({reason}); check its address, trying again")
