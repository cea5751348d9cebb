"""
The rows that a batch read, by ID and, as asked for, by the normal form of a field's value.

In: records of all rounds.  Out: records by ID, by value, by company name; the winner of a merge.
Rule of this file: pure; a deleted record never matches: one that was merged away leads to the record that it became.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from processors.model.company_name import Company, company
from processors.model.normalise import email, record_id, text_key, without_tag
from processors.model.phone_forms import number_keys
from processors.model.record import Record
from schemas.command import KeyKind

COUNTRY: Mapping[str, str] = {"Lead": "Country", "Contact": "MailingCountry", "Account": "BillingCountry"}
"""Where a record says its country: that of a telephone number which names none."""
_MOST_MERGES = 10
"""How many times a record that was merged may have been merged again before we stop following."""


@dataclass(frozen=True, slots=True)
class _Place:
    object: str
    field: str
    kind: KeyKind
    region: str
    untagged: bool
    merged: bool


@dataclass(slots=True)
class Index:
    """All rows of one batch. *region* is the country of telephone numbers that name none."""

    records: Iterable[Record]
    region: str = "US"
    _by_id: dict[str, Record] = field(default_factory=dict)
    _merged: dict[str, Record] = field(default_factory=dict)
    _by_company: dict[tuple[str, ...], dict[tuple[str, ...], list[tuple[Company, Record]]]] = field(
        default_factory=dict
    )
    _by_value: dict[_Place, dict[str, dict[str, Record]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take in the rows; of a record that was read twice, all fields."""
        for record in self.records:
            own = full_id(record.id)
            if not record.fields.get("IsDeleted"):
                known = self._by_id.get(own)
                merged = record if known is None else replace(record, fields={**known.fields, **record.fields})
                self._by_id[own] = merged
            elif record.fields.get("MasterRecordId"):
                self._merged[own] = record
        self.records = ()

    def get(self, record: str | None, object_name: str) -> Record | None:
        """Return the record of that ID, in 15 or 18 characters, if it is of that object and not deleted."""
        found = self._by_id.get(self.current(record)) if record else None
        return found if found is not None and found.object == object_name else None

    def current(self, record: str) -> str:
        """Return the ID under which a record stands now: of one that was merged, the last winner's."""
        own = full_id(record)
        for _ in range(_MOST_MERGES):
            if own in self._by_id or own not in self._merged:
                break
            own = full_id(str(self._merged[own].fields["MasterRecordId"]))
        return own

    def merged_into(self, record: str | None) -> str | None:
        """Return the ID of the record that this one was merged into, if it is there; None where it was not merged."""
        if not record or full_id(record) not in self._merged:
            return None
        found = self.current(record)
        return found if found != full_id(record) and found in self._by_id else None

    def having(
        self,
        object_name: str,
        field_name: str,
        kind: KeyKind,
        value: str,
        region: str | None = None,
        *,
        untagged: bool = False,
        merged: bool = False,
    ) -> Mapping[str, Record]:
        """
        Return the records whose field holds *value*, compared as *kind*, by ID.

        Numbers are compared as of *region* and of the record's own country, e-mails *untagged* without the tag of plus
        addressing. *merged*: those into which a record was merged whose field held it, instead.
        """
        place = _Place(object_name, field_name, kind, region or self.region, untagged, merged)
        if place not in self._by_value:
            self._by_value[place] = self._indexed(place)
        found: dict[str, Record] = {}
        for form in _forms(place, value, None):
            found.update(self._by_value[place].get(form, {}))
        return found

    def _indexed(self, place: _Place) -> dict[str, dict[str, Record]]:
        index: dict[str, dict[str, Record]] = {}
        rows = self._merged if place.merged else self._by_id
        for record in rows.values():
            stands = self.get(record.id, place.object)
            if stands is not None and (held := record.fields.get(place.field)) is not None:
                country = record.fields.get(COUNTRY.get(place.object, ""))
                for form in _forms(place, str(held), str(country) if country else None):
                    index.setdefault(form, {})[stands.id] = stands
        return index

    def holding(self, fields: Mapping[str, str], values: Iterable[str]) -> tuple[Record, ...]:
        """Return the records that hold one of *values* in the field that *fields* names for their object."""
        found = {
            record.id: record
            for value in values
            for name, field_name in fields.items()
            if name in ("Lead", "Contact")
            for record in self.having(name, field_name, "text", value).values()
        }
        return tuple(found.values())

    def companies(self, name: str, forms: tuple[str, ...]) -> dict[str, Record]:
        """Return the accounts whose name may be that of the company *name*, by ID; legal *forms* do not count."""
        wanted = company(name, forms)
        if wanted is None:
            return {}
        if forms not in self._by_company:
            named: dict[tuple[str, ...], list[tuple[Company, Record]]] = {}
            for record in self._by_id.values():
                held = company(str(record.fields.get("Name") or ""), forms) if record.object == "Account" else None
                if held is not None:
                    named.setdefault(held.words, []).append((held, record))
            self._by_company[forms] = named
        known = self._by_company[forms].get(wanted.words, ())
        return {record.id: record for held, record in known if held.same_as(wanted)}


def _forms(place: _Place, value: str, country: str | None) -> tuple[str, ...]:
    if place.kind == "phone":
        return number_keys(value, place.region, country)
    compare = text_key if place.kind == "text" else without_tag if place.untagged else email
    form = compare(value)
    return (form,) if form else ()


def full_id(text: str) -> str:
    """Return a record ID in 18 characters; what is none as it is."""
    return record_id(text) or text
