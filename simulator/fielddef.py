"""
Noun: one field of an object.

In: what the stock or the org file says. Out: `FieldDef`.
Rule of this file: a value, and what follows from it alone.
"""

from dataclasses import dataclass
from typing import Any

AUDIT = ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "Id", "IsDeleted")


@dataclass(frozen=True, slots=True)
class FieldDef:
    """One field. *relationship_name* and *reference_to* for references; *default* is None where there is none."""

    name: str
    type: str
    length: int = 0
    createable: bool = True
    updateable: bool = True
    nillable: bool = True
    defaulted: bool = False
    default: Any = None
    unique: bool = False
    external_id: bool = False
    id_lookup: bool = False
    restricted: bool = False
    values: tuple[str, ...] = ()
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    child: str | None = None
    filterable: bool = True
    precision: int = 0
    scale: int = 0
    calculated: bool = False
    label: str = ""
    compound: str | None = None

    @property
    def custom(self) -> bool:
        """Whether an admin made it."""
        return self.name.endswith("__c")

    @property
    def sortable(self) -> bool:
        """Whether ORDER BY takes it."""
        return self.filterable

    @property
    def required(self) -> bool:
        """Whether a create must name it (fact sheet A2)."""
        return self.createable and not self.nillable and not self.defaulted

    @property
    def permissionable(self) -> bool:
        """Whether rights to the field itself can be given and taken."""
        person = self.compound == "Name" or self.name == "Name"
        written = self.createable or self.updateable or self.type == "address" or self.custom
        return self.name not in (*AUDIT, "OwnerId") and not person and written and (self.nillable or self.custom)
