"""What a duplicate rule found: read in both spellings, of REST and of SOAP, and of nothing that is none."""

from typing import Any

import pytest

from connectors.salesforce import convert
from connectors.salesforce.composite import Answer
from connectors.salesforce.errors import row_error
from connectors.salesforce.write import alone, saved_id
from processors.model.record import Record
from processors.model.requests import Conversion, Write

LEAD = "00Q000000000001AAA"
CONTACT = "0031i000013x2TEAAY"
BODY: dict[str, Any] = {
    "allowSave": True,
    "duplicateRule": "Contacts_DR",
    "duplicateRuleEntityType": "Contact",
    "errorMessage": "You're creating a duplicate record.",
    "matchResults": [
        {
            "entityType": "Contact",
            "errors": [],
            "matchEngine": "ExactMatchEngine",
            "matchRecords": [
                {
                    "matchConfidence": 100.0,
                    "record": {
                        "attributes": {"type": "Contact", "url": f"/services/data/v50.0/sobjects/Contact/{CONTACT}"},
                        "Id": CONTACT,
                        "Name": "Ann Lee",
                    },
                }
            ],
            "rule": "Contact_MR",
            "size": 1,
            "success": True,
        }
    ],
}


@pytest.mark.parametrize("key", ["duplicateResut", "duplicateResult"])
def test_the_records_are_read_in_both_spellings(key: str) -> None:
    """Fact sheet A5: the recorded answer of a real org spells it `duplicateResut`."""
    error = row_error({key: BODY, "errorCode": "DUPLICATES_DETECTED", "message": "Use one of these records?"})
    assert error.duplicates == (Record("Contact", CONTACT, {"Id": CONTACT, "Name": "Ann Lee"}),)
    assert error.rule == "Contacts_DR"
    assert not error.transient


@pytest.mark.parametrize(
    "broken",
    [None, [], "x", {}, {"matchResults": None}, {"matchResults": ["x"]}, {"matchResults": [{"matchRecords": [{}]}]}],
)
def test_an_error_that_names_no_record_has_none(broken: Any) -> None:
    error = row_error({"duplicateResut": broken, "errorCode": "DUPLICATES_DETECTED", "message": ""})
    assert error.duplicates == ()


def test_a_record_that_two_rules_found_is_listed_once() -> None:
    twice = {**BODY, "matchResults": BODY["matchResults"] * 2}
    assert len(row_error({"duplicateResut": twice, "errorCode": "DUPLICATES_DETECTED"}).duplicates) == 1


def test_a_conversion_tells_them_in_the_form_of_soap() -> None:
    text = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns="urn:partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        "<convertLeadResponse><result><errors xsi:type='DuplicateError'><duplicateResult><allowSave>true</allowSave>"
        "<duplicateRule>Contacts_DR</duplicateRule><matchResults><entityType>Contact</entityType><matchRecords>"
        "<matchConfidence>100.0</matchConfidence><record xmlns:sf='urn:sobject.partner.soap.sforce.com'>"
        f"<sf:type>Contact</sf:type><sf:Id>{CONTACT}</sf:Id></record></matchRecords></matchResults></duplicateResult>"
        '<fields xsi:nil="true"/><message>Use one of these records?</message>'
        "<statusCode>DUPLICATES_DETECTED</statusCode></errors>"
        f"<leadId>{LEAD}</leadId><success>false</success></result></convertLeadResponse></soapenv:Body>"
        "</soapenv:Envelope>"
    )
    (written,) = convert.conversion_results(text, [Conversion(LEAD, "Closed - Converted")])
    (error,) = written.errors
    assert (error.code, error.rule, [duplicate.id for duplicate in error.duplicates]) == (
        "DUPLICATES_DETECTED",
        "Contacts_DR",
        [CONTACT],
    )


@pytest.mark.parametrize(("allowed", "save"), [(False, "false"), (True, "true")])
def test_a_record_sent_alone_asks_for_what_was_found_and_allows_no_more_than_before(allowed: bool, save: str) -> None:
    write = Write("create", "Lead", external=("Key__c", "k"), fields={"LastName": "Ann"}, allow_duplicates=allowed)
    sub = alone(write, {"Sforce-Auto-Assign": "FALSE"})
    assert (sub.method, sub.path, sub.body) == ("POST", "sobjects/Lead", {"LastName": "Ann", "Key__c": "k"})
    assert sub.headers["Sforce-Duplicate-Rule-Header"] == f"allowSave={save}; includeRecordDetails=true"
    change = Write("update", "Lead", LEAD, fields={"Title": "Boss"}, assign=True)
    sub = alone(change, {"Sforce-Auto-Assign": "FALSE"})
    assert (sub.method, sub.path, sub.body) == ("PATCH", f"sobjects/Lead/{LEAD}", {"Title": "Boss"})
    assert sub.headers["Sforce-Auto-Assign"] == "TRUE"


def test_a_record_that_is_saved_after_all_has_its_id() -> None:
    create, update = Write("create", "Lead"), Write("update", "Lead", LEAD)
    assert saved_id(create, Answer(201, {"id": LEAD, "success": True})) == LEAD
    assert saved_id(update, Answer(204, None)) == LEAD
    assert saved_id(create, Answer(400, [{"errorCode": "DUPLICATES_DETECTED"}])) is None
    assert saved_id(create, Answer(201, "<html/>")) is None
