"""Bookings from their changes to one Event: on a real ledger and the simulated org, answers lost and rows locked."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import simulator
from processors.integration.model import Integration
from schemas.booking import Booking
from tests.fakes.simulated import START, SimulatedRig, booking, booking_command, meetings, person

Opened = Callable[..., SimulatedRig]
WRITES_EVENT = {"body_regex": '"type": ?"Event"'}
DELETES = {"body_regex": '"method": ?"DELETE"'}
LIMIT = 3.0
"""Seconds until no copy of a request can land any more, in tests that wait for that."""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    rigs: list[SimulatedRig] = []
    with simulator.serve() as running:

        def make(*integrations: Integration, **options: Any) -> SimulatedRig:
            rigs.append(SimulatedRig(tmp_path, running, integrations or (meetings(),), **options))
            return rigs[-1]

        yield make
        for rig in rigs:
            rig.executor.stop()
            rig.executor.close()


def send(rig: SimulatedRig, *changes: Booking) -> None:
    rig.send(*(booking_command(change) for change in changes))


def one_by_one(rig: SimulatedRig, *changes: Booking, restarting: bool = False) -> list[str]:
    """Send each change when the one before is settled; return the kinds of outcome."""
    for number, change in enumerate(changes, start=1):
        if restarting:
            rig.restart()
        send(rig, change)
        rig.settle(number)
    return rig.kinds(rig.outcomes())


def starts(rig: SimulatedRig) -> list[str]:
    """Return when the Events begin that are not deleted: day and hour."""
    return sorted(str(row["StartDateTime"])[:16] for row in rig.rows("Event"))


def at(hours: float) -> str:
    return (START + timedelta(days=7, hours=hours)).strftime("%Y-%m-%d %H:%M")


def made(rig: SimulatedRig) -> int:
    """Return how many Events were ever created."""
    return sum(effect["kind"] == "create" and effect["object"] == "Event" for effect in rig.control().effects())


def test_ji_19_a_booking_registers_its_invitee_and_logs_one_event_on_them(opened: Opened) -> None:
    rig = opened()
    assert one_by_one(rig, booking("b1", "booked", 0, starts=2)) == ["created"]
    (lead,), (event,) = rig.rows("Lead"), rig.rows("Event")
    assert (event["WhoId"], event["Subject"], event["DurationInMinutes"]) == (lead["Id"], "Demo", 30)
    assert starts(rig) == [at(2)]


@pytest.mark.parametrize("restarting", [False, True], ids=["in one life", "with restarts"])
def test_ji_20_a_booking_keeps_its_one_event_through_every_reschedule(opened: Opened, restarting: bool) -> None:
    rig = opened()
    kinds = one_by_one(
        rig,
        booking("b1", "booked", 0),
        booking("b1", "moved", 10, starts=1),
        booking("b2", "booked", 20, starts=2, previous_booking="b1"),
        booking("b3", "moved", 30, starts=3, previous_booking="b2"),
        restarting=restarting,
    )
    assert kinds == ["created", *["activity.activity_updated"] * 3]
    assert (starts(rig), made(rig)) == ([at(3)], 1)


def test_ji_20_changes_that_arrive_together_end_with_one_event_at_the_newest_time(opened: Opened) -> None:
    rig = opened()
    send(
        rig,
        booking("b1", "booked", 0),
        booking("b1", "moved", 10, starts=1),
        booking("b2", "booked", 20, starts=2, previous_booking="b1"),
    )
    rig.settle(3)
    assert (starts(rig), made(rig)) == ([at(2)], 1)


def test_ji_20_a_reschedule_that_arrives_before_the_first_booking_makes_the_event(opened: Opened) -> None:
    rig = opened()
    kinds = one_by_one(
        rig, booking("b2", "booked", 20, starts=2, previous_booking="b1"), booking("b1", "booked", 0), restarting=True
    )
    assert kinds == ["created", "skipped.superseded"]
    assert (starts(rig), made(rig)) == ([at(2)], 1)


def test_ji_21_a_cancelled_booking_has_no_event_however_often_it_is_cancelled(opened: Opened) -> None:
    rig = opened()
    kinds = one_by_one(
        rig,
        booking("b1", "booked", 0),
        booking("b1", "cancelled", 10),
        booking("b1", "cancelled", 20),
        restarting=True,
    )
    assert kinds == ["created", "activity.activity_deleted", "skipped.no_activity"]
    assert (starts(rig), made(rig)) == ([], 1)


def test_ji_21_a_cancelled_booking_is_marked_where_the_setting_says_so(opened: Opened) -> None:
    rig = opened(meetings(activity={"enabled": True, "object": "Event", "cancelled": "mark"}))
    kinds = one_by_one(rig, booking("b1", "booked", 0), booking("b1", "cancelled", 10), booking("b1", "cancelled", 20))
    assert kinds == ["created", "activity.activity_cancelled", "updated.unchanged"]
    assert [row["Subject"] for row in rig.rows("Event")] == ["Cancelled: Demo"]


def lost(rig: SimulatedRig, action: str) -> None:
    """Let the first write of an Event lose its answer."""
    rig.control().fault(action, match=WRITES_EVENT, seconds=LIMIT / 2)


def landed(rig: SimulatedRig) -> bool:
    """Whether the late copy was applied, and refused or not."""
    return any("applied" in item for item in rig.control().log())


@pytest.mark.parametrize("restarting", [False, True], ids=["in one life", "with restarts"])
@pytest.mark.parametrize("action", ["late_apply", "reset_after", "reset_before"])
def test_d6_a_cancelled_booking_whose_create_had_no_answer_is_not_made_again(
    opened: Opened, action: str, restarting: bool
) -> None:
    """The cancellation is there before anything is known of the create; its first copy may land after it."""
    rig = opened(request_limit=LIMIT, send_within=1.0)
    lost(rig, action)
    send(rig, booking("b1", "booked", 0))
    rig.wait(lambda: any(item["struck"] for item in rig.control().ask("GET", "faults")), what="the fault to strike")
    if restarting:
        rig.restart()
    send(rig, booking("b1", "cancelled", 10, person=person(email="other@example.com")))
    assert rig.kinds(rig.settle(2)) == ["created", "activity.activity_deleted"]
    if action == "late_apply":
        rig.wait(lambda: landed(rig), what="the late copy to land")
    assert starts(rig) == []
    assert made(rig) == 1


@pytest.mark.parametrize("action", ["late_apply", "reset_after", "reset_before"])
def test_d6_a_deletion_without_an_answer_is_one_deletion(opened: Opened, action: str) -> None:
    """It is looked for, sent again, and a refusal of the second copy is no error."""
    rig = opened(request_limit=LIMIT, send_within=1.0)
    one_by_one(rig, booking("b1", "booked", 0))
    rig.control().fault(action, match=DELETES, seconds=LIMIT / 2)
    send(rig, booking("b1", "cancelled", 10))
    assert rig.kinds(rig.settle(2))[1] == "activity.activity_deleted"
    assert [item["struck"] for item in rig.control().ask("GET", "faults")] == [1]
    assert (starts(rig), made(rig)) == ([], 1)


def test_d6_a_booking_made_again_after_a_lost_deletion_keeps_its_new_event(opened: Opened) -> None:
    """The late copy of the deletion never takes what came after it."""
    rig = opened(request_limit=LIMIT, send_within=1.0)
    one_by_one(rig, booking("b1", "booked", 0))
    rig.control().fault("late_apply", match=DELETES, seconds=LIMIT / 2)
    send(rig, booking("b1", "cancelled", 10), booking("b1", "booked", 20, starts=4))
    rig.settle(3)
    rig.wait(lambda: landed(rig), what="the late copy to land")
    assert starts(rig) == [at(4)]
