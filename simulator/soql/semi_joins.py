"""
Stage: where a semi-join may stand.

In: the WHERE of a statement. Out: nothing, or the refusal of a real org.
Rule of this file: what the SOQL reference forbids of sub-selects inside IN ( ), and nothing else of them.
Source: SOQL and SOSL Reference, "Semi-Joins with IN and Anti-Joins with NOT IN"; the words of reports of live orgs,
those that no report gives are marked as ours.
"""

from collections.abc import Iterator
from typing import Final

from simulator.soql.scope import Scope
from simulator.soql.tree import And, Compare, Condition, InList, InQuery, Not, Or, Query

MOST: Final = 2
_OR: Final = "Semi join sub-selects are not allowed with the 'OR' operator"
_NOT: Final = (
    "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions"
)
_NESTED: Final = "Nesting of semi join sub-selects is not supported"
_SAME: Final = "The inner and outer selects should not be on the same object type"
_MANY: Final = f"A WHERE clause takes at most {MOST} semi join sub-selects"  # ours
_ORDERED: Final = "A semi join sub-select takes no ORDER BY, LIMIT or OFFSET"  # ours


def check_semi_joins(scope: Scope, query: Query) -> None:
    """
    Refuse semi-joins where they may not stand.

    Raises:
        SoqlError: MALFORMED_QUERY: under OR or NOT, nested, of the same object, more than two, ordered or cut.
    """
    if query.where is None:
        return
    _places(scope, query.where)
    found = list(_semi_joins(query.where))
    if len(found) > MOST:
        raise scope.error("MALFORMED_QUERY", found[MOST].query.source.position, _MANY)
    for in_query in found:
        _inner(scope, query, in_query.query)


def _inner(scope: Scope, outer: Query, inner: Query) -> None:
    position = inner.source.position
    if inner.where is not None and any(_semi_joins(inner.where)):
        raise scope.error("MALFORMED_QUERY", position, _NESTED)
    if inner.source.text.lower() == outer.source.text.lower():
        raise scope.error("MALFORMED_QUERY", position, _SAME)
    if inner.order or inner.limit is not None or inner.offset is not None:
        raise scope.error("MALFORMED_QUERY", position, _ORDERED)


def _places(scope: Scope, condition: Condition) -> None:
    """Refuse a semi-join below OR or NOT; below AND, in parentheses or not, it may stand."""
    if isinstance(condition, And):
        for item in condition.conditions:
            _places(scope, item)
    elif isinstance(condition, Or | Not):
        below = next(_semi_joins(condition), None)
        if below is not None:
            words = _OR if isinstance(condition, Or) else _NOT
            raise scope.error("MALFORMED_QUERY", below.operand.position, words)


def _semi_joins(condition: Condition) -> Iterator[InQuery]:
    match condition:
        case InQuery():
            yield condition
        case And() | Or():
            for item in condition.conditions:
                yield from _semi_joins(item)
        case Not():
            yield from _semi_joins(condition.condition)
        case Compare() | InList():
            return
