"""What people write for an e-mail, a number, a name or a company, and what calendars send for a day."""

from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import FOLDER, Step

ANN = {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com", "company": "Lee Ltd"}
BOB = {"first_name": "Bob", "last_name": "Ray", "email": "bob@example.com", "company": "Ray Ltd"}


def result(person: dict[str, Any], number: int = 1, project: str = "P", **more: Any) -> Step:
    """Return the step of one call result about a person."""
    event = {
        "event_id": f"r-{number}",
        "call_id": f"c-{number}",
        "project": project,
        "result_code": "YES",
        "resulted": f"2026-11-27T21:0{number}:00Z",
        "person": person,
        **more,
    }
    return {"publish": "crm.event.call-result", "events": [event]}


def booking(**told: Any) -> Step:
    """Return the step of one booking."""
    event = {
        "event_id": "b-1",
        "booking_id": "bk-1",
        "workspace": "W",
        "status": "booked",
        "changed": "2026-11-27T20:01:00Z",
        "person": ANN,
        "start": "2026-12-01T10:00:00Z",
        "end": "2026-12-01T10:30:00Z",
        **told,
    }
    return {"publish": "crm.event.booking", "events": [event]}


def text(name: str, more: str = "") -> str:
    """Return an integration file with *more* at its end."""
    return (FOLDER / "integrations" / f"{name}.yaml").read_text(encoding="utf-8") + more


@pytest.mark.parametrize(
    "written",
    [
        "ann@example.com (work)",
        "ann @example.com",
        "ann@example.com;bob@example.com",
        "mailto:ann@example.com?subject=Hello",
        "&lt;ann@example.com&gt;",
        "ann\uff20example.com",
    ],
)
def test_the_address_is_found_in_what_stands_around_it(play: Play, written: str) -> None:
    held = {"LastName": "Old", "Company": "C", "Email": "ann@example.com"}
    run = play([{"org has": "Lead", "records": [held]}, result({**ANN, "email": written})])
    assert run.told() == ["updated"]
    assert run.row("Lead")["Email"] == "ann@example.com"


@pytest.mark.parametrize("written", ["ann lee@example.com", "ann@@example"])
def test_an_address_is_never_guessed(play: Play, written: str) -> None:
    run = play([result({**ANN, "email": written})])
    assert run.told()[0].startswith("error.salesforce_refused INVALID_EMAIL_ADDRESS")


@pytest.mark.parametrize(
    ("region", "stored", "sent"),
    [
        ("MX", "+52 55 1234 5678", "+52 1 55 1234 5678"),
        ("MX", "+52 1 55 1234 5678", "(55) 1234-5678"),
        ("DE", "+49 151 55501234", "49 151 55501234"),
        ("DE", "4915155501234", "0151 55501234"),
        ("US", "+49 151 55501234", "4915155501234"),
    ],
)
def test_a_number_is_known_without_its_plus_and_with_the_old_one_of_mexico(
    play: Play, region: str, stored: str, sent: str
) -> None:
    held = {"LastName": "Old", "Company": "C", "Phone": stored}
    person = {"last_name": "Ph", "phones": [sent], "company": "D"}
    run = play(
        [{"org has": "Lead", "records": [held]}, result(person)],
        results=text("results", f"match: {{ region: {region} }}\n"),
    )
    assert run.told() == ["updated"]


@pytest.mark.parametrize("company", ["-", "n/a", "\u200b", " \u00a0\u200d"])
def test_a_company_that_says_nothing_makes_no_account(play: Play, company: str) -> None:
    run = play([result({**ANN, "company": company}, project="C")])
    assert run.told() == ["created"]
    assert (run.rows("Account"), run.rows("Opportunity")) == ([], [])


def test_a_name_that_nobody_can_see_is_empty(play: Play) -> None:
    run = play([result({**ANN, "last_name": "\u200b"})])
    assert run.row("Lead")["LastName"] == "N/A"


def test_a_company_whose_name_was_cut_has_one_account(play: Play) -> None:
    company = "Company " * 40
    run = play([result({**ANN, "company": company}, project="C")])
    run.play([result({**BOB, "company": company}, 2, project="C"), result({**ANN, "company": company}, 3, project="C")])
    assert len(run.rows("Account")) == 1
    assert run.outcomes()[-1].flags == ()


def test_what_stands_in_brackets_behind_a_name_is_no_name(play: Play) -> None:
    run = play([result({"full_name": "Ann Lee (she/her)", "email": "ann@example.com", "company": "L"})])
    row = run.row("Lead")
    assert (row["FirstName"], row["LastName"]) == ("Ann", "Lee")


def test_an_agent_is_known_by_the_address_with_a_name(play: Play) -> None:
    run = play([result(ANN, agent={"email": "Agent One <AGENT1@example.com>"})])
    assert run.row("User", Id=run.row("Task")["OwnerId"])["Email"] == "agent1@example.com"
    assert run.outcomes()[-1].flags == ()


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "UTC"])
def test_a_whole_day_at_midnight_utc_is_that_day_in_each_zone(play: Play, zone: str) -> None:
    run = play([booking(all_day=True, zone=zone, start="2026-12-01T00:00:00Z", end="2026-12-02T00:00:00Z")])
    event = run.row("Event")
    assert (event["StartDateTime"][:10], event["DurationInMinutes"]) == ("2026-12-01", 1440)


def test_a_meeting_may_last_a_part_of_a_minute(play: Play) -> None:
    run = play([booking(end="2026-12-01T10:29:59Z")])
    assert run.told() == ["created"]
    assert run.row("Event")["EndDateTime"][:19] == "2026-12-01T10:29:59"


@pytest.mark.parametrize("tier", ["A\u200b", "\uff21", " a\u00a0"])
def test_a_pick_is_known_by_what_people_see(play: Play, tier: str) -> None:
    run = play([result(ANN, fields={"tier": tier})])
    assert run.row("Lead")["Tier__c"] == "A"


def test_a_company_that_says_nothing_leaves_the_contacts_own_account(play: Play) -> None:
    account = {"org has": "Account", "records": [{"Name": "Old GmbH"}], "ids": ["0015g000000000MAAQ"]}
    contact = {"LastName": "Lee", "Email": "ann@example.com", "AccountId": "0015g000000000MAAQ"}
    run = play([account, {"org has": "Contact", "records": [contact]}, result({**ANN, "company": "n/a"}, project="C")])
    assert run.row("Account")["Name"] == "Old GmbH"
    assert run.outcomes()[-1].flags == ()
