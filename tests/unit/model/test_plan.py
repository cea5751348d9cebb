"""Plans as the ledger stores them."""

from processors.model.decision import Decision
from processors.model.plan import Plan, plan_from_json, plan_to_json


def test_a_plan_is_read_as_it_was_stored() -> None:
    plan = Plan(Decision("updated", source_states={"booking-1": b"{}"}), intended_at=12.5)
    assert plan_from_json(plan_to_json(plan)) == plan


def test_a_plan_of_release_0_1_0_keeps_the_states_of_its_entities() -> None:
    """There they were called things; a booking in flight would lose its chain."""
    plan = Plan(Decision("updated", source_states={"booking-1": b'{"root":"booking-1"}'}))
    old = plan_to_json(plan).replace(b'"source_states"', b'"things"')
    assert b'"source_states"' not in old
    assert plan_from_json(old) == plan
