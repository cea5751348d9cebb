"""A default or a placeholder is for creation: on an update an empty value changes nothing (default-over-value)."""

from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import FOLDER, case

BOOKING = "crm.event.booking"
RESULT = "crm.event.call-result"


def booking(number: int, **more: Any) -> dict[str, Any]:
    """Return the *number*-th change of one booking by Ann, who names no company."""
    told = {"person": {"email": "ann@example.com"}, "status": "booked", **more}
    return {
        "event_id": f"b-{number}",
        "booking_id": "bk-1",
        "workspace": "W",
        "changed": f"2026-11-27T20:0{number}:00Z",
        "start": "2026-12-01T10:00:00Z",
        "end": "2026-12-01T10:30:00Z",
        **told,
    }


def text(name: str) -> str:
    """Return the text of one of the integration files."""
    return (FOLDER / "integrations" / f"{name}.yaml").read_text(encoding="utf-8")


LEAD = {"LastName": "Real", "Company": "Real AG", "Email": "ann@example.com"}


def test_a_booking_without_a_company_leaves_the_company_of_a_lead(play: Play) -> None:
    run = play(case("k1_booking"))
    assert run.row("Lead")["Company"] == "Real AG"
    assert run.told()[0].startswith(("updated", "activity"))


def test_a_field_record_without_a_company_leaves_the_company_of_a_lead(play: Play) -> None:
    record = {
        "event_id": "f-1",
        "record_id": "r-1",
        "workspace": "F",
        "changed": "2026-11-27T20:01:00Z",
        "stage": "New",
        "person": {"email": "ann@example.com", "first_name": "Ann"},
    }
    run = play(
        [{"org has": "Lead", "records": [LEAD]}, {"publish": "crm.event.field-record", "events": [record]}],
    )
    row = run.row("Lead")
    assert (row["Company"], row["FirstName"]) == ("Real AG", "Ann")


def test_a_new_lead_takes_the_default(play: Play) -> None:
    run = play([{"publish": BOOKING, "events": [booking(1, person={"email": "new@example.com", "last_name": "New"})]}])
    assert run.row("Lead")["Company"] == "No Integration"


def test_a_move_without_a_title_keeps_the_subject_that_a_person_wrote(play: Play) -> None:
    run = play([{"publish": BOOKING, "events": [booking(1, title="Demo", person={**LEAD_PERSON})]}])
    event = run.row("Event")
    run.play(
        [
            {"a person changes": "Event", "id": event["Id"], "fields": {"Subject": "Demo of the roof"}},
            {"publish": BOOKING, "events": [booking(2, status="moved", start="2026-12-02T10:00:00Z")]},
        ]
    )
    assert run.row("Event")["Subject"] == "Demo of the roof"


LEAD_PERSON = {"email": "ann@example.com", "last_name": "Ann", "company": "Acme"}


@pytest.mark.parametrize(("blank", "title"), [("skip", "Head"), ("clear", None)])
def test_an_empty_value_clears_only_where_the_integration_says_so(play: Play, blank: str, title: str | None) -> None:
    settings = (
        text("results")
        + f"write: {{ fields: {{ Lead.Title: {{ blank: {blank} }}, Lead.Company: {{ blank: clear }} }} }}\n"
    )
    result = {
        "event_id": "r-1",
        "call_id": "c-1",
        "project": "P",
        "result_code": "YES",
        "resulted": "2026-11-27T21:00:00Z",
        "person": {"email": "ann@example.com"},
    }
    run = play(
        [{"org has": "Lead", "records": [{**LEAD, "Title": "Head"}]}, {"publish": RESULT, "events": [result]}],
        results=settings,
    )
    row = run.row("Lead")
    # Company is mandatory: it is never emptied, whatever the settings say.
    assert (row.get("Title"), row["Company"], row["LastName"]) == (title, "Real AG", "Real")


def test_a_constant_is_said_and_is_written_over_what_is_there(play: Play) -> None:
    settings = text("results").replace("    City: fields.city\n", "    City: { constant: Berlin }\n")
    result = {
        "event_id": "r-1",
        "call_id": "c-1",
        "project": "P",
        "result_code": "YES",
        "resulted": "2026-11-27T21:00:00Z",
        "person": {"email": "ann@example.com"},
    }
    run = play(
        [{"org has": "Lead", "records": [{**LEAD, "City": "Bonn"}]}, {"publish": RESULT, "events": [result]}],
        results=settings,
    )
    assert run.row("Lead")["City"] == "Berlin"
