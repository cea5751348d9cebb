"""
Noun: a user's rights.

In: the user as the org file has them. Out: yes or no.
Rule of this file: reads only; the refusal's words are made where the refusal happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RIGHTS = ("read", "create", "edit", "delete")


@dataclass(frozen=True, slots=True)
class User:
    """
    One user. *objects*: object → rights (absent: all); *private*: objects of which only owned records are seen;
    *read_only*: objects of which others' records are seen and not edited.
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

    def may(self, right: str, sobject: str) -> bool:
        """Whether the user has the object right."""
        return right in self.objects.get(sobject, RIGHTS)

    def sees(self, sobject: str, row: Mapping[str, Any]) -> bool:
        """Whether sharing shows the row."""
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
    )
