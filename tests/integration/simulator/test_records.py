from typing import Any

import pytest


def test_a_created_record_is_read_back_with_its_audit_fields(api: Any) -> None:
    key = api.make("Lead", LastName="Ash", Company="Example", Email="ash@example.com")
    row = api.call("GET", f"sobjects/Lead/{key}").json()
    assert len(key) == 18
    assert key.startswith("00Q")
    assert row["attributes"]["type"] == "Lead"
    assert row["CreatedDate"] == row["SystemModstamp"]
    assert row["CreatedDate"].endswith("+0000")
    assert row["Status"] == "Open - Not Contacted"
    assert api.call("GET", f"sobjects/Lead/{key[:15]}?fields=Id,Name").json()["Name"] == "Ash"


def test_an_update_answers_204_and_a_delete_moves_the_row_to_the_bin(api: Any) -> None:
    key = api.make("Lead", LastName="Ash", Company="Example")
    assert api.call("PATCH", f"sobjects/lead/{key}", {"lastname": "Birch"}).status_code == 204
    assert api.query(f"SELECT LastName FROM Lead WHERE Id = '{key}'")[0]["LastName"] == "Birch"
    assert api.call("DELETE", f"sobjects/Lead/{key}").status_code == 204
    assert api.query("SELECT Id FROM Lead") == []
    gone = api.call("GET", "queryAll", params={"q": "SELECT Id, IsDeleted FROM Lead"}).json()["records"]
    assert gone[0]["IsDeleted"] is True
    assert api.call("DELETE", f"sobjects/Lead/{key}").json()[0]["errorCode"] == "ENTITY_IS_DELETED"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"LastName": "A"}, "REQUIRED_FIELD_MISSING"),
        ({"LastName": "A", "Company": "B", "Nope": 1}, "INVALID_FIELD"),
        ({"LastName": "A" * 81, "Company": "B"}, "STRING_TOO_LONG"),
        ({"LastName": "A", "Company": "B", "Email": "no mail"}, "INVALID_EMAIL_ADDRESS"),
        ({"LastName": "A", "Company": "B", "CleanStatus": "?"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"LastName": "A", "Company": "B", "IsDeleted": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"LastName": "A", "Company": "B", "OwnerId": "x"}, "MALFORMED_ID"),
        ({"LastName": "A", "Company": "B", "OwnerId": "005000000000001AAA"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"LastName": "A", "Company": "B", "NumberOfEmployees": "many"}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_bad_value_is_refused_with_the_code_of_a_real_org(api: Any, body: Any, code: Any) -> None:
    answer = api.call("POST", "sobjects/Lead", body)
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == code
    assert api.query("SELECT Id FROM Lead") == []


def test_an_unknown_object_or_id_is_not_found(api: Any) -> None:
    assert api.call("POST", "sobjects/Nothing", {}).status_code == 404
    assert api.call("GET", "sobjects/Lead/00Q000000000001AAA").status_code == 404
    assert (
        api.call("PATCH", "sobjects/Lead/00Q000000000001AAA", {}).json()[0]["errorCode"]
        == "INVALID_CROSS_REFERENCE_KEY"
    )


def test_upsert_by_external_id_creates_once_and_then_updates(api: Any) -> None:
    path = "sobjects/Lead/Signalbox_Key__c/a%2Fb"
    first = api.call("PATCH", path, {"LastName": "A", "Company": "B"})
    second = api.call("PATCH", path, {"LastName": "C"})
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()["created"]) == (200, False)
    assert api.query("SELECT LastName, Signalbox_Key__c FROM Lead")[0]["Signalbox_Key__c"] == "a/b"
    assert api.call("PATCH", "sobjects/Lead/Title/x", {}).json()[0]["errorCode"] == "NOT_FOUND"
    assert api.call("PATCH", "sobjects/Lead/Signalbox_Key__c/new?updateOnly=true", {}).status_code == 404


def test_upsert_by_an_ambiguous_email_answers_300_with_the_records(api: Any) -> None:
    keys = [api.make("Contact", LastName=name, Email="same@example.com") for name in ("A", "B")]
    answer = api.call("PATCH", "sobjects/Contact/Email/same@example.com", {"Title": "x"})
    assert answer.status_code == 300
    assert [item.rpartition("/")[2] for item in answer.json()] == keys


def test_a_unique_value_is_taken_once(api: Any) -> None:
    api.make("Lead", LastName="A", Company="B", Signalbox_Key__c="k")
    answer = api.call("POST", "sobjects/Lead", {"LastName": "A", "Company": "B", "Signalbox_Key__c": "K"})
    assert answer.json()[0]["errorCode"] == "DUPLICATE_VALUE"


def test_a_parent_is_named_by_its_external_id(api: Any) -> None:
    account = api.make("Account", Name="Example", Signalbox_Key__c="acc")
    contact = api.make("Contact", LastName="A", Account={"Signalbox_Key__c": "acc"})
    assert api.query(f"SELECT AccountId FROM Contact WHERE Id = '{contact}'")[0]["AccountId"] == account


def test_a_task_takes_a_lead_or_a_what_but_not_both(api: Any) -> None:
    lead, account = api.make("Lead", LastName="A", Company="B"), api.make("Account", Name="C")
    assert api.make("Task", WhoId=lead)
    answer = api.call("POST", "sobjects/Task", {"WhoId": lead, "WhatId": account})
    assert answer.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"


def test_an_event_needs_a_time_that_agrees_with_itself(api: Any) -> None:
    assert api.call("POST", "sobjects/Event", {"Subject": "x"}).json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    key = api.make("Event", StartDateTime="2026-01-02T10:00:00Z", DurationInMinutes=30)
    assert api.call("GET", f"sobjects/Event/{key}").json()["EndDateTime"] == "2026-01-02T10:30:00.000+0000"


def test_a_stale_conditional_update_is_refused(api: Any) -> None:
    key = api.make("Lead", LastName="A", Company="B")
    headers = {"If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}
    assert api.call("PATCH", f"sobjects/Lead/{key}", {"Title": "x"}, headers=headers).status_code == 412
