"""The decisions: each has a number of its own, and its title says it."""

from collections import Counter

from tests.contract.docs.pages import ROOT

DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))


def test_no_two_decisions_have_one_number() -> None:
    numbers = Counter(path.name[:4] for path in DECISIONS)
    assert [number for number, times in numbers.items() if times > 1] == []


def test_the_title_of_a_decision_says_its_number() -> None:
    assert [path.name for path in DECISIONS if not path.read_text("utf-8").startswith(f"# {path.name[:4]}")] == []
