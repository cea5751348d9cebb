"""
Noun: a user's rights.

In: the user as the org file has them. Out: yes or no.
Rule of this file: reads only; the refusal's words are made where the refusal happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.catalogue import ObjectDef
from simulator.fielddef import FieldDef

RIGHTS = ("read", "create", "edit", "delete")


@dataclass(frozen=True, slots=True)
class User:
    """
    One user. *objects*: object → rights (absent: all); *private*: objects of which only owned records are seen;
    *read_only*: objects of which others' records are seen and not edited; *fields*: object → field → rights to it, of
    `read` and `edit` (absent: both).
    """

    id: str
    username: str
    password: str = ""
    objects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    private: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()
    convert: bool = True
    edit_converted: bool = False
    api: bool = True
    all_data: bool = False
    fields: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def may(self, right: str, sobject: str) -> bool:
        """Whether the user has the object right."""
        return right in self.objects.get(sobject, RIGHTS)

    def sees(self, sobject: str, row: Mapping[str, Any]) -> bool:
        """Whether sharing shows the row."""
        if sobject == "UserPermissionAccess":
            return row.get("CreatedById") == self.id
        return sobject not in self.private or row.get("OwnerId") in (self.id, None)

    def edits(self, sobject: str, row: Mapping[str, Any]) -> bool:
        """Whether sharing lets the user change the row."""
        return self.sees(sobject, row) and (sobject not in self.read_only or row.get("OwnerId") in (self.id, None))


def user(record_id: str, value: Mapping[str, Any]) -> User:
    """Return the user of an org file's entry."""
    return User(
        record_id,
        str(value["username"]),
        str(value.get("password", "")),
        {name: tuple(rights) for name, rights in value.get("objects", {}).items()},
        frozenset(value.get("private", ())),
        frozenset(value.get("read_only", ())),
        bool(value.get("convert", True)),
        bool(value.get("edit_converted", False)),
        bool(value.get("api", True)),
        bool(value.get("all_data", False)),
        {
            name: {item: tuple(rights) for item, rights in given.items()}
            for name, given in value.get("fields", {}).items()
        },
    )


def limited(entity: ObjectDef, who: User) -> ObjectDef:
    """Return the object as *who* knows it: a hidden field is not there, a read-only one takes no value."""
    given = who.fields.get(entity.name)
    if not given:
        return entity
    fields = {key: left for key, found in entity.fields.items() if (left := _limited(found, given.get(found.name)))}
    links = {key: found for key, found in entity.by_relationship.items() if found.name.lower() in fields}
    return replace(entity, fields=fields, by_relationship=links)


def _limited(item: FieldDef, rights: tuple[str, ...] | None) -> FieldDef | None:
    """Fields that a create must name, and those of the system, are no matter of permissions."""
    if rights is None or not item.permissionable:
        return item
    if "edit" in rights:
        return item
    return replace(item, createable=False, updateable=False) if "read" in rights else None
