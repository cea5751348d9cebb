"""
Identity: the IDs and digests by which a repeat is known as a repeat (design section 3, point 8).

In: names and decoded values. Out: text. Rule of this file: pure and stable for ever; a change here is a new identity
for every event, so the tests hold literal values. No contract version goes into any of it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

NAMESPACE = UUID("6d0f4f0e-6f0b-5c55-9a53-5b6b6f1f7c1a")
"""The namespace of all IDs made here."""

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def command_id(contract: str, event_id: str, integration: str, version: int = 1, attempt: int = 0) -> str:
    """Return the UUIDv5 of one event for one integration, version and attempt (design section 3, point 8)."""
    return str(uuid5(NAMESPACE, _join("command", contract, event_id, integration, version, attempt)))


def reused_id(command_id: str, digest: str) -> str:
    """Return the ID of the outcome `error.id_reused`: the same command with content of this *digest* (design 3.8)."""
    return str(uuid5(NAMESPACE, _join("reused", command_id, digest)))


def notice_id(command_id: str, kind: str) -> str:
    """Return the ID of the one notice of this kind about a command."""
    return str(uuid5(NAMESPACE, _join("notice", command_id, kind)))


def incident_id(org: str, cause: str, integrations: Iterable[str], began_millis: int) -> str:
    """Return the ID of one incident of a connection: the same from every process, and after a restart."""
    return str(uuid5(NAMESPACE, _join("connection", org, cause, *sorted(integrations), began_millis)))


def change_id(org: str, integration: str, record_id: str, version: str, operation: str) -> str:
    """Return the UUIDv5 of one change of a record; *version* is its SystemModstamp as the org writes it."""
    return str(uuid5(NAMESPACE, _join("change", org, integration, record_id, version, operation)))


def effect_key(integration: str, source_id: str, role: str) -> str:
    """
    Return 32 hex characters that make a created record the same record for ever (design section 3, points 5 and 8).

    For activities: there the source's entity is the identity (the call, the booking). Release 0.1.0 made the keys of
    people, accounts and opportunities in this form too; they are read for ever and never written again (`create_key`).
    """
    return hashlib.sha256(_join("effect", integration, source_id, role).encode()).hexdigest()[:32]


def create_key(integration: str, contract: str, event_id: str, role: str, attendee: str = "") -> str:
    """
    Return 32 hex characters that make one create of a person, account or opportunity idempotent.

    They are never an identity: another event of the same source entity has another key. Neither settings nor the
    attempt go into it, so a retry shares it. *attendee* tells apart several people of one event.
    """
    return hashlib.sha256(_join("create", integration, contract, event_id, role, attendee).encode()).hexdigest()[:32]


def digest(value: Mapping[str, Any]) -> str:
    """
    Return the SHA-256 (hex) of the canonical form of a decoded value (design section 3, point 8).

    Independent of map order, and of the contract's version: what is empty (None, empty text, list or map) is left
    out, so that a field which a later version adds with an empty default changes nothing. Raises TypeError for values
    that no contract can hold.
    """
    return hashlib.sha256(_json(_canonical(value) or {}).encode()).hexdigest()


def _join(*parts: str | int) -> str:
    # A JSON list: no separator inside a part can make two different lists the same text.
    return _json(list(parts))


def _json(value: Any) -> str:
    return _ENCODER.encode(value)


def _canonical(value: Any) -> Any:
    """Return *value* as JSON's types without its empty parts; None where all of it is empty."""
    if value is None or type(value) is str:  # most parts are: asked first
        return value or None
    if isinstance(value, Mapping):
        parts = {str(name): _canonical(part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part is not None} or None
    if isinstance(value, list | tuple):
        # An empty item keeps its place: order is content in a list.
        return [_canonical(part) for part in value] or None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a moment without a time zone has no digest; decoded moments are UTC")
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool | int | float | str):
        return None if value == "" else value
    raise TypeError(f"a {type(value).__name__} has no digest; contracts hold JSON's scalars, moments, lists and maps")
