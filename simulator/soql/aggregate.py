"""
Stage: aggregate.

In: a query with aggregates or GROUP BY, and its rows. Out: AggregateResult records.
Rule of this file: what is selected is grouped or aggregated; text is grouped without regard to case.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from simulator.soql.answer import shown
from simulator.soql.condition import Compiler
from simulator.soql.errors import not_done
from simulator.soql.functions import AGGREGATES
from simulator.soql.scope import Operand, Scope
from simulator.soql.select import check_offset, cut, matching, subselect
from simulator.soql.sorting import sort
from simulator.soql.tree import Call, Item, Path, Query
from simulator.soql.values import NUMBERS, key_of
from simulator.soql.view import Row

Values = list[Any]
_REDUCE: Final[Mapping[str, Callable[[Values], Any]]] = {
    "COUNT": len,
    "SUM": lambda values: float(sum(values)) if values else None,
    "AVG": lambda values: float(sum(values)) / len(values) if values else None,
}


def is_aggregate(query: Query) -> bool:
    """Whether the answer is made of groups."""
    calls = [item.expression for item in query.items if isinstance(item.expression, Call)]
    return bool(query.group) or query.having is not None or any(call.name in AGGREGATES for call in calls)


def aggregated(scope: Scope, query: Query) -> list[dict[str, Any]]:
    """
    The records of a query with aggregates.

    Raises:
        SoqlError: a field that is neither grouped nor aggregated, a sum of texts, and what WHERE is refused for.
    """
    check_offset(query)
    groups = _Groups(scope, query)
    columns = groups.columns()
    rows: list[Row] = groups.rows()
    if query.having is not None:
        test = Compiler(scope, groups.operand, subselect).compile(query.having).test
        rows = [row for row in rows if test(row)]
    rows = cut(sort(scope, groups.operand, rows, query.order), query)
    kind = {"type": "AggregateResult"}
    return [{"attributes": dict(kind)} | {name: shown(of.get(row)) for name, of in columns} for row in rows]


class _Groups:
    """The groups of one query. A group is a row whose keys are normalised expressions."""

    def __init__(self, scope: Scope, query: Query) -> None:
        self._scope = scope
        self._query = query
        self._grouped = {_name(scope, path): scope.operand(path) for path in query.group}
        for operand in self._grouped.values():
            if not operand.filterable:
                message = f"field '{operand.name}' can not be grouped in a query call"
                raise scope.error("MALFORMED_QUERY", operand.position, message)
        self._wanted: dict[str, tuple[str, Operand | None]] = {}

    def columns(self) -> list[tuple[str, Operand]]:
        """The names of the record's values and where they are read; unnamed aggregates are expr0, expr1 and so on."""
        columns: list[tuple[str, Operand]] = []
        unnamed = 0
        for item in self._query.items:
            operand, name = self.operand(_expression(item)), item.alias
            if name is None and isinstance(item.expression, Call):
                name, unnamed = f"expr{unnamed}", unnamed + 1
            name = name or operand.name
            if any(name.lower() == taken.lower() for taken, _ in columns):
                raise self._scope.error("MALFORMED_QUERY", operand.position, f"duplicate alias: {name}")
            columns.append((name, operand))
        return columns

    def operand(self, expression: Path | Call) -> Operand:
        """What *expression* reads of a group; an aggregate that was not asked for before is added."""
        name = _name(self._scope, expression)
        grouped = self._grouped.get(name)
        if grouped is not None:
            return Operand(grouped.name, grouped.type, lambda row: row[name], expression.position)
        alias = self._aliased(expression)
        if alias is not None:
            return self.operand(alias)
        if isinstance(expression, Path) or expression.name not in AGGREGATES:
            shown_name = expression.text if isinstance(expression, Path) else expression.name
            self._scope.operand(expression)
            message = f"Field must be grouped or aggregated: {shown_name}"
            raise self._scope.error("MALFORMED_QUERY", expression.position, message)
        kind = self._ask(name, expression)
        return Operand(expression.name, kind, lambda row: row[name], expression.position)

    def rows(self) -> list[Row]:
        """One row a group, in the order in which the groups were met; without GROUP BY there is exactly one."""
        self._ask_all()
        members: dict[tuple[Any, ...], list[Row]] = {} if self._grouped else {(): []}
        keys = [(key_of(item.type), item.get) for item in self._grouped.values()]
        for row in matching(self._scope, self._query):
            members.setdefault(tuple(key(get(row)) for key, get in keys), []).append(row)
        return [self._row(rows) for rows in members.values()]

    def _ask_all(self) -> None:
        for term in self._query.order:
            self.operand(term.operand)
        if self._query.having is not None:
            Compiler(self._scope, self.operand, subselect).compile(self._query.having)

    def _row(self, members: Sequence[Row]) -> Row:
        first = members[0] if members else {}
        row = {name: operand.get(first) for name, operand in self._grouped.items()}
        for name, (function, of) in self._wanted.items():
            row[name] = len(members) if of is None else _reduced(function, of, members)
        return row

    def _ask(self, name: str, call: Call) -> str:
        """Note that the aggregate is wanted; its describe type."""
        if call.argument is None:
            if call.name != "COUNT" or self._query.group:
                message = f"Grouped query cannot use {call.name}() without a field"
                raise self._scope.error("MALFORMED_QUERY", call.position, message)
            self._wanted[name] = (call.name, None)
            return "int"
        of = self._scope.operand(call.argument)
        bad = of.type not in NUMBERS if call.name in {"SUM", "AVG"} else not of.filterable or of.type == "boolean"
        if bad and call.name != "COUNT":
            message = f"field {of.name} does not support aggregate operator {call.name}"
            raise self._scope.error("MALFORMED_QUERY", call.position, message)
        self._wanted[name] = (call.name, of)
        return {"SUM": "double", "AVG": "double", "MIN": of.type, "MAX": of.type}.get(call.name, "int")

    def _aliased(self, expression: Path | Call) -> Call | None:
        """The aggregate that ORDER BY names by its alias."""
        for item in self._query.items:
            named = isinstance(expression, Path) and (item.alias or "").lower() == expression.text.lower()
            if named and isinstance(item.expression, Call):
                return item.expression
        return None


def _reduced(function: str, of: Operand, members: Sequence[Row]) -> Any:  # the type of the field
    values = [value for row in members if (value := of.get(row)) not in (None, "")]
    if function in _REDUCE:
        return _REDUCE[function](values)
    key = key_of(of.type)
    if function == "COUNT_DISTINCT":
        return len({key(value) for value in values})
    if not values:
        return None
    return min(values, key=key) if function == "MIN" else max(values, key=key)


def _expression(item: Item) -> Path | Call:
    if isinstance(item.expression, Query):
        raise not_done("a nested query beside aggregates")
    return item.expression


def _name(scope: Scope, expression: Path | Call) -> str:
    """The key of an expression: the same for every spelling."""
    if isinstance(expression, Path):
        return ".".join(scope.parts(expression)).lower()
    inner = "" if expression.argument is None else _name(scope, expression.argument)
    return f"{expression.name}({inner})"
