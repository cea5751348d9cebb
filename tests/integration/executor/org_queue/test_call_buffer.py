"""Calls from their steps to one Task: on a real ledger and the simulated org."""

import itertools
import os
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import simulator
from processors.integration.model import Integration
from schemas.pbx_call_event import Party
from schemas.shorten import OUTCOME_BYTES
from tests.fakes.simulated import AGENT, SimulatedRig, answered, calls, step, step_command

Opened = Callable[..., SimulatedRig]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    rigs: list[SimulatedRig] = []
    with simulator.serve() as running:

        def make(*integrations: Integration) -> SimulatedRig:
            rigs.append(SimulatedRig(tmp_path, running, integrations or (calls(),)))
            return rigs[-1]

        yield make
        for rig in rigs:
            rig.executor.stop()
            rig.executor.close()


def send(rig: SimulatedRig, *steps: Any) -> None:
    rig.send(*(step_command(item) for item in steps))


def test_a_call_becomes_one_completed_task_and_its_outcome_lists_every_step(opened: Opened) -> None:
    """XB-11, XB-12, XB-13."""
    rig = opened()
    contact = rig.seed("Contact", LastName="Ann", Phone="(415) 555-2671")
    steps = answered("c1")
    send(rig, *steps)
    (outcome,) = rig.settle(1)
    assert rig.kinds([outcome]) == ["activity.activity_created"]
    assert sorted(outcome.event_ids) == sorted(pbx_call_event.event_id for pbx_call_event in steps)
    (task,) = rig.rows("Task")
    assert (task["WhoId"], task["Status"], task["CallDurationInSeconds"]) == (contact, "Completed", 60)


def test_steps_in_any_order_and_one_at_a_time_make_one_task(opened: Opened) -> None:
    rig = opened()
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    steps = answered("c1")
    chance = random.Random(7)
    orders = [list(order) for order in itertools.permutations(steps)]
    for number, order in enumerate(chance.sample(orders, 5)):
        own = [step(f"n{number}", event.step, (event.at - steps[0].at).total_seconds()) for event in order]
        for pbx_call_event in own:
            send(rig, pbx_call_event)
    rig.wait(lambda: sum(len(outcome.event_ids) for outcome in rig.outcomes()) == 20, what="every step to be answered")
    listed = [event for outcome in rig.outcomes() for event in outcome.event_ids]
    assert len(listed) == len(set(listed))
    tasks = rig.rows("Task")
    assert len(tasks) == 5
    assert {task["CallDurationInSeconds"] for task in tasks} == {60}


def test_d19_a_step_after_publication_amends_the_one_task_once(opened: Opened) -> None:
    rig = opened()
    rig.seed("Lead", LastName="Ann", Company="Acme", Phone="+14155552671")
    send(rig, *answered("c1"))
    rig.settle(1)
    send(rig, step("c1", "recorded", 70, recording="https://pbx.example.com/r/1"))
    outcomes = rig.settle(2)
    assert rig.kinds(outcomes) == ["activity.activity_created", "activity.activity_updated"]
    (task,) = rig.rows("Task")
    assert "https://pbx.example.com/r/1" in task["Description"]


def test_a_restart_between_the_steps_forgets_none_of_them(opened: Opened) -> None:
    rig = opened()
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    first, *rest = answered("c1")
    send(rig, first)
    rig.restart()
    send(rig, *rest[:-1])
    rig.restart()
    send(rig, rest[-1])
    (outcome,) = rig.settle(1)
    assert len(outcome.event_ids) == 4
    assert len(rig.rows("Task")) == 1


def test_a_late_step_after_a_restart_amends_the_same_task(opened: Opened) -> None:
    rig = opened()
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    send(rig, *answered("c1"))
    rig.settle(1)
    rig.restart()
    send(rig, step("c1", "recorded", 70, recording="https://pbx.example.com/r/1"))
    assert rig.kinds(rig.settle(2))[1] == "activity.activity_updated"
    assert len(rig.rows("Task")) == 1


def test_a_call_that_never_ends_is_closed_by_its_time_out_and_says_so(opened: Opened) -> None:
    rig = opened(calls(calls={"region": "US", "close_after_hours": 0.5}))
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    send(rig, *answered("c1")[:3])
    assert rig.outcomes() == []
    rig.hour_later()
    (outcome,) = rig.settle(1)
    assert "closed_by_time_out" in outcome.flags


