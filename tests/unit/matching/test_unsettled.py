"""A number of which the org's search tells too little is never taken as nobody's."""

from dataclasses import replace

import pytest

from processors.matching.phone_search import search_numbers
from processors.model.match import Match
from processors.model.requests import Found
from processors.sources.decide import decide
from schemas.command import MatchKey
from tests.unit.deciding.rules.scenarios import NOW, command, integration, lead, org_facts

PHONE = MatchKey(1, "phone", "415 555 0109", lead="Phone", contact="Phone", more_values=("415 555 0110",))
FACTS = org_facts()


class _Org:
    """An org whose search has more than it tells."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def search(self, numbers: list[str], fields: object) -> Found:
        self.words += numbers
        return Found(((), ()), 1, ("14155550109",))


def test_the_numbers_of_which_a_search_was_full_are_named() -> None:
    """All numbers of all commands go into one search."""
    org = _Org()
    asked = [(command(keys=(PHONE,)), integration("lead"))]
    searched = search_numbers(asked, [], org, FACTS, "US")  # type: ignore[arg-type]
    assert searched.unsettled == {"+14155550109"}
    assert {"14155550109", "4155550110"} <= set(org.words)


@pytest.mark.parametrize("action", ["only", "lead", "contact", "convert"])
def test_nobody_is_made_and_the_command_says_so(action: str) -> None:
    """Whatever the action."""
    match = Match(unsettled=("+14155550109",))
    decision = decide(command(keys=(PHONE,)), match, integration(action), FACTS, NOW)
    assert (decision.kind, decision.reason, decision.steps) == ("error", "multiple_match", ())
    assert "+14155550109" in str(decision.detail)


def test_who_is_found_all_the_same_is_written() -> None:
    """By another key."""
    match = replace(Match(leads=(lead(),), step="key_set:1"), unsettled=("+14155550109",))
    assert decide(command(), match, integration("lead"), FACTS, NOW).kind == "updated"
