"""
The one place where SOQL text is built.

In: questions.  Out: statements, each at most so long, that together answer the question.
Rule of this file: values are written by simple-salesforce's `format_soql` alone; object and field names are checked
against what a name can be. What no record can hold is left out of a list, and an empty list matches
nothing (S01).
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from simple_salesforce.format import format_soql

from connectors.salesforce.composite import api_name, field_path
from processors.model.values import In, Question

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
        if current and len(head) + sum(len(one) + 4 for one in current) + len(condition) > longest:
            found.append(head + " OR ".join(current))
            current = []
        current.append(condition)
    if current:
        found.append(head + " OR ".join(current))
    return found


def _conditions(question: Question, room: int, types: Types) -> Iterator[str]:
    """Yield one condition for each alternative, or several where its longest list must be split."""
    for alternative in question.any_of:
        lists = [
            (field_path(one.field), _literals(one, _type(question.object, one.field, types))) for one in alternative
        ]
        if not lists or any(not values for _, values in lists):
            continue
        longest = max(range(len(lists)), key=lambda i: sum(map(len, lists[i][1])))
        written = [_in(name, values) for name, values in lists]
        name, values = lists[longest]
        space = room - sum(len(one) + 5 for i, one in enumerate(written) if i != longest) - len(name) - 10
        for part in _parts(values, space):
            yield "(" + " AND ".join([*written[:longest], _in(name, part), *written[longest + 1 :]]) + ")"


def _type(kind: str, field: str, types: Types) -> str:
    return "id" if field == "Id" else types.get((kind, field), "string")


def _literals(one: In, kind: str) -> list[str]:
    found = (literal(value, kind) for value in dict.fromkeys(one.values))
    return [text for text in found if text is not None]


def _in(name: str, literals: list[str]) -> str:
    return f"{name} IN ({','.join(literals)})"


def _parts(values: list[str], space: int) -> Iterator[list[str]]:
    part: list[str] = []
    used = 0
    for value in values:
        if part and used + len(value) + 1 > space:
            yield part
            part, used = [], 0
        part.append(value)
        used += len(value) + 1
    yield part


def path(statement: str, *, deleted: bool) -> str:
    """Return the path of a query subrequest; every character that means something in a URL is encoded."""
    return ("queryAll" if deleted else "query") + "?q=" + quote(statement, safe="")