def test_what_is_not_logged_says_why(opened: Opened) -> None:
    """XB-14, XB-15, XB-16."""
    rig = opened()
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    send(rig, *answered("inside", direction="internal", caller=None))
    send(rig, *answered("unknown", caller=Party("external", "+14155559999")))
    party = step("x", "started", 0)
    out = {"direction": "outbound", "caller": party.callee, "callee": party.caller}
    send(rig, step("short", "started", 0, **out), step("short", "ended", 5.0, cause="cancelled", **out))
    kinds = rig.kinds(rig.settle(3))
    assert sorted(kinds) == ["skipped.internal", "skipped.short_call", "skipped.unknown_number"]
    assert rig.rows("Task") == []


def test_the_task_belongs_to_the_user_who_spoke(opened: Opened) -> None:
    """XB-3."""
    rig = opened()
    user = rig.seed("User", Username=AGENT, Email=AGENT, LastName="Agent", Alias="agent", IsActive=True)
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    send(rig, *answered("c1"))
    (outcome,) = rig.settle(1)
    (task,) = rig.rows("Task")
    assert task["OwnerId"] == user
    assert "owner_fallback" not in outcome.flags


def waits_for_a_lock(rig: SimulatedRig) -> bool:
    counts = rig.executor.scheduler.counts(rig.clock())
    return any("UNABLE_TO_LOCK_ROW" in str(row.why) for row in waiting(rig)) and counts["in_doubt"] == 0


def waiting(rig: SimulatedRig) -> list[Any]:
    with rig.engine.connect() as connection:
        return list(connection.exec_driver_sql("SELECT id, why FROM command WHERE state = 'waiting'"))


KINDS = {"activity": {"CallType": {"from": "fields.kind", "default": "Inbound"}}}
"""A field that the org restricts, filled by whatever the network says."""


def restart_while_a_write_is_under_way(rig: SimulatedRig) -> None:
    """Let the first life die between an intent and its answer."""
    begun, ended = threading.Event(), threading.Event()

    def hold(place: str) -> None:
        if place == "after_intents":
            begun.set()
            ended.wait(60)

    rig.on_place = hold
    rig.wait(begun.is_set, what="the next try")
    rig.on_place = lambda _place: None
    rig.restart()
    ended.set()


@pytest.mark.parametrize(
    "restart",
    [None, SimulatedRig.restart, restart_while_a_write_is_under_way],
    ids=["in one life", "with a restart", "with a restart while it is tried"],
)
def test_d18_a_locked_call_is_logged_although_what_comes_later_of_it_is_refused(
    opened: Opened, restart: Callable[[SimulatedRig], None] | None
) -> None:
    rig = opened(calls(map=KINDS, write={"unfit": "refuse"}))
    contact = rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    rig.control().lock(contact, 3600)
    steps = answered("c1")
    send(rig, *steps)
    rig.wait(lambda: waits_for_a_lock(rig), what="the call to wait for the lock")
    late = step("c1", "recorded", 70, recording="https://pbx.example.com/r/1", fields={"kind": "Nonsense"})
    send(rig, late)
    if restart is not None:
        restart(rig)
    assert rig.outcomes() == []
    rig.control().lock(contact, 0)
    rig.settle(1)
    # A write that the restart left without an answer can land for ten minutes: until then nobody else may go.
    rig.hour_later()
    first, second = rig.settle(2)
    assert rig.kinds([first, second]) == ["activity.activity_created", "error.salesforce_refused"]
    assert (set(first.event_ids), second.event_ids) == (
        {pbx_call_event.event_id for pbx_call_event in steps},
        (late.event_id,),
    )
    (task,) = rig.rows("Task")
    assert (task["WhoId"], task["CallDurationInSeconds"], task["CallType"]) == (contact, 60, "Inbound")


