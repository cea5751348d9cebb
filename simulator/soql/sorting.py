"""
Stage: sort.

In: rows and ORDER BY terms. Out: the rows in order.
Rule of this file: equal rows keep their order; nulls come first in either direction unless NULLS LAST says otherwise.
"""

from collections.abc import Sequence

from simulator.soql.scope import Resolve, Scope
from simulator.soql.tree import Order
from simulator.soql.values import key_of
from simulator.soql.view import Getter, Row


def sort(scope: Scope, resolve: Resolve, rows: list[Row], order: Sequence[Order]) -> list[Row]:
    """
    *rows* by *order*.

    Raises:
        SoqlError: unknown field, or one that cannot be sorted.
    """
    for term in reversed(order):
        operand = resolve(term.operand)
        if not operand.sortable:
            message = f"field '{operand.name}' can not be sorted in a query call"
            raise scope.error("INVALID_FIELD", operand.position, message)
        rows = _by(rows, operand.get, operand.type, term)
    return rows


def _by(rows: list[Row], get: Getter, kind: str, term: Order) -> list[Row]:
    key = key_of(kind)
    keyed = [(key(get(row)), row) for row in rows]
    nulls = [row for value, row in keyed if value is None]
    full = [pair for pair in keyed if pair[0] is not None]
    full.sort(key=lambda pair: pair[0], reverse=term.descending)
    values = [row for _, row in full]
    return values + nulls if term.nulls_last else nulls + values
