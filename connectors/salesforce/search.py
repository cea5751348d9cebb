"""
Search: telephone numbers looked for in the org's search index, many in one API call.

In: numbers and the fields to read by object.  Out: the records that may hold one of them.
Rule of this file: results are candidates (the index lags behind the records, and finds parts of numbers): the
caller compares the numbers. Reads only.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.salesforce.composite import api_name, field_path, value_of
from connectors.salesforce.errors import Unusable
from processors.model.record import Record
from processors.model.requests import Found

LONGEST = 3_900
"""Characters of a search text; from 4,000 on Salesforce drops its operators (SOSL, FIND)."""
MOST_ROWS = 2_000
SHORTEST_PREFIX = 7
"""Digits from which on a number is looked for by how it begins."""

Get = Callable[[str], Any]
"""A path after `/services/data/vNN.0/` → the answer's body."""


def search(get: Get, numbers: Sequence[str], fields: Mapping[str, tuple[str, ...]]) -> Found:
    """
    Return the records that may hold one of *numbers* (digits alone count), object by object as in *fields*.

    An answer that is full is no answer: it is asked again for half of the numbers, at last for one number in one
    object. Numbers of which even that is full are `unsettled`.
    """
    rows: dict[str, dict[str, Record]] = {name: {} for name in fields}
    unsettled: dict[str, None] = {}
    calls = 0
    waiting = deque((words, tuple(fields)) for words in _texts(numbers))
    while waiting:
        words, objects = waiting.popleft()
        wanted = {name: fields[name] for name in objects}
        found = list(_records(get("search?q=" + quote(search_statement(words, wanted), safe="")), wanted))
        calls += 1
        for record in found:
            rows[record.object].setdefault(record.id, record)
        if len(found) < MOST_ROWS:
            continue
        narrower = _narrower(words, objects)
        waiting.extend(narrower)
        unsettled.update(dict.fromkeys(() if narrower else words))
    return Found(tuple(tuple(rows[name].values()) for name in fields), calls, tuple(unsettled))


def _word(digits: str) -> str:
    """Return digits as a search text has them: what stands behind a number, such as an extension, is found too."""
    return f"{digits}*" if len(digits) >= SHORTEST_PREFIX else digits


def _narrower(words: list[str], objects: tuple[str, ...]) -> list[tuple[list[str], tuple[str, ...]]]:
    """Return what to ask instead of a search that came back full; nothing where it is as narrow as can be."""
    if len(words) > 1:
        half = len(words) // 2
        return [(words[:half], objects), (words[half:], objects)]
    return [(words, (name,)) for name in objects] if len(objects) > 1 else []


def search_statement(words: Sequence[str], fields: Mapping[str, tuple[str, ...]]) -> str:
    """Return the SOSL statement that looks for any of *words* in telephone fields."""
    returning = ", ".join(
        f"{api_name(name)}({', '.join(field_path(field_name) for field_name in dict.fromkeys(('Id', *wanted)))})"
        for name, wanted in fields.items()
    )
    return (
        f"FIND {{{' OR '.join(_word(word) for word in words)}}} IN PHONE FIELDS RETURNING {returning} LIMIT {MOST_ROWS}"
    )


def _texts(numbers: Sequence[str]) -> Iterator[list[str]]:
    """Yield the numbers' digits in lists, each no longer than one search text may be."""
    words: list[str] = []
    length = 0
    for word in dict.fromkeys("".join(filter(str.isdigit, number)) for number in numbers):
        if not word:
            continue
        if words and length + len(word) + 5 > LONGEST:
            yield words
            words, length = [], 0
        words.append(word)
        length += len(word) + 5
    if words:
        yield words


def _records(body: Any, fields: Mapping[str, tuple[str, ...]]) -> Iterator[Record]:
    found = body.get("searchRecords") if isinstance(body, Mapping) else None
    if not isinstance(found, list):
        raise Unusable("the answer to a search has no records")
    for row in found:
        name = row.get("attributes", {}).get("type") if isinstance(row, Mapping) else None
        if isinstance(name, str) and name in fields and isinstance(row.get("Id"), str):
            yield Record(name, row["Id"], {field_name: value_of(row, field_name) for field_name in fields[name]})
