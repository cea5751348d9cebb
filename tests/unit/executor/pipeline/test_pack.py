"""Packing as a value: sizes, merges, a plan that is stored and read."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.duplicates import DUPLICATES
from connectors.salesforce.write import collections_of
from processors.model.decision import Step
from processors.model.plan import call_from_json, call_to_json, plan_from_json, plan_to_json
from tests.unit.executor.pipeline.plans import packed, planned, update


def test_updates_of_one_record_are_one_row_in_which_later_values_win() -> None:
    first, second = planned(1, update("L", Title="old", Phone="1")), planned(2, update("L", Title="new"))
    (call,) = packed(second, first)

    assert [row.write.fields for row in call.rows] == [{"Title": "new", "Phone": "1"}]
    assert call.commands == (first.id, second.id)
    assert set(call.claims) == {"k1", "k2"}


@given(kinds=st.lists(st.sampled_from(["update", "create", "contact", "convert"]), min_size=1, max_size=60))
def test_every_step_is_in_one_call_and_no_call_is_too_large(kinds: list[str]) -> None:
    made = {
        "update": lambda n: update(f"L{n}", Title="x"),
        "create": lambda n: Step("lead", "create", "Lead", effect=f"e{n}"),
        "contact": lambda n: Step("contact", "create", "Contact", effect=f"c{n}"),
        "convert": lambda n: Step("convert", "convert", "Lead", record_id=f"V{n}"),
    }
    jobs = [planned(n, made[kind](n)) for n, kind in enumerate(kinds)]
    calls = packed(*jobs, max_rows=7)

    parts = [part.command_id for call in calls for row in call.rows for part in row.parts]
    assert sorted(parts) == sorted(job.id for job in jobs)
    for call in calls:
        assert len(call.rows) <= (100 if call.kind == "convert" else 7)
        assert all((row.conversion is not None) == (call.kind == "convert") for row in call.rows)
        assert call_from_json(call_to_json(call)) == call


def test_a_thousand_and_one_writes_are_two_calls_of_at_most_five_collections() -> None:
    calls = packed(*[planned(n, update(f"L{n}", Title="x")) for n in range(1001)])
    assert [len(call.rows) for call in calls] == [1000, 1]


def test_a_plan_that_is_stored_and_read_goes_on_with_the_same_step() -> None:
    steps = (Step("account", "create", "Account"), Step("contact", "create", "Contact", refs={"AccountId": "account"}))
    plan = planned(1, *steps, done=1).plan
    assert plan is not None
    again = plan_from_json(plan_to_json(plan))

    assert again == plan
    assert again.step == steps[1]
    assert again.fields(steps[1]) == {"AccountId": "id0"}


def test_duplicates_are_allowed_for_the_commands_that_say_so_and_for_no_other() -> None:
    """Mixed in one batch: a collection, and a call of conversions, holds one kind; no row is lost or allowed more."""
    steps = {
        n: Step("lead", "create", "Lead", effect=f"e{n}", allow_duplicates=n % 2 == 0)
        if n < 6
        else Step("convert", "convert", "Lead", record_id=f"V{n}", allow_duplicates=n % 2 == 0)
        for n in range(10)
    }
    jobs = {n: planned(n, step) for n, step in steps.items()}
    calls = packed(*jobs.values())

    asked = {job.id: steps[n].allow_duplicates for n, job in jobs.items()}
    told: dict[str, bool] = {}
    for call in calls:
        writes = [row for row in call.rows if row.write is not None]
        for collection in collections_of([row.write for row in writes if row.write is not None]):
            assert len({row.allow_duplicates for row in collection.rows}) == 1
            allowed = DUPLICATES in collection.headers({})
            told |= {row.parts[0].command_id: allowed for row in writes if row.write in collection.rows}
        conversions = [row for row in call.rows if row.conversion is not None]
        assert len({row.conversion.allow_duplicates for row in conversions if row.conversion}) <= 1
        told |= {row.parts[0].command_id: row.conversion.allow_duplicates for row in conversions if row.conversion}
    assert told == asked
