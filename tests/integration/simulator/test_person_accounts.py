"""Person accounts of the simulated org: one account and one contact that are the same person."""

from collections.abc import Iterator
from typing import Any

import pytest

import simulator
from tests.integration.simulator.conftest import Api, open_api

KEY = "Signalbox_Key__c"


@pytest.fixture(scope="module")
def people() -> Iterator[simulator.Running]:
    with simulator.serve([simulator.OrgFile(person_accounts=True)]) as running:
        yield running


@pytest.fixture
def org(people: simulator.Running) -> Api:
    found = open_api(people, "default")
    found.control.wipe()
    return found


def person_type(org: Api) -> str:
    return str(org.query("SELECT Id FROM RecordType WHERE IsPersonType = true")[0]["Id"])


def make_person(org: Api, **more: Any) -> tuple[str, str]:
    """Return the IDs of a person's account and contact."""
    given = {"LastName": "Lee", "FirstName": "Ann", "PersonEmail": "Ann@Example.com", **more}
    account = org.make("Account", RecordTypeId=person_type(org), **given)
    return account, org.query(f"SELECT PersonContactId FROM Account WHERE Id = '{account}'")[0]["PersonContactId"]


def test_a_person_is_an_account_and_a_contact(org: Api) -> None:
    account, contact = make_person(org, Phone="+49 30 1", PersonMailingCity="Bern", Signalbox_Key__pc="k1")
    (row,) = org.query("SELECT Id, Name, IsPersonAccount, PersonEmail FROM Account")
    assert (row["Name"], row["IsPersonAccount"], row["PersonEmail"]) == ("Ann Lee", True, "ann@example.com")
    names = "Name, Email, Phone, MailingCity, AccountId, IsPersonAccount, Signalbox_Key__c"
    (held,) = org.query(f"SELECT {names} FROM Contact WHERE Id = '{contact}'")
    assert [held[name.strip()] for name in names.split(",")] == [
        "Ann Lee", "ann@example.com", "+49 30 1", "Bern", account, True, "k1",
    ]  # fmt: skip


def test_the_contact_follows_its_account_and_is_not_written_itself(org: Api) -> None:
    account, contact = make_person(org)
    assert org.call("PATCH", f"sobjects/Account/{account}", {"PersonTitle": "CFO", "LastName": "Li"}).status_code == 204
    (held,) = org.query(f"SELECT Name, Title FROM Contact WHERE Id = '{contact}'")
    assert (held["Name"], held["Title"]) == ("Ann Li", "CFO")
    for method, body in (("PATCH", {"Title": "CEO"}), ("DELETE", None)):
        answer = org.call(method, f"sobjects/Contact/{contact}", body)
        assert answer.json()[0]["errorCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert org.call("POST", "sobjects/Contact", {"LastName": "Li", "AccountId": account}).status_code == 400
    assert org.call("DELETE", f"sobjects/Account/{account}").status_code == 204
    assert org.query("SELECT Id FROM Contact") == []


@pytest.mark.parametrize(
    ("person", "given", "code"),
    [
        (True, {"Name": "Ann Lee", "LastName": "Lee"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        (True, {"FirstName": "Ann"}, "REQUIRED_FIELD_MISSING"),
        (False, {"Name": "Real AG", "LastName": "Lee"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        (False, {"Name": "Real AG", "PersonEmail": "a@example.com"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        (False, {"Name": "Real AG", "Signalbox_Key__pc": "k"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        (False, {"LastName": "Lee"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ],
)
def test_fields_of_the_other_kind_are_refused(org: Api, person: bool, given: dict[str, Any], code: str) -> None:
    kind = {"RecordTypeId": person_type(org)} if person else {}
    answer = org.call("POST", "sobjects/Account", {**given, **kind})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert org.query("SELECT Id FROM Account") == org.query("SELECT Id FROM Contact") == []


def test_the_key_of_a_persons_contact_is_unique(org: Api) -> None:
    make_person(org, Signalbox_Key__pc="k1")
    given = {"LastName": "Two", "RecordTypeId": person_type(org), "Signalbox_Key__pc": "k1"}
    answer = org.call("POST", "sobjects/Account", given)
    assert answer.json()[0]["errorCode"] == "DUPLICATE_VALUE"
    assert len(org.query("SELECT Id FROM Account")) == 1


def test_a_lead_without_a_company_becomes_a_person(org: Api) -> None:
    lead = org.make("Lead", LastName="Lee", Email="a@example.com")
    done = org.soap(
        f"<u:convertLead><u:leadConverts><u:convertedStatus>Closed - Converted</u:convertedStatus>"
        f"<u:doNotCreateOpportunity>true</u:doNotCreateOpportunity><u:leadId>{lead}</u:leadId></u:leadConverts></u:convertLead>"
    )
    assert "<success>true</success>" in done.text
    (row,) = org.query("SELECT Name, PersonEmail, PersonContactId, IsPersonAccount FROM Account")
    assert (row["Name"], row["PersonEmail"], row["IsPersonAccount"]) == ("Lee", "a@example.com", True)
    (converted,) = org.query(f"SELECT ConvertedContactId FROM Lead WHERE Id = '{lead}'")
    assert converted["ConvertedContactId"] == row["PersonContactId"]


def test_an_account_does_not_change_into_a_person_here(org: Api) -> None:
    account = org.make("Account", Name="Real AG")
    answer = org.call("PATCH", f"sobjects/Account/{account}", {"RecordTypeId": person_type(org)})
    assert answer.status_code == 501
