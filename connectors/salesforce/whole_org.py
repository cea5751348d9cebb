"""
Refusals of single records that are about the whole org: full storage, and rights that the user lacks for an object.

In: writes and their answers.  Out: the answers as they count, and `OrgDown` until the org has mended it.
Rule of this file: a right counts as missing only where describe (or UserPermissionAccess) says so, read anew: the same
code may be about one record alone. What was found missing is remembered, so that its incident does not end at the next
look and begin anew with the next record.
"""

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from requests import RequestException

from connectors.salesforce.causes import cause_of
from processors.model.connection import Cause
from processors.model.errors import OrgDown, Transient
from processors.model.org_facts import ObjectFacts
from processors.model.requests import RowError, Write, Written

STORAGE = "STORAGE_LIMIT_EXCEEDED"
_RIGHTS = re.compile(
    r"INSUFFICIENT_ACCESS(_OR_READONLY)?: |CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: entity type cannot be|"
    r"INVALID_TYPE: |FUNCTIONALITY_NOT_ENABLED: "
)
"""What a row says where the user's rights, or its licence, do not hold the object; describe decides."""
_NEEDS = {"create": "createable", "update": "updateable"}
IN_FLIGHT = 16
"""How many calls may be under way for an org at once; each of them may have left before a right was given back."""
CONVERT = ("Lead", "convert")
Right = tuple[str, str]
"""An object, and `createable`, `updateable` or `convert`."""


class WholeOrg:
    """What is known to be wrong with the whole org. Thread-safe."""

    def __init__(
        self,
        describe: Callable[[str], ObjectFacts | None],
        permission: Callable[[str], bool | None],
        room: Callable[[], int | None],
    ) -> None:
        """
        Args:
            describe: Reads describe of an object anew.
            permission: Whether the user has a permission of this name; None where the org does not say.
            room: Megabytes of data storage that are left; None where the org does not say.
        """
        self._describe = describe
        self._permission = permission
        self._room = room
        self._lock = threading.Lock()
        self._storage_full = False
        self._missing: set[Right] = set()
        self._restored: dict[Right, int] = {}

    def check(self) -> None:
        """Raise `OrgDown` while something that was found is as it was. Raises what the reads raise."""
        if self._storage_full:
            room = self._room()
            if room is not None and room <= 0:
                raise OrgDown("the org's data storage is full", code=STORAGE, cause=cause_of(STORAGE))
            self._storage_full = False
        for right in sorted(self._missing):
            if self._lacks(right):
                raise OrgDown(_sentence(right), code="NO_RIGHTS", cause="no_rights")
            with self._lock:
                self._missing.discard(right)
                self._restored[right] = IN_FLIGHT

    def written(self, writes: Sequence[Write], answers: Sequence[Written]) -> list[Written]:
        """Return the answers of writes as they count."""
        return self._counted([(write.object, _NEEDS.get(write.operation, "")) for write in writes], answers)

    def converted(self, answers: Sequence[Written]) -> list[Written]:
        """Return the answers of conversions as they count."""
        return self._counted([CONVERT] * len(answers), answers)

    def _counted(self, rights: Sequence[Right], answers: Sequence[Written]) -> list[Written]:
        if any(error.code == STORAGE for item in answers for error in item.errors):
            self._storage_full = True
        asked: dict[Right, bool | None] = {}
        counted = list(answers)
        for number, (right, answer) in enumerate(zip(rights, answers, strict=True)):
            if right[1] and any(map(_may_be_a_right, answer.errors)):
                if right not in asked:
                    asked[right] = self._found_missing(right)
                counted[number] = _without_right(answer, asked[right])
        return counted

    def _was_sent_before(self, right: Right) -> bool:
        """Whether a refusal may be of a call that left before the right was given back; so many calls are believed."""
        with self._lock:
            if right in self._missing:
                # It is there again, and no look has found so yet.
                return True
            left = self._restored.pop(right, 0)
            if left > 1:
                self._restored[right] = left - 1
        return left > 0

    def _found_missing(self, right: Right) -> bool | None:
        """Return whether the right is missing; None where that cannot be read now."""
        try:
            lacks = self._lacks(right)
        except (Transient, RequestException):
            return None
        if lacks:
            with self._lock:
                self._missing.add(right)
        elif self._was_sent_before(right):
            return None
        return lacks

    def _lacks(self, right: Right) -> bool:
        name, need = right
        if right == CONVERT:
            return self._permission("ConvertLeads") is False
        found = self._describe(name)
        return found is None or not (found.createable if need == "createable" else found.updateable)


def _may_be_a_right(error: RowError) -> bool:
    return _RIGHTS.match(f"{error.code}: {error.message}") is not None


def _without_right(written: Written, lacks: bool | None) -> Written:
    """Return the answer where the right is missing, or where that is not known (None): it is tried again."""
    if lacks is False:
        return written
    cause: Cause | None = "no_rights" if lacks else None
    return replace(
        written, errors=tuple(replace(error, transient=True, cause=cause, gone=None) for error in written.errors)
    )


def _sentence(right: Right) -> str:
    what = {"createable": "create", "updateable": "change", "convert": "convert"}[right[1]]
    return f"the integration user has no right to {what} any {right[0]}"
