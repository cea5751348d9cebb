"""Parents by an external ID, record types and member statuses of campaigns, as an org has them."""

from collections.abc import Iterator
from typing import Any

import pytest

import simulator
from tests.integration.simulator.conftest import open_api

KEY = {"name": "Number__c", "type": "string", "length": 20, "external_id": True}
ORG = simulator.OrgFile(
    name="typed",
    fields={**simulator.OrgFile().fields, "Account": [KEY], "Case": [KEY]},
    objects={"Visit__c": {"activities": True, "fields": [KEY]}},
    record_types={
        "Lead": [{"name": "Standard", "default": True}, {"name": "Partner"}, {"name": "Secret", "available": False}]
    },
)


@pytest.fixture(scope="module")
def typed_org() -> Iterator[simulator.Running]:
    with simulator.serve([ORG]) as running:
        yield running


@pytest.fixture
def typed(typed_org: simulator.Running) -> Iterator[Any]:
    found = open_api(typed_org, "typed")
    found.control.wipe()
    yield found
    found.session.close()


def refusal(answer: Any) -> tuple[str, str]:
    body = answer.json()[0]
    return body["errorCode"], body["message"]


@pytest.mark.parametrize("kind", ["Account", "Case", "Visit__c"])
def test_an_activity_names_what_it_is_about_by_an_external_id_and_its_object(typed: Any, kind: str) -> None:
    parent = typed.make(kind, Number__c="42", **({} if kind == "Case" else {"Name": "A"}))
    task = typed.make("Task", Subject="S", What={"attributes": {"type": kind}, "Number__c": "42"})
    (row,) = typed.query("SELECT Id, WhatId FROM Task")
    assert (row["Id"], row["WhatId"]) == (task, parent)


def test_a_parent_that_is_not_there_or_not_unique_refuses_the_record(typed: Any) -> None:
    body = {"LastName": "L", "Account": {"Number__c": "42"}}
    text = "Foreign key external ID: 42 not found for field Number__c in entity Account"
    assert refusal(typed.call("POST", "sobjects/Contact", body)) == ("INVALID_FIELD", text)
    typed.make("Account", Name="A", Number__c="42")
    typed.make("Account", Name="B", Number__c="42")
    assert refusal(typed.call("POST", "sobjects/Contact", body))[0] == "DUPLICATE_EXTERNAL_ID"
    rows = {
        "records": [{"attributes": {"type": "Contact"}, **body}, {"attributes": {"type": "Contact"}, "LastName": "M"}]
    }
    told = typed.call("POST", "composite/sobjects", rows).json()
    assert [item["success"] for item in told] == [False, True]


def test_a_parent_of_several_objects_needs_its_type(typed: Any) -> None:
    typed.make("Account", Name="A", Number__c="42")
    answer = typed.call("POST", "sobjects/Task", {"Subject": "S", "What": {"Number__c": "42"}})
    assert refusal(answer)[0] == "INVALID_FIELD"


def test_describe_tells_the_record_types_and_what_the_user_may_give(typed: Any) -> None:
    infos = typed.call("GET", "sobjects/Lead/describe").json()["recordTypeInfos"]
    told = {
        info["developerName"]: (info["available"], info["defaultRecordTypeMapping"], info["master"]) for info in infos
    }
    assert told == {
        "Standard": (True, True, False),
        "Partner": (True, False, False),
        "Secret": (False, False, False),
        "Master": (True, False, True),
    }
    (only,) = typed.call("GET", "sobjects/Contact/describe").json()["recordTypeInfos"]
    assert (only["master"], only["defaultRecordTypeMapping"]) == (True, True)


def test_a_new_record_gets_the_default_type_and_none_that_may_not_be_given(typed: Any) -> None:
    types = {item["DeveloperName"]: item["Id"] for item in typed.query("SELECT Id, DeveloperName FROM RecordType")}
    lead = typed.make("Lead", LastName="L", Company="C")
    assert typed.call("GET", f"sobjects/Lead/{lead}").json()["RecordTypeId"] == types["Standard"]
    answer = typed.call("POST", "sobjects/Lead", {"LastName": "L", "Company": "C", "RecordTypeId": types["Secret"]})
    text = f"Record Type ID: this ID value isn't valid for the user: {types['Secret']}"
    assert refusal(answer) == ("INVALID_CROSS_REFERENCE_KEY", text)


def test_a_member_takes_a_status_of_its_campaign_or_the_default(typed: Any) -> None:
    campaign = typed.make("Campaign", Name="C")
    people = [typed.make("Lead", LastName=name, Company="C") for name in ("A", "B")]
    for lead, status in zip(people, ("Responded", "Invited"), strict=True):
        typed.make("CampaignMember", CampaignId=campaign, LeadId=lead, Status=status)
    rows = typed.query("SELECT Status, HasResponded FROM CampaignMember ORDER BY LeadId")
    assert [(row["Status"], row["HasResponded"]) for row in rows] == [("Responded", True), ("Sent", False)]
