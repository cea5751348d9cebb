"""
Stage: the columns of a statement (`columns=true`).

In: a query. Out: what its answer would hold, column by column, without an answer.
Rule of this file: names as describe writes them; parents and nested queries hold columns of their own.
Source: answers recorded by the tests of the `sf` command line's data plugin; `apexType` of types that they do not
show follows the types of Apex.
"""

from datetime import datetime
from typing import Any, Final

from simulator.soql.aggregate import is_aggregate
from simulator.soql.children import relationship
from simulator.soql.functions import AGGREGATES
from simulator.soql.parse import parse
from simulator.soql.project import expanded
from simulator.soql.scope import Scope, entity_of
from simulator.soql.tree import Call, Item, Path, Query
from simulator.soql.values import NUMBERS
from simulator.soql.view import ObjectType, View

Column = dict[str, Any]
_APEX: Final = {
    "id": "Id", "reference": "Id", "boolean": "Boolean", "int": "Integer", "double": "Double", "currency": "Decimal",
    "percent": "Double", "date": "Date", "datetime": "Datetime", "address": "Address",
}  # fmt: skip


def columns(text: str, view: View, *, now: datetime, version: str) -> dict[str, Any]:
    """
    The columns of the SELECT *text*.

    Raises:
        SoqlError: what the statement itself would be refused for by its names.
    """
    query = parse(text)
    entity = entity_of(view, query.source, text)
    scope = Scope(text, view, now, version, all_rows=False, entity=entity, alias=query.alias)
    found = _columns(scope, query)
    return {
        "columnMetadata": found,
        "entityName": entity.name,
        "groupBy": bool(query.group),
        "idSelected": any(row["columnName"] == "Id" for row in found),
        "keyPrefix": getattr(entity, "prefix", None),
    }


def _columns(scope: Scope, query: Query) -> list[Column]:
    found: list[Column] = []
    unnamed = 0
    for item in expanded(scope, query):
        expression = item.expression
        if isinstance(expression, Query):
            child, _ = relationship(scope, expression)
            inner = _columns(scope.over(expression, child), expression)
            found.append(_column(expression.source.parts[-1], aggregate=True, joined=inner))
        elif isinstance(expression, Call) and (expression.name in AGGREGATES or is_aggregate(query)):
            found.append(_function(item, expression, unnamed))
            unnamed += item.alias is None
        else:
            _add_path(scope, found, expression.argument if isinstance(expression, Call) else expression)
    return found


def _function(item: Item, call: Call, unnamed: int) -> Column:
    inner = call.argument.text if isinstance(call.argument, Path) else ""
    shown = f"{call.name.lower()}({inner})"
    return _column(item.alias or f"expr{unnamed}", shown=item.alias or shown, aggregate=True, number=True)


def _add_path(scope: Scope, found: list[Column], path: Path | Call | None) -> None:
    """Add the column of a path; those of a parent stand together below its relationship."""
    if not isinstance(path, Path):
        return
    types: tuple[ObjectType, ...] = (scope.entity,)
    *parents, last = scope.parts(path)
    for name in parents:
        reference, types = scope.relationship(types, name, path)
        shown = reference.relationship_name or name
        below = next((row for row in found if row["columnName"] == shown), None)
        if below is None:
            below = _column(shown, key=reference.name)
            found.append(below)
        found = below["joinColumns"]
    field = scope.field(types, last, path)
    kind = _APEX.get(field.type, "String")
    found.append(
        _column(field.name, apex=kind, written=bool(getattr(field, "createable", False)),
                changed=bool(getattr(field, "updateable", False)), number=field.type in NUMBERS)
    )  # fmt: skip


def _column(
    name: str, *, shown: str = "", apex: str | None = None, aggregate: bool = False, key: str | None = None,
    joined: list[Column] | None = None, number: bool = False, written: bool = False, changed: bool = False,
) -> Column:  # fmt: skip
    return {
        "aggregate": aggregate, "apexType": apex, "booleanType": apex == "Boolean", "columnName": name,
        "custom": name.endswith(("__c", "__r")), "displayName": shown or name, "foreignKeyName": key,
        "insertable": written, "joinColumns": joined or [], "numberType": number, "textType": apex == "String",
        "updatable": changed,
    }  # fmt: skip
