"""The day of an activity is the day in its event's zone, and an unknown zone is told (two kinds of cases)."""

from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import FOLDER, Step, case


def with_zone(name: str, zone: str) -> list[Step]:
    """Return a case whose events are in another zone."""
    return [
        {**step, "events": [{**item, "zone": zone} for item in step["events"]]} if "events" in step else step
        for step in case(name)
    ]


def text(name: str, more: str) -> str:
    """Return an integration file with *more* at its end."""
    return (FOLDER / "integrations" / f"{name}.yaml").read_text(encoding="utf-8") + more


@pytest.mark.parametrize("name", ["k5_case", "k5_windows"])
def test_a_call_has_the_day_of_its_zone_by_whatever_name(play: Play, name: str) -> None:
    run = play(case(name))
    assert run.row("Task")["ActivityDate"] == "2026-03-01"
    assert run.outcomes()[-1].flags == ()


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Eastern Time (US & Canada)", "2026-03-01"),
        ("UTC-5", "2026-03-01"),
        ("UTC−5", "2026-03-01"),
        ("+05:30", "2026-03-02"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "2026-03-02"),
    ],
)
def test_other_names_of_zones_are_known(play: Play, zone: str, day: str) -> None:
    run = play(with_zone("k5_case", zone))
    assert run.row("Task")["ActivityDate"] == day


def test_an_unknown_zone_is_told_and_the_integrations_own_is_used(play: Play) -> None:
    run = play(with_zone("k5_case", "Mars/Base"), calls=text("calls", "zone: America/Los_Angeles\n"))
    assert run.row("Task")["ActivityDate"] == "2026-03-01"
    assert "zone_unknown" in run.outcomes()[-1].flags


def test_a_call_result_has_day_duration_and_subtype(play: Play) -> None:
    run = play(case("k12_result"))
    task = run.row("Task")
    assert (task["ActivityDate"], task["CallDurationInSeconds"], task["TaskSubtype"]) == ("2026-11-26", 300, "Call")


def test_a_mapped_moment_of_a_call_result_becomes_its_day_in_the_zone(play: Play) -> None:
    steps = case("k12_result")
    event = {**steps[0]["events"][0], "project": "WI"}
    run = play([{"publish": "crm.event.call-result", "events": [event]}])
    assert run.row("Task")["ActivityDate"] == "2026-11-26"


def test_a_booking_that_is_a_task_has_the_day_of_its_zone(play: Play) -> None:
    event: dict[str, Any] = {
        "event_id": "b-1",
        "booking_id": "bk-1",
        "workspace": "WT",
        "status": "booked",
        "changed": "2026-11-27T20:01:00Z",
        "person": {"last_name": "Ann", "email": "ann@example.com", "company": "Acme"},
        "start": "2026-12-02T03:00:00Z",
        "end": "2026-12-02T03:30:00Z",
        "zone": "Pacific Standard Time",
    }
    run = play([{"publish": "crm.event.booking", "events": [event]}])
    assert run.row("Task")["ActivityDate"] == "2026-12-01"


def test_an_activity_of_a_field_application_has_the_day_of_its_zone(play: Play) -> None:
    record = {
        "event_id": "f-1",
        "record_id": "r-1",
        "workspace": "F",
        "changed": "2026-11-27T20:01:00Z",
        "stage": "New",
        "person": {"email": "ann@example.com", "last_name": "Ann", "company": "Acme"},
    }
    knock = {
        "event_id": "a-1",
        "activity_id": "act-1",
        "record_id": "r-1",
        "workspace": "F",
        "changed": "2026-11-27T20:05:00Z",
        "started": "2026-11-28T03:30:00Z",
        "person": {},
        "zone": "Eastern Time (US & Canada)",
    }
    run = play(
        [
            {"publish": "crm.event.field-record", "events": [record]},
            {"publish": "crm.event.field-activity", "events": [knock]},
        ]
    )
    assert run.row("Task")["ActivityDate"] == "2026-11-27"
