"""
Who plays the people that work in Salesforce: edits, merges and deletes records there.

In: edits, outcomes, the org's control.  Out: records changed in the org; which edit fell on which record.
Rule of this file: a person works on what an outcome tells of; nothing else of ours is asked.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.outcome import Outcome
from signalbox.demo.expected import Edit
from signalbox.demo.steps import SECOND

_PEOPLE = ("Lead", "Contact")


class Org(Protocol):
    """Where records are changed past every rule of ours: the org's control."""

    def change(self, sobject: str, record_id: str, **fields: Any) -> None:
        """Change fields of a record."""

    def merge(self, sobject: str, winner: str, loser: str) -> None:
        """Merge *loser* into *winner*."""


@dataclass(frozen=True, slots=True)
class Edited:
    """An edit that was made: which record it fell on."""

    edit: Edit
    record_id: str


class Editor:
    """Makes each edit as soon as it is due, and *last* when it is told to."""

    def __init__(
        self,
        control: Org,
        edits: Sequence[Edit],
        last: Edit,
        record_ids: Mapping[str, str],
        may_begin: Callable[[], bool],
    ) -> None:
        """
        *record_ids*: the IDs of the records that are in the org before, by e-mail; users among them.

        Nothing is edited until *may_begin*: what was there at the first look at the org is no change.
        """
        self.made: list[Edited] = []
        self._control = control
        self._waiting = list(edits)
        self._last: Edit | None = last
        self._record_ids = record_ids
        self._may_begin = may_begin
        self._may = False
        self._answered: set[str] = set()
        self._records: dict[str, tuple[str, str]] = {}

    def saw(self, outcomes: Iterable[Outcome]) -> list[str]:
        """Make what these make due; return the names of the edits made."""
        for outcome in outcomes:
            people = [
                (record.object, record.id) for record in outcome.records if record.object in _PEOPLE and record.id
            ]
            if people:
                self._records |= dict.fromkeys(outcome.event_ids, people[-1])
            self._answered.update(outcome.event_ids)
        due = [item for item in self._waiting if self._is_due(item)]
        if not due or not self._begun():
            return []
        self._waiting = [item for item in self._waiting if item not in due]
        for edit in due:
            self._make(edit)
        return [item.name for item in due]

    def _begun(self) -> bool:
        self._may = self._may or self._may_begin()
        return self._may

    def _is_due(self, edit: Edit) -> bool:
        there = edit.after is None or edit.after in self._records
        return there and (edit.when is None or edit.when in self._answered)

    def finish(self) -> None:
        """Make the last edit, unless it is made, or others are not."""
        if self._last is not None and not self._waiting:
            self._make(self._last)
            self._last = None

    def _make(self, edit: Edit) -> None:
        name, record = self._records[edit.after] if edit.after else ("Lead", self._record_ids[str(edit.existing)])
        if edit.merge_into is not None:
            self._control.merge(name, self._record_ids[edit.merge_into], record)
            self.made.append(Edited(edit, record))
            return
        fields: dict[str, Any] = {"IsDeleted": True} if edit.delete else dict(edit.fields)
        fields["LastModifiedById"] = self._record_ids[str(SECOND.email)]
        self._control.change(name, record, **fields)
        self.made.append(Edited(edit, record))
