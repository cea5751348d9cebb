"""A search of telephone numbers: what is full is no answer."""

from collections.abc import Callable
from urllib.parse import unquote

from connectors.salesforce.search import MOST_ROWS, search, search_statement

FIELDS = {"Lead": ("Phone",), "Contact": ("Phone",)}


def org(full: Callable[[str], bool], asked: list[str]) -> Callable[[str], object]:
    """Return an org that answers 2,000 rows where *full* says so of a statement, else one lead."""

    def get(path: str) -> object:
        text = unquote(path.partition("q=")[2])
        asked.append(text)
        rows = range(MOST_ROWS if full(text) else 1)
        return {"searchRecords": [{"attributes": {"type": "Lead"}, "Id": f"{row:015d}", "Phone": "1"} for row in rows]}

    return get


def test_what_stands_behind_a_number_is_found_too() -> None:
    """An extension; a short number is looked for as it is."""
    text = search_statement(["14155550109", "12345"], {"Lead": ("Phone",)})
    assert text == "FIND {14155550109* OR 12345} IN PHONE FIELDS RETURNING Lead(Id, Phone) LIMIT 2000"


def test_a_search_that_comes_back_full_is_asked_again_more_narrowly() -> None:
    """By half of the numbers each."""
    asked: list[str] = []
    found = search(org(lambda text: " OR " in text, asked), ["14155550109", "14155550110"], FIELDS)
    assert found.unsettled == ()
    assert found.api_calls == len(asked) == 3


def test_one_number_is_asked_for_in_one_object_at_last() -> None:
    """Before it counts as unsettled."""
    asked: list[str] = []
    found = search(org(lambda text: "Lead(" in text and "Contact(" in text, asked), ["14155550109"], FIELDS)
    assert found.unsettled == ()
    assert found.api_calls == 3


def test_a_number_that_even_then_comes_back_full_is_unsettled() -> None:
    """Nobody can say that it is nobody's."""
    found = search(org(lambda text: "5550109" in text, []), ["14155550109", "14155550110"], FIELDS)
    assert found.unsettled == ("14155550109",)
