"""
Stage: select.

In: a query and its scope. Out: the rows that pass, in order.
Rule of this file: rows are found by an index where one is known, otherwise by one pass; visibility is asked last,
because it is the dearest test.
"""

from collections.abc import Iterable, Iterator, Set
from itertools import islice
from typing import Any, Final

from simulator.soql.condition import Compiler, Filter
from simulator.soql.errors import SoqlError
from simulator.soql.scope import Scope, entity_of
from simulator.soql.semi_joins import check_semi_joins
from simulator.soql.sorting import sort
from simulator.soql.tree import Path, Query
from simulator.soql.values import key_of
from simulator.soql.view import Row

OFFSET_LIMIT: Final = 2_000


def matching(scope: Scope, query: Query) -> Iterator[Row]:
    """The visible rows that pass WHERE, in order of creation."""
    chosen = compiled(scope, query)
    return passing(scope, candidates(scope, chosen), chosen)


def passing(scope: Scope, rows: Iterable[Row], chosen: Filter) -> Iterator[Row]:
    """Those of *rows* that pass *chosen* and that the user may see."""
    name, visible, test = scope.entity.name, scope.view.visible, chosen.test
    for row in rows:
        if (scope.all_rows or not row.get("IsDeleted")) and test(row) and visible(name, row):
            yield row


def candidates(scope: Scope, chosen: Filter) -> Iterable[Row]:
    """The rows that may pass: those the index named, or all."""
    name = scope.entity.name
    if chosen.ids is None:
        return scope.view.rows(name, deleted=scope.all_rows)
    found = (scope.view.row(name, record_id) for record_id in sorted(chosen.ids))
    return [row for row in found if row is not None]


def selected(scope: Scope, query: Query) -> list[Row]:
    """
    The rows of a query without aggregates: filtered, sorted, cut by OFFSET and LIMIT.

    Raises:
        SoqlError: whatever the statement asks that the org refuses.
    """
    check_offset(query)
    rows = matching(scope, query)
    if query.order:
        rows = iter(sort(scope, scope.operand, list(rows), query.order))
    return cut(rows, query)


def cut(rows: Iterable[Row], query: Query) -> list[Row]:
    """OFFSET and LIMIT."""
    begin = query.offset or 0
    return list(islice(rows, begin, None if query.limit is None else begin + query.limit))


def check_offset(query: Query) -> None:
    """
    OFFSET has a limit.

    Raises:
        SoqlError: NUMBER_OUTSIDE_VALID_RANGE above 2,000.
    """
    if (query.offset or 0) > OFFSET_LIMIT:
        raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {OFFSET_LIMIT}")


def subselect(scope: Scope, query: Query) -> Set[Any]:
    """The keys of the one field of a query inside IN ( )."""
    inner = scope.over(query, entity_of(scope.view, query.source, scope.text))
    if len(query.items) != 1 or not isinstance(query.items[0].expression, Path):
        message = "A semi join sub-select selects exactly one field"
        raise scope.error("MALFORMED_QUERY", query.source.position, message)
    operand = inner.path(query.items[0].expression)
    key, get = key_of(operand.type), operand.get
    return {key(get(row)) for row in selected(inner, query)}


def compiled(scope: Scope, query: Query) -> Filter:
    """The filter of WHERE."""
    if query.where is None:
        return Filter(lambda _: True)
    check_semi_joins(scope, query)
    return Compiler(scope, scope.operand, subselect).compile(query.where)
