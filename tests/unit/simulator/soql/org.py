"""
Noun: a tiny org for the tests of SOQL.

In: rows. Out: a view with indexes on Id, Email, Phone and the references.
Rule of this file: plain dictionaries; it counts full passes so that a test can say that an index was used.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from simulator.soql.ids import long_id

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)  # a Wednesday
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A field type."""

    name: str
    type: str = "string"
    relationship_name: str | None = None
    reference_to: tuple[str, ...] = ()
    filterable: bool = True
    sortable: bool = True


@dataclass(frozen=True)
class Entity:
    """An object type."""

    name: str
    fields: Mapping[str, Field]
    child_relationships: Mapping[str, tuple[str, str]]


def entity(name: str, *fields: Field, children: Mapping[str, tuple[str, str]] | None = None) -> Entity:
    """An object with an Id, a Name and *fields*."""
    every = (Field("Id", "id"), Field("Name"), *fields)
    return Entity(name, {item.name.lower(): item for item in every}, children or {})


OWNER = Field("OwnerId", "reference", "Owner", ("Group", "User"))
ENTITIES = {
    item.name.lower(): item
    for item in (
        entity(
            "Account",
            Field("AnnualRevenue", "currency"),
            Field("ParentId", "reference", "Parent", ("Account",)),
            OWNER,
            children={"contacts": ("Contact", "AccountId")},
        ),
        entity(
            "Contact",
            Field("Email", "email"),
            Field("Phone", "phone"),
            Field("AccountId", "reference", "Account", ("Account",)),
        ),
        entity(
            "Lead",
            Field("Email", "email"),
            Field("Phone", "phone"),
            Field("Status", "picklist"),
            Field("Score__c", "double"),
            Field("IsConverted", "boolean"),
            Field("Born__c", "date"),
            Field("CreatedDate", "datetime"),
            Field("Topics__c", "multipicklist"),
            Field("Description", "textarea", filterable=False, sortable=False),
            OWNER,
        ),
        entity("Task", Field("Subject"), Field("WhoId", "reference", "Who", ("Contact", "Lead"))),
        entity("User", Field("Email", "email")),
        entity("Group"),
    )
}
INDEXED = {"id", "email", "phone", "accountid"}


def record_id(prefix: str, number: int) -> str:
    """An ID of 18 characters."""
    found = long_id(f"{prefix}{number:012d}")
    assert found is not None
    return found


@dataclass
class Org:
    """The view. *passes* counts full passes by object; *hidden* are IDs that sharing hides."""

    tables: dict[str, dict[str, Row]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    unindexed: set[str] = field(default_factory=set)
    passes: list[str] = field(default_factory=list)
    indexes: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)

    def add(self, sobject: str, **values: Any) -> str:
        """Add one row; its ID."""
        self.tables.setdefault(sobject, {})[values["Id"]] = {"IsDeleted": False} | values
        for name, value in values.items():
            if name.lower() in INDEXED and value:
                self.indexes.setdefault((sobject, name.lower()), {}).setdefault(value.lower(), []).append(values["Id"])
        return str(values["Id"])

    def describe(self, sobject: str) -> Entity | None:
        """The object."""
        return ENTITIES.get(sobject.lower())

    def rows(self, sobject: str, *, deleted: bool) -> Iterable[Row]:
        """Every row, counted."""
        self.passes.append(sobject)
        return [row for row in self.tables.get(sobject, {}).values() if deleted or not row["IsDeleted"]]

    def row(self, sobject: str, record_id: str) -> Row | None:
        """One row."""
        return self.tables.get(sobject, {}).get(record_id)

    def lookup(self, sobject: str, field: str, values: Collection[str]) -> Collection[str] | None:
        """The IDs, if the field has an index."""
        if field.lower() not in INDEXED - self.unindexed:
            return None
        index = self.indexes.get((sobject, field.lower()), {})
        return [text for value in values for text in index.get(value, ())]

    def visible(self, sobject: str, row: Row) -> bool:
        """Whether sharing shows the row."""
        return bool(sobject) and row["Id"] not in self.hidden

    def searchable(self, sobject: str, now: datetime) -> Iterable[Row]:
        """Rows created before *now*."""
        every = self.tables.get(sobject, {}).values()
        return [row for row in every if row.get("CreatedDate") is None or row["CreatedDate"] <= now]


def small_org() -> Org:
    """Two accounts, three contacts, four leads, two tasks, a user and a queue."""
    org = Org()
    user = org.add("User", Id=record_id("005", 1), Name="Ada Agent", Email="ada@example.com")
    queue = org.add("Group", Id=record_id("00G", 1), Name="Inbound")
    holding = org.add("Account", Id=record_id("001", 1), Name="Holding", AnnualRevenue=10.0, OwnerId=user)
    plant = org.add("Account", Id=record_id("001", 2), Name="Plant", AnnualRevenue=None, ParentId=holding, OwnerId=user)
    for number, (name, email, account) in enumerate(
        [("Bo", "bo@example.com", holding), ("Cy", None, holding), ("Di", "di@example.com", plant)], 1
    ):
        org.add("Contact", Id=record_id("003", number), Name=name, Email=email, AccountId=account)
    leads: list[tuple[str | None, str | None, float | None, bool, str]] = [
        ("Ann O'Hara", "Ann@Example.com", 1.0, False, user),
        ("bob", "bob@example.com", 5.5, True, queue),
        ("100% Cotton_Ltd", None, None, False, user),
        (None, "dee@example.com", -2.0, False, queue),
    ]
    for number, (lead_name, email, score, converted, owner) in enumerate(leads, 1):
        org.add(
            "Lead",
            Id=record_id("00Q", number),
            Name=lead_name,
            Email=email,
            Phone=f"(415) 555-000{number}",
            Status="Open" if number < 3 else "Closed",
            Score__c=score,
            IsConverted=converted,
            Born__c=date(2000, 1, number),
            CreatedDate=datetime(2026, 3, 14 + number, 10, 0, 0, 5000, tzinfo=UTC),
            Topics__c=["red;green", "green", "", None][number - 1],
            Description="long",
            OwnerId=owner,
        )
    org.add("Task", Id=record_id("00T", 1), Name="t", Subject="Call", WhoId=record_id("00Q", 1))
    org.add("Task", Id=record_id("00T", 2), Name="u", Subject="Mail", WhoId=record_id("003", 1))
    return org
