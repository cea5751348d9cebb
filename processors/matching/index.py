"""
The rows of a batch, at hand by ID and by the normal form of a field's value.

In: records as read.  Out: those that hold a value.  Pure.
Rule of this file: deleted records are left out; a record that was read twice is one, with the fields of both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from processors.model.normalise import email, phone, record_id, text_key
from processors.model.values import Record
from schemas.command import KeyKind


class Index:
    """The rows of both rounds for one batch, by ID and, as asked for, by the normal form of a field's value."""

    def __init__(self, records: Iterable[Record], region: str = "US") -> None:
        self._by_id: dict[str, Record] = {}
        for record in records:
            if not record.fields.get("IsDeleted"):
                known = self._by_id.get(full_id(record.id))
                merged = record if known is None else replace(record, fields={**known.fields, **record.fields})
                self._by_id[full_id(record.id)] = merged
        self._by_value: dict[tuple[str, str, KeyKind, str], dict[str, dict[str, Record]]] = {}
        self.region = region

    def get(self, record: str | None, object_name: str) -> Record | None:
        """Return the record of that ID, in 15 or 18 characters, if it is of that object and not deleted."""
        found = self._by_id.get(full_id(record)) if record else None
        return found if found is not None and found.object == object_name else None

    def having(
        self, object_name: str, field: str, kind: KeyKind, value: str, region: str | None = None
    ) -> Mapping[str, Record]:
        """Return the records whose *field* holds *value*, compared as *kind* (numbers as of *region*), by ID."""
        country = region or self.region
        place = (object_name, field, kind, country)
        if place not in self._by_value:
            index: dict[str, dict[str, Record]] = {}
            for record in self._by_id.values():
                held = record.fields.get(field) if record.object == object_name else None
                if (form := _form(kind, held, country)) is not None:
                    index.setdefault(form, {})[record.id] = record
            self._by_value[place] = index
        form = _form(kind, value, country)
        return {} if form is None else self._by_value[place].get(form, {})

    def holding(self, fields: Mapping[str, str], values: Iterable[str]) -> tuple[Record, ...]:
        """Return the records that hold one of *values* in the field that *fields* names for their object."""
        found = {
            record.id: record
            for value in values
            for name, field in fields.items()
            if name in ("Lead", "Contact")
            for record in self.having(name, field, "text", value).values()
        }
        return tuple(found.values())


def _form(kind: KeyKind, value: object, region: str) -> str | None:
    text = None if value is None else str(value)
    if kind == "phone":
        return phone(text, region)
    return email(text) if kind == "email" else text_key(text)


def full_id(text: str) -> str:
    """Return a record ID in its 18 characters; a text that is none as it is."""
    return record_id(text) or text
