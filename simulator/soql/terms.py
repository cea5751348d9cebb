r"""
Noun: the search expression of SOSL, the text between the braces of FIND.

In: that text. Out: an expression that matches a row's words.
Rule of this file: pure text. Words without an operator between them must all be there; ``*`` and ``?`` are wildcards,
``\`` makes a reserved character an ordinary one.
Source: SOQL and SOSL Reference, "FIND {SearchQuery}".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from simulator.soql.errors import SoqlError

OPERATOR_LIMIT: Final = 4_000
PHONE_SUFFIX: Final = 7
_TOKEN: Final = re.compile(r'"(?:\\.|[^"\\])*"|[()]|(?:\\.|[^\s"()\\])+', re.DOTALL)
_WORD: Final = re.compile(r"[\w*?]+")
_PHONE: Final = re.compile(r"[\d\s()+./*-]+")


@dataclass(frozen=True, slots=True)
class Words:
    """What is searched of one row: the words of each field, and the digits of each phone number."""

    fields: tuple[tuple[str, ...], ...]
    phones: tuple[str, ...]


@dataclass(slots=True)
class Any_:  # noqa: N801  # the name of the operator, which the language's own would hide
    """OR: at least one. Plain phrases are found by their first word, numbers by their digits: one pass for many."""

    phrases: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    digits: set[str] = field(default_factory=set)
    wild: list[tuple[re.Pattern[str], ...]] = field(default_factory=list)
    starts: tuple[str, ...] = ()
    others: "list[Expression]" = field(default_factory=list)

    def add(self, text: str) -> None:
        """Add the word or phrase *text* (escapes undone, a literal wildcard already a blank)."""
        words = tuple(_WORD.findall(text.lower()))
        if not words:
            return
        digits = "".join(filter(str.isdigit, text))
        if digits and _PHONE.fullmatch(text):
            if text.endswith("*"):
                self.starts += (digits,)
            self.digits.add(digits)
        if "*" in text or "?" in text:
            self.wild.append(tuple(_pattern(word) for word in words))
        else:
            self.phrases.setdefault(words[0], []).append(words)

    def matches(self, row: Words) -> bool:
        """Whether the row has any of them."""
        return (
            any(self._phrase(words) for words in row.fields)
            or any(self._number(phone) for phone in row.phones)
            or any(other.matches(row) for other in self.others)
        )

    def _phrase(self, words: tuple[str, ...]) -> bool:
        for position, word in enumerate(words):
            for phrase in self.phrases.get(word, ()):
                if words[position : position + len(phrase)] == phrase:
                    return True
        return any(_follow(wild, words) for wild in self.wild)

    def _number(self, phone: str) -> bool:
        if phone in self.digits or (self.starts and phone.startswith(self.starts)):
            return True
        lengths = range(PHONE_SUFFIX, len(phone)) if self.digits else ()
        return any(phone[-length:] in self.digits for length in lengths)


@dataclass(frozen=True, slots=True)
class All:
    """AND: every one, and none of *without* (AND NOT)."""

    parts: "tuple[Expression, ...]"
    without: "tuple[Expression, ...]" = ()

    def matches(self, row: Words) -> bool:
        """Whether the row has them all."""
        return all(part.matches(row) for part in self.parts) and not any(
            condition.matches(row) for condition in self.without
        )


Expression = Any_ | All


def expression(text: str) -> Expression:
    """
    The expression that *text* means.

    Raises:
        SoqlError: MALFORMED_SEARCH: too short, an operator without its words, a parenthesis without its partner.
    """
    if len(re.sub(r"\W", "", text)) < 2:  # the rule itself
        raise SoqlError("MALFORMED_SEARCH", f"search term must be longer than one character: FIND {{{text}}}")
    tokens = _TOKEN.findall(text)
    if len(text) > OPERATOR_LIMIT:
        tokens = [token for token in tokens if token.upper() not in {"AND", "OR", "NOT", "(", ")"}]
    reader = _Reader(tokens)
    found = reader.alternatives()
    if reader.peek() is not None:
        raise reader.wrong()
    return found


@dataclass(slots=True)
class _Reader:
    """Recursive descent over the tokens: OR binds least, then AND and the blank, then AND NOT."""

    tokens: list[str]
    position: int = 0

    def peek(self) -> str | None:
        """The next token; operators in upper case."""
        if self.position >= len(self.tokens):
            return None
        token = self.tokens[self.position]
        return token.upper() if token.upper() in {"AND", "OR", "NOT"} else token

    def alternatives(self) -> Expression:
        """Conjunctions joined by OR; single terms share one node."""
        found = Any_()
        while True:
            self._conjunction(found)
            if self.peek() != "OR":
                break
            self.position += 1
        plain = found.phrases or found.digits or found.wild
        return found.others[0] if len(found.others) == 1 and not plain else found

    def wrong(self) -> SoqlError:
        """The refusal of the next token."""
        return SoqlError("MALFORMED_SEARCH", f"unexpected token: {self.peek() or '<EOF>'}")

    def _conjunction(self, into: Any_) -> None:
        parts, without = [self._term()], []
        while self.peek() not in {None, "OR", ")"}:
            if self.peek() == "AND":
                self.position += 1
            if self.peek() == "NOT":
                self.position += 1
                without.append(self._term())
            else:
                parts.append(self._term())
        if len(parts) == 1 and not without and isinstance(parts[0], str):
            into.add(parts[0])
        else:
            into.others.append(All(tuple(map(_node, parts)), tuple(map(_node, without))))

    def _term(self) -> str | Expression:
        word = self.peek()
        if word in {None, "AND", "OR", "NOT", ")"}:
            raise self.wrong()
        self.position += 1
        if word != "(":
            return _plain(str(word)[1:-1] if str(word).startswith('"') else str(word))
        found = self.alternatives()
        if self.peek() != ")":
            raise self.wrong()
        self.position += 1
        return found


def _node(part: str | Expression) -> Expression:
    if not isinstance(part, str):
        return part
    condition = Any_()
    condition.add(part)
    return condition


def _plain(text: str) -> str:
    """Escapes undone; an escaped wildcard separates words as any punctuation does."""
    return re.sub(r"\\(.)", lambda found: " " if found.group(1) in "*?" else found.group(1), text, flags=re.DOTALL)


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(re.escape(word).replace(r"\*", r"\w*").replace(r"\?", r"\w"))


def _follow(patterns: tuple[re.Pattern[str], ...], words: tuple[str, ...]) -> bool:
    """Whether the patterns match words that follow one another."""
    places: Iterable[int] = range(len(words) - len(patterns) + 1)
    return any(all(pattern.fullmatch(words[at + i]) for i, pattern in enumerate(patterns)) for at in places)
