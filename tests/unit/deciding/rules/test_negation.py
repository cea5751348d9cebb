"""Negation: no row of a rule table can decide otherwise without a test that names its rule turning red."""

from dataclasses import replace

import pytest

from processors.model.rule_table import Book, Row, Table
from processors.sources.rule_book import BOOK
from tests.unit.deciding.rules.cases import SCENARIOS, Witness

SWAPS = [
    pytest.param(table.name, replace(row, then=other), id=f"{row.rule}:{table.name}:{'.'.join(row.when)}->{other}")
    for table in BOOK.tables.values()
    for row in table.rows
    for other in table.decisions
    if other != row.then
]


def _is_green(scenario: Witness, book: Book) -> bool:
    try:
        return scenario.run(book) == scenario.then
    except Exception:  # noqa: BLE001 -- a swapped table may lead anywhere; a crash is red
        return False


@pytest.mark.parametrize(("table", "swapped"), SWAPS)
def test_a_swapped_row_turns_a_scenario_red_that_names_its_rule(table: str, swapped: Row) -> None:
    """Each other decision of each row is noticed."""
    book = BOOK.with_row(table, swapped)
    witnesses = [scenario for scenario in SCENARIOS if swapped.rule in scenario.rules]
    assert any(not _is_green(scenario, book) for scenario in witnesses)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_scenario_is_green_under_the_tables_as_they_are(scenario: Witness) -> None:
    """Red means swapped: without a swap every witness is green."""
    assert _is_green(scenario, BOOK)


def test_a_table_with_a_hole_is_refused() -> None:
    """Tables are total over their situations."""
    with pytest.raises(ValueError, match="cover each situation exactly once"):
        Table("t", (("a", "b"),), ("x",), (Row("VS-9", ("a",), "x"),))


def test_a_table_with_a_repeated_row_is_refused() -> None:
    """One situation, one row."""
    with pytest.raises(ValueError, match="cover each situation exactly once"):
        Table("t", (("a",),), ("x",), (Row("VS-9", ("a",), "x"), Row("VS-9", ("a",), "x")))


def test_a_row_with_an_unknown_decision_is_refused() -> None:
    """A row decides only what the table may decide."""
    with pytest.raises(ValueError, match="is no decision"):
        Table("t", (("a",),), ("x",), (Row("VS-9", ("a",), "y"),))
