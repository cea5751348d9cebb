"""
Kinds *create-past-write-policy* and *thing-id-is-not-a-person*: a source's ID is no person, and a create writes on
nothing that is there.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import Run, case

START = {"start": "2026-12-01T10:00:00Z", "end": "2026-12-01T10:30:00Z"}


def booking(number: int, person: Mapping[str, Any], workspace: str = "W", **told: Any) -> dict[str, Any]:
    """Return a step that publishes a change of booking bk-1."""
    event = {
        "event_id": f"b-{number}",
        "booking_id": "bk-1",
        "workspace": workspace,
        "status": "booked" if number == 1 else "moved",
        "changed": f"2026-11-27T20:0{number}:00Z",
        "person": person,
        **START,
        **told,
    }
    return {"publish": "crm.event.booking", "events": [event]}


def result(number: int, person: Mapping[str, Any], at: int | None = None, **told: Any) -> dict[str, Any]:
    """Return a step that publishes a result of call c-1, resulted at minute *at*."""
    event = {
        "event_id": f"r-{number}",
        "call_id": "c-1",
        "project": "P",
        "result_code": "YES",
        "resulted": f"2026-11-27T20:{number if at is None else at:02d}:00Z",
        "person": person,
        "agent": {"email": "integration@example.com"},
        **told,
    }
    return {"publish": "crm.event.call-result", "events": [event]}


def who(first: str, last: str, email: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a person with a company."""
    return {"first_name": first, "last_name": last, "email": email, "company": "Lee Ltd", **more}


ANN, BOB = who("Ann", "Lee", "ann@example.com"), who("Bob", "Ray", "bob@example.com", company="Ray Ltd")


def emails(run: Run) -> list[str]:
    """Return the e-mails of all leads, sorted."""
    return sorted(str(row["Email"]) for row in run.rows("Lead"))


def test_k16_booking_a_correction_by_a_person_stays_where_overwriting_is_off(play: Play) -> None:
    run = play(case("k16_booking"))
    [lead] = run.rows("Lead")
    assert (lead["LastName"], lead["Company"]) == ("Smith", "Smith Ltd")
    assert str(lead["Email"]).endswith("@example.com")


def test_k16_converted_the_contact_of_a_lead_that_was_converted_is_written(play: Play) -> None:
    run = play(case("k16_converted"))
    assert [outcome.kind for outcome in run.outcomes()] == ["created", "updated"]
    assert [row.object for row in run.outcomes()[-1].records if row.object in ("Lead", "Contact")] == ["Contact"]


def test_k2_two_invitees_of_one_booking_are_two_leads_and_nobody_is_renamed(play: Play) -> None:
    run = play(case("k2_seats"))
    assert [row["FirstName"] for row in sorted(run.rows("Lead"), key=lambda row: row["FirstName"])] == ["ann", "bob"]


def test_k2_the_first_invitee_is_untouched_where_overwriting_is_off(play: Play) -> None:
    run = play(case("k2_off"))
    assert [mail.split(".")[0] for mail in emails(run)] == ["ann", "bob"]


def test_a_second_attendee_is_another_lead_and_is_found_again(play: Play) -> None:
    run = play([booking(1, ANN, attendee_id="a-1"), booking(2, BOB, attendee_id="a-2")])
    run.play([booking(3, who("Bobby", "Rey", "bobby@example.com"), attendee_id="a-2")])
    assert emails(run) == ["ann@example.com", "bobby@example.com"]
    assert [outcome.match_step for outcome in run.outcomes()] == ["none", "none", "own"]


def test_an_e_mail_that_was_mistyped_is_corrected_on_the_same_lead(play: Play) -> None:
    run = play([booking(1, who("Ann", "Lee", "ann@exmaple.com")), booking(2, ANN)])
    assert emails(run) == ["ann@example.com"]
    assert run.outcomes()[-1].kind == "updated"
    assert "OW-5" in run.outcomes()[-1].rule_ids


def test_an_older_result_writes_nothing_over_a_newer_one(play: Play) -> None:
    run = play([result(2, ANN, fields={"title": "Boss"})])
    run.play([result(1, who("Ann", "Lee", "ann@exmaple.com"), fields={"title": "Clerk"})])
    [lead] = run.rows("Lead")
    assert (lead["Title"], lead["Email"]) == ("Boss", "ann@example.com")
    assert run.outcomes()[-1].reason == "stale"


def test_fill_blank_keeps_what_is_there_when_the_same_call_is_resulted_again(play: Play) -> None:
    first, second = result(1, ANN, project="FB"), result(2, who("Ann", "Lee", "new@example.com"), project="FB")
    run = play([first, second])
    assert emails(run) == ["ann@example.com"]
    assert run.outcomes()[-1].match_step == "own"


def test_before_tells_what_stood_there(play: Play) -> None:
    run = play([result(1, ANN, fields={"title": "Clerk"})])
    run.play([result(2, who("Ann", "Lee", "new@example.com"), fields={"title": "Boss"})])
    [lead] = [row for row in run.outcomes()[-1].records if row.object == "Lead"]
    assert (lead.before["Email"], lead.before["Title"]) == ("ann@example.com", "Clerk")


