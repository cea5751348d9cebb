"""
Noun: the parse tree of a statement.

In: the parser. Out: frozen values that compare by shape and content, never by position.
Rule of this file: no behaviour.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Path:
    """A field or relationship path as written; *position* is where it stands in the text (0-based)."""

    parts: tuple[str, ...]
    position: int = field(default=0, compare=False)

    @property
    def text(self) -> str:
        """The path as written."""
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one argument (or none: ``COUNT()``); *name* is in upper case."""

    name: str
    argument: "Path | Call | None"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """
    One literal. *kind*: string, number, boolean, null, date, datetime, range (a date literal such as TODAY).

    *value* is what it means; *raw* is the text between the quotes of a string, which LIKE needs.
    """

    kind: str
    value: Any
    raw: str = field(default="", compare=False)
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """``operand operator literal``; *operator* is one of = != < <= > >= LIKE."""

    operand: Path | Call
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class InList:
    """``operand operator (literals)``; *operator* is one of IN, NOT IN, INCLUDES, EXCLUDES."""

    operand: Path | Call
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class InQuery:
    """``operand IN (SELECT …)`` or its NOT IN."""

    operand: Path | Call
    operator: str
    query: "Query"


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT condition``."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    conditions: tuple["Condition", ...]


Condition = Compare | InList | InQuery | Not | And | Or


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the SELECT list: a path, a function, or a query over a child relationship."""

    expression: "Path | Call | Query"
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One ORDER BY term; nulls come first unless it says otherwise."""

    operand: Path | Call
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT. *source* is the object, or the child relationship of a nested query."""

    items: tuple[Item, ...]
    source: Path
    alias: str | None = None
    where: Condition | None = None
    group: tuple[Path | Call, ...] = ()
    having: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int | None = None
    all_rows: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """One FIND: the text between the braces, the field group, and a query for each object returned."""

    terms: str
    group: str
    returning: tuple[Query, ...]
    limit: int | None = None
