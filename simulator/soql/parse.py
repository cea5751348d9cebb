"""
Stage: parse.

In: the text of a statement. Out: its frozen parse tree.
Rule of this file: nothing is looked up; a statement parses the same in every org.
"""

from functools import lru_cache
from typing import Any, Final

from lark import Lark
from lark.exceptions import UnexpectedInput, UnexpectedToken

from simulator.soql.build import build, unexpected
from simulator.soql.errors import SoqlError
from simulator.soql.grammar import GRAMMAR
from simulator.soql.tree import Query, Search

STATEMENT_LIMIT: Final = 100_000
_CACHED: Final = 2_000
_LARK: Final = Lark(GRAMMAR, start=["query", "find"], parser="lalr", maybe_placeholders=True)


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
        return build(_LARK.parse(text, start=start), text)
    except UnexpectedInput as wrong:
        ended = isinstance(wrong, UnexpectedToken) and wrong.token.type == "$END"
        raise unexpected(text, None if ended else wrong.pos_in_stream) from None
    except RecursionError:
        raise SoqlError("QUERY_TOO_COMPLICATED", "The conditions are nested too deeply.") from None


_cached = lru_cache(maxsize=512)(_parse)
