"""
Noun: the records of one org.

In: rows. Out: rows, by ID, by index, in order of creation.
Rule of this file: every change can be undone to a savepoint, and is an effect in the log; no rule of the platform here.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from simulator import ids
from simulator.catalogue import ObjectDef

Row = dict[str, Any]
_INDEXED = ("id", "email", "phone", "reference")
_WIDE = ("CreatedById", "LastModifiedById", "OwnerId")


@dataclass(slots=True)
class Table:
    """The rows of one object by ID, and an index (value in lower case → IDs) of each indexed field."""

    rows: dict[str, Row] = field(default_factory=dict)
    indexes: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict)
    next: int = 1


class Store:
    """All records of one org. Not thread-safe: one event loop owns it."""

    def __init__(self, objects: Mapping[str, ObjectDef], number: int) -> None:
        self.objects = objects
        self.number = number
        self.tables: dict[str, Table] = {}
        self.effects: list[dict[str, Any]] = []
        self._undo: list[tuple[str, str, Row | None]] = []
        self._depth = 0
        for sobject in objects.values():
            self.tables[sobject.name] = Table(indexes={name: {} for name in _indexed(sobject)})

    def next_id(self, sobject: ObjectDef) -> str:
        """Return a fresh ID."""
        table = self.tables[sobject.name]
        table.next += 1
        return ids.make(sobject.prefix, table.next - 1, self.number)

    def put(self, sobject: str, row: Row) -> None:
        """Write *row* (whole) under its Id, new or not."""
        table = self.tables[sobject]
        before = table.rows.get(row["Id"])
        if self._depth:
            self._undo.append((sobject, row["Id"], before))
        self._set(table, row["Id"], row)

    def drop(self, sobject: str, record_id: str) -> None:
        """Forget the row for good."""
        table = self.tables[sobject]
        if self._depth:
            self._undo.append((sobject, record_id, table.rows.get(record_id)))
        self._set(table, record_id, None)

    def _set(self, table: Table, record_id: str, row: Row | None) -> None:
        before = table.rows.get(record_id)
        for name, index in table.indexes.items():
            old, new = _key(before, name), _key(row, name)
            if old == new:
                continue
            if old is not None:
                entry = index[old]
                del entry[record_id]
                if not entry:
                    del index[old]
            if new is not None:
                index.setdefault(new, {})[record_id] = None
        if row is None:
            table.rows.pop(record_id, None)
        else:
            table.rows[record_id] = row

    def get(self, sobject: str, record_id: str) -> Row | None:
        """Return the row of the 18-character ID, deleted or not."""
        return self.tables[sobject].rows.get(record_id)

    def rows(self, sobject: str, *, deleted: bool = False) -> Iterable[Row]:
        """Yield rows in order of creation."""
        rows = self.tables[sobject].rows.values()
        return rows if deleted else (row for row in rows if not row["IsDeleted"])

    def lookup(self, sobject: str, name: str, values: Collection[str]) -> list[str] | None:
        """Return the IDs whose *name* is one of *values* (lower case); None where there is no index."""
        table = self.tables[sobject]
        index = table.indexes.get(name)
        if index is None:
            return None
        return [record for value in dict.fromkeys(values) for record in index.get(value, ())]

    def find(self, sobject: str, name: str, value: object) -> list[Row]:
        """Return the living rows whose *name* equals *value* as the index compares."""
        found = self.lookup(sobject, name, [str(value).lower()])
        table = self.tables[sobject].rows
        if found is None:
            text = str(value).lower()
            return [row for row in self.rows(sobject) if str(row.get(name, "")).lower() == text]
        return [table[item] for item in found if not table[item]["IsDeleted"]]

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo everything within, effects too, where an exception leaves the block."""
        mark, effects = len(self._undo), len(self.effects)
        self._depth += 1
        try:
            yield
        except BaseException:
            while len(self._undo) > mark:
                sobject, record_id, before = self._undo.pop()
                self._set(self.tables[sobject], record_id, before)
            del self.effects[effects:]
            raise
        finally:
            self._depth -= 1
            if not self._depth:
                self._undo.clear()


def _indexed(entity: ObjectDef) -> tuple[str, ...]:
    return tuple(
        item.name
        for item in entity.fields.values()
        if item.name not in _WIDE and (item.external_id or item.unique or item.type in _INDEXED)
    )


def _key(row: Row | None, name: str) -> str | None:
    value = row.get(name) if row is not None else None
    return str(value).lower() if value not in (None, "") else None
