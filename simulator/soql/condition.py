"""
Stage: filter.

In: a condition of the parse tree. Out: a predicate on rows, and the IDs that an index says may pass.
Rule of this file: two-valued logic (a comparison with null is false, its negation true), as in a real org.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any

from simulator.soql.like import like
from simulator.soql.scope import Operand, Resolve, Scope
from simulator.soql.tree import And, Call, Compare, Condition, InList, InQuery, Literal, Not, Or, Path, Query
from simulator.soql.values import DAYS, IDS, is_text, key_of, key_of_literal, range_of
from simulator.soql.view import Predicate, Row

Test = Callable[[Any], bool]
Subselect = Callable[[Scope, Query], Set[Any]]


@dataclass(frozen=True, slots=True)
class Filter:
    """*test* decides; *ids*, if not None, are the only rows that can pass."""

    test: Predicate
    ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Compiler:
    """Conditions → filters in one scope. *resolve* gives operands their meaning (HAVING has its own)."""

    scope: Scope
    resolve: Resolve
    subselect: Subselect

    def compile(self, condition: Condition) -> Filter:
        """
        The filter of *condition*.

        Raises:
            SoqlError: unknown field, wrong type of literal, operator that the field does not take.
        """
        match condition:
            case And():
                return _all([self.compile(item) for item in condition.conditions])
            case Or():
                return _any([self.compile(item) for item in condition.conditions])
            case Not():
                test = self.compile(condition.condition).test
                return Filter(lambda row: not test(row))
            case Compare():
                return self._compare(condition)
            case InList():
                return self._in_list(condition)
            case InQuery():
                return self._in_query(condition)

    def operand(self, expression: Path | Call) -> Operand:
        """The operand, if it may stand in a condition."""
        operand = self.resolve(expression)
        if not operand.filterable:
            message = f"field '{operand.name}' can not be filtered in a query call"
            raise self.scope.error("INVALID_FIELD", operand.position, message)
        return operand

    def _compare(self, condition: Compare) -> Filter:
        operand = self.operand(condition.operand)
        operator, literal = condition.operator, condition.value
        if operator == "LIKE":
            return self._like(operand, literal)
        if operator in {"=", "!="} and literal.kind != "range":
            return self._among(operand, {key_of_literal(self.scope, operand, literal)}, negated=operator == "!=")
        # The record's own ID has an order, by which a long result is read in parts; a reference has none.
        if operand.type == "boolean" or (operand.type in IDS - {"id"} and operator not in {"=", "!="}):
            raise self._operator(operand)
        return _keyed(operand, self._ordered(operand, operator, literal))

    def _ordered(self, operand: Operand, operator: str, literal: Literal) -> Test:
        """The test of a key against one literal, which may be a range of days."""
        within, below, above = self._places(operand, literal)
        tests: dict[str, Test] = {
            "=": lambda key: key is not None and within(key),
            "!=": lambda key: key is None or not within(key),
            "<": lambda key: key is not None and below(key),
            "<=": lambda key: key is not None and (below(key) or within(key)),
            ">": lambda key: key is not None and above(key),
            ">=": lambda key: key is not None and (above(key) or within(key)),
        }
        return tests[operator]

    def _places(self, operand: Operand, literal: Literal) -> tuple[Test, Test, Test]:
        if literal.kind == "range":
            first, end = range_of(self.scope, operand, literal)
            return lambda key: first <= key < end, lambda key: key < first, lambda key: key >= end
        value = key_of_literal(self.scope, operand, literal)
        if value is None:
            never: Test = lambda _: False  # noqa: E731  # three times the same test
            return never, never, never
        return lambda key: key == value, lambda key: key < value, lambda key: key > value

    def _in_list(self, condition: InList) -> Filter:
        operand = self.operand(condition.operand)
        if condition.operator in {"INCLUDES", "EXCLUDES"}:
            return self._includes(operand, condition)
        negated = condition.operator == "NOT IN"
        ranges = [value for value in condition.values if value.kind == "range"]
        plain = [value for value in condition.values if value.kind != "range"]
        keys = {key_of_literal(self.scope, operand, literal) for literal in plain}
        if not ranges:
            return self._among(operand, keys, negated=negated)
        tests = [self._ordered(operand, "=", span) for span in ranges]
        return _keyed(operand, lambda key: negated != (key in keys or any(test(key) for test in tests)))

    def _in_query(self, condition: InQuery) -> Filter:
        operand = self.operand(condition.operand)
        if operand.type not in IDS:
            message = f"The left operand of a semi join must be an ID or reference field, not '{operand.name}'"
            raise self.scope.error("INVALID_FIELD", operand.position, message)
        keys = self.subselect(self.scope, condition.query)
        return self._among(operand, {key for key in keys if key is not None}, negated=condition.operator == "NOT IN")

    def _among(self, operand: Operand, keys: set[Any], *, negated: bool) -> Filter:
        """Equality with any of *keys*, by the index where there is one."""
        ids = None
        if not negated and operand.own is not None and None not in keys and operand.type not in DAYS | {"boolean"}:
            words = {str(key).lower() for key in keys}
            found = self.scope.view.lookup(self.scope.entity.name, operand.own.name, words)
            ids = None if found is None else frozenset(found)
        if negated:
            return _keyed(operand, lambda key: key not in keys)
        if is_text(operand.type):
            get = operand.get
            return Filter(lambda row: (str(value).lower() if (value := get(row)) else None) in keys, ids)
        return Filter(_keyed(operand, lambda key: key in keys).test, ids)

    def _like(self, operand: Operand, literal: Literal) -> Filter:
        if not is_text(operand.type) or operand.type == "multipicklist":
            raise self._operator(operand)
        key_of_literal(self.scope, operand, literal)
        pattern = like(literal.raw).fullmatch
        return _keyed(operand, lambda key: key is not None and pattern(key) is not None)

    def _includes(self, operand: Operand, condition: InList) -> Filter:
        if operand.type != "multipicklist":
            raise self._operator(operand)
        keys = [key_of_literal(self.scope, operand, value) or "" for value in condition.values]
        wanted = [{part.strip() for part in key.split(";")} for key in keys]
        negated = condition.operator == "EXCLUDES"

        def test(key: Any) -> bool:  # keys are of any type
            has = {part.strip() for part in (key or "").split(";")}
            return negated != any(group <= has for group in wanted)

        return _keyed(operand, test)

    def _operator(self, operand: Operand) -> Exception:
        kind = "id" if operand.type in IDS else operand.type
        return self.scope.error("INVALID_FIELD", operand.position, f"invalid operator on {kind} field")


def _keyed(operand: Operand, test: Test) -> Filter:
    """The filter that hands the key of *operand* to *test*."""
    get, key = operand.get, key_of(operand.type)
    return Filter(lambda row: test(key(get(row))))


def _all(filters: list[Filter]) -> Filter:
    tests = [condition.test for condition in filters]
    known = [condition.ids for condition in filters if condition.ids is not None]

    def test(row: Row) -> bool:
        return all(function(row) for function in tests)

    return Filter(test, frozenset.intersection(*known) if known else None)


def _any(filters: list[Filter]) -> Filter:
    tests = [condition.test for condition in filters]
    known = [condition.ids for condition in filters if condition.ids is not None]

    def test(row: Row) -> bool:
        return any(function(row) for function in tests)

    return Filter(test, frozenset().union(*known) if len(known) == len(filters) else None)
