"""
Contract `Change`: a record changed in Salesforce, as one integration's source is told of it.

Source: rules SP-7, SP-10, SP-12 to SP-17, SP-28, SP-34, SP-40, SP-41.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from schemas.values import Scalar, from_millis, plain

Operation = Literal["created", "updated", "deleted", "merged", "undeleted", "other"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field by the source's name: what it is now, and what it was where that is known (`before_known`)."""

    field: str
    salesforce_field: str
    after: Scalar
    before: Scalar = None
    before_known: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """
    One change of a record. `changed` is its SystemModstamp; `historical`: it was there before the activation.

    `source_id` is the source's own record that it is linked with; `merged_into` is the record that took its place.
    `flags`: `owner_defaulted` where the default owner stands in (SP-28).
    """

    event_id: str
    integration: str
    org: str
    object: str
    record_id: str
    operation: Operation
    changed: datetime
    changes: tuple[FieldChange, ...] = ()
    historical: bool = False
    created: datetime | None = None
    changed_by_id: str | None = None
    changed_by_email: str | None = None
    owner: str | None = None
    flags: tuple[str, ...] = ()
    source_id: str | None = None
    merged_into: str | None = None

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "Change":
        """Return the change of a decoded Avro record."""
        return cls(
            **{
                **value,
                "changed": from_millis(value["changed"]),
                "created": None if value["created"] is None else from_millis(value["created"]),
                "changes": tuple(FieldChange(**item) for item in value["changes"]),
                "flags": tuple(value["flags"]),
            }
        )
