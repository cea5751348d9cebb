"""
Rule tables as data: a situation, the decision that it leads to, and the rule that says so.

In: the name of a table and a situation.  Out: its row.
Rule of this file: only the machinery; the rules themselves are in the `rules.py` of their room.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: in the situation *when*, do *then*. `rule` is the rule ID that outcomes and tests name."""

    rule: str
    when: tuple[str, ...]
    then: str


@dataclass(frozen=True)
class Table:
    """
    All rows of one question. `decisions` lists every answer that it may give.

    Raises `ValueError` where the table is not total over `situations`, or a row repeats or is out of place.
    """

    name: str
    situations: tuple[tuple[str, ...], ...]
    decisions: tuple[str, ...]
    rows: tuple[Row, ...]
    _by_situation: Mapping[tuple[str, ...], Row] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index = {row.when: row for row in self.rows}
        if len(index) != len(self.rows) or set(index) != set(product(*self.situations)):
            raise ValueError(f"rule table {self.name}: its rows do not cover each situation exactly once")
        for row in self.rows:
            if row.then not in self.decisions:
                raise ValueError(f"rule table {self.name}: row {row.when} decides {row.then}, which is no decision")
        object.__setattr__(self, "_by_situation", index)

    def row(self, *when: str) -> Row:
        """Return the row of a situation."""
        return self._by_situation[when]

    def with_row(self, changed: Row) -> "Table":
        """Return the table with the row of that situation replaced."""
        return replace(self, rows=tuple(changed if row.when == changed.when else row for row in self.rows))


@dataclass(frozen=True)
class Book:
    """The rule tables that one decision consults, by name."""

    tables: Mapping[str, Table]

    @classmethod
    def of(cls, tables: Iterable[Table]) -> "Book":
        """Return the book of these tables."""
        return cls({table.name: table for table in tables})

    def row(self, table: str, *when: str) -> Row:
        """Return the row of a situation in the named table."""
        return self.tables[table].row(*when)

    def with_row(self, table: str, changed: Row) -> "Book":
        """Return the book with one row replaced: how tests prove that the row is tested."""
        return replace(self, tables={**self.tables, table: self.tables[table].with_row(changed)})
