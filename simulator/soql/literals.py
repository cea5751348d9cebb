r"""
Noun: the literals of a statement.

In: the text of one literal, or of a list in parentheses. Out: ``Literal`` values.
Rule of this file: escapes are undone here once; ``raw`` keeps the difference between ``%`` and ``\%`` for LIKE.
"""

import re
from datetime import date, datetime
from typing import Final

from simulator.soql.errors import malformed
from simulator.soql.grammar import LITERAL
from simulator.soql.tree import Literal

STRING_LIMIT: Final = 4_000
_EACH: Final = re.compile(LITERAL, re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES: Final = {
    "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\", "_": "_", "%": "%",
}  # fmt: skip
_OFFSET: Final = re.compile(r"([+-]\d\d):?(\d\d)$")


def literals(text: str, position: int, statement: str) -> tuple[Literal, ...]:
    """The literals of the list *text* (with its parentheses), which stands at *position* of *statement*."""
    return tuple(literal(found.group(), position + found.start(), statement) for found in _EACH.finditer(text, 1))


def literal(text: str, position: int, statement: str) -> Literal:
    """
    The one literal *text*.

    Raises:
        SoqlError: a string of more than 4,000 characters, an unknown escape, a day that does not exist.
    """
    first = text[0]
    if first == "'":
        raw = text[1:-1]
        if len(raw) > STRING_LIMIT:
            raise malformed(statement, position, f"string literal is longer than {STRING_LIMIT} characters")
        return Literal("string", unescape(raw, position, statement) if "\\" in raw else raw, raw, position)
    if first.isdigit() or first in "+-.":
        return _number_or_day(text, position, statement)
    word = text.upper()
    if word == "NULL":
        return Literal("null", None, position=position)
    if word in {"TRUE", "FALSE"}:
        return Literal("boolean", word == "TRUE", position=position)
    return Literal("range", word, position=position)


def unescape(raw: str, position: int, statement: str) -> str:
    """The string that *raw*, the text between two quotes, means."""

    def function(found: re.Match[str]) -> str:
        what = found.group(1)
        if len(what) > 1:
            return chr(int(what[1:], 16))
        plain = _ESCAPES.get(what) or _ESCAPES.get(what.lower())
        if plain is None:
            place = position + 1 + found.start()
            raise malformed(statement, place, f"Illegal escape sequence '{found.group()}' in a string literal")
        return plain

    return _ESCAPE.sub(function, raw)


def _number_or_day(text: str, position: int, statement: str) -> Literal:
    try:
        if "T" in text.upper():
            moment = _OFFSET.sub(r"\1:\2", text.upper().replace("Z", "+00:00"))
            return Literal("datetime", datetime.fromisoformat(moment), position=position)
        if len(text) == len("2026-01-02") and text[4] == "-":
            return Literal("date", date.fromisoformat(text), position=position)
        number = float(text) if any(c in text for c in ".eE") else int(text)
    except ValueError:
        raise malformed(statement, position, f"invalid date or number: {text}") from None
    return Literal("number", number, position=position)
