"""
Noun: the scope of a statement: what its names mean.

In: paths and functions of the parse tree, and the view. Out: operands that read a row.
Rule of this file: every INVALID_FIELD about a name is raised here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from simulator.known_objects import not_done_object
from simulator.soql.errors import SoqlError, at, not_done
from simulator.soql.functions import AGGREGATES, LABEL, date_function
from simulator.soql.tree import Call, Path, Query
from simulator.soql.view import FieldType, Getter, ObjectType, Row, View

LEVELS: Final = 5
_HINT: Final = (
    "If you are attempting to use a custom {0}, be sure to append the '__{1}' after the {2} name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)


@dataclass(frozen=True, slots=True)
class Operand:
    """What a path or function reads: *type* is a describe type, *own* the field where it needs no other record."""

    name: str
    type: str
    get: Getter
    position: int
    own: FieldType | None = None
    filterable: bool = True
    sortable: bool = True


@dataclass(frozen=True, slots=True)
class TypeField:
    """The field ``Type`` of a reference to several objects: the name of the object."""

    name: str = "Type"
    type: str = "string"
    filterable: bool = True
    sortable: bool = True
    relationship_name: str | None = None
    reference_to: tuple[str, ...] = ()


TYPE: Final = TypeField()


@dataclass(frozen=True, slots=True)
class Scope:
    """One SELECT over one object: *text* is the whole statement, for carets; *version* the API's, for URLs."""

    text: str
    view: View
    now: datetime
    version: str
    all_rows: bool
    entity: ObjectType
    alias: str | None = None

    def over(self, query: Query, entity: ObjectType) -> "Scope":
        """The scope of a nested *query* over *entity*."""
        return Scope(self.text, self.view, self.now, self.version, self.all_rows, entity, query.alias)

    def error(self, code: str, position: int, message: str) -> SoqlError:
        """The refusal at *position* of the statement."""
        return at(code, self.text, position, message)

    def operand(self, expression: Path | Call) -> Operand:
        """What *expression* reads, outside of aggregates."""
        if isinstance(expression, Path):
            return self.path(expression)
        if expression.name in AGGREGATES:
            message = "Aggregate functions are allowed in SELECT, HAVING and ORDER BY of a grouped query only"
            raise self.error("MALFORMED_QUERY", expression.position, message)
        if expression.name == LABEL and isinstance(expression.argument, Path):
            return self.path(expression.argument)
        function = date_function(expression.name)
        if function is None or not isinstance(expression.argument, Path):
            raise not_done(f"the function {expression.name}")
        inner = self.path(expression.argument)
        if inner.type not in {"date", "datetime"}:
            message = f"function {expression.name} takes a date or dateTime, not field '{inner.name}'"
            raise self.error("INVALID_FIELD", expression.position, message)
        of, kind = function
        get = inner.get
        return Operand(expression.name, kind, lambda row: of(get(row)), expression.position)

    def path(self, path: Path) -> Operand:
        """What *path* reads: a field of the row itself, or of a parent up to five levels up."""
        parts = self.parts(path)
        hops: list[tuple[str, tuple[ObjectType, ...]]] = []
        types: tuple[ObjectType, ...] = (self.entity,)
        for name in parts[:-1]:
            reference, types = self.relationship(types, name, path)
            hops.append((reference.name, types))
        field = self.field(types, parts[-1], path)
        read = self._reader(field, hops)
        own = None if hops else field
        return Operand(field.name, field.type, read, path.position, own, field.filterable, field.sortable)

    def parts(self, path: Path) -> tuple[str, ...]:
        """The names of *path* without the alias or name of the object itself."""
        first = path.parts[0].lower()
        parts = path.parts
        named = self.alias is not None and first == self.alias.lower()
        if len(parts) > 1 and (named or (first == self.entity.name.lower() and not _reference(self.entity, first))):
            parts = parts[1:]
        if len(parts) - 1 > LEVELS:
            message = f"SOQL relationship path '{path.text}' is longer than {LEVELS} levels"
            raise self.error("INVALID_FIELD", path.position, message)
        return parts

    def relationship(
        self, types: tuple[ObjectType, ...], name: str, path: Path
    ) -> tuple[FieldType, tuple[ObjectType, ...]]:
        """The reference field behind the relationship *name*, and the objects that it points to."""
        for entity in types:
            field = _reference(entity, name.lower())
            targets = [self.view.describe(target) for target in field.reference_to] if field else []
            known = tuple(target for target in targets if target is not None)
            if field is not None and known:
                return field, known
        message = f"Didn't understand relationship '{name}' in field path. "
        hint = _HINT.format("relationship", "r", "custom relationship")
        raise self.error("INVALID_FIELD", path.position, message + hint)

    def field(self, types: tuple[ObjectType, ...], name: str, path: Path) -> FieldType:
        """The field *name* of the object, or of one of several objects."""
        key = name.lower()
        if len(types) > 1 and key == "type":
            return TYPE
        for entity in types:
            field = entity.fields.get(key)
            if field is not None:
                return field
        owner = types[0].name if len(types) == 1 else "Name"
        message = f"No such column '{name}' on entity '{owner}'. " + _HINT.format("field", "c", "custom field")
        raise self.error("INVALID_FIELD", path.position, message)

    def parent(self, targets: tuple[ObjectType, ...], record_id: str) -> tuple[ObjectType, Row] | None:
        """The record behind a reference, if the user may see it."""
        for target in targets:
            row = self.view.row(target.name, record_id)
            if row is not None:
                return (target, row) if self.view.visible(target.name, row) else None
        return None

    def _reader(self, field: FieldType, hops: list[tuple[str, tuple[ObjectType, ...]]]) -> Getter:
        name = field.name
        if not hops:
            return lambda row: row.get(name)

        def read(row: Row) -> object:
            found: tuple[ObjectType, Row] | None = (self.entity, row)
            for reference, targets in hops:
                record_id = found[1].get(reference) if found else None
                found = self.parent(targets, record_id) if record_id else None
            if found is None:
                return None
            return found[0].name if field is TYPE else found[1].get(name)

        return read


Resolve = Callable[[Path | Call], Operand]


def entity_of(view: View, path: Path, text: str) -> ObjectType:
    """
    The object that FROM names.

    Raises:
        SoqlError: INVALID_TYPE; unknown, or hidden from the user.
    """
    entity = view.describe(path.text)
    if entity is None and (known := not_done_object(path.text)):
        raise not_done(f"the object {known}")
    if entity is None:
        message = f"sObject type '{path.text}' is not supported. " + _HINT.format("object", "c", "entity")
        raise at("INVALID_TYPE", text, path.position, message)
    return entity


def _reference(entity: ObjectType, relationship: str) -> FieldType | None:
    """The reference field whose relationship has that lower-cased name."""
    for field in entity.fields.values():
        name = field.relationship_name
        if name is not None and name.lower() == relationship:
            return field
    return None
