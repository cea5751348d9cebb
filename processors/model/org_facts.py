"""
What an org says of its objects and fields.

Objects, fields and limits are those of Salesforce, under its API names: Salesforce is the domain (decision 0071).

Rule of this file: frozen values without behaviour beyond their own invariants; no I/O, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

IS_PERSON = "IsPersonAccount"
"""The field that says whether a contact, or an account, is one person with the other (decision 0107)."""


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """
    What describe says of one field. Required on create = createable and not nillable and not defaulted.

    `precision` is the digits of a number in all, `scale` those behind the point; 0 where describe says none.
    `references` are the objects that a reference may be of, `relationship` its name; `lookup`: records may be named by
    the field's value (`idLookup`).
    """

    name: str
    type: str
    length: int
    createable: bool
    updateable: bool
    nillable: bool
    defaulted: bool
    unique: bool
    external_id: bool
    restricted: bool
    values: tuple[str, ...] = ()
    precision: int = 0
    scale: int = 0
    references: tuple[str, ...] = ()
    relationship: str = ""
    lookup: bool = False

    @property
    def required(self) -> bool:
        """Whether a create must name it."""
        return self.createable and not self.nillable and not self.defaulted


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """
    What describe says of one object: fields by API name, and the IDs of the record types that the user may give, by
    developer name. `createable`, `updateable`: the user's rights to the object.
    """

    name: str
    fields: Mapping[str, FieldFacts]
    record_types: Mapping[str, str] = field(default_factory=dict)
    createable: bool = True
    updateable: bool = True


@dataclass(frozen=True, slots=True)
class OrgFacts:
    """
    What is known of an org before any command: objects by name, the field that holds effect keys (None: not installed).

    `external_field` maps an object to its Unique External ID field; an object without one is created without it.
    `converted_status` is the org's default converted status; `user_id` is the integration user (for owners of queues).
    `looked_up` are the fields by which any integration looks for people, by object: they are read with each of them.
    """

    org: str
    organization_id: str
    user_id: str
    objects: Mapping[str, ObjectFacts]
    external_field: Mapping[str, str]
    converted_status: str
    read_at: datetime
    looked_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def field(self, object_name: str, name: str) -> FieldFacts | None:
        """Return what describe says of a field, or None where it is not known."""
        found = self.objects.get(object_name)
        return found.fields.get(name) if found else None
