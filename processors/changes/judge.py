"""
Stage *judge*: what a record that was read means to each integration of its org.

In: a row, what was last seen of it, our own writes, links.  Out: changes to send, what is seen now, what was left out.
Rule of this file: pure; reading the same row again says nothing, so that pages may overlap. Only what an integration
maps is told (SP-7, SP-10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

import orjson

from processors.changes.diff import diff
from processors.changes.filter import unmet_filter
from processors.changes.map import owner_of
from processors.changes.ports import ChangedRecord, OwnWrite
from processors.changes.seen import Seen
from processors.integration.change_settings import ChangesSettings, ObjectChanges
from processors.model.org_facts import ObjectFacts
from schemas.change import Change, FieldChange, Operation
from schemas.identity import change_id


@dataclass(frozen=True, slots=True)
class Listener:
    """One integration that is told of an org's changes; `started` is by object its activation, where history ends."""

    name: str
    org: str
    settings: ChangesSettings
    started: Mapping[str, datetime]

    def of(self, name: str) -> ObjectChanges | None:
        """Return what it wants of an object, or None."""
        return self.settings.objects.get(name)


@dataclass(slots=True)
class Judged:
    """What one row came to. `filtered` are (integration, name of the filter), `own` whose own writes were left out."""

    seen: Seen | None
    changes: list[Change] = field(default_factory=list)
    filtered: list[tuple[str, str]] = field(default_factory=list)
    own: list[str] = field(default_factory=list)


def judge(
    row: ChangedRecord,
    seen: Seen | None,
    listeners: Sequence[Listener],
    ours: Mapping[str, OwnWrite],
    sources: Mapping[str, str],
    *,
    facts: ObjectFacts | None = None,
    loading: str | None = None,
    merged: Mapping[str, Sequence[str]] | None = None,
) -> Judged:
    """
    Return what *row* means to those of *listeners* that want its object.

    *ours* are our own writes by field, *sources* the linked IDs by integration, *facts* what describe says of the
    object, *loading* the integration whose history is being read. *merged* are by integration the
    records that were merged into the row and of which it was told: it is told the row whole, once for these records.
    """
    newer = is_news(row, seen)
    told = dict(seen.told) if seen else {}
    if newer:
        # Who is not told now, though it was once, no longer knows the record.
        here = {item.name for item in listeners if item.of(row.object)}
        told |= dict.fromkeys(told.keys() - here, False)
    judged = Judged(None)
    for listener in listeners:
        wanted = listener.of(row.object)
        if wanted is None:
            continue
        started = listener.started[row.object]
        merge = "" if row.deleted else "/".join(sorted((merged or {}).get(listener.name, ())))
        live = wanted.forward and (bool(merge) or (newer and row.changed >= started))
        # A commit that appears late may be of before the activation, where its page of history is read already.
        page = loading == listener.name or (newer and row.changed < started)
        old = page and wanted.historical and row.created <= started
        historical = not live and old and listener.name not in told
        if live or historical:
            if merge and listener.name in told:
                told[listener.name] = False
            view = _View(row, seen, listener, wanted, sources.get(listener.name), historical, merge)
            _tell(judged, view, {} if merge else ours, facts, told)
    if newer or (seen is not None and told != seen.told):
        judged.seen = _seen(row, seen, listeners, ours, told, newer=newer)
    return judged


def is_news(row: ChangedRecord, seen: Seen | None) -> bool:
    """
    Whether *row* is another one than was last seen.

    An org stamps a record to the second: after an edit that was read, another one may come with the same stamp. So what
    is tracked is compared, too.
    """
    return seen is None or (row.changed, row.deleted) != (seen.changed, seen.deleted) or _retold(row, seen)


def _retold(row: ChangedRecord, seen: Seen | None) -> bool:
    """Whether the record has other values under the stamp that was seen already."""
    if seen is None or row.changed != seen.changed or row.deleted or seen.deleted:
        return False
    return any(name in row.fields and row.fields[name] != value for name, value in seen.values.items())


def _edits(row: ChangedRecord, seen: Seen | None) -> int:
    """Return how many other states of the record were read under its stamp before this one."""
    if seen is None or row.changed != seen.changed:
        return 0
    return seen.edits + int(_retold(row, seen) or row.deleted != seen.deleted)