def test_d18_what_comes_after_a_refused_part_amends_the_call_without_it(opened: Opened) -> None:
    rig = opened(calls(map=KINDS, write={"unfit": "refuse"}))
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    send(rig, *answered("c1"))
    rig.settle(1)
    send(rig, step("c1", "other", 65, fields={"kind": "Nonsense"}))
    rig.settle(2)
    send(rig, step("c1", "recorded", 70, recording="https://pbx.example.com/r/1"))
    assert rig.kinds(rig.settle(3))[1:] == ["error.salesforce_refused", "activity.activity_updated"]
    (task,) = rig.rows("Task")
    assert "https://pbx.example.com/r/1" in task["Description"]
    assert (task["CallDurationInSeconds"], task["CallType"]) == (60, "Inbound")


def test_a_call_that_was_refused_is_logged_whole_when_something_comes_later_that_mends_it(opened: Opened) -> None:
    """What was told before the refusal is not forgotten."""
    rig = opened(calls(map=KINDS, write={"unfit": "refuse"}))
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    send(rig, *answered("c1", fields={"kind": "Nonsense"}))
    assert rig.kinds(rig.settle(1)) == ["error.salesforce_refused"]
    send(rig, step("c1", "recorded", 70, recording="https://pbx.example.com/r/1", fields={"kind": "Outbound"}))
    assert rig.kinds(rig.settle(2))[1] == "activity.activity_created"
    (task,) = rig.rows("Task")
    assert (task["CallDurationInSeconds"], task["CallType"]) == (60, "Outbound")


def test_a_number_stored_in_no_usual_form_is_found_by_search(opened: Opened) -> None:
    """XB-11: stored in any format."""
    rig = opened()
    contact = rig.seed("Contact", LastName="Ann", Phone="415.555 26-71")
    send(rig, *answered("c1"))
    rig.settle(1)
    (task,) = rig.rows("Task")
    assert task["WhoId"] == contact


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_d19_the_last_step_and_the_time_out_at_once_make_one_task(opened: Opened, late: bool) -> None:
    """Whichever comes first: one Task that ends complete, and each step answered once."""
    rig = opened(calls(calls={"region": "US", "close_after_hours": 0.5}))
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    steps = answered("c1")
    send(rig, *steps[:-1])
    if late:
        rig.hour_later()
    send(rig, steps[-1])
    rig.hour_later()
    rig.wait(lambda: sum(len(outcome.event_ids) for outcome in rig.outcomes()) == 4, what="every step to be answered")
    listed = [event for outcome in rig.outcomes() for event in outcome.event_ids]
    assert sorted(listed) == sorted(pbx_call_event.event_id for pbx_call_event in steps)
    (task,) = rig.rows("Task")
    assert task["CallDurationInSeconds"] == 60
    assert "was not reported" not in task["Description"]


@pytest.mark.timeout(600)
def test_a_call_of_thousands_of_steps_is_answered_in_parts_that_a_topic_takes(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 5_600 if os.environ.get("SIGNALBOX_TORTURE") == "full" else 560
    monkeypatch.setattr("processors.executor.org_queue.call_buffer.STEPS", count // 5)
    rig = opened()
    rig.seed("Contact", LastName="Ann", Phone="+14155552671")
    begin, ringing, talk, end = answered("c1", talk=6_000)
    between = [step("c1", "held" if number % 2 else "retrieved", 5 + number) for number in range(count - 4)]
    steps = [
        replace(pbx_call_event, event_id=f"{number:04}-{'x' * 195}")
        for number, pbx_call_event in enumerate([begin, ringing, talk, *between, end])
    ]
    send(rig, *steps)
    wanted = {pbx_call_event.event_id for pbx_call_event in steps}
    rig.wait(
        lambda: {event for outcome in rig.outcomes() for event in outcome.event_ids} == wanted,
        500,
        "every step answered",
    )
    assert len(rig.outcomes()) == 5
    rows = rig.executor.deps.ledger.unpublished("main", 0, 100)
    assert sum(len(outcome.event_ids) for outcome in rig.outcomes()) == len(steps)
    assert max(len(row.outcome) for row in rows) < OUTCOME_BYTES
    assert not any(flag.startswith("shortened") for outcome in rig.outcomes() for flag in outcome.flags)
    (task,) = rig.rows("Task")
    assert (task["Status"], task["CallDurationInSeconds"]) == ("Completed", 6_000)
