"""
Search: telephone numbers looked for in the org's search index, many in one API call.

In: numbers and the fields to read by object.  Out: the records that may hold one of them.
Rule of this file: what comes back are candidates (the index lags behind the records, and finds parts of numbers):
whoever asks compares the numbers. Reads only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.salesforce.composite import api_name
from connectors.salesforce.errors import Unusable
from processors.model.values import Found, Record

LONGEST = 3_900
"""Characters of a search text; from 4,000 on Salesforce drops its operators (SOSL, FIND)."""
MOST_ROWS = 2_000

Get = Callable[[str], Any]
"""A path after `/services/data/vNN.0/` → the answer's body."""


def search(get: Get, numbers: Sequence[str], fields: Mapping[str, tuple[str, ...]]) -> Found:
    """Return the records that may hold one of *numbers* (digits alone count), object by object as in *fields*."""
    rows: dict[str, dict[str, Record]] = {name: {} for name in fields}
    calls = 0
    for words in _texts(numbers):
        body = get("search?q=" + quote(search_statement(words, fields), safe=""))
        calls += 1
        for record in _records(body, fields):
            rows[record.object].setdefault(record.id, record)
    return Found(tuple(tuple(rows[name].values()) for name in fields), calls)


def search_statement(words: Sequence[str], fields: Mapping[str, tuple[str, ...]]) -> str:
    """Return the SOSL statement that looks for any of *words* in telephone fields."""
    returning = ", ".join(
        f"{api_name(name)}({', '.join(api_name(one) for one in dict.fromkeys(('Id', *wanted)))})"
        for name, wanted in fields.items()
    )
    return f"FIND {{{' OR '.join(words)}}} IN PHONE FIELDS RETURNING {returning} LIMIT {MOST_ROWS}"


def _texts(numbers: Sequence[str]) -> Iterator[list[str]]:
    """Yield the numbers' digits in lists, each no longer than one search text may be."""
    words: list[str] = []
    length = 0
    for word in dict.fromkeys("".join(filter(str.isdigit, number)) for number in numbers):
        if not word:
            continue
        if words and length + len(word) + 4 > LONGEST:
            yield words
            words, length = [], 0
        words.append(word)
        length += len(word) + 4
    if words:
        yield words


def _records(body: Any, fields: Mapping[str, tuple[str, ...]]) -> Iterator[Record]:
    found = body.get("searchRecords") if isinstance(body, Mapping) else None
    if not isinstance(found, list):
        raise Unusable("the answer to a search has no records")
    for row in found:
        name = row.get("attributes", {}).get("type") if isinstance(row, Mapping) else None
        if isinstance(name, str) and name in fields and isinstance(row.get("Id"), str):
            yield Record(name, row["Id"], {one: row.get(one) for one in fields[name]})
