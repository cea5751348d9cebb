"""A job changes by its transitions alone, and its state by the table that the ledger states."""

from dataclasses import FrozenInstanceError, fields

import pytest

from processors.executor.jobs.job import Job
from processors.model.decision import Decision, Step
from processors.model.ledger import MAY_FOLLOW, State
from processors.model.match import Resolution
from processors.model.plan import Plan
from processors.model.requests import Written
from tests.fakes.scheduler import command

STEPS = (Step("lead", "create", "Lead", effect="e1"), Step("contact", "create", "Contact", effect="e2"))
PLAN = Plan(Decision("created", steps=STEPS), keys=("email:a@example.com", "rec:1"))


def job(state: State = "waiting", **more: object) -> Job:
    """Return a job in this state."""
    keys = frozenset({"email:a@example.com"})
    return Job(command("a@example.com"), None, 1, 0, 0.0, keys, plan=PLAN, state=state, **more)  # type: ignore[arg-type]


def go(item: Job, state: State) -> None:
    """Let a job enter a state by the transition that leads there."""
    {
        "waiting": lambda: item.postpone(1.0, 1),
        "intended": lambda: item.intend("call", 0.0),
        "settled": item.settle,
    }[state]()


@pytest.mark.parametrize("name", [field.name for field in fields(Job)])
def test_no_field_is_set_from_outside(name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(job(), name, None)


@pytest.mark.parametrize("before", list(MAY_FOLLOW))
@pytest.mark.parametrize("after", ["waiting", "intended", "settled"])
def test_a_state_is_entered_only_as_the_table_says(before: State, after: State) -> None:
    item = job(before)
    if after in MAY_FOLLOW[before]:
        go(item, after)
        assert item.state == after
    else:
        with pytest.raises(ValueError, match=f"is {before} and cannot be {after}"):
            go(item, after)
        assert item.state == before


def test_a_plan_of_which_nothing_is_done_is_forgotten_by_a_wait_and_its_keys_stay_wanted() -> None:
    item = job()
    item.postpone(5.0, 2)
    assert (item.plan, item.wants, item.due, item.tries) == (None, frozenset({"rec:1"}), 5.0, 2)


def test_a_plan_of_which_something_is_done_or_may_land_is_kept() -> None:
    done, sent = job(), job(resent=1)
    done.answer(Written(True, "x"))
    for item in (done, sent):
        item.wait_anew()
        assert item.plan is not None


def test_an_answer_ends_the_count_of_failures() -> None:
    item = job(tries=3, resent=1)
    item.intend("call", 0.0)
    item.answer(Written(True, "x"))
    assert (item.tries, item.resent) == (0, 0)
    assert item.plan is not None
    assert (item.plan.calls, item.plan.step) == (("call",), STEPS[1])


def test_a_choice_wakes_a_parked_job_and_nobodys_choice_is_noted() -> None:
    chosen, expired = job(), job()
    for item in (chosen, expired):
        item.park(100.0)
        assert (item.parked, item.due, item.plan) == (True, 100.0, None)
    chosen.begin_choice()
    chosen.choose(Resolution("00Q1"))
    chosen.wake(7.0)
    assert (chosen.parked, chosen.choosing, chosen.due, chosen.resolution) == (False, False, 7.0, Resolution("00Q1"))
    expired.expire()
    assert (expired.parked, expired.resolution) == (False, Resolution(expired=True))
