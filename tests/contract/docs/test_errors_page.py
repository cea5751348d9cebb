"""The page of Salesforce's errors says what the table does, and the table knows every error once."""

from collections import Counter

from connectors.salesforce.error_table import DONE, ROWS
from tests import errors_page


def test_the_page_is_what_the_table_makes() -> None:
    assert errors_page.PAGE.read_text("utf-8") == errors_page.page(), "run .venv/bin/python -m tests.errors_page"


def test_every_row_and_every_kind_is_on_the_page() -> None:
    page = errors_page.page()
    assert page.count("\n| `") == len(ROWS)
    assert all(f"{done[1:]}." in page for done in DONE.values())


def test_each_code_stands_once_for_all_messages_and_says_what_it_means() -> None:
    counts = Counter(row.code for row in ROWS if not row.words)
    assert [code for code, count in counts.items() if count > 1] == []
    assert {row.code for row in ROWS if row.words} <= counts.keys()
    assert all(row.means and row.source and row.kind in DONE for row in ROWS)


def test_whatever_refuses_a_record_for_a_reason_that_people_can_mend_has_a_remedy() -> None:
    without = {row.code for row in ROWS if row.kind == "refusal" and not row.todo}
    assert without == {"NOT_FOUND"}
