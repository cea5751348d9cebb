"""
Noun: what one user sees of an org, as SOQL reads it.

In: the store and the user's rights. Out: the `View` of simulator.soql.
Rule of this file: reads only.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from simulator.access import User
from simulator.catalogue import ObjectDef
from simulator.soql.view import Row
from simulator.store import Store


class UserView:
    """One user's view at one moment."""

    def __init__(
        self, store: Store, user: User, search_lag: float, object_of: Callable[[str], ObjectDef | None]
    ) -> None:
        self._store, self._user, self._lag, self._object_of = store, user, search_lag, object_of

    def describe(self, sobject: str) -> ObjectDef | None:
        """Return the object, unless unknown or hidden."""
        found = self._object_of(sobject)
        return found if found and self._user.may("read", found.name) else None

    def rows(self, sobject: str, *, deleted: bool) -> Iterable[Row]:
        """Yield every row."""
        return self._store.rows(sobject, deleted=deleted)

    def row(self, sobject: str, record_id: str) -> Row | None:
        """Return one row."""
        return self._store.get(sobject, record_id)

    def lookup(self, sobject: str, field: str, values: Collection[str]) -> Collection[str] | None:
        """Return the IDs of an indexed field."""
        return self._store.lookup(sobject, field, values)

    def visible(self, sobject: str, row: Row) -> bool:
        """Whether the user may see the row."""
        return self._user.sees(sobject, row)

    def searchable(self, sobject: str, now: datetime) -> Iterable[Row]:
        """Yield what the search index knows: nothing younger than the lag."""
        until = now - timedelta(seconds=self._lag)
        return (item for item in self._store.rows(sobject) if item["SystemModstamp"] <= until)
