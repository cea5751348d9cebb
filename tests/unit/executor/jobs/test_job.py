"""A job changes by its transitions alone, and its state by the table that the ledger states."""

from dataclasses import FrozenInstanceError, fields

import pytest

from processors.executor.jobs.job import Job
from processors.model.ledger import MAY_FOLLOW, State
from processors.model.plan import Plan
from processors.model.values import Decision, Resolution, Step, Written
from tests.fakes.scheduler import command

STEPS = (Step("lead", "create", "Lead", effect="e1"), Step("contact", "create", "Contact", effect="e2"))
PLAN = Plan(Decision("created", steps=STEPS), keys=("email:a@example.com", "rec:1"))


def job(state: State = "waiting", **more: object) -> Job:
    """Return a job in this state."""
    keys = frozenset({"email:a@example.com"})
    return Job(command("a@example.com"), None, 1, 0, 0.0, keys, plan=PLAN, state=state, **more)  # type: ignore[arg-type]


def go(one: Job, state: State) -> None:
    """Let a job enter a state by the transition that leads there."""
    {
        "waiting": lambda: one.postpone(1.0, 1),
        "intended": lambda: one.intend("call", 0.0),
        "settled": one.settle,
    }[state]()


@pytest.mark.parametrize("name", [one.name for one in fields(Job)])
def test_no_field_is_set_from_outside(name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(job(), name, None)


@pytest.mark.parametrize("before", list(MAY_FOLLOW))
@pytest.mark.parametrize("after", ["waiting", "intended", "settled"])
def test_a_state_is_entered_only_as_the_table_says(before: State, after: State) -> None:
    one = job(before)
    if after in MAY_FOLLOW[before]:
        go(one, after)
        assert one.state == after
    else:
        with pytest.raises(ValueError, match=f"is {before} and cannot be {after}"):
            go(one, after)
        assert one.state == before


def test_a_plan_of_which_nothing_is_done_is_forgotten_by_a_wait_and_its_keys_stay_wanted() -> None:
    one = job()
    one.postpone(5.0, 2)
    assert (one.plan, one.wants, one.due, one.tries) == (None, frozenset({"rec:1"}), 5.0, 2)


def test_a_plan_of_which_something_is_done_or_may_land_is_kept() -> None:
    done, sent = job(), job(resent=1)
    done.answer(Written(True, "x"))
    for one in (done, sent):
        one.wait_anew()
        assert one.plan is not None


def test_an_answer_ends_the_count_of_failures() -> None:
    one = job(tries=3, resent=1)
    one.intend("call", 0.0)
    one.answer(Written(True, "x"))
    assert (one.tries, one.resent) == (0, 0)
    assert one.plan is not None
    assert (one.plan.calls, one.plan.step) == (("call",), STEPS[1])


def test_a_choice_wakes_a_parked_job_and_nobodys_choice_is_noted() -> None:
    chosen, expired = job(), job()
    for one in (chosen, expired):
        one.park(100.0)
        assert (one.parked, one.due, one.plan) == (True, 100.0, None)
    chosen.begin_choice()
    chosen.choose(Resolution("00Q1"))
    chosen.wake(7.0)
    assert (chosen.parked, chosen.choosing, chosen.due, chosen.resolution) == (False, False, 7.0, Resolution("00Q1"))
    expired.expire()
    assert (expired.parked, expired.resolution) == (False, Resolution(expired=True))
