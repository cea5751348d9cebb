"""
Stage: build.

In: lark's tree. Out: ours; and the words for what is no sentence of the language.
Rule of this file: one method a rule of the grammar, by its name; nothing is looked up.
"""

import re
from typing import Any, Final

from lark import Token, Transformer, Tree
from lark.exceptions import VisitError

from simulator.soql.errors import SoqlError, malformed, not_done
from simulator.soql.grammar import LITERAL
from simulator.soql.literals import literal, literals
from simulator.soql.tree import (
    And,
    Call,
    Compare,
    Condition,
    InList,
    InQuery,
    Item,
    Not,
    Or,
    Order,
    Path,
    Query,
    Search,
)

_SNIPPET: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\w+|\S", re.DOTALL)
_LISTED: Final = re.compile(rf"{LITERAL}(?:\s*,\s*{LITERAL})*\s*,?\s*", re.DOTALL)
_ID: Final = (Item(Path(("Id",))),)
_SCOPES: Final = {"everything"}
_MODES: Final = {"security_enforced", "user_mode", "system_mode"}


def build(tree: Tree[Token], text: str) -> Query | Search:
    """
    Our tree for lark's *tree* of the statement *text*.

    Raises:
        SoqlError: an impossible literal, or a part of the language that is not done.
    """
    try:
        built: Query | Search = _Build(text).transform(tree)
    except VisitError as wrong:
        raise wrong.orig_exc from None
    return built


def unexpected(text: str, position: int | None) -> SoqlError:
    """The refusal of the token at *position*; None: of the end of the text."""
    found = None if position is None or position < 0 else _SNIPPET.search(text, position)
    if found is not None and text[: found.start()].rstrip(" (").upper().endswith("GEOLOCATION"):
        return not_done("DISTANCE and GEOLOCATION")
    if found is not None and text[: found.start()].rstrip().endswith("("):
        # A list of literals is one terminal: what is wrong stands behind the literals that are right.
        listed = _LISTED.match(text, found.start())
        found = _SNIPPET.search(text, listed.end()) if listed else found
    if found is None:
        return malformed(text, len(text.rstrip()), "unexpected token: '<EOF>'")
    if found.group().upper() == "TYPEOF":
        return not_done("TYPEOF")
    if found.group().upper() == "CATEGORY" and text[: found.start()].rstrip().upper().endswith("WITH DATA"):
        return not_done("WITH DATA CATEGORY")
    if found.group() == ":":
        return malformed(text, found.start(), "Bind variables only allowed in Apex code")
    return malformed(text, found.start(), f"unexpected token: '{found.group()}'")


class _Build(Transformer[Token, Any]):
    """lark's tree → ours, bottom up; every method has the name of its rule."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def query(self, items: list[Any]) -> Query:
        (select,) = items
        query: Query = select
        return query

    def select(self, items: list[Any]) -> Query:
        _, columns, _, source, alias, _, where, _, group, having, order, limit, offset, _, everything = items
        return Query(columns, _path(source), alias and str(alias), where, group or (), having, order or (), limit,
                     offset, everything is not None)  # fmt: skip

    def items(self, items: list[Any]) -> tuple[Item, ...]:
        return tuple(items)

    def item(self, items: list[Any]) -> Item:
        expression, alias = items
        if alias is not None and "." in alias:
            raise unexpected(self._text, alias.start_pos)
        return Item(expression, alias and str(alias))

    def nested(self, items: list[Any]) -> Item:
        return Item(items[0])

    def path(self, items: list[Token]) -> Path:
        return _path(items[0])

    def call(self, items: list[Any]) -> Call:
        name, *arguments = items
        if len(arguments) > 1:
            # No function that is done takes two: GROUP BY ROLLUP and CUBE do, and DISTANCE.
            raise not_done(f"the function {name.upper()}")
        return Call(str(name).upper(), arguments[0], name.start_pos)

    def scope(self, items: list[Token]) -> None:
        if items[1].lower() not in _SCOPES:
            raise not_done(f"USING SCOPE {items[1]}")

    def mode(self, items: list[Token]) -> None:
        if items[1].lower() not in _MODES:
            raise not_done(f"WITH {items[1]}")

    def search_with(self, items: list[Token]) -> None:
        raise not_done(f"WITH {items[1]}")

    def where(self, items: list[Any]) -> Condition:
        condition: Condition = items[1]
        return condition

    having = where

    def group(self, items: list[Any]) -> tuple[Path | Call, ...]:
        return tuple(items[1:])

    def compare(self, items: list[Any]) -> Compare:
        operator = items[1].upper()
        value = literal(items[2], items[2].start_pos, self._text)
        return Compare(items[0], "!=" if operator == "<>" else operator, value)

    def in_list(self, items: list[Any]) -> InList:
        values = literals(items[2], items[2].start_pos, self._text)
        return InList(items[0], _words(items[1]), values)

    def in_query(self, items: list[Any]) -> InQuery:
        return InQuery(items[0], _words(items[1]), items[2])

    def negation(self, items: list[Any]) -> Not:
        return Not(items[1])

    def both(self, items: list[Any]) -> And:
        return And(tuple(items[::2]))

    def either(self, items: list[Any]) -> Or:
        return Or(tuple(items[::2]))

    def order(self, items: list[Any]) -> tuple[Order, ...]:
        return tuple(items[1:])

    def order_term(self, items: list[Any]) -> Order:
        operand, direction, nulls = items
        descending = direction is not None and direction.upper() == "DESC"
        return Order(operand, descending, nulls is not None and _words(nulls) == "NULLS LAST")

    def limit(self, items: list[Token]) -> int:
        return int(items[1])

    offset = limit

    def everything(self, items: list[Token]) -> list[Token]:
        return items

    def find(self, items: list[Any]) -> Search:
        _, terms, group, returning, _, limit = items
        return Search(terms[1:-1], group or "ALL", returning or (), limit)

    def in_group(self, items: list[Token]) -> str:
        return items[1].split()[0].upper()

    def returning(self, items: list[Any]) -> tuple[Query, ...]:
        return tuple(items[1:])

    def returned(self, items: list[Any]) -> Query:
        source, columns, where, order, limit, offset = items
        return Query(columns or _ID, _path(source), None, where, (), None, order or (), limit, offset)


def _path(token: Token) -> Path:
    return Path(tuple(token.split(".")), token.start_pos or 0)


def _words(token: Token) -> str:
    """The keyword in upper case, with one blank between its words."""
    return " ".join(token.upper().split())
