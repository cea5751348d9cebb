"""Two events of one person or parent that come at once: the second sees what the first one wrote, by whatever key."""

from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import Step

FILE = """name: %s
preset: vanillasoft
org: main
enabled: true
project: %s
result_codes: ["YES"]
action: update_or_create_lead
activity: { enabled: false }
map:
  lead:
    { LastName: person.last_name, Company: person.company, Email: person.email, Fax: fields.line, City: fields.city }
match: { key_sets: [[{ %s }]]%s }
"""
BY_EMAIL = FILE % ("results", "P", "from: person.email, kind: email, lead: Email", "")
BY_LINE = FILE % ("lines", "L", "from: fields.line, kind: phone, lead: Fax", ", region: DE")
BY_CITY = FILE % ("cities", "T", "from: fields.city, lead: City", "")
BY_TAG = FILE % ("tags", "G", "from: person.email, kind: email, lead: Email", ", plus_addressing: same")
FILES = {"results": BY_EMAIL, "lines": BY_LINE, "cities": BY_CITY, "tags": BY_TAG}
LINE = "+49 30 5550124"


def result(at: int, project: str = "P", email: str | None = None, **fields: str) -> dict[str, Any]:
    return {
        "event_id": f"r-{at}",
        "call_id": f"c-{at}",
        "project": project,
        "result_code": "YES",
        "resulted": f"2026-11-27T21:{at:02}:00Z",
        "person": {"last_name": f"Ann {at}", "company": "Acme", "email": email},
        "fields": fields,
    }


def at_once(*events: dict[str, Any]) -> Step:
    return {"publish": "crm.event.call-result", "events": list(events)}


MAIL = "ann@example.com"
SAME = {
    "a number in a field that the first one maps and does not look by": (
        result(1, email=MAIL, line=LINE),
        result(2, "L", line="030 / 555 01 24"),
    ),
    "the tag of an address": (result(1, email=MAIL), result(2, "G", email="ann+news@example.com")),
    "the tag of an address, first": (result(1, "G", email="ann+news@example.com"), result(2, "G", email=MAIL)),
    "a text": (result(1, email=MAIL, city="Ulm"), result(2, "T", city="ULM")),
}


@pytest.mark.parametrize("name", SAME)
def test_two_new_events_of_one_person_make_one_lead(play: Play, name: str) -> None:
    run = play([at_once(*SAME[name])], **FILES)
    assert [row["LastName"] for row in run.rows("Lead")] == ["Ann 2"], run.told()


@pytest.mark.parametrize("name", ["a number in a field that the first one maps and does not look by", "a text"])
def test_what_an_update_gives_a_lead_finds_it_for_the_next_one(play: Play, name: str) -> None:
    there = {"org has": "Lead", "records": [{"LastName": "Old", "Company": "C", "Email": MAIL}]}
    run = play([there, at_once(*SAME[name])], **FILES)
    assert [row["LastName"] for row in run.rows("Lead")] == ["Ann 2"], run.told()


def test_many_events_of_one_person_that_bring_a_number_are_one_lead(play: Play) -> None:
    events = [result(number, "L" if number % 2 else "P", email=MAIL, line=LINE) for number in range(1, 9)]
    run = play([at_once(*events)], **FILES)
    assert [row["LastName"] for row in run.rows("Lead")] == ["Ann 8"], run.told()


PARENT = """name: results
preset: vanillasoft
org: main
enabled: true
project: P
result_codes: ["YES"]
action: update_or_create_contact
activity: { enabled: false }
account: { enabled: true, keys: [Name] }
map:
  contact: { LastName: person.last_name, Email: person.email, Account.Number__c: fields.customer }
  account: { Name: fields.firm, Number__c: fields.number }
"""


def test_a_parent_that_an_earlier_event_made_is_found(play: Play) -> None:
    children = [result(number, email=f"p{number}@example.com", customer="a-42") for number in range(2, 6)]
    run = play([at_once(result(1, email=MAIL, firm="Acme", number="A-42"), *children)], results=PARENT)
    account = run.row("Account")["Id"]
    assert [row["AccountId"] for row in run.rows("Contact")] == [account] * 5, run.told()
    assert [outcome.dropped_fields for outcome in run.outcomes()] == [()] * 5


def test_a_parent_that_gets_its_number_by_an_earlier_event_is_found(play: Play) -> None:
    there = {"org has": "Account", "records": [{"Name": "Acme"}]}
    events = (result(1, email=MAIL, firm="ACME", number="A-42"), result(2, email="b@example.com", customer="A-42"))
    run = play([there, at_once(*events)], results=PARENT)
    assert [row["AccountId"] for row in run.rows("Contact")] == [run.row("Account")["Id"]] * 2


def test_a_parent_that_comes_after_its_child_is_told_as_not_found(play: Play) -> None:
    events = (result(1, email=MAIL, customer="A-42"), result(2, email="b@example.com", firm="Acme", number="A-42"))
    run = play([at_once(*events)], results=PARENT)
    first = next(outcome for outcome in run.outcomes() if outcome.event_ids == ("r-1",))
    assert [field.why for field in first.dropped_fields] == ["record_not_found"]
