"""
The one place where SOQL text is built.

In: questions.  Out: statements, each at most so long, that together answer the question.
Rule of this file: values are written by simple-salesforce's `format_soql` alone; object and field names are checked
against what a name can be. What no record can hold is left out of a list, and an empty list matches
nothing (S01).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from simple_salesforce.format import format_soql

from connectors.salesforce.composite import api_name, field_path
from processors.model.requests import In, Question

LONGEST_LITERAL = 4_000
_UNQUOTED: Mapping[str, re.Pattern[str]] = {
    "boolean": re.compile(r"true|false"),
    "int": re.compile(r"-?\d{1,15}"),
    "double": re.compile(r"-?\d{1,18}(?:\.\d{1,18})?"),
    "currency": re.compile(r"-?\d{1,18}(?:\.\d{1,18})?"),
    "percent": re.compile(r"-?\d{1,18}(?:\.\d{1,18})?"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)"),
}
# An org refuses the whole statement for one text that is no ID; as none has it, it is left out.
_RECORD_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-5]{3})?")
_UNSTORABLE = re.compile("[\x00-\x07\x0b\x0e-\x1f\x7f\ud800-\udfff]")

Types = Mapping[tuple[str, str], str]
"""describe's type by (object, field); a field that is not named is text."""


def literal(value: str, kind: str = "string") -> str | None:
    """Return *value* as SOQL writes it for a field of type *kind*, or None where no such field can hold it."""
    pattern = _UNQUOTED.get(kind)
    if pattern is not None:
        return value if pattern.fullmatch(value) else None
    if _UNSTORABLE.search(value) or (kind in ("id", "reference") and not _RECORD_ID.fullmatch(value)):
        return None
    text: str = format_soql("{}", value)
    return text if len(text) - 2 <= LONGEST_LITERAL else None


def statements(question: Question, *, longest: int, types: Types | None = None) -> list[str]:
    """
    Return statements of at most *longest* characters whose rows together answer *question*.

    None at all where nothing can match. A row may come by several statements.
    """
    names = dict.fromkeys(["Id", *(field_path(name) for name in question.fields)])
    head = f"SELECT {', '.join(names)} FROM {api_name(question.object)} WHERE "  # noqa: S608  # names only, checked
    room = longest - len(head)
    found: list[str] = []
    current: list[str] = []
    for condition in _conditions(question, room, types or {}):
        if current and len(head) + sum(len(text) + 4 for text in current) + len(condition) > longest:
            found.append(head + " OR ".join(current))
            current = []
        current.append(condition)
    if current:
        found.append(head + " OR ".join(current))
    return found


def _conditions(question: Question, room: int, types: Types) -> Iterator[str]:
    """Yield one condition for each alternative, or several where its longest list must be split."""
    for alternative in question.any_of:
        lists = [_terms(condition, question.object, types) for condition in alternative]
        if not lists or any(not group.texts for group in lists):
            continue
        longest = max(range(len(lists)), key=lambda i: lists[i].length)
        written = [group.written() for group in lists]
        space = room - sum(len(text) + 5 for i, text in enumerate(written) if i != longest)
        for part in lists[longest].parts(space):
            yield "(" + " AND ".join([*written[:longest], part.written(), *written[longest + 1 :]]) + ")"


@dataclass(frozen=True, slots=True)
class _Terms:
    """One list of values: `name IN (…)`, or patterns joined by OR."""

    name: str
    texts: tuple[str, ...]
    like: bool

    @property
    def length(self) -> int:
        """Characters of the list as written, about."""
        return sum(len(text) + self._between for text in self.texts) + len(self.name) + 10

    @property
    def _between(self) -> int:
        return len(self.name) + len(" LIKE  OR ") if self.like else 1

    def written(self) -> str:
        """Return the list as SOQL has it."""
        if not self.like:
            return f"{self.name} IN ({','.join(self.texts)})"
        patterns = " OR ".join(f"{self.name} LIKE {text}" for text in self.texts)
        return f"({patterns})" if len(self.texts) > 1 else patterns

    def parts(self, space: int) -> Iterator["_Terms"]:
        """Yield the list in parts of at most *space* characters, a single value whatever its length."""
        part: list[str] = []
        used = start = len(self.name) + 10
        for text in self.texts:
            size = len(text) + self._between
            if part and used + size > space:
                yield replace(self, texts=tuple(part))
                part, used = [], start
            part.append(text)
            used += size
        yield replace(self, texts=tuple(part))


def _type(kind: str, field: str, types: Types) -> str:
    return "id" if field == "Id" else types.get((kind, field), "string")


def _terms(condition: In, object_name: str, types: Types) -> _Terms:
    kind = _type(object_name, condition.field, types)
    values = dict.fromkeys(condition.values)
    found = map(pattern, values) if condition.like else (literal(value, kind) for value in values)
    return _Terms(field_path(condition.field), tuple(text for text in found if text is not None), condition.like)


def pattern(value: str) -> str | None:
    """Return a LIKE pattern as SOQL writes it: `%` stands for any text, all else for itself; None where it is none."""
    if _UNSTORABLE.search(value) or not value.strip("%"):
        return None
    text = "%".join(format_soql("{:like}", part) for part in value.split("%"))
    return f"'{text}'" if len(text) <= LONGEST_LITERAL else None


def path(statement: str, *, deleted: bool) -> str:
    """Return the path of a query subrequest; every character that means something in a URL is encoded."""
    return ("queryAll" if deleted else "query") + "?q=" + quote(statement, safe="")
