"""Guests of a booking (kind thing-id-is-not-a-person): registered like the invitee, or named in the Event's text."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import Run
from tests.cases.test_attendees import BOB, CAT, PEOPLE, change, emails, file, steps, who

REGISTER = file(more=", guests: register")
NAME = file(more="")
TWO: list[dict[str, Any]] = [{"person": BOB, "attendee_id": "a-2"}, {"person": CAT}]


def booked(minute: int = 1, guests: Sequence[Mapping[str, Any]] | None = None, **over: Any) -> dict[str, Any]:
    """Return Ann's booking with guests."""
    return change("booked", minute, "a-1", guests=TWO if guests is None else guests, **over)


def text(run: Run) -> str:
    """Return the text of the one Event."""
    return str(run.row("Event").get("Description") or "")


def test_guests_are_registered_like_the_invitee_and_the_event_is_the_invitees(play: Play) -> None:
    run = play(steps(booked()), bookings=REGISTER)
    assert emails(run) == ["ann@example.com", "bob@example.com", "cat@example.com"]
    assert (who(run), len(run.rows("Event")), run.told()) == ("ann", 1, ["created"])
    assert "BK-7" in run.outcomes()[-1].rule_ids
    assert [row.operation for row in run.outcomes()[-1].records] == ["created"] * 4


def test_a_repeat_and_a_move_register_nobody_twice(play: Play) -> None:
    moved = change("moved", 2, "a-1", guests=TWO)
    run = play(steps(booked(), booked(), moved), bookings=REGISTER)
    assert len(run.rows("Lead")) == 3


def test_a_guest_who_is_there_is_found_and_written_by_policy(play: Play) -> None:
    there = {"org has": "Lead", "records": [{"LastName": "Old", "Company": "Ray", "Email": "bob@example.com"}]}
    run = play([there, *steps(booked())], bookings=REGISTER)
    assert run.row("Lead", Email="bob@example.com")["LastName"] == "Ray"
    assert len(run.rows("Lead")) == 3


def test_guests_as_contacts(play: Play) -> None:
    run = play(steps(booked()), bookings=REGISTER.replace("register: lead", "register: contact"))
    assert sorted(str(row["Email"]) for row in run.rows("Contact")) == [
        "ann@example.com",
        "bob@example.com",
        "cat@example.com",
    ]


def test_the_invitee_among_the_guests_is_one_person(play: Play) -> None:
    listed = [{"person": {"email": "ANN@example.com", "full_name": "Ann Lee"}}, {"person": BOB}, {"person": BOB}]
    run = play(steps(booked(guests=listed)), bookings=REGISTER)
    assert emails(run) == ["ann@example.com", "bob@example.com"]


def test_a_guest_without_an_address_is_left_out_and_the_meeting_is_logged(play: Play) -> None:
    run = play(steps(booked(guests=[{"person": {"last_name": "Nobody"}}])), bookings=REGISTER)
    last = run.outcomes()[-1]
    assert (last.kind, "guest_left_out" in last.flags, len(run.rows("Event"))) == ("created", True, 1)
    assert emails(run) == ["ann@example.com"]


def test_the_event_is_left_to_a_registered_guest_when_the_invitee_cancels(play: Play) -> None:
    run = play(steps(booked(), change("cancelled", 2, "a-1")), bookings=REGISTER)
    assert who(run) == "bob"


def test_a_guest_who_cancels_leaves_the_event_alone(play: Play) -> None:
    run = play(steps(booked(), change("cancelled", 2, "a-2")), bookings=REGISTER)
    assert (who(run), run.outcomes()[-1].flags) == ("ann", ("attendee_cancelled",))


def test_a_guest_of_a_corrected_address_is_the_same_guest_by_id(play: Play) -> None:
    right = [{"person": {**BOB, "email": "bob.ray@example.com"}, "attendee_id": "a-2"}]
    run = play(steps(booked(), change("moved", 2, "a-1", guests=right)), bookings=REGISTER)
    assert emails(run) == ["ann@example.com", "bob.ray@example.com", "cat@example.com"]


def test_the_invitee_without_an_id_is_found_again_beside_guests(play: Play) -> None:
    first = {**booked(guests=[{"person": BOB}]), "attendee_id": None}
    moved = {**change("moved", 2, "a-1"), "attendee_id": None, "person": {}}
    run = play(steps(first, moved), bookings=REGISTER)
    assert emails(run) == ["ann@example.com", "bob@example.com"]
    assert run.row("Event")["StartDateTime"][:16] == "2026-12-01T10:02"


def test_guests_are_named_in_the_text_by_default(play: Play) -> None:
    run = play(steps(booked(description="Please call.")), bookings=NAME)
    assert text(run) == "Please call.\n\nGuests: Bob Ray <bob@example.com>; Cat Fox <cat@example.com>"
    assert emails(run) == ["ann@example.com"]


@pytest.mark.parametrize("said", [None, "New text."])
def test_a_move_that_names_no_guests_keeps_those_who_are_named(play: Play, said: str | None) -> None:
    more = {"description": said} if said else {}
    run = play(steps(booked(description="Please call."), change("moved", 2, "a-1", **more)), bookings=NAME)
    assert text(run).startswith(said or "Please call.")
    assert text(run).endswith("Guests: Bob Ray <bob@example.com>; Cat Fox <cat@example.com>")


def test_guests_of_two_attendees_are_all_named_in_any_order(play: Play) -> None:
    bob = change("booked", 2, "a-2", guests=[{"person": CAT}])
    ann = booked(guests=[{"person": {"email": "dan@example.com"}}])
    run = play(steps(bob, ann), bookings=NAME)
    assert text(run) == "Guests: Cat Fox <cat@example.com>; dan@example.com"


def test_guests_are_left_alone_by_setting(play: Play) -> None:
    run = play(steps(booked()), bookings=file(more=", guests: leave"))
    assert (text(run), emails(run)) == ("", ["ann@example.com"])


def test_a_guest_whose_create_was_not_answered_is_made_once(play: Play) -> None:
    run = play((), bookings=REGISTER)
    run.control().fault("reset_after", match={"method": "POST", "body_regex": '"Email": ?"bob@example.com"'})
    run.play(steps(booked()))
    assert emails(run) == ["ann@example.com", "bob@example.com", "cat@example.com"]
    assert (len(run.rows("Event")), run.told()) == (1, ["created"])


def test_a_guest_whom_salesforce_refuses_costs_neither_the_meeting_nor_the_invitee(play: Play) -> None:
    run = play((), bookings=REGISTER)
    run.control().fault("rows", match={"body_regex": '"LastName": ?"Ray"'}, object="Lead", error="apex")
    run.play(steps(booked(guests=TWO[:1])))
    assert (who(run), run.outcomes()[-1].reason) == ("ann", "salesforce_refused")


def test_a_number_that_the_guest_shares_with_the_invitee_does_not_rename_anybody(play: Play) -> None:
    phone = {"phones": ["+14155550100"]}
    both = booked(guests=[{"person": {**BOB, **phone}}], person={**PEOPLE["a-1"], **phone})
    run = play(steps(both, {**both, "event_id": "b-9", "changed": "2026-11-27T20:09:00Z"}), bookings=REGISTER)
    assert sorted((row["FirstName"], row["Email"]) for row in run.rows("Lead")) == [
        ("Ann", "ann@example.com"),
        ("Bob", "bob@example.com"),
    ]
