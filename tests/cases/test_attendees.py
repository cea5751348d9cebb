"""
Several attendees of one booking (kind thing-id-is-not-a-person): each is a person of their own, all share one Event.
"""

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import Run, Step

ANN = {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com", "company": "Lee Ltd"}
BOB = {"first_name": "Bob", "last_name": "Ray", "email": "bob@example.com", "company": "Ray Ltd"}
CAT = {"first_name": "Cat", "last_name": "Fox", "email": "cat@example.com", "company": "Fox Ltd"}
PEOPLE = {"a-1": ANN, "a-2": BOB, "a-3": CAT}
FILE = """name: bookings
preset: jicoo
org: main
enabled: true
workspace: W
booking: { register: lead, overwrite: true%s }
activity: { enabled: true, object: Event, cancelled: %s, owner: integration@example.com }
"""
NOTED = ", statuses: { no_show: { fields: { ShowAs: Free } } }"


def file(cancelled: str = "delete", more: str = NOTED) -> str:
    """Return the integration's file."""
    return FILE % (more, cancelled)


def change(status: str, minute: int, attendee: str | None = "a-1", **over: Any) -> dict[str, Any]:
    """Return one change of booking bk-1 at 20:*minute*; the meeting begins at minute *minute* of its hour."""
    return {
        "event_id": f"b-{minute}",
        "booking_id": "bk-1",
        "workspace": "W",
        "status": status,
        "changed": f"2026-11-27T20:{minute:02}:00Z",
        "person": PEOPLE[attendee] if attendee else {},
        "start": f"2026-12-01T10:{minute:02}:00Z",
        "end": f"2026-12-01T11:{minute:02}:00Z",
        "title": "Group demo",
        **({"attendee_id": attendee} if attendee else {}),
        **over,
    }


def steps(*changes: Mapping[str, Any]) -> list[Step]:
    """Return a step for each change."""
    return [{"publish": "crm.event.booking", "events": [row]} for row in changes]


def who(run: Run) -> str:
    """Return the e-mail of whom the one Event hangs on."""
    return str(run.row("Lead", Id=run.row("Event")["WhoId"])["Email"]).partition("@")[0]


def emails(run: Run) -> list[str]:
    """Return the e-mails of all leads, sorted."""
    return sorted(str(row["Email"]) for row in run.rows("Lead"))


SEATS = (change("booked", 1, "a-1"), change("booked", 2, "a-2"), change("booked", 3, "a-3"))


def test_the_one_event_hangs_on_who_booked_first(play: Play) -> None:
    run = play(steps(*SEATS), bookings=file())
    assert (who(run), len(run.rows("Event")), len(run.rows("Lead"))) == ("ann", 1, 3)


def test_one_who_cancels_leaves_the_event_to_the_next_and_says_so(play: Play) -> None:
    run = play(steps(*SEATS, change("cancelled", 4, "a-1")), bookings=file())
    assert who(run) == "bob"
    last = run.outcomes()[-1]
    assert (last.kind, last.reason, last.flags) == ("activity", "activity_updated", ("attendee_cancelled",))
    assert "BK-4" in last.rule_ids


def test_one_who_is_not_the_first_cancels_and_nothing_is_written(play: Play) -> None:
    run = play(steps(*SEATS, change("cancelled", 4, "a-2")), bookings=file())
    last = run.outcomes()[-1]
    assert (who(run), last.kind, last.reason) == ("ann", "activity", "unchanged")
    assert "attendee_cancelled" in last.flags


@pytest.mark.parametrize("cancelled", ["delete", "mark"])
def test_when_all_have_cancelled_one_by_one_the_event_goes(play: Play, cancelled: str) -> None:
    gone = [change("cancelled", 4 + number, f"a-{number}") for number in (1, 3, 2)]
    run = play(steps(*SEATS, *gone), bookings=file(cancelled))
    left = [str(row["Subject"]) for row in run.rows("Event")]
    assert left == ([] if cancelled == "delete" else ["Cancelled: Group demo"])


def test_a_cancellation_without_an_attendee_cancels_the_whole(play: Play) -> None:
    run = play(steps(*SEATS, change("cancelled", 4, None)), bookings=file())
    assert run.rows("Event") == []
    assert run.told()[-1] == "activity.activity_deleted"


def test_who_cancelled_and_books_again_has_the_event_again(play: Play) -> None:
    again = change("booked", 5, "a-1")
    run = play(steps(*SEATS, change("cancelled", 4, "a-1"), again), bookings=file())
    assert (who(run), len(run.rows("Lead"))) == ("ann", 3)


def test_a_reschedule_by_anybody_moves_the_one_event(play: Play) -> None:
    run = play(steps(*SEATS, change("moved", 9, "a-2")), bookings=file())
    event = run.row("Event")
    assert (who(run), event["StartDateTime"][:16]) == ("ann", "2026-12-01T10:09")


def test_a_reschedule_that_names_nobody_moves_it_for_all(play: Play) -> None:
    run = play(steps(*SEATS, change("moved", 9, None)), bookings=file())
    assert (who(run), run.row("Event")["StartDateTime"][:16]) == ("ann", "2026-12-01T10:09")
    assert run.told()[-1] == "activity.activity_updated"


def test_a_reschedule_that_makes_a_new_booking_keeps_everybody(play: Play) -> None:
    moved = change("booked", 9, "a-1", booking_id="bk-2", previous_booking="bk-1")
    run = play(steps(*SEATS, moved, change("cancelled", 10, "a-1", booking_id="bk-2")), bookings=file())
    assert (who(run), run.row("Event")["StartDateTime"][:16]) == ("bob", "2026-12-01T10:09")


ORDERS = {
    "first cancels": (*SEATS[:2], change("cancelled", 4, "a-1")),
    "second cancels": (*SEATS[:2], change("cancelled", 4, "a-2")),
    "moved, then the first cancels": (*SEATS[:2], change("moved", 3, "a-1"), change("cancelled", 4, "a-1")),
    "the whole is cancelled, one books again": (*SEATS[:2], change("cancelled", 4, None), change("booked", 5, "a-2")),
}


@pytest.mark.parametrize("name", ORDERS)
def test_whatever_the_order_the_event_ends_with_the_same_person(play: Play, name: str) -> None:
    changes = ORDERS[name]
    run = play((), bookings=file("mark"))
    ends = []
    for number, order in enumerate(permutations(changes)):
        own = {"booking_id": f"bk-{number}"}
        run.play(steps(*({**row, **own, "event_id": f"{row['event_id']}-{number}"} for row in order)))
    for event in run.rows("Event"):
        person = run.row("Lead", Id=event["WhoId"])["Email"]
        ends.append((person, str(event["Subject"]).startswith("Cancelled"), str(event["StartDateTime"])[:16]))
    assert len(set(ends)) == 1, ends
    assert (len(ends), emails(run)) == (number + 1, ["ann@example.com", "bob@example.com"])


def test_a_late_seat_registers_its_person_and_leaves_the_times(play: Play) -> None:
    run = play(steps(change("moved", 9, "a-2"), change("booked", 1, "a-1")), bookings=file())
    assert emails(run) == ["ann@example.com", "bob@example.com"]
    assert (who(run), run.row("Event")["StartDateTime"][:16]) == ("ann", "2026-12-01T10:09")


def test_seats_without_attendee_ids_are_told_apart_by_their_records_in_any_order(play: Play) -> None:
    seats = [
        {**change("booked", minute, attendee), "attendee_id": None} for minute, attendee in ((2, "a-2"), (1, "a-1"))
    ]
    run = play(steps(*seats), bookings=file())
    assert (emails(run), who(run)) == (["ann@example.com", "bob@example.com"], "ann")


def test_one_who_does_not_come_does_not_mark_the_meeting(play: Play) -> None:
    run = play(steps(*SEATS[:2], change("no_show", 5, "a-1", start=None, end=None)), bookings=file())
    assert run.row("Event")["ShowAs"] != "Free"
    assert run.told()[-1] == "skipped.filtered"
    assert "BK-5" in run.outcomes()[-1].rule_ids


def test_when_nobody_came_the_meeting_is_marked(play: Play) -> None:
    shown = [change("no_show", 5 + number, f"a-{number}", start=None, end=None) for number in (2, 1)]
    run = play(steps(*SEATS[:2], *shown), bookings=file())
    assert (run.row("Event")["ShowAs"], run.told()[-1]) == ("Free", "activity.activity_updated")


def test_a_no_show_of_the_only_one_who_still_comes_marks_the_meeting(play: Play) -> None:
    shown = change("no_show", 6, "a-2", start=None, end=None)
    run = play(steps(*SEATS[:2], change("cancelled", 5, "a-1"), shown), bookings=file())
    assert (run.row("Event")["ShowAs"], who(run)) == ("Free", "bob")


def test_the_event_goes_to_the_contact_that_the_next_attendee_became(play: Play) -> None:
    run = play(steps(*SEATS[:2]), bookings=file())
    bob = run.row("Lead", Email="bob@example.com")["Id"]
    contact = run.control().seed("Contact", [{"LastName": "Ray", "Email": "bob@example.com"}])[0]
    run.control().change("Lead", bob, IsConverted=True, ConvertedContactId=contact)
    run.play(steps(change("cancelled", 4, "a-1")))
    assert run.row("Event")["WhoId"] == contact


def test_an_attendee_whose_lead_was_deleted_is_passed_over(play: Play) -> None:
    run = play(steps(*SEATS), bookings=file())
    run.control().change("Lead", run.row("Lead", Email="bob@example.com")["Id"], IsDeleted=True)
    run.play(steps(change("cancelled", 4, "a-1")))
    assert who(run) == "cat"


def test_leads_that_were_there_and_are_not_overwritten_have_the_event_too(play: Play) -> None:
    there = [{"LastName": "Ray", "Company": "Ray Ltd", "Email": "bob@example.com"}]
    text = file(more="").replace("overwrite: true", "overwrite: false")
    run = play(
        [{"org has": "Lead", "records": there}, *steps(*SEATS[:2], change("cancelled", 4, "a-1"))], bookings=text
    )
    assert who(run) == "bob"


def test_a_repeated_cancellation_of_one_changes_nothing_more(play: Play) -> None:
    gone = change("cancelled", 4, "a-1")
    run = play(steps(*SEATS[:2], gone, gone, {**gone, "event_id": "b-40"}), bookings=file())
    assert (who(run), len(run.rows("Event"))) == ("bob", 1)


def without_id(change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change whose source tells no IDs of attendees."""
    return {name: value for name, value in change.items() if name != "attendee_id"}


UNTOLD = tuple(without_id(seat) for seat in SEATS)


def test_among_seats_without_ids_a_name_alone_asks_who_is_meant(play: Play) -> None:
    run = play(steps(*UNTOLD, without_id(change("moved", 9, "a-1", person={"first_name": "Ann", "last_name": "Lee"}))))
    last = run.outcomes()[-1]
    assert (last.kind, last.reason, "OW-9" in last.rule_ids) == ("error", "multiple_match", True)
    assert [candidate.id for candidate in last.candidates] == [run.row("Lead", Email="ann@example.com")["Id"]]
    assert len(run.rows("Lead")) == 3


def test_who_is_meant_by_a_name_alone_can_be_chosen(play: Play) -> None:
    text = file(more="") + "match: { several: park }\n"
    named = without_id(change("moved", 9, "a-1", person={"first_name": "Ann", "last_name": "Lee"}))
    run = play(steps(*UNTOLD, named), bookings=text)
    [parked] = run.notices()
    lead = run.row("Lead", Email="ann@example.com")
    chosen = {
        "event_id": "u-1",
        "action": "choose_match",
        "action_id": "x-1",
        "integration": "bookings",
        "about": parked.command_id,
        "person": {},
        "salesforce_id": lead["Id"],
        "at": "2026-11-27T20:20:00Z",
        "agent": {"email": "agent1@example.com"},
    }
    run.publish("crm.event.user-action", chosen)
    run.wait(lambda: len(run.outcomes()) == 5, what="the move to go on")
    assert len(run.rows("Lead")) == 3
    assert run.row("Event")["StartDateTime"][:16] == "2026-12-01T10:09"


def test_a_third_seat_without_an_id_that_shares_a_number_is_somebody_else(play: Play) -> None:
    numbers = ("+14155550100", "+14155550101", "+14155550101")
    seats = zip(UNTOLD, numbers, strict=True)
    run = play(
        steps(*({**row, "person": {**row["person"], "phones": [number]}} for row, number in seats)), bookings=file()
    )
    assert emails(run) == ["ann@example.com", "bob@example.com", "cat@example.com"]
    assert sorted(row["FirstName"] for row in run.rows("Lead")) == ["Ann", "Bob", "Cat"]


def test_names_in_other_scripts_with_a_number_are_found_among_several(play: Play) -> None:
    people = [
        {"full_name": "王 小明", "email": "wang@example.com", "phones": ["+14155550100"], "company": "W"},
        {"full_name": "Людмила Петрова", "email": "lp@example.com", "phones": ["+14155550101"], "company": "L"},
    ]
    booked = [without_id(change("booked", at, "a-1", person=person)) for at, person in enumerate(people, 1)]
    moved = {**people[1], "full_name": "ПЕТРОВА людмила", "email": "l.petrova@example.com"}
    run = play(steps(*booked, without_id(change("moved", 5, "a-1", person=moved))), bookings=file())
    assert emails(run) == ["l.petrova@example.com", "wang@example.com"]


def test_attendees_who_were_merged_are_one_and_are_found_by_name(play: Play) -> None:
    run = play(steps(*UNTOLD[:2]), bookings=file())
    ann, bob = (run.row("Lead", Email=f"{name}@example.com")["Id"] for name in ("ann", "bob"))
    run.control().merge("Lead", ann, bob)
    again = without_id(change("moved", 9, "a-1", person={"first_name": "Ann", "last_name": "Lee"}))
    run.play(steps(again))
    assert (run.outcomes()[-1].match_step, len(run.rows("Lead"))) == ("own", 1)


NAMED = without_id(change("moved", 9, "a-1", person={"first_name": "Ann", "last_name": "Lee"}))


def test_an_attendee_without_an_id_whose_lead_was_converted_is_its_contact(play: Play) -> None:
    number = {"phones": ["+14155550100"]}
    run = play(steps({**UNTOLD[0], "person": {**ANN, **number}}, *UNTOLD[1:]), bookings=file())
    there = {"FirstName": "Ann", "LastName": "Lee", "Email": "other@example.com"}
    contact = run.control().seed("Contact", [there])[0]
    run.control().change(
        "Lead", run.row("Lead", Email="ann@example.com")["Id"], IsConverted=True, ConvertedContactId=contact
    )
    run.play(steps({**NAMED, "person": {**NAMED["person"], "phones": ["(415) 555-0100"]}}))
    assert (run.outcomes()[-1].match_step, len(run.rows("Lead"))) == ("own", 3)
    assert run.row("Event")["WhoId"] == contact


def test_an_attendee_without_an_id_whose_lead_was_deleted_is_told_once_and_made_anew(play: Play) -> None:
    run = play(steps(*UNTOLD), bookings=file())
    run.control().change("Lead", run.row("Lead", Email="ann@example.com")["Id"], IsDeleted=True)
    run.play(steps(*(without_id(change("moved", minute, "a-1")) for minute in (9, 10))))
    assert run.told()[-2:] == ["error.record_deleted", "created"]
    assert emails(run) == ["ann@example.com", "bob@example.com", "cat@example.com"]


def test_by_setting_one_of_those_who_agree_is_taken_and_nobody_else(play: Play) -> None:
    run = play(steps(*UNTOLD, NAMED), bookings=file(more="") + "match: { several: newest }\n")
    last = run.outcomes()[-1]
    assert (last.match_step, "OW-9" in last.rule_ids) == ("own", True)
    assert emails(run) == ["ann@example.com", "bob@example.com", "cat@example.com"]
    assert (who(run), run.row("Event")["StartDateTime"][:16]) == ("ann", "2026-12-01T10:09")


def test_a_move_that_names_nobody_among_seats_without_ids_moves_it_for_all(play: Play) -> None:
    run = play(steps(*UNTOLD, {**NAMED, "person": {}}), bookings=file())
    assert (run.told()[-1], who(run), len(run.rows("Lead"))) == ("activity.activity_updated", "ann", 3)
