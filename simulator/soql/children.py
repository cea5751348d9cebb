"""
Stage: nest.

In: a query over a child relationship, and the parents. Out: the envelope of each parent.
Rule of this file: the children of all parents are read at once; ORDER BY, OFFSET and LIMIT hold for each parent.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from simulator.soql.answer import envelope
from simulator.soql.condition import Filter
from simulator.soql.scope import Scope
from simulator.soql.select import candidates, check_offset, compiled, cut, passing
from simulator.soql.sorting import sort
from simulator.soql.tree import Query
from simulator.soql.view import ObjectType, Row

Project = Callable[[Scope, Query, list[Row]], list[dict[str, Any]]]


def nested(
    scope: Scope, query: Query, parents: list[Row], project: Project
) -> tuple[str, Callable[[Row], dict[str, Any] | None]]:
    """
    The name of the relationship, and the function from a parent to its envelope.

    Raises:
        SoqlError: INVALID_TYPE for an unknown relationship, and whatever the inner query is refused for.
    """
    child, reference = relationship(scope, query)
    inner = scope.over(query, child)
    check_offset(query)
    chosen = compiled(inner, query)
    ids = frozenset(row["Id"] for row in parents)
    found = scope.view.lookup(child.name, reference, {item_id.lower() for item_id in ids})
    if found is not None:
        known = frozenset(found)
        chosen = Filter(chosen.test, known if chosen.ids is None else known & chosen.ids)
    rows = [row for row in passing(inner, candidates(inner, chosen), chosen) if row.get(reference) in ids]
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sort(inner, inner.operand, rows, query.order):
        groups[row[reference]].append(row)
    project(inner, query, [])  # an unknown field is refused even where no parent has a child

    def of(parent: Row) -> dict[str, Any] | None:
        return envelope(project(inner, query, cut(groups.get(parent["Id"], []), query)))

    return query.source.parts[-1], of


def relationship(scope: Scope, query: Query) -> tuple[ObjectType, str]:
    """
    The child object of a nested query, and its reference to the parent.

    Raises:
        SoqlError: INVALID_TYPE; there is no such relationship.
    """
    name = query.source.parts[-1]
    known = scope.entity.child_relationships.get(name.lower())
    child = scope.view.describe(known[0]) if known else None
    if known is None or child is None:
        message = f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a "
        message += "custom relationship, be sure to append the '__r' after the custom relationship name. "
        message += "Please reference your WSDL or the describe call for the appropriate names."
        raise scope.error("INVALID_TYPE", query.source.position, message)
    return child, known[1]
