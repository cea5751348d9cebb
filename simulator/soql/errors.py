"""
Noun: the refusal of a SOQL or SOSL statement.

In: a code, a message and a place in the text. Out: ``SoqlError`` in the form of a real org.
Rule of this file: the caret text is made here and nowhere else.
"""

import re
from typing import Final

BEFORE: Final = 32
AFTER: Final = 24
_WORD: Final = re.compile(r"[^\s,]+[\s,]*")


class SoqlError(Exception):
    """A statement that the org refuses: *code* as in ``errorCode``, *message* as a real org writes it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def at(code: str, text: str, position: int, message: str) -> SoqlError:
    """
    The refusal that points at *position* (0-based) of *text*: snippet, caret, row and column, message.

    A real org cuts the snippet near the place; where exactly it cuts is not documented.
    """
    position = max(0, min(position, len(text)))
    row = text.count("\n", 0, position) + 1
    begin = text.rfind("\n", 0, position) + 1
    newline = text.find("\n", position)
    line = text[begin : newline if newline >= 0 else len(text)]
    column = position - begin
    first = _first(line, column)
    snippet = line[first : _last(line, column)].rstrip()
    caret = " " * (column - first) + "^"
    return SoqlError(code, f"\n{snippet}\n{caret}\nERROR at Row:{row}:Column:{column + 1}\n{message}")


def malformed(text: str, position: int, message: str) -> SoqlError:
    """The statement is no SOQL at *position*."""
    return at("MALFORMED_QUERY", text, position, message)


def not_done(feature: str) -> SoqlError:
    """A part of the language that the simulator does not know; the HTTP edge answers 501."""
    return SoqlError("NOT_IMPLEMENTED", f"The simulator does not implement {feature} in SOQL or SOSL.")


def _first(line: str, column: int) -> int:
    """Where the snippet begins: whole words, at most ``BEFORE`` characters before the place."""
    if column <= BEFORE:
        return 0
    word = _WORD.search(line, column - BEFORE)
    starts = [word.end()] if word else []
    return next((s for s in starts if s <= column), column)


def _last(line: str, column: int) -> int:
    """Where the snippet ends: the word at the place, and whole words after it."""
    end = column
    for word in _WORD.finditer(line, column):
        if word.end() - column > AFTER and end > column:
            break
        end = word.end()
    return end
