"""The page on the promise says which test plays which attack; here it is held to the tests that are there."""

import re
from collections import defaultdict

from tests import registry
from tests.contract.docs.pages import DOCS

ROW = re.compile(r"^\| (D\d+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def told() -> dict[str, set[tuple[str, str]]]:
    return {row: set(TEST.findall(cell)) for row, cell in ROW.findall((DOCS / "promise.md").read_text("utf-8"))}


def played() -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for test in registry.running():
        file, _, name = test.partition("::")
        for row in registry.carried(name):
            found[row].add((file, name))
    return dict(found)


def test_each_attack_on_the_page_is_played_by_the_tests_that_it_names() -> None:
    there = played()
    false = {row: gone for row, named in told().items() if (gone := named - there.get(row, set())) or not named}
    assert false == {}, "no such test, or its name does not carry the attack"


def test_the_page_leaves_no_attack_out_that_it_told_once() -> None:
    once = {*range(1, 17), *range(18, 26)}
    assert {f"D{number}" for number in once} <= told().keys()
