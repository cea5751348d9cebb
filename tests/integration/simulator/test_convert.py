import re
from typing import Any

import pytest


def leads(*conversions: Any) -> Any:
    inner = "".join(
        "<u:leadConverts>"
        + "".join(f"<u:{name}>{value}</u:{name}>" for name, value in item.items())
        + "</u:leadConverts>"
        for item in conversions
    )
    return f"<u:convertLead>{inner}</u:convertLead>"


def conversion(lead: Any, **more: Any) -> Any:
    return {"convertedStatus": "Closed - Converted", "doNotCreateOpportunity": "true", "leadId": lead, **more}


def code(answer: Any) -> Any:
    found = re.search(r"<statusCode>(\w+)</statusCode>", answer.text)
    return found[1] if found else None


def test_a_lead_becomes_an_account_and_a_contact_and_is_locked(api: Any) -> None:
    lead = api.make("Lead", LastName="A", Company="B", Email="a@example.com")
    task = api.make("Task", WhoId=lead)
    answer = api.soap(leads(conversion(lead)))
    assert answer.status_code == 200
    assert "<success>true</success>" in answer.text
    row = api.query(
        "SELECT IsConverted, Status, ConvertedAccountId, ConvertedContactId, ConvertedOpportunityId FROM Lead"
    )[0]
    assert (row["IsConverted"], row["Status"], row["ConvertedOpportunityId"]) == (True, "Closed - Converted", None)
    contact = api.query("SELECT Id, Email, AccountId FROM Contact")[0]
    assert (contact["Id"], contact["Email"]) == (row["ConvertedContactId"], "a@example.com")
    moved = api.query(f"SELECT WhoId, WhatId FROM Task WHERE Id = '{task}'")[0]
    assert (moved["WhoId"], moved["WhatId"]) == (contact["Id"], contact["AccountId"])
    update = api.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "x"}).json()[0]
    again = api.call("POST", "sobjects/Task", {"WhoId": lead}).json()[0]
    assert update["errorCode"] == again["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"
    assert code(api.soap(leads(conversion(lead)))) == "CANNOT_UPDATE_CONVERTED_LEAD"
    assert [effect["kind"] for effect in api.control.effects()][-1] == "convert"


def test_an_opportunity_is_made_unless_told_not_to(api: Any) -> None:
    lead = api.make("Lead", LastName="A", Company="B")
    api.soap(leads(conversion(lead, doNotCreateOpportunity="false")))
    assert api.query("SELECT Name, StageName FROM Opportunity")[0]["Name"] == "B"


def test_existing_targets_get_only_their_blanks_filled(api: Any) -> None:
    account = api.make("Account", Name="Old", Phone="1")
    contact = api.make("Contact", LastName="Old", AccountId=account)
    lead = api.make("Lead", LastName="New", Company="New", Phone="2", Email="n@example.com")
    api.soap(leads(conversion(lead, accountId=account, contactId=contact)))
    assert api.query("SELECT Name, Phone FROM Account")[0]["Phone"] == "1"
    row = api.query("SELECT LastName, Email, Phone FROM Contact")[0]
    assert (row["LastName"], row["Email"], row["Phone"]) == ("Old", "n@example.com", "2")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"convertedStatus": "Open - Not Contacted"}, "INVALID_STATUS"),
        ({"contactId": "003000000000001AAA"}, "REQUIRED_FIELD_MISSING"),
        ({"opportunityName": "x"}, "INVALID_FIELD"),
        ({"accountId": "001000000000001AAA"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"overwriteLeadSource": "true"}, "REQUIRED_FIELD_MISSING"),
    ],
)
def test_a_wrong_conversion_is_refused_and_leaves_nothing(api: Any, more: Any, expected: Any) -> None:
    lead = api.make("Lead", LastName="A", Company="B")
    assert code(api.soap(leads(conversion(lead, **more)))) == expected
    assert api.query("SELECT Id FROM Account") == []
    assert api.query("SELECT IsConverted FROM Lead")[0]["IsConverted"] is False


def test_a_queues_lead_needs_an_owner(api: Any) -> None:
    queue = api.query("SELECT Id FROM Group WHERE Type = 'Queue'")[0]["Id"]
    user = api.query("SELECT Id FROM User")[0]["Id"]
    lead = api.make("Lead", LastName="A", Company="B", OwnerId=queue)
    assert code(api.soap(leads(conversion(lead)))) == "REQUIRED_FIELD_MISSING"
    assert "<success>true</success>" in api.soap(leads(conversion(lead, ownerId=user))).text


def test_one_bad_lead_does_not_stop_the_others_and_order_is_kept(api: Any) -> None:
    keys = [api.make("Lead", LastName="A", Company=f"C{n}") for n in range(2)]
    answer = api.soap(leads(conversion(keys[0]), conversion("00Q000000000009AAA"), conversion(keys[1])))
    assert re.findall(r"<success>(\w+)</success>", answer.text) == ["true", "false", "true"]


def test_more_than_100_leads_are_a_fault_of_the_whole_call(api: Any) -> None:
    lead = api.make("Lead", LastName="A", Company="B")
    answer = api.soap(leads(*[conversion(lead)] * 101))
    assert answer.status_code == 500
    assert "<sf:exceptionCode>LIMIT_EXCEEDED</sf:exceptionCode>" in answer.text


def test_soap_login_is_refused_as_new_orgs_refuse_it_unless_switched_on(api: Any, rules: Any) -> None:
    login = (
        "<u:login><u:username>integration@example.com</u:username><u:password>simulated-password</u:password></u:login>"
    )
    assert "INVALID_OPERATION" in api.soap(login, "59.0").text
    assert "<sessionId>" in rules.soap(login, "59.0").text
    assert "UNSUPPORTED_API_VERSION" in rules.soap(login, "65.0").text
