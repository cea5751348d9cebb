"""
Noun: formulas of validation rules, a stated subset of Salesforce's language.

In: the text of a formula; a row, and the row before.  Out: its value.
Rule of this file: `AND OR NOT IF ISBLANK ISNULL ISPICKVAL ISNEW ISCHANGED PRIORVALUE TEXT LEN REGEX CONTAINS BEGINS
UPPER LOWER TRIM VALUE TODAY`, comparisons, `&&` `||` `!`, `+ - *`, texts, numbers, TRUE, FALSE, NULL, fields of the
record. All else is refused when the org file is read. A blank text is "", a blank number 0, as rules treat them.
Source: Salesforce Help, formula operators and functions.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from math import prod
from typing import Any, Final

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

_GRAMMAR: Final = r"""
?start: either
?either: both
       | both ("||" both)+ -> either
?both: compared
     | compared ("&&" compared)+ -> both
?compared: sum (OPERATOR sum)?
?sum: product (SIGN product)*
?product: value ("*" value)*
?value: TEXT -> text
      | NUMBER -> number
      | "!" value -> negated
      | NAME "(" [either ("," either)*] ")" -> call
      | NAME -> name
      | "(" either ")"
OPERATOR: "<>" | "!=" | "<=" | ">=" | "==" | "=" | "<" | ">"
SIGN: "+" | "-"
TEXT: /"(?:[^"\\]|\\.)*"/
NUMBER: /\d+(?:\.\d+)?/
NAME: /[A-Za-z]\w*/
%ignore /\s+/
"""
_LARK: Final = Lark(_GRAMMAR, parser="lalr")
_WORDS: Final[Mapping[str, Any]] = {"TRUE": True, "FALSE": False, "NULL": None}
_LAZY: Final = frozenset({"AND", "OR", "IF", "ISCHANGED", "PRIORVALUE", "ISNEW", "TODAY"})
_PLAIN: Final[Mapping[str, Callable[..., Any]]] = {
    "NOT": lambda value: not value,
    "ISBLANK": lambda value: value in (None, ""),
    "ISNULL": lambda value: value in (None, ""),
    "ISPICKVAL": lambda value, wanted: (value or "") == (wanted or ""),
    "TEXT": lambda value: "" if value is None else str(value),
    "LEN": lambda value: len(value or ""),
    "REGEX": lambda value, pattern: re.fullmatch(pattern, value or "") is not None,
    "CONTAINS": lambda value, part: (part or "") in (value or ""),
    "BEGINS": lambda value, part: (value or "").startswith(part or ""),
    "UPPER": lambda value: (value or "").upper(),
    "LOWER": lambda value: (value or "").lower(),
    "TRIM": lambda value: (value or "").strip(),
    "VALUE": lambda value: float(value or 0),
}
Row = Mapping[str, Any]


@lru_cache(maxsize=200)
def parse(text: str) -> Tree[Token]:
    """Return the tree of a formula. Raises ValueError that names what is not of the subset."""
    try:
        tree = _LARK.parse(text)
    except LarkError as error:
        raise ValueError(f"formula {text!r}: {str(error).splitlines()[0]}") from error
    for call in tree.find_data("call"):
        name = str(call.children[0]).upper()
        if name not in _PLAIN and name not in _LAZY:
            raise ValueError(f"formula {text!r}: the function {name} is not of the subset")
    return tree


def value(text: str, row: Row, before: Row | None, today: date) -> Any:
    """Return what the formula comes to; *before* is None for a new record."""
    return _Formula(row, before, today).of(parse(text))


class _Formula:
    """One evaluation."""

    def __init__(self, row: Row, before: Row | None, today: date) -> None:
        self._row, self._before, self._today = row, before, today

    def of(self, node: Any) -> Any:
        """Return the value of a part of the tree."""
        return getattr(self, f"_{node.data}")(node.children)

    def _text(self, parts: list[Any]) -> Any:
        return re.sub(r"\\(.)", r"\1", parts[0][1:-1])

    def _number(self, parts: list[Any]) -> Any:
        return float(parts[0])

    def _name(self, parts: list[Any]) -> Any:
        word = str(parts[0]).upper()
        return _WORDS[word] if word in _WORDS else _field(self._row, parts[0])

    def _negated(self, parts: list[Any]) -> Any:
        return not self.of(parts[0])

    def _either(self, parts: list[Any]) -> Any:
        return any(self.of(part) for part in parts)

    def _both(self, parts: list[Any]) -> Any:
        return all(self.of(part) for part in parts)

    def _compared(self, parts: list[Any]) -> Any:
        return _holds(str(parts[1]), self.of(parts[0]), self.of(parts[2]))

    def _product(self, parts: list[Any]) -> Any:
        return prod(self.of(part) or 0 for part in parts)

    def _sum(self, parts: list[Any]) -> Any:
        found = self.of(parts[0])
        for sign, part in zip(parts[1::2], parts[2::2], strict=True):
            other = self.of(part)
            if isinstance(found, str) or isinstance(other, str):
                found = f"{found or ''}{other or ''}"
            else:
                found = (found or 0) + (other or 0) * (1 if sign == "+" else -1)
        return found

    def _call(self, parts: list[Any]) -> Any:
        name, given = str(parts[0]).upper(), [part for part in parts[1:] if part is not None]
        match name:
            case "AND":
                return all(self.of(item) for item in given)
            case "OR":
                return any(self.of(item) for item in given)
            case "IF":
                return self.of(given[1] if self.of(given[0]) else given[2])
            case "ISNEW":
                return self._before is None
            case "ISCHANGED":
                return self._before is not None and _field(self._before, given[0].children[0]) != self.of(given[0])
            case "PRIORVALUE":
                return _field(self._row if self._before is None else self._before, given[0].children[0])
            case "TODAY":
                return self._today
        return _PLAIN[name](*map(self.of, given))


def _field(row: Row, name: str) -> Any:
    wanted = str(name).lower()
    return next((held for own, held in row.items() if own.lower() == wanted), None)


def _holds(operator: str, left: Any, right: Any) -> bool:
    left, right = _filled(left, right), _filled(right, left)
    match operator:
        case "=" | "==":
            return bool(left == right)
        case "<>" | "!=":
            return bool(left != right)
    if left is None or right is None or (type(left) is not type(right) and not _numbers(left, right)):
        return False
    return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator])


def _filled(item: Any, other: Any) -> Any:
    """Return the blank that *one* is beside *other*: an empty text, or zero."""
    if item is None and isinstance(other, str):
        return ""
    return 0.0 if item is None and isinstance(other, int | float) and not isinstance(other, bool) else item


def _numbers(left: Any, right: Any) -> bool:
    return isinstance(left, int | float) and isinstance(right, int | float)
