"""
Codec: values to bytes and back, strictly. `SingleObject` is Avro's single-object encoding (C3 01, fingerprint, body).

In: a contract's name with a value or bytes. Out: bytes or a value. Rule of this file: bytes that do not read whole and
exactly raise `Undecodable` with one clear reason, never anything else; a value that does not fit raises ValueError.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Protocol

import fastavro

from schemas.bounds import BOUNDED, check_size, compile_bounds
from schemas.checks import Check, Misfit, compile_check
from schemas.contracts import Contract, shipped
from schemas.errors import Undecodable, UnknownFingerprint

MAGIC = b"\xc3\x01"
HEADER = len(MAGIC) + 8


class Codec(Protocol):
    """How values travel in the bytes of a message."""

    def encode(self, contract: str, value: Mapping[str, Any]) -> bytes:
        """Return the bytes of *value*; raises ValueError that names the field where it does not fit."""

    def decode(self, contract: str, data: bytes) -> dict[str, Any]:
        """Return the value as the present contract reads it; raises Undecodable or UnknownFingerprint."""


class Bodies:
    """
    The bodies of messages, without header: what both codecs share. Values are checked before they are written.

    What sources write is bounded (`schemas/bounds.py`), when it is written and when it is read.
    """

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        self._contracts = contracts
        self._checks: dict[str, Check] = {name: compile_check(contract.parsed) for name, contract in contracts.items()}
        self._bounds = {name: compile_bounds(contracts[name].parsed) for name in BOUNDED & contracts.keys()}

    def write(self, contract: str, value: Mapping[str, Any]) -> bytes:
        """Return the body of *value*; raises ValueError that names contract and field."""
        out, bounds = BytesIO(), self._bounds.get(contract)
        try:
            self._checks[contract](value)
            if bounds is not None:
                bounds(value)
            fastavro.schemaless_writer(out, self._contracts[contract].parsed, dict(value))
            body = out.getvalue()
            if bounds is not None:
                check_size(body)
        except Misfit as misfit:
            raise ValueError(f"{contract}: {misfit}") from None
        return body

    def read(self, contract: str, writer: Any, data: bytes, start: int) -> dict[str, Any]:
        """Return the value of the body that begins at *start*, written by *writer*; raises Undecodable."""
        present, bounds = self._contracts[contract].parsed, self._bounds.get(contract)
        if bounds is not None:
            _within(contract, check_size, data)
        source = BytesIO(data)
        source.seek(start)
        try:
            value = fastavro.schemaless_reader(source, writer, None if writer is present else present)
        # The library raises a dozen kinds for broken bytes; all of them mean the same to the caller.
        except Exception as error:
            raise Undecodable(f"{contract}: {_reason(error)}") from error
        if (rest := len(data) - source.tell()) != 0:
            raise Undecodable(f"{contract}: {rest} bytes follow the end of the value")
        if not isinstance(value, dict):
            raise Undecodable(f"{contract}: the value is no record")
        if bounds is not None:
            _within(contract, bounds, value)
        return value


def _within(contract: str, check: Check, value: Any) -> None:
    try:
        check(value)
    except Misfit as misfit:
        raise Undecodable(f"{contract}: {misfit}") from None
    # A writer's schema of the registry may have promised another type where ours is named alike.
    except Exception as error:
        raise Undecodable(f"{contract}: {_reason(error)}") from error


class SingleObject(Codec):
    """Avro single-object encoding with the shipped contracts: reads the present version and every released one."""

    def __init__(self, contracts: Mapping[str, Contract] | None = None) -> None:
        self._contracts = shipped() if contracts is None else contracts
        self._bodies = Bodies(self._contracts)
        self._heads = {name: MAGIC + contract.fingerprint for name, contract in self._contracts.items()}
        self._owners = {mark: contract.name for contract in self._contracts.values() for mark in contract.writers}

    def encode(self, contract: str, value: Mapping[str, Any]) -> bytes:
        """Return the bytes of *value* by the present contract; raises ValueError that names the field."""
        return self._heads[contract] + self._bodies.write(contract, value)

    def decode(self, contract: str, data: bytes) -> dict[str, Any]:
        """Return the value as the present contract reads it; raises Undecodable or UnknownFingerprint."""
        mark = _fingerprint(contract, data)
        writer = self._contracts[contract].writers.get(mark)
        if writer is None:
            other = self._owners.get(mark)
            if other is not None:
                raise Undecodable(f"{contract}: the message is of contract {other}")
            raise UnknownFingerprint(f"{contract}: unknown fingerprint {mark.hex()}; written by a newer version?")
        return self._bodies.read(contract, writer, data, HEADER)

    def contract_of(self, data: bytes) -> str | None:
        """Return the name of the contract that *data* says it was written by, None where this build knows none."""
        return self._owners.get(data[len(MAGIC) : HEADER]) if data.startswith(MAGIC) else None


def _fingerprint(contract: str, data: bytes) -> bytes:
    if not data:
        raise Undecodable(f"{contract}: the message is empty")
    if not data.startswith(MAGIC[: len(data)]):
        raise Undecodable(f"{contract}: begins with {data[:2].hex()}, not with c301 of Avro's single-object encoding")
    if len(data) < HEADER:
        raise Undecodable(f"{contract}: cut off inside the header, {len(data)} of {HEADER} bytes")
    return data[len(MAGIC) : HEADER]


def _reason(error: Exception) -> str:
    """Return one clear reason, without the message's own data (it may hold personal data)."""
    if isinstance(error, EOFError):
        return "cut off before the end of the value"
    if isinstance(error, UnicodeDecodeError):
        return "a text is not UTF-8"
    if isinstance(error, IndexError):
        return "a type or symbol number is beyond the contract"
    if isinstance(error, OverflowError):
        return "a number or moment is out of range"
    return f"the value cannot be read by the contract ({type(error).__name__})"
