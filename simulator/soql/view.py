"""
Noun: the view of an org that a statement reads.

In: nothing. Out: the protocols that a store implements.
Rule of this file: types only; SOQL knows the store by these methods and by nothing else.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

Row = Mapping[str, Any]
Getter = Callable[[Row], Any]
Predicate = Callable[[Row], bool]


class FieldType(Protocol):
    """One field as describe tells it; *type* is the describe type, *reference_to* the objects it may point to."""

    @property
    def name(self) -> str: ...  # noqa: D102  # the class describes its attributes
    @property
    def type(self) -> str: ...  # noqa: D102  # as above
    @property
    def filterable(self) -> bool: ...  # noqa: D102  # as above
    @property
    def sortable(self) -> bool: ...  # noqa: D102  # as above
    @property
    def relationship_name(self) -> str | None: ...  # noqa: D102  # as above
    @property
    def reference_to(self) -> tuple[str, ...]: ...  # noqa: D102  # as above


class ObjectType(Protocol):
    """
    One object: *fields* by lower-cased name, *child_relationships* by lower-cased relationship name.

    A child relationship is (child object, its reference field).
    """

    @property
    def name(self) -> str: ...  # noqa: D102  # the class describes its attributes
    @property
    def fields(self) -> Mapping[str, FieldType]: ...  # noqa: D102  # as above
    @property
    def child_relationships(self) -> Mapping[str, tuple[str, str]]: ...  # noqa: D102  # as above


class View(Protocol):
    """What one user sees of one org at one moment. Rows are exact field names → values."""

    def describe(self, sobject: str) -> ObjectType | None:
        """The object of that name in any case; None: unknown, or hidden from the user."""

    def rows(self, sobject: str, *, deleted: bool) -> Iterable[Row]:
        """Every row in order of creation; with *deleted* those in the recycle bin as well."""

    def row(self, sobject: str, record_id: str) -> Row | None:
        """The row of that 18-character ID, deleted or not."""

    def lookup(self, sobject: str, field: str, values: Collection[str]) -> Collection[str] | None:
        """IDs of the rows whose *field* is one of *values* (lower-cased); None: the field has no index."""

    def visible(self, sobject: str, row: Row) -> bool:
        """Whether the user may see the row (sharing)."""

    def searchable(self, sobject: str, now: datetime) -> Iterable[Row]:
        """The rows that the search index knows by *now*."""
