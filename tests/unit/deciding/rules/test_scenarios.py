"""Every rule of the decisions, as given, when, then."""

import pytest

from tests.unit.deciding.rules.cases import SCENARIOS, Witness

DECISIONS = "1 5 7 8 9 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 32"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_exactly_this_is_decided(scenario: Witness) -> None:
    """A scenario's decision is what it says, whole."""
    assert scenario.run() == scenario.then


def test_every_rule_that_is_a_decision_has_a_scenario() -> None:
    """No processing rule of the call result document is without proof."""
    named = {rule for scenario in SCENARIOS for rule in scenario.rules}
    assert {f"VS-{number}" for number in DECISIONS.split()} <= named


def test_no_two_scenarios_share_a_name() -> None:
    """A name finds one scenario."""
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