@dataclass(frozen=True, slots=True)
class _View:
    """A row as one listener is to see it: `source_id` is what it is linked to, `merge` the merged records' IDs."""

    row: ChangedRecord
    seen: Seen | None
    listener: Listener
    wanted: ObjectChanges
    source_id: str | None
    historical: bool
    merge: str


def _tell(
    judged: Judged,
    view: _View,
    ours: Mapping[str, OwnWrite],
    facts: ObjectFacts | None,
    told: dict[str, bool],
) -> None:
    row, name = view.row, view.listener.name
    left_out = unmet_filter(view.wanted.filters, row.fields)
    if row.deleted:
        if view.historical or not (name in told or view.source_id is not None or left_out is None):
            return
        told.pop(name, None)
        judged.changes.append(_change(view, "merged" if row.merged_into else "deleted"))
        return
    if left_out is not None:
        judged.filtered.append((name, left_out.name))
        if name in told:
            told[name] = False
        return
    operation = _operation(view, told)
    whole = not told.get(name, False) or operation == "undeleted"
    blanks = operation in ("updated", "undeleted")
    news, own = diff(row, view.seen, view.wanted.fields, ours, name, facts, whole=whole, blanks=blanks)
    told[name] = True
    if own:
        judged.own.append(name)
    if news or (operation != "updated" and not own):
        judged.changes.append(_change(view, operation, news))


def _operation(view: _View, told: Mapping[str, bool]) -> Operation:
    row, listener = view.row, view.listener
    if view.seen is not None and view.seen.deleted:
        return "undeleted"
    new = listener.name not in told and (view.historical or row.created >= listener.started[row.object])
    return "created" if new else "updated"


def _change(view: _View, operation: Operation, news: tuple[FieldChange, ...] = ()) -> Change:
    row, listener = view.row, view.listener
    owner, defaulted = owner_of(row.owner_email, listener.settings)
    return Change(
        event_id=change_id(listener.org, listener.name, row.id, _version(view), operation),
        integration=listener.name,
        org=listener.org,
        object=row.object,
        record_id=row.id,
        operation=operation,
        changed=row.changed,
        changes=news,
        historical=view.historical,
        created=row.created,
        changed_by_id=row.changed_by_id,
        changed_by_email=row.changed_by_email,
        owner=owner,
        flags=("owner_defaulted",) if defaulted else (),
        source_id=view.source_id,
        merged_into=row.merged_into,
    )


def _version(view: _View) -> str:
    """Return what tells this state of the record from its others: its stamp, and what that alone does not tell."""
    row, seen = view.row, view.seen
    version = row.changed.astimezone(UTC).isoformat(timespec="milliseconds")
    if _retold(row, seen):
        # The stamp names the change that was told before. What the record holds now names this one, with its number:
        # within a second a value may come, go and come again.
        held = sha256(orjson.dumps(dict(row.fields), option=orjson.OPT_SORT_KEYS)).hexdigest()
        version = f"{version}/{_edits(row, seen)}/{held}"
    elif edits := _edits(row, seen):
        version = f"{version}/{edits}"
    return f"{version}/merged/{view.merge}" if view.merge else version


def _seen(
    row: ChangedRecord,
    seen: Seen | None,
    listeners: Sequence[Listener],
    ours: Mapping[str, OwnWrite],
    told: Mapping[str, bool],
    *,
    newer: bool,
) -> Seen:
    if row.deleted:
        return Seen(row.changed, True, told=told, edits=_edits(row, seen))
    wanted = [settings for listener in listeners if (settings := listener.of(row.object)) is not None]
    mapped = dict.fromkeys(source.salesforce for settings in wanted for source in settings.fields.values())
    filtered = dict.fromkeys(condition.field for settings in wanted for condition in settings.filters)
    values = {name: row.fields.get(name) for name in {**mapped, **filtered}}
    marks = dict(seen.marks) if seen else {}
    if newer:
        marks |= {name: write.event for name, write in ours.items() if name in mapped}
    return Seen(row.changed, values=values, told=told, marks=marks, edits=_edits(row, seen))
