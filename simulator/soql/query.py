"""
Stage: query.

In: the text of a SELECT, a view, the present. Out: the answer.
Rule of this file: the order of the stages (parse, select or aggregate, project), and nothing of their work.
"""

from datetime import datetime
from typing import Final

from simulator.soql.aggregate import aggregated, is_aggregate
from simulator.soql.answer import Answer
from simulator.soql.errors import SoqlError
from simulator.soql.parse import parse
from simulator.soql.project import project
from simulator.soql.scope import Scope, entity_of
from simulator.soql.select import check_offset, cut, matching, selected
from simulator.soql.tree import Call, Query
from simulator.soql.view import View

VERSION: Final = "68.0"


def run(text: str, view: View, *, now: datetime, all_rows: bool = False, version: str = VERSION) -> Answer:
    """
    The answer to the SELECT *text*.

    Args:
        text: The statement.
        view: What the user sees.
        now: An aware moment; date literals count from its day in UTC.
        all_rows: Deleted rows as well (queryAll); ``ALL ROWS`` in the text says the same.
        version: The API version of the URLs in ``attributes``.

    Raises:
        SoqlError: what a real org refuses, or NOT_IMPLEMENTED.
    """
    query = parse(text)
    try:
        return _answer(text, query, view, now, all_rows=all_rows or query.all_rows, version=version)
    except RecursionError:
        raise SoqlError(
            "QUERY_TOO_COMPLICATED",
            "Query is either selecting too many fields or the filter conditions are too complicated.",
        ) from None


def _answer(text: str, query: Query, view: View, now: datetime, *, all_rows: bool, version: str) -> Answer:
    entity = entity_of(view, query.source, text)
    scope = Scope(text, view, now, version, all_rows, entity, query.alias)
    if _is_count(query):
        check_offset(query)
        if query.order or query.group:
            raise scope.error("MALFORMED_QUERY", query.source.position, "COUNT() takes no ORDER BY and no GROUP BY")
        return Answer([], len(cut(matching(scope, query), query)), is_count=True)
    records = aggregated(scope, query) if is_aggregate(query) else project(scope, query, selected(scope, query))
    return Answer(records, len(records))


def _is_count(query: Query) -> bool:
    """``SELECT COUNT() FROM …``: a number, no records."""
    expression = query.items[0].expression
    counts = isinstance(expression, Call) and expression.name == "COUNT" and expression.argument is None
    return counts and len(query.items) == 1
