"""
Stage: search.

In: the text of a FIND, a view, the present. Out: the records found, object by object.
Rule of this file: it reads the search index alone, which lags behind the records; SOQL never does.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from simulator.soql.parse import parse_search
from simulator.soql.project import project
from simulator.soql.query import VERSION
from simulator.soql.scope import Scope, entity_of
from simulator.soql.select import compiled, cut, passing
from simulator.soql.sorting import sort
from simulator.soql.terms import Expression, Words, expression
from simulator.soql.tree import Item, Path, Query
from simulator.soql.view import ObjectType, Row, View

SEARCH_LIMIT: Final = 10_000
ROWS: Final = 2_000
STOCK: Final = ("Account", "Contact", "Lead", "Opportunity", "Task", "Event", "Campaign", "User")
_TEXT: Final = frozenset({"string", "email", "phone", "textarea", "url", "picklist", "multipicklist", "combobox"})
_NAMES: Final = frozenset({"name", "firstname", "middlename", "lastname", "subject"})


def search(text: str, view: View, now: datetime, version: str = VERSION) -> list[dict[str, Any]]:
    """
    The records that the FIND statement *text* finds, at most 2,000. Nothing for a search text over 10,000 characters.

    Raises:
        SoqlError: MALFORMED_SEARCH, INVALID_TYPE, INVALID_FIELD, or NOT_IMPLEMENTED.
    """
    parsed = parse_search(text)
    if len(parsed.terms) > SEARCH_LIMIT:
        return []
    wanted = expression(parsed.terms)
    returning = parsed.returning or _everywhere(view)
    limit = ROWS if parsed.limit is None else min(parsed.limit, ROWS)
    found: list[dict[str, Any]] = []
    for query in returning:
        entity = entity_of(view, query.source, text)
        scope = Scope(text, view, now, version, all_rows=False, entity=entity)
        rows = _found(scope, query, parsed.group, wanted)
        found.extend(project(scope, query, list(islice(rows, limit - len(found)))))
    return found


def _found(scope: Scope, query: Query, group: str, wanted: Expression) -> list[Row]:
    """The rows of one object that hold what is wanted and pass WHERE."""
    words = _words_of(scope.entity, group)
    rows = [row for row in scope.view.searchable(scope.entity.name, scope.now) if wanted.matches(words(row))]
    passed = list(passing(scope, rows, compiled(scope, query)))
    return cut(sort(scope, scope.operand, passed, query.order), query)


def _words_of(entity: ObjectType, group: str) -> Callable[[Row], Words]:
    """The function from a row to what is searched of it in the field group."""
    fields = [field for field in entity.fields.values() if field.type in _TEXT]
    if group == "NAME":
        fields = [field for field in fields if field.name.lower() in _NAMES]
    elif group in {"EMAIL", "PHONE"}:
        fields = [field for field in fields if field.type == group.lower()]
    names = [field.name for field in fields]
    phones = [field.name for field in fields if field.type == "phone"]

    def words(row: Row) -> Words:
        return Words(
            tuple(_split(value) for name in names if (value := row.get(name))),
            tuple(_digits(value) for name in phones if (value := row.get(name))),
        )

    return words


@lru_cache(maxsize=1 << 17)
def _split(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.lower()))


@lru_cache(maxsize=1 << 17)
def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _everywhere(view: View) -> tuple[Query, ...]:
    """What FIND without RETURNING searches: the stock objects that the user sees, by ID alone."""
    return tuple(Query((Item(Path(("Id",))),), Path((name,))) for name in STOCK if view.describe(name) is not None)
