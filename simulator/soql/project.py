"""
Stage: project.

In: the SELECT list and rows. Out: records in the JSON shape.
Rule of this file: names appear as describe writes them, in the order of the SELECT list; a parent is one object at the
place of its first field.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.soql.answer import attributes, shown
from simulator.soql.children import nested
from simulator.soql.errors import SoqlError, not_done
from simulator.soql.functions import LABEL
from simulator.soql.scope import TYPE, Scope
from simulator.soql.tree import Call, Item, Path, Query
from simulator.soql.view import FieldType, ObjectType, Row

FIELDS_LIMIT: Final = 200
Record = dict[str, Any]
Column = Callable[[Row], Any]


@dataclass(slots=True)
class Shape:
    """What is shown of one object: fields by name, parents by relationship. Built once a query."""

    types: tuple[ObjectType, ...]
    reference: str = ""
    fields: "dict[str, FieldType | Shape]" = field(default_factory=dict)


def project(scope: Scope, query: Query, rows: list[Row]) -> list[Record]:
    """
    The records of *rows*.

    Raises:
        SoqlError: unknown field or relationship, a field selected twice.
    """
    shape = Shape((scope.entity,))
    nests: list[Query] = []
    for item in expanded(scope, query):
        if isinstance(item.expression, Query):
            nests.append(item.expression)
        else:
            _add(scope, shape, _plain_path(scope, item), item.alias)
    children = [nested(scope, nest, rows, project) for nest in nests]
    records = []
    for row in rows:
        record = _record(scope, shape, scope.entity, row)
        for name, of in children:
            record[name] = of(row)
        records.append(record)
    return records


def _plain_path(scope: Scope, item: Item) -> Path:
    """The path of an item; toLabel shows the value itself, since labels are values here."""
    expression = item.expression
    if isinstance(expression, Call) and expression.name != LABEL:
        raise not_done(f"the function {expression.name}")
    if item.alias is not None and not isinstance(expression, Call):
        position = expression.source.position if isinstance(expression, Query) else expression.position
        raise scope.error("MALFORMED_QUERY", position, "only aggregate expressions use field aliasing")
    if isinstance(expression, Path):
        return expression
    if isinstance(expression, Call) and isinstance(expression.argument, Path):
        return expression.argument
    raise not_done(f"the function {expression.name} of this" if isinstance(expression, Call) else "this SELECT item")


def _add(scope: Scope, shape: Shape, path: Path, alias: str | None) -> None:
    parts = scope.parts(path)
    for name in parts[:-1]:
        reference, types = scope.relationship(shape.types, name, path)
        relationship = reference.relationship_name or name
        inner = shape.fields.setdefault(relationship, Shape(types, reference.name))
        if not isinstance(inner, Shape):
            raise scope.error("INVALID_FIELD", path.position, f"duplicate field selected: {path.text}")
        shape = inner
    shown_field = scope.field(shape.types, parts[-1], path)
    name = alias or shown_field.name
    if name in shape.fields:
        raise scope.error("INVALID_FIELD", path.position, f"duplicate field selected: {path.text}")
    shape.fields[name] = shown_field


def _record(scope: Scope, shape: Shape, entity: ObjectType, row: Row) -> Record:
    kind = entity.name if len(shape.types) == 1 else "Name"
    record: Record = {"attributes": attributes(kind, entity.name, row["Id"], scope.version)}
    for name, what in shape.fields.items():
        if isinstance(what, Shape):
            record_id = row.get(what.reference)
            found = scope.parent(what.types, record_id) if record_id else None
            record[name] = None if found is None else _record(scope, what, *found)
        else:
            record[name] = entity.name if what is TYPE else shown(row.get(what.name))
    return record


def expanded(scope: Scope, query: Query) -> Iterator[Item]:
    """The SELECT list with FIELDS(…) replaced by the fields it means; a field named beside it appears once."""
    if not any(_group(item) for item in query.items):
        yield from query.items
        return
    seen: set[str] = set()
    for item in query.items:
        group = _group(item)
        for entry in _fields(scope, query, group, item) if group else [item]:
            name = entry.expression.text.lower() if isinstance(entry.expression, Path) else ""
            if not name or name not in seen:
                yield entry
            seen.add(name)


def _group(item: Item) -> str | None:
    expression = item.expression
    if isinstance(expression, Call) and expression.name == "FIELDS" and isinstance(expression.argument, Path):
        return expression.argument.text.upper()
    return None


def _fields(scope: Scope, query: Query, group: str, item: Item) -> Iterator[Item]:
    if group not in {"ALL", "STANDARD", "CUSTOM"}:
        position = item.expression.position if isinstance(item.expression, Call) else 0
        raise scope.error("MALFORMED_QUERY", position, f"FIELDS({group}) is not ALL, STANDARD or CUSTOM")
    if group != "STANDARD" and (query.limit is None or query.limit > FIELDS_LIMIT):
        raise SoqlError("MALFORMED_QUERY", f"The SOQL FIELDS function must have a LIMIT of at most {FIELDS_LIMIT}")
    for field_type in scope.entity.fields.values():
        custom = field_type.name.endswith("__c")
        if group == "ALL" or custom == (group == "CUSTOM"):
            yield Item(Path((field_type.name,)))
