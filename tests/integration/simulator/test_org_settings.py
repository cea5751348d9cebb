"""Settings of a real org by the org file: currencies, places, formulas, picks by record type, approvals, owners."""

from collections.abc import Iterator
from typing import Any

import pytest

import simulator
from tests.integration.simulator.conftest import Api, open_api

FIELDS = {
    **simulator.OrgFile().fields,
    "Lead": [
        *simulator.OrgFile().fields["Lead"],
        {"name": "Tier__c", "type": "picklist", "values": ["A", "B", "C"], "restricted": True},
    ],
}
ORG = simulator.OrgFile(
    name="settings",
    fields=FIELDS,
    currencies=["EUR", "USD"],
    countries={
        "Germany": {"code": "DE", "states": {"Bavaria": "BY", "Berlin": "BE"}},
        "Switzerland": {"code": "CH", "states": {"Bern": "BE"}},
    },
    validation_rules=[
        {
            "object": "Lead",
            "formula": 'AND(ISPICKVAL(Rating, "Hot"), ISBLANK(Phone))',
            "message": "A hot lead needs a phone",
            "field": "Phone",
        }
    ],
    record_types={
        "Lead": [
            {"name": "Retail", "default": True, "values": {"Tier__c": ["A", "B"]}},
            {"name": "Trade"},
        ]
    },
    approval_locks=[{"object": "Opportunity", "when": {"field": "NextStep", "value": "Approval"}}],
    users=[
        {"username": "integration@example.com", "password": "simulated-password"},
        {"username": "gone@example.com", "record": {"IsActive": False}},
    ],
)


@pytest.fixture(scope="module")
def server() -> Iterator[simulator.Running]:
    with simulator.serve([ORG, simulator.OrgFile(name="strict", users=ORG.users, inactive_owners="refuse")]) as running:
        yield running


@pytest.fixture
def org(server: simulator.Running) -> Api:
    found = open_api(server, "settings")
    found.control.wipe()
    return found


def refused(api: Api, method: str, path: str, **fields: Any) -> tuple[str, str, list[str]]:
    """Return code, message and fields of a refusal."""
    answer = api.call(method, path, fields)
    assert answer.status_code == 400, answer.text
    error = answer.json()[0]
    return error["errorCode"], error["message"], error.get("fields", [])


def test_records_have_a_currency_and_the_first_is_the_default(org: Api) -> None:
    lead = org.make("Lead", LastName="Lee", Company="Real AG")
    assert org.query(f"SELECT CurrencyIsoCode FROM Lead WHERE Id = '{lead}'")[0]["CurrencyIsoCode"] == "EUR"
    code, _, fields = refused(org, "PATCH", f"sobjects/Lead/{lead}", CurrencyIsoCode="XXX")
    assert (code, fields) == ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["CurrencyIsoCode"])
    assert [row["IsoCode"] for row in org.query("SELECT IsoCode FROM CurrencyType ORDER BY IsoCode")] == ["EUR", "USD"]


def test_an_org_of_one_currency_does_not_know_them(api: Any) -> None:
    answer = api.call("GET", "query", params={"q": "SELECT Id FROM CurrencyType"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_TYPE")


def test_a_place_is_written_by_label_or_code_and_read_by_both(org: Api) -> None:
    names = ("Country", "CountryCode", "State", "StateCode")
    for given in ({"Country": "germany", "State": "bavaria"}, {"CountryCode": "DE", "StateCode": "BY"}):
        lead = org.make("Lead", LastName="Lee", Company="Real AG", **given)
        row = org.query(f"SELECT {', '.join(names)}, Address FROM Lead WHERE Id = '{lead}'")[0]
        assert [row[name] for name in names] == ["Germany", "DE", "Bavaria", "BY"]
        assert (row["Address"]["countryCode"], row["Address"]["stateCode"]) == ("DE", "BY")
        assert org.call("PATCH", f"sobjects/Lead/{lead}", {"State": None, "Country": "Switzerland"}).status_code == 204


@pytest.mark.parametrize(
    ("given", "words", "field"),
    [
        (
            {"Country": "Deutschland"},
            "There's a problem with this country, even though it may appear correct.",
            "Country",
        ),
        ({"Country": "Germany", "State": "Bern"}, "There's a problem with this state", "State"),
        ({"State": "Bavaria"}, "A country/territory must be specified before specifying a state value", "State"),
    ],
)
def test_a_place_that_the_lists_do_not_have_is_refused(org: Api, given: Any, words: str, field: str) -> None:
    code, message, fields = refused(org, "POST", "sobjects/Lead", LastName="Lee", Company="Real AG", **given)
    assert (code, fields) == ("FIELD_INTEGRITY_EXCEPTION", [field])
    assert message.startswith(words)


def test_a_validation_rule_by_formula_refuses(org: Api) -> None:
    found = refused(org, "POST", "sobjects/Lead", LastName="Lee", Company="Real AG", Rating="Hot")
    assert found == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "A hot lead needs a phone", ["Phone"])
    org.make("Lead", LastName="Lee", Company="Real AG", Rating="Hot", Phone="+49 30 1234567")


def test_a_restricted_pick_must_be_of_the_records_type(org: Api) -> None:
    kinds = {row["Name"]: row["Id"] for row in org.query("SELECT Id, Name FROM RecordType")}
    lead = {"LastName": "Lee", "Company": "Real AG", "Tier__c": "C"}
    code, _, fields = refused(org, "POST", "sobjects/Lead", **lead)
    assert (code, fields) == ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Tier__c"])
    org.make("Lead", **lead, RecordTypeId=kinds["Trade"])


def test_a_record_in_approval_is_locked(org: Api) -> None:
    deal = org.make("Opportunity", Name="Deal", StageName="Prospecting", CloseDate="2026-12-31", NextStep="Approval")
    found = refused(org, "PATCH", f"sobjects/Opportunity/{deal}", Amount=5)
    assert found[:2] == ("ENTITY_IS_LOCKED", "the entity is locked for editing")
    assert org.call("DELETE", f"sobjects/Opportunity/{deal}").status_code == 400


def test_a_record_is_given_to_no_user_who_has_left_and_kept_or_refused_by_setting(server: simulator.Running) -> None:
    for name, changed in (("settings", 204), ("strict", 400)):
        api = open_api(server, name)
        api.control.wipe()
        gone = api.query("SELECT Id FROM User WHERE Username = 'gone@example.com'")[0]["Id"]
        code, message, _ = refused(api, "POST", "sobjects/Account", Name="Real AG", OwnerId=gone)
        assert code == "INACTIVE_OWNER_OR_USER"
        assert message == f"operation performed with inactive user [{gone}] as owner of account"
        (account,) = api.control.seed("Account", [{"Name": "Left", "OwnerId": gone}])
        assert api.call("PATCH", f"sobjects/Account/{account}", {"Phone": "1"}).status_code == changed
