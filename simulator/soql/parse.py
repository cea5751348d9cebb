"""
Stage: parse.

In: the text of a statement. Out: its frozen parse tree.
Rule of this file: nothing is looked up; a statement parses the same in every org.
"""

import re
from functools import lru_cache
from typing import Any, Final

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError

from simulator.soql.errors import SoqlError, malformed, not_done
from simulator.soql.grammar import GRAMMAR
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

STATEMENT_LIMIT: Final = 100_000
_CACHED: Final = 2_000
_LARK: Final = Lark(GRAMMAR, start=["query", "find"], parser="lalr", maybe_placeholders=True)
_SNIPPET: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\w+|\S", re.DOTALL)
_ID: Final = (Item(Path(("Id",))),)
_SCOPES: Final = {"everything"}
_MODES: Final = {"security_enforced", "user_mode", "system_mode"}


def parse(text: str) -> Query:
    """
    The parse tree of one SELECT.

    Raises:
        SoqlError: MALFORMED_QUERY with its place; NOT_IMPLEMENTED for TYPEOF and other parts that are not done.
    """
    if len(text) > STATEMENT_LIMIT:
        raise SoqlError("MALFORMED_QUERY", f"SOQL statements cannot be longer than {STATEMENT_LIMIT} characters.")
    query: Query = _cached(text, "query") if len(text) <= _CACHED else _parse(text, "query")
    return query


def parse_search(text: str) -> Search:
    """
    The parse tree of one FIND.

    Raises:
        SoqlError: MALFORMED_SEARCH with its place.
    """
    if len(text) > STATEMENT_LIMIT:
        raise SoqlError("MALFORMED_SEARCH", f"SOSL statements cannot be longer than {STATEMENT_LIMIT} characters.")
    try:
        search: Search = _parse(text, "find")
    except SoqlError as refusal:
        code = "MALFORMED_SEARCH" if refusal.code == "MALFORMED_QUERY" else refusal.code
        raise SoqlError(code, refusal.message) from None
    return search


def _parse(text: str, start: str) -> Any:  # Query or Search, as the start symbol says
    try:
        return _Build(text).transform(_LARK.parse(text, start=start))
    except UnexpectedInput as wrong:
        ended = isinstance(wrong, UnexpectedToken) and wrong.token.type == "$END"
        raise _unexpected(text, None if ended else wrong.pos_in_stream) from None
    except VisitError as wrong:
        raise wrong.orig_exc from None
    except RecursionError:
        raise SoqlError("QUERY_TOO_COMPLICATED", "The conditions are nested too deeply.") from None


_cached = lru_cache(maxsize=512)(_parse)


def _unexpected(text: str, position: int | None) -> SoqlError:
    """The refusal of the token at *position*."""
    found = _SNIPPET.search(text, position) if position is not None and position >= 0 else None
    if found is not None and found.group().upper() == "TYPEOF":
        return not_done("TYPEOF")
    if found is None:
        return malformed(text, len(text.rstrip()), "unexpected token: '<EOF>'")
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
            raise _unexpected(self._text, alias.start_pos)
        return Item(expression, alias and str(alias))

    def nested(self, items: list[Any]) -> Item:
        return Item(items[0])

    def path(self, items: list[Token]) -> Path:
        return _path(items[0])

    def call(self, items: list[Any]) -> Call:
        return Call(str(items[0]).upper(), items[1], items[0].start_pos)

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
