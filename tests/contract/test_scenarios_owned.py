"""Every scenario of the registry has an owner that runs, or says what is missing and by what it comes."""

import pytest

from tests import registry
from tests.registry import Row


@pytest.mark.parametrize("row", registry.wanted())
def test_each_row_has_a_running_owner_or_says_what_is_open(row: str) -> None:
    assert registry.faults(registry.rows().get(row)) == []


def test_there_is_no_row_beyond_the_wanted() -> None:
    assert registry.rows().keys() - set(registry.wanted()) == set()


def test_what_is_open_is_no_more_than_is_stated_here() -> None:
    """A row that loses its owner, or is played at last, changes this list."""
    alone = {row.id for row in registry.rows().values() if row.open and not row.tests}
    partly = {row.id for row in registry.rows().values() if row.open and row.tests}
    assert alone == {"R07", "R08", "R11", "R37", "R38", "S06", "S09", "S11", "S13", "S16", "S17", "S18", "D17"}
    assert partly == {"R03", "R05", "R09", "R10", "R14", "R31", "R32", "R34", "S12"}


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (None, "in no table"),
        (Row("R99", "m"), "has no owner"),
        (Row("R99", "m", ("tests/a.py::test_none",)), "no test that runs"),
        (Row("R99", "m", open="some day"), "without the issue"),
        (Row("R99", "m", open="issue 12: the rest"), "though issue 12 is done"),
    ],
    ids=["missing", "no owner", "no such test", "open for ever", "open of what is done"],
)
def test_what_is_wrong_with_a_row_is_found(planted: Row | None, said: str) -> None:
    assert any(said in fault for fault in registry.faults(planted))
