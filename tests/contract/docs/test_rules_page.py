"""The page of the rules is what the code says, and each rule on it is proven."""

import pytest

from tests import rules_page
from tests.rules_page import Rule

RULES = [rule for source in rules_page.sources() for rule in source.rules]
NEEDS_PROOF = frozenset("PCNLD")


def faults(rule: Rule) -> list[str]:
    """Return what is wrong with what is told of one rule."""
    found = [f"names {test}, which is no test" for test in rule.tests if test not in rules_page.tests()]
    proven = bool(rules_page.scenarios().get(rule.id) or rules_page.proofs(rule))
    if rule.out:
        found += ["is out of scope and has a table's row"] if rules_page.rows().get(rule.id) else []
        may = set("UA") & set(rule.kind) and not NEEDS_PROOF & set(rule.kind)
        found += [] if may else ["is out of scope, which only kinds U and A may be"]
        return found
    lives = bool(rules_page.rows().get(rule.id) or rules_page.places().get(rule.id))
    found += [] if lives else ["lives nowhere: write its ID where the code follows it"]
    found += [] if proven else ["has no test"]
    return found


def test_the_page_is_what_the_generator_writes() -> None:
    written = rules_page.PAGE.read_text("utf-8")
    assert written == rules_page.text(rules_page.sources()), "run .venv/bin/python -m tests.rules_page"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_lives_somewhere_and_is_proven_or_says_why_not(rule: Rule) -> None:
    assert faults(rule) == []


def test_every_rule_of_the_five_sources_is_told_once_in_order() -> None:
    numbered = [rule.id for rule in RULES if rule.id.startswith(("VS-", "JI-", "LL-", "SP-", "XB-"))]
    lengths = {"VS": 32, "JI": 27, "LL": 30, "SP": 41, "XB": 28}
    assert numbered == [f"{source}-{n}" for source, last in lengths.items() for n in range(1, last + 1)]


def test_every_rule_that_a_table_scenario_or_test_names_is_told() -> None:
    told = {rule.id for rule in RULES}
    carried = {rule for test in rules_page.tests() for rule in rules_page.named_in(test.partition("::")[2])}
    assert (carried | rules_page.rows().keys() | rules_page.scenarios().keys()) - told == set()


def test_every_rule_that_the_code_names_is_told() -> None:
    assert rules_page.places().keys() - {rule.id for rule in RULES} == set()


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("(VS-8)", {"VS-8"}),
        ('rules=("VS-8", *more)', {"VS-8"}),
        ("SP-3 to\nSP-5, SP-28", {"SP-3", "SP-4", "SP-5", "SP-28"}),
        ("# XB-1 to\n# XB-2", {"XB-1", "XB-2"}),
        ("JI-1 to JI-10", {f"JI-{number}" for number in range(1, 11)}),
        ("rules JI-1 to JI-27", set()),
        ("1F-match_key, ONE-subject (1G)", {"1F-match_key", "ONE-subject"}),
    ],
)
def test_ids_are_read_from_text_alone_and_in_short_ranges(text: str, rules: set[str]) -> None:
    assert rules_page.said(text) == rules


def test_every_kind_is_one_that_the_page_explains() -> None:
    assert {letter for rule in RULES for letter in rule.kind.split()} <= NEEDS_PROOF | set("RUA")


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (Rule("VS-99", "P", "m"), "has no test"),
        (Rule("VS-99", "P", "m", tests=("tests/a.py::test_none",)), "which is no test"),
        (Rule("VS-99", "P", "m"), "lives nowhere"),
        (Rule("VS-99", "P", "m", out="no wish"), "only kinds U and A"),
        (Rule("VS-99", "R", "m", out="no wish"), "only kinds U and A"),
    ],
    ids=["no proof", "no such test", "no place", "out of scope", "read and out of scope"],
)
def test_what_is_wrong_with_a_rule_is_found(planted: Rule, said: str) -> None:
    assert any(said in fault for fault in faults(planted))


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("test_vs_4_a_code", ["VS-4"]),
        ("test_ji_19_ji_20_moved", ["JI-19", "JI-20"]),
        ("test_several_matches_are_listed_vs_12", ["VS-12"]),
        ("test_ll_26_sp_4_a_deleted_record", ["LL-26", "SP-4"]),
        ("test_every_rule_from_ji_1_to_ji_25_has_one", []),
    ],
)
def test_a_tests_name_begins_or_ends_with_what_it_proves(name: str, rules: list[str]) -> None:
    assert rules_page.named_in(name) == rules
