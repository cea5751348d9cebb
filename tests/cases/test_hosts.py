"""The host of a booking owns its Event, through every move (kind owner-frozen-at-creation)."""

from typing import Any

from tests.cases.conftest import Play
from tests.cases.runner import AGENTS, Run, case

FIRST, SECOND = AGENTS


def booking(event: str, status: str, minute: int, host: str | None = FIRST, **over: Any) -> dict[str, Any]:
    """Return the step that publishes one change of a booking of Ann's, at 20:*minute*."""
    body = {
        "event_id": event,
        "booking_id": "bk-1",
        "workspace": "W",
        "status": status,
        "changed": f"2026-11-27T20:{minute:02}:00Z",
        "person": {"last_name": "Ann", "email": "ann@example.com", "company": "Acme"},
        "start": "2026-12-01T10:00:00Z",
        "end": "2026-12-01T10:30:00Z",
        "title": "Demo",
        "agent": {"email": host} if host else None,
        **over,
    }
    return {"publish": "crm.event.booking", "events": [{name: value for name, value in body.items() if value}]}


def host(run: Run) -> str:
    """Return the e-mail of the one Event's owner."""
    return str(run.row("User", Id=run.row("Event")["OwnerId"])["Email"])


def test_the_event_of_the_case_goes_to_the_host_that_it_is_moved_to(play: Play) -> None:
    assert host(play(case("k7_same"))) == SECOND


def test_a_booking_that_replaces_another_one_brings_its_own_host(play: Play) -> None:
    moved = booking("b-2", "booked", 2, SECOND, booking_id="bk-2", previous_booking="bk-1")
    run = play([booking("b-1", "booked", 1), moved])
    assert host(run) == SECOND


def test_an_owner_whom_a_person_chose_stays(play: Play) -> None:
    run = play([booking("b-1", "booked", 1)])
    third = run.row("User", Email="integration@example.com")["Id"]
    event = run.row("Event")["Id"]
    run.play(
        [{"a person changes": "Event", "id": event, "fields": {"OwnerId": third}}, booking("b-2", "moved", 2, SECOND)]
    )
    assert run.row("Event")["OwnerId"] == third


def test_a_host_whom_the_org_does_not_know_at_first_is_made_good_by_the_next_move(play: Play) -> None:
    run = play([booking("b-1", "booked", 1, "nobody@example.com")])
    assert host(run) == "integration@example.com"
    run.play([booking("b-2", "moved", 2, SECOND)])
    assert host(run) == SECOND


def test_a_move_whose_host_is_not_named_or_not_known_leaves_the_event_where_it_is(play: Play) -> None:
    moves = [booking("b-2", "moved", 2, None), booking("b-3", "moved", 3, "nobody@example.com")]
    assert host(play([booking("b-1", "booked", 1), *moves])) == FIRST


def test_a_move_that_comes_late_takes_no_event_back(play: Play) -> None:
    run = play([booking("b-1", "booked", 1), booking("b-3", "moved", 3, SECOND), booking("b-2", "moved", 2)])
    assert host(run) == SECOND
    assert run.told()[-1] == "skipped.superseded"


def test_a_move_without_a_title_keeps_the_subject(play: Play) -> None:
    run = play([booking("b-1", "booked", 1), booking("b-2", "moved", 2, title=None, start="2026-12-01T10:10:00Z")])
    event = run.row("Event")
    assert (event["Subject"], event["StartDateTime"][:16]) == ("Demo", "2026-12-01T10:10")


def test_a_move_without_a_title_keeps_a_subject_that_is_mapped_without_a_default(play: Play) -> None:
    bare = """name: bookings
preset: jicoo
org: main
enabled: true
workspace: W
activity: { enabled: true, object: Event, owner: integration@example.com }
map: { activity: { Subject: title } }
"""
    run = play([booking("b-1", "booked", 1), booking("b-2", "moved", 2, title=None)], bookings=bare)
    assert run.row("Event")["Subject"] == "Demo"