def test_a_result_that_names_nobody_is_about_the_person_of_the_call(play: Play) -> None:
    run = play([result(1, ANN), result(2, {}, fields={"title": "Boss"})])
    [lead] = run.rows("Lead")
    assert (lead["Title"], lead["Email"]) == ("Boss", "ann@example.com")


def test_an_own_lead_that_was_deleted_is_told_once_and_then_made_anew(play: Play) -> None:
    run = play([result(1, ANN)])
    [lead] = run.rows("Lead")
    run.control().change("Lead", lead["Id"], IsDeleted=True)
    run.play([result(2, ANN), result(3, ANN)])
    assert [(outcome.kind, outcome.reason) for outcome in run.outcomes()] == [
        ("created", "none"),
        ("error", "record_deleted"),
        ("created", "none"),
    ]


def test_keys_that_find_another_record_win_and_the_outcome_names_both(play: Play) -> None:
    run = play([result(1, ANN)])
    [own] = run.rows("Lead")
    seeded = {"LastName": "Lee", "Company": "Other", "Email": "other@example.com"}
    run.play([{"org has": "Lead", "records": [seeded]}])
    run.play([result(2, who("Ann", "Lee", "other@example.com"), fields={"title": "Boss"})])
    last = run.outcomes()[-1]
    assert last.own_record == own["Id"]
    assert run.row("Lead", Email="other@example.com")["Title"] == "Boss"


def test_a_moved_booking_finds_the_lead_of_the_booking_that_it_replaces(play: Play) -> None:
    run = play([booking(1, who("Ann", "Lee", "ann@exmaple.com"))])
    run.play([booking(2, ANN, booking_id="bk-2", previous_booking="bk-1")])
    assert emails(run) == ["ann@example.com"]


def by_hand(number: int, action: str, person: Mapping[str, Any], **told: Any) -> dict[str, Any]:
    """Return a step that publishes what a user did in conversation x-1."""
    event = {
        "event_id": f"u-{number}",
        "action": action,
        "action_id": "x-1",
        "integration": "calls",
        "at": f"2026-11-27T20:0{number}:00Z",
        "person": person,
        "agent": {"email": "agent1@example.com"},
        **told,
    }
    return {"publish": "crm.event.user-action", "events": [event]}


def test_two_activities_of_one_conversation_are_two_tasks_and_a_repeat_is_none(play: Play) -> None:
    seeded = {"LastName": "Lee", "Phone": "+14155550123"}
    run = play([{"org has": "Contact", "records": [seeded]}])
    person = {"last_name": "Lee", "phones": ["+14155550123"]}
    first = by_hand(1, "log_activity", person, subject="Talk")
    run.play([first, by_hand(2, "log_activity", person, subject="Agreed"), first])
    assert sorted(row["Subject"] for row in run.rows("Task")) == ["Agreed", "Talk"]


OWN_FIELDS = """name: results
preset: vanillasoft
org: main
enabled: true
project: P
result_codes: ["YES"]
action: update_or_create_lead
activity: { enabled: false }
map:
  lead:
    FirstName: person.first_name
    LastName: person.last_name
    Company: person.company
    Fax: fields.line
    City: fields.city
match:
  key_sets: [[{ from: fields.line, kind: phone, lead: Fax }, { from: fields.city, lead: City }]]
"""


def line(number: int, first: str, last: str, **fields: Any) -> dict[str, Any]:
    """Return a result that tells its person's number in a field of its own."""
    return result(number, {"first_name": first, "last_name": last, "company": "C"}, fields=fields)


def test_a_number_in_a_field_of_the_integrations_own_finds_the_own_record(play: Play) -> None:
    run = play([line(1, "Ann", "Lee", line="+1 415 555 0100", city="Ulm")], results=OWN_FIELDS)
    [lead] = run.rows("Lead")
    run.control().change("Lead", lead["Id"], City="Bonn", LastName="Ray", FirstName="Bea")
    run.play([line(2, "Cat", "Fox", line="(415) 555-0100", city="Ulm")])
    assert (run.outcomes()[-1].match_step, len(run.rows("Lead"))) == ("own", 1)


def test_a_number_that_an_earlier_event_said_in_its_own_field_counts_though_it_was_corrected(play: Play) -> None:
    run = play([line(1, "Ann", "Lee", line="+1 415 555 0100", city="Ulm")], results=OWN_FIELDS)
    run.control().change("Lead", run.row("Lead")["Id"], Fax="+14155550999", LastName="Ray", FirstName="Bea")
    run.play([line(2, "Cat", "Fox", line="(415) 555-0100", city="Ulm")])
    assert (run.outcomes()[-1].match_step, len(run.rows("Lead"))) == ("own", 1)


@pytest.mark.parametrize(("setting", "leads"), [("same", 1), ("distinct", 2)])
def test_own_records_are_compared_with_or_without_tags_as_the_match_is(play: Play, setting: str, leads: int) -> None:
    text = f"""name: results
preset: vanillasoft
org: main
enabled: true
project: P
result_codes: ["YES"]
action: update_or_create_lead
activity: {{ enabled: false }}
match: {{ plus_addressing: {setting} }}
"""
    run = play([result(1, who("Ann", "Lee", "ann+news@example.com"))], results=text)
    run.control().change("Lead", run.row("Lead")["Id"], Email="corrected@example.com")
    run.play([result(2, who("Bea", "Ray", "ann+shop@example.com"))])
    assert len(run.rows("Lead")) == leads
