"""A booking without times, of whole days, with a status of its own, or with the ID of its invitee (kind too-narrow)."""

from typing import Any

from tests.cases.conftest import Play
from tests.cases.runner import Run
from tests.cases.test_hosts import booking

FILE = """name: bookings
preset: jicoo
org: main
enabled: true
workspace: W
booking: { register: lead, overwrite: true, statuses: %s }
activity: { enabled: true, object: Event, cancelled: mark, owner: integration@example.com }
"""
NOTED = "{ no_show: { fields: { ShowAs: Free } }, completed: { fields: { ShowAs: OutOfOffice } } }"
BOOKED = booking("b-1", "booked", 1)


def untimed(event: str, status: str, minute: int, **over: Any) -> dict[str, Any]:
    return booking(event, status, minute, **{"start": None, "end": None, **over})


def times(run: Run) -> tuple[str, str]:
    """Return when the one Event begins and ends, to the minute."""
    event = run.row("Event")
    return event["StartDateTime"][:16], event["EndDateTime"][:16]


def test_a_no_show_without_times_sets_the_field_that_the_settings_name(play: Play) -> None:
    run = play([BOOKED, untimed("b-2", "no_show", 2)], bookings=FILE % NOTED)
    event = run.row("Event")
    assert (event["ShowAs"], times(run)) == ("Free", ("2026-12-01T10:00", "2026-12-01T10:30"))
    assert run.told() == ["created", "activity.activity_updated"]


def test_of_two_such_statuses_the_newer_one_stays(play: Play) -> None:
    late = untimed("b-2", "no_show", 2)
    run = play([BOOKED, untimed("b-3", "completed", 3), late], bookings=FILE % NOTED)
    assert run.row("Event")["ShowAs"] == "OutOfOffice"
    assert run.told()[-1] == "skipped.superseded"


def test_a_status_that_the_settings_do_not_name_does_nothing_and_says_so(play: Play) -> None:
    run = play([BOOKED, untimed("b-2", "completed", 2), untimed("b-3", "requested", 3)])
    assert run.told() == ["created", "skipped.filtered", "skipped.filtered"]
    assert times(run) == ("2026-12-01T10:00", "2026-12-01T10:30")


def test_a_request_may_be_taken_for_a_booking_and_its_rejection_for_a_cancellation(play: Play) -> None:
    run = play([booking("b-1", "requested", 1), untimed("b-2", "rejected", 2)], bookings=FILE % "{ requested: booked }")
    assert run.row("Event")["Subject"] == "Cancelled: Demo"
    assert run.row("Lead")["Email"] == "ann@example.com"


def test_a_reassigned_booking_goes_to_its_new_host_and_keeps_its_times(play: Play) -> None:
    run = play([BOOKED, untimed("b-2", "reassigned", 2, host="agent2@example.com")])
    assert run.row("User", Id=run.row("Event")["OwnerId"])["Email"] == "agent2@example.com"
    assert times(run) == ("2026-12-01T10:00", "2026-12-01T10:30")


def test_a_move_without_an_end_keeps_its_length(play: Play) -> None:
    moved = booking("b-2", "moved", 2, start="2026-12-03T08:00:00Z", end=None)
    assert times(play([BOOKED, moved])) == ("2026-12-03T08:00", "2026-12-03T08:30")


def test_a_booking_without_a_start_stands_at_its_change_and_is_flagged(play: Play) -> None:
    run = play([untimed("b-1", "booked", 1)])
    assert times(run) == ("2026-11-27T20:01", "2026-11-27T20:01")
    assert "time_unknown" in run.outcomes()[-1].flags


def test_a_booking_from_midnight_to_midnight_in_its_zone_lasts_all_day(play: Play) -> None:
    days = {"zone": "Europe/Paris", "start": "2026-11-30T23:00:00Z", "end": "2026-12-02T23:00:00Z"}
    event = play([booking("b-1", "booked", 1, **days)]).row("Event")
    assert event["IsAllDayEvent"] is True
    assert (event["StartDateTime"][:16], event["DurationInMinutes"]) == ("2026-12-01T00:00", 2880)


def test_a_booking_that_says_all_day_lasts_the_day_of_its_start(play: Play) -> None:
    event = play([booking("b-1", "booked", 1, all_day=True)]).row("Event")
    assert (event["IsAllDayEvent"], event["StartDateTime"][:16]) == (True, "2026-12-01T00:00")
    assert event["DurationInMinutes"] == 1440


def test_a_booking_of_whole_days_that_gets_an_hour_is_no_longer_all_day(play: Play) -> None:
    run = play([booking("b-1", "booked", 1, all_day=True), booking("b-2", "moved", 2)])
    event = run.row("Event")
    assert (event["IsAllDayEvent"], times(run)) == (False, ("2026-12-01T10:00", "2026-12-01T10:30"))


def test_the_invitees_salesforce_id_comes_before_the_e_mail(play: Play) -> None:
    seeded = {
        "org has": "Lead",
        "records": [{"LastName": "Other", "Company": "Acme", "Email": "other@example.com"}],
        "ids": ["00Q5g000000000AEAQ"],
    }
    run = play([seeded, booking("b-1", "booked", 1, salesforce_id="00Q5g000000000AEAQ")])
    assert run.row("Event")["WhoId"] == run.row("Lead")["Id"]
