"""
Users of the org by what an event or a map calls them, and a mapped owner as a record ID.

In: the org's users that were read, a name, mapped values.  Out: a user's ID; the values with it.
Rule of this file: pure; a name stands for active users alone, and of several for the one with the lowest ID.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from processors.model.normalise import bare_address, is_blank, names_user
from processors.model.record import Record
from schemas.values import Scalar

OWNER = "OwnerId"
UNKNOWN = "owner_unknown"
"""What the outcome flags where a mapped owner names nobody who is an active user."""


def user_with(users: Iterable[Record], field: str, value: str | None) -> str | None:
    """Return the ID of the active user whose *field* has that value, without regard to case."""
    wanted = (value or "").strip().casefold()
    ids = [
        user.id
        for user in users
        if wanted
        and user.fields.get("IsActive")
        and str((user.id if field == "Id" else user.fields.get(field)) or "").casefold() == wanted
    ]
    return min(ids, default=None)


def user_called(users: Iterable[Record], name: str | None) -> str | None:
    """Return the ID of the active user with that e-mail or user name, or None."""
    known, name = tuple(users), bare_address(name)
    return user_with(known, "Email", name) or user_with(known, "Username", name)


@dataclass(frozen=True, slots=True)
class OwnedValues:
    """Mapped values whose owner is a record ID, or that have none; *flags* where it names no active user."""

    fields: Mapping[str, Scalar]
    flags: tuple[str, ...] = ()

    @property
    def owner(self) -> str | None:
        """The record ID of the mapped owner; None where none is mapped."""
        found = self.fields.get(OWNER)
        return None if is_blank(found) else str(found)


def owned(users: Iterable[Record], mapped: Mapping[str, Scalar]) -> OwnedValues:
    """Return *mapped* with an owner that is named by e-mail or user name as the ID of that user (SP-28)."""
    said = str(mapped.get(OWNER) or "").strip()
    if not names_user(said):
        return OwnedValues(mapped)
    found = user_called(users, said)
    if found is None:
        return OwnedValues({name: value for name, value in mapped.items() if name != OWNER}, (UNKNOWN,))
    return OwnedValues({**mapped, OWNER: found})
