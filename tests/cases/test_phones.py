"""A person is found by number, whatever the form in which the org or the event has it (kind phone-form-not-known)."""

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import case

NUMBER = "+14155550170"


def result(*phones: str, **person: str) -> dict[str, object]:
    return {
        "publish": "crm.event.call-result",
        "events": [
            {
                "event_id": "r-1",
                "call_id": "c-1",
                "project": "P",
                "result_code": "YES",
                "resulted": "2026-11-27T21:00:00Z",
                "person": {"last_name": "Ph", "phones": list(phones), "company": "D", **person},
                "agent": {"email": "integration@example.com"},
            }
        ],
    }


@pytest.mark.parametrize("name", ["k3_0", "k3_1", "k3_2", "k3_4", "k3_5", "k3_7"])
def test_the_lead_of_the_case_is_found(play: Play, name: str) -> None:
    run = play(case(name))
    assert run.told() == ["updated"]
    assert run.row("Lead")["LastName"].startswith("Xx")


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ("415/555-0170", NUMBER),
        ("(415) 555-0170 x9", NUMBER),
        ("415-555-0170 (cell)", NUMBER),
        ("001 415 555 0170", NUMBER),
        ("+1.415.555.0170", "(415) 555 0170 ext 3"),
        ("415 555 0171 / 415 555 0170", NUMBER),
        ("+49 (0) 30 / 555 01 24", "0049 30 5550124"),
    ],
)
def test_a_lead_is_found_in_any_writing(play: Play, stored: str, sent: str) -> None:
    run = play([{"org has": "Lead", "records": [{"LastName": "Old", "Company": "C", "Phone": stored}]}, result(sent)])
    assert run.told() == ["updated"]
    assert run.row("Lead")["Company"] == "D"


@pytest.mark.parametrize("field", ["MobilePhone", "Phone"])
def test_any_number_of_the_event_finds_any_field(play: Play, field: str) -> None:
    held = {"LastName": "Old", "Company": "C", field: "415.555.0170"}
    run = play([{"org has": "Lead", "records": [held]}, result("+1 415 555 0199", NUMBER)])
    assert run.told() == ["updated"]


def test_a_contact_is_found_by_the_number_of_its_home(play: Play) -> None:
    run = play(
        [{"org has": "Contact", "records": [{"LastName": "Old", "HomePhone": "(415) 555.0170"}]}, result(NUMBER)]
    )
    assert run.told() == ["updated"]
    assert run.rows("Lead") == []


def test_the_country_of_the_record_counts(play: Play) -> None:
    held = {"LastName": "Old", "Company": "C", "Phone": "030 / 555 01 24", "Country": "Germany"}
    run = play([{"org has": "Lead", "records": [held]}, result("+49 30 5550124")])
    assert run.told() == ["updated"]


def test_the_region_of_the_integration_counts(play: Play) -> None:
    text = REGION
    held = {"LastName": "Old", "Company": "C", "Phone": "+49 30 5550124"}
    run = play([{"org has": "Lead", "records": [held]}, result("030 5550124")], results=text)
    assert run.told() == ["updated"]


def test_another_number_is_another_person(play: Play) -> None:
    held = {"LastName": "Old", "Company": "C", "Phone": "415.555.0171"}
    run = play([{"org has": "Lead", "records": [held]}, result(NUMBER)])
    assert run.told() == ["created"]


REGION = """
name: results
preset: vanillasoft
org: demo
enabled: true
project: P
result_codes: ["YES"]
action: update_or_create_lead
match: { region: DE }
"""


def dialled(number: str, network: str = "N") -> dict[str, object]:
    steps = [("started", "20:00:00"), ("answered", "20:00:04"), ("ended", "20:01:04")]
    parties = {
        "caller": {"kind": "internal", "extension": "201"},
        "callee": {"kind": "external", "number": number},
        "user": {"email": "agent1@example.com"},
    }
    events = [
        {
            "event_id": f"p-{step}",
            "call_id": "call-1",
            "network": network,
            "step": step,
            "at": f"2026-11-27T{at}+00:00",
            "direction": "outbound",
            **parties,
        }
        for step, at in steps
    ]
    return {"publish": "crm.event.pbx-call", "events": events}


def test_a_number_dialled_for_an_outside_line_is_found(play: Play) -> None:
    run = play(case("k13_us"))
    assert run.row("Task")["WhoId"] == run.row("Contact")["Id"]


@pytest.mark.parametrize(
    ("stored", "number", "network"),
    [
        ("+14155550170", "9 (415) 555-0170", "N"),
        ("+14155550170", "0 1 415 555 0170", "N"),
        ("+49 30 5550124", "00305550124", "D"),
    ],
)
def test_any_outside_line_is_taken_off(play: Play, stored: str, number: str, network: str) -> None:
    run = play([{"org has": "Contact", "records": [{"LastName": "Px", "Phone": stored}]}, dialled(number, network)])
    assert run.row("Task")["WhoId"] == run.row("Contact")["Id"]


def test_an_outside_line_that_is_none_is_part_of_the_number(play: Play) -> None:
    held = [{"LastName": "Px", "Phone": "+19145550170"}, {"LastName": "Py", "Phone": "+1 145 550 170"}]
    run = play([{"org has": "Contact", "records": held}, dialled("9145550170")])
    assert run.row("Task")["WhoId"] == run.row("Contact", LastName="Px")["Id"]


def test_by_setting_nothing_is_taken_off(play: Play) -> None:
    held = {"LastName": "Px", "Phone": "+14155550170"}
    run = play([{"org has": "Contact", "records": [held]}, dialled("914155550170")], calls=NO_PREFIX)
    assert run.rows("Task") == []
    assert run.told() == ["skipped.unknown_number"]


NO_PREFIX = """
name: calls
preset: wildix
org: demo
enabled: true
network: N
calls: { region: US, outside_prefixes: [] }
activity: { enabled: true, object: Task, owner: integration@example.com }
"""
