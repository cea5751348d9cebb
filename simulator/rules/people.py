"""
Rule: what records wait for people: approvals that lock them, owners who have left.

In: a call, a row before and after.  Out: nothing, or the refusal.
Rule of this file: an owner must be active when a record is given to it; whether a record whose owner has left may be
changed otherwise is the org file's `inactive_owners`: `keep` (default) or `refuse`.
Source: Object Reference and reports (ENTITY_IS_LOCKED, INACTIVE_OWNER_OR_USER); that orgs refuse changes of a record
whose owner is inactive is reported for some objects and for users without "Update Records with Inactive Owners".
"""

from collections.abc import Mapping
from typing import Any

from simulator.call import Call
from simulator.errors import ApiError
from simulator.rules.conditions import holds


def check_approval(call: Call, sobject: str, row: Mapping[str, Any]) -> None:
    """Refuse the change of a row that waits for an approval (`approval_locks`: `{object, when}`)."""
    for lock in call.org.file.approval_locks:
        if lock.get("object") == sobject and holds(lock["when"], row):
            raise ApiError("ENTITY_IS_LOCKED", "the entity is locked for editing")


def check_owner(call: Call, sobject: str, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
    """Refuse an owner who is not active."""
    owner = row.get("OwnerId")
    if not owner or (
        before is not None and owner == before.get("OwnerId") and call.org.file.inactive_owners != "refuse"
    ):
        return
    user = call.org.store.get("User", str(owner))
    if user is not None and not user.get("IsActive", True):
        text = f"operation performed with inactive user [{owner}] as owner of {sobject.lower()}"
        raise ApiError("INACTIVE_OWNER_OR_USER", text)
