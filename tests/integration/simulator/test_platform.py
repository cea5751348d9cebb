"""What the platform does by itself: compound fields, rights to fields, cascades, assignment, conditions, limits."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

import simulator
from tests.integration.simulator.conftest import Api, open_api

LEAD = {"LastName": "A", "Company": "B"}
LIMITED = simulator.OrgFile(
    name="limited",
    username="clerk@example.com",
    password="pw",
    password_flow=True,
    concurrent_limit=2,
    concurrent_after=0.2,
    users=[
        {"username": "clerk@example.com", "password": "pw",
         "fields": {"Lead": {"Phone": [], "Title": ["read"], "LastName": [], "MobilePhone": ["read", "edit"]}}},
        {"username": "boss@example.com", "password": "pw"},
    ],
    assignment_rules=[{"object": "Lead", "when": {"field": "Rating", "value": "Hot"}, "owner": "Leads"}],
)  # fmt: skip


@pytest.fixture(scope="module")
def limited_org() -> Iterator[simulator.Running]:
    with simulator.serve([LIMITED]) as server:
        yield server


@pytest.fixture
def clerk(limited_org: simulator.Running) -> Iterator[Api]:
    found = open_api(limited_org, "limited")
    found.control.wipe()
    found.control.pace("instant")
    yield found
    found.session.close()


@pytest.fixture
def boss(limited_org: simulator.Running, clerk: Api) -> Iterator[Api]:
    found = open_api(limited_org, "limited", grant_type="password", username="boss@example.com", password="pw")
    yield found
    found.session.close()


def test_an_address_is_read_whole_and_written_by_its_parts(api: Any) -> None:
    key = api.make("Contact", LastName="A", MailingCity="Bonn", MailingStreet="Street 1")
    other = api.make("Contact", LastName="B")
    whole = {"city": "Bonn", "country": None, "geocodeAccuracy": None, "latitude": None, "longitude": None,
             "postalCode": None, "state": None, "street": "Street 1"}  # fmt: skip
    assert api.call("GET", f"sobjects/Contact/{key}").json()["MailingAddress"] == whole
    rows = api.query("SELECT Id, MailingAddress, OtherAddress FROM Contact ORDER BY LastName")
    assert [(row["Id"], row["MailingAddress"], row["OtherAddress"]) for row in rows] == [
        (key, whole, None),
        (other, None, None),
    ]
    refused = api.call("PATCH", f"sobjects/Contact/{key}", {"MailingAddress": {"city": "x"}}).json()[0]
    assert (refused["errorCode"], refused["fields"]) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ["MailingAddress"])
    assert api.call("PATCH", f"sobjects/Contact/{key}", {"MailingCity": None, "MailingStreet": None}).status_code == 204
    assert api.query(f"SELECT MailingAddress FROM Contact WHERE Id = '{key}'")[0]["MailingAddress"] is None
    answer = api.call("GET", "query", params={"q": "SELECT Id FROM Contact WHERE MailingAddress = 'x'"})
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"


def test_describe_tells_the_parts_of_compound_fields_as_recorded_ones_do(api: Any) -> None:
    fields = {item["name"]: item for item in api.call("GET", "sobjects/Contact/describe").json()["fields"]}
    address = fields["MailingAddress"]
    assert (address["type"], address["soapType"], address["filterable"], address["queryByDistance"]) == (
        "address", "urn:address", True, True)  # fmt: skip
    assert not any(address[name] for name in ("createable", "updateable", "sortable", "groupable", "aggregatable"))
    assert {name for name, field in fields.items() if field["compoundFieldName"] == "MailingAddress"} == {
        f"Mailing{part}" for part in ("Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude",
                                      "GeocodeAccuracy")}  # fmt: skip
    assert {name for name, field in fields.items() if field["compoundFieldName"] == "Name"} == {
        "LastName", "FirstName", "Salutation"}  # fmt: skip
    assert (fields["Name"]["extraTypeInfo"], fields["MailingStreet"]["extraTypeInfo"]) == (
        "personname",
        "plaintextarea",
    )


def test_bulk_queries_refuse_compound_fields(api: Any) -> None:
    api.make("Lead", **LEAD, City="Bonn")
    refused = api.call("POST", "jobs/query", {"operation": "query", "query": "SELECT Address FROM Lead"})
    assert "compound data" in refused.json()[0]["message"]


def test_a_field_without_rights_is_not_there_for_the_user(clerk: Api, boss: Api) -> None:
    key = boss.make("Lead", **LEAD, Phone="1", Title="Head")
    fields = {item["name"]: item for item in clerk.call("GET", "sobjects/Lead/describe").json()["fields"]}
    assert "Phone" not in fields
    assert (fields["Title"]["createable"], fields["Title"]["updateable"]) == (False, False)
    assert fields["LastName"]["createable"] is True  # what a create needs is no matter of permissions
    read = clerk.call("GET", f"sobjects/Lead/{key}").json()
    assert ("Phone" in read, read["Title"]) == (False, "Head")
    answer = clerk.call("GET", "query", params={"q": "SELECT Phone FROM Lead"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    assert boss.query("SELECT Phone FROM Lead")[0]["Phone"] == "1"


@pytest.mark.parametrize(("field", "code"), [("Phone", "INVALID_FIELD"), ("Title", "INVALID_FIELD_FOR_INSERT_UPDATE")])
def test_a_field_without_rights_is_refused_by_every_way_to_write(clerk: Api, field: str, code: str) -> None:
    key = clerk.make("Lead", **LEAD, MobilePhone="2")
    single = clerk.call("PATCH", f"sobjects/Lead/{key}", {field: "x"})
    assert single.json()[0]["errorCode"] == code
    row = {"attributes": {"type": "Lead"}, **LEAD, field: "x"}
    many = clerk.call("POST", "composite/sobjects", {"records": [row]}).json()
    assert many[0]["errors"][0]["statusCode"] == code
    by_key = clerk.call("PATCH", "sobjects/Lead/Signalbox_Key__c/k", {**LEAD, field: "x"})
    assert by_key.json()[0]["errorCode"] == code


def test_an_assignment_rule_runs_on_update_too_unless_the_caller_says_no(clerk: Api) -> None:
    kept, given = clerk.make("Lead", **LEAD), clerk.make("Lead", **LEAD)
    no = {"Sforce-Auto-Assign": "FALSE"}
    assert clerk.call("PATCH", f"sobjects/Lead/{kept}", {"Rating": "Hot"}, headers=no).status_code == 204
    assert clerk.call("PATCH", f"sobjects/Lead/{given}", {"Rating": "Hot"}).status_code == 204
    owners = {row["Id"]: row["OwnerId"][:3] for row in clerk.query("SELECT Id, OwnerId FROM Lead")}
    assert owners == {kept: "005", given: "00G"}


def test_a_deleted_account_takes_its_contacts_opportunities_and_activities_along(api: Any) -> None:
    account = api.make("Account", Name="A")
    child = api.make("Account", Name="B", ParentId=account)
    contact = api.make("Contact", LastName="A", AccountId=account)
    opportunity = api.make("Opportunity", Name="O", StageName="Prospecting", CloseDate="2027-01-01", AccountId=account)
    task = api.make("Task", Subject="Call", WhoId=contact)
    event = api.make("Event", WhatId=opportunity, StartDateTime="2027-01-01T10:00:00Z", DurationInMinutes=30)
    assert api.call("DELETE", f"sobjects/Account/{account}").status_code == 204
    gone = {effect["id"] for effect in api.control.effects() if effect["kind"] == "delete"}
    assert gone == {account, contact, opportunity, task, event}
    assert api.call("GET", f"sobjects/Account/{child}").json()["ParentId"] is None
    described = api.call("GET", "sobjects/Account/describe").json()["childRelationships"]
    assert {(item["childSObject"], item["cascadeDelete"]) for item in described} >= {
        ("Contact", True),
        ("Account", False),
    }


def test_an_account_with_a_won_opportunity_is_not_deleted(api: Any) -> None:
    account = api.make("Account", Name="A")
    api.make("Opportunity", Name="O", StageName="Closed Won", CloseDate="2027-01-01", AccountId=account)
    refused = api.call("DELETE", f"sobjects/Account/{account}")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "DELETE_FAILED")
    assert [effect for effect in api.control.effects() if effect["kind"] == "delete"] == []


def test_an_account_has_an_etag_that_conditions_reads_and_writes(api: Any) -> None:
    key = api.make("Account", Name="A")
    tag = api.call("GET", f"sobjects/Account/{key}").headers["ETag"]
    unchanged = api.call("GET", f"sobjects/Account/{key}", headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.headers["ETag"], unchanged.content) == (304, tag, b"")
    time.sleep(0.002)  # stamps are milliseconds
    assert api.call("PATCH", f"sobjects/Account/{key}", {"Name": "B"}, headers={"If-Match": tag}).status_code == 204
    stale = api.call("PATCH", f"sobjects/Account/{key}", {"Name": "C"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()[0]["errorCode"]) == (412, "PRECONDITION_FAILED")
    assert api.call("GET", f"sobjects/Account/{key}", headers={"If-None-Match": tag}).status_code == 200
    lead = api.make("Lead", **LEAD)
    assert "ETag" not in api.call("GET", f"sobjects/Lead/{lead}").headers


@pytest.mark.parametrize("pack", [gzip.compress, None])
def test_a_packed_body_is_read(api: Any, pack: Callable[[bytes], bytes] | None) -> None:
    body = json.dumps(LEAD).encode()
    headers = {"Content-Type": "application/json", **({"Content-Encoding": "gzip"} if pack else {})}
    answer = api.session.post(f"{api.base}/sobjects/Lead", pack(body) if pack else body, headers=headers, timeout=20)
    assert answer.status_code == 201
    assert api.query("SELECT LastName FROM Lead")[0]["LastName"] == "A"


def test_a_body_that_is_not_packed_as_it_says_is_refused(api: Any) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = api.session.post(f"{api.base}/sobjects/Lead", b"{}", headers=headers, timeout=20)
    assert answer.status_code == 400
    assert api.query("SELECT Id FROM Lead") == []


def test_parameterized_search_takes_its_parameters_by_get_and_by_post(api: Any) -> None:
    for name in ("Findling", "Findling Two"):
        api.make("Account", Name=name, Site="here")
    api.make("Lead", LastName="Findling", Company="B")
    body = {"q": "Findling", "in": "NAME", "fields": ["Id", "Name"], "overallLimit": 10, "defaultLimit": 5,
            "sobjects": [{"name": "Account", "where": "Site = 'here'", "limit": 1}, {"name": "Lead"}]}  # fmt: skip
    found = api.call("POST", "parameterizedSearch", body).json()["searchRecords"]
    assert [item["attributes"]["type"] for item in found] == ["Account", "Lead"]
    assert all("Name" in item for item in found)
    given = {"q": "Findling", "sobject": "Account,Lead", "fields": "Id", "Account.fields": "Id,Name"}
    found = api.call("GET", "parameterizedSearch", params=given).json()["searchRecords"]
    assert sorted((item["attributes"]["type"], "Name" in item) for item in found) == [
        ("Account", True), ("Account", True), ("Lead", False)]  # fmt: skip
    refused = api.call("GET", "parameterizedSearch", params={"q": "x", "in": "SHOES"})
    assert refused.status_code == 400


def test_more_long_requests_than_the_limit_are_refused_until_one_ends(clerk: Api) -> None:
    clerk.control.fault("delay", match={"path_regex": "/limits"}, count=2, seconds=1.5)
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(requests.get, f"{clerk.base}/limits", headers=dict(clerk.session.headers), timeout=20)
                for _ in range(2)]  # fmt: skip
        end = time.monotonic() + 5
        refused = clerk.call("GET", "sobjects")
        while refused.status_code == 200 and time.monotonic() < end:
            refused = clerk.call("GET", "sobjects")
        assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
        assert "ConcurrentRequests" in refused.json()[0]["message"]
        assert [future.result().status_code for future in slow] == [200, 200]
    assert clerk.call("GET", "sobjects").status_code == 200


@pytest.mark.parametrize("at_end", [True, False])
def test_under_a_pace_effects_show_at_the_end_of_their_request_unless_switched(at_end: bool) -> None:
    with simulator.serve([simulator.OrgFile(effects_at_end=at_end)]) as server:
        api = open_api(server, "default")
        api.control.pace({"base": 0.1, "record": 0.1})
        rows = [{"attributes": {"type": "Lead"}, **LEAD} for _ in range(3)]
        begin = time.monotonic()
        assert api.call("POST", "composite/sobjects", {"records": rows}).status_code == 200
        assert time.monotonic() - begin >= 0.4
        came = datetime.fromisoformat(api.control.log()[-1]["time"])
        shown = [datetime.fromisoformat(effect["time"]) - came for effect in api.control.effects()]
        assert len(shown) == 3
        # Stamps are milliseconds.
        assert all((after >= timedelta(seconds=0.398)) == at_end for after in shown)


def test_a_request_whose_client_has_gone_is_applied_at_its_time_all_the_same(api: Any) -> None:
    api.control.pace({"base": 0.3})
    with pytest.raises(requests.ReadTimeout):
        api.session.post(f"{api.base}/sobjects/Lead", json=LEAD, timeout=0.05)
    end = time.monotonic() + 5
    while not api.control.effects():
        assert time.monotonic() < end, "the request was never applied"
        time.sleep(0.01)
    assert len(api.control.effects()) == 1


def test_counts_of_records_are_told_by_object(api: Any) -> None:
    api.make("Account", Name="A")
    answer = api.call("GET", "limits/recordCount", params={"sObjects": "Account,Lead"}).json()
    assert answer == {"sObjects": [{"count": 1, "name": "Account"}, {"count": 0, "name": "Lead"}]}


def test_a_method_may_be_named_in_the_address(api: Any) -> None:
    key = api.make("Lead", **LEAD)
    assert api.call("POST", f"sobjects/Lead/{key}?_HttpMethod=PATCH", {"Title": "x"}).status_code == 204
    assert api.query("SELECT Title FROM Lead")[0]["Title"] == "x"


def test_update_only_never_creates(api: Any) -> None:
    path = "sobjects/Lead/Signalbox_Key__c/k?updateOnly=true"
    assert api.call("PATCH", path, LEAD).status_code == 404
    key = api.make("Lead", **LEAD, Signalbox_Key__c="k")
    assert api.call("PATCH", path, {"Title": "x"}).json()["created"] is False
    assert [row["Id"] for row in api.query("SELECT Id FROM Lead")] == [key]


def test_soap_tells_user_and_time_and_ends_the_session(api: Any) -> None:
    assert "<userName>integration@example.com</userName>" in api.soap("<u:getUserInfo/>").text
    assert "<timestamp>20" in api.soap("<u:getServerTimestamp/>").text
    assert api.soap("<u:logout/>").status_code == 200
    assert api.call("GET", "sobjects").status_code == 401


@pytest.mark.parametrize("counted", [True, False])
def test_what_counts_as_a_call_is_a_switch(counted: bool) -> None:
    with simulator.serve([simulator.OrgFile(count_limits=counted, count_not_modified=counted)]) as server:
        api = open_api(server, "default")
        modified = api.call("GET", "sobjects").headers["Last-Modified"]
        before = api.control.calls()["used"]
        assert before == 2  # a login and a describe
        api.call("GET", "limits")
        assert api.call("GET", "sobjects", headers={"If-Modified-Since": modified}).status_code == 304
        assert requests.get(f"{api.origin}/services/data", timeout=20).status_code == 200
        assert api.control.calls()["used"] - before == (2 if counted else 0)


def test_a_long_answer_is_packed_for_who_takes_it(api: Any) -> None:
    packed = api.call("GET", "sobjects", headers={"Accept-Encoding": "gzip"})
    plain = api.call("GET", "sobjects", headers={"Accept-Encoding": "identity"})
    assert (packed.headers.get("Content-Encoding"), plain.headers.get("Content-Encoding")) == ("gzip", None)
    assert packed.json() == plain.json()


def test_a_request_is_refused_as_one_too_many_when_it_comes_and_not_for_its_own_length(clerk: Api) -> None:
    clerk.control.pace(0.5)  # longer than what counts as long here
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: clerk.call("GET", "limits").status_code, range(2)))
    assert both == [200, 200]
