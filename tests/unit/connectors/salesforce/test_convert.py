"""The SOAP call: what is sent, what is understood, and XML that means harm."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce import convert
from connectors.salesforce.errors import Unusable
from processors.model.requests import Conversion

LEAD, ACCOUNT, CONTACT = "00Q000000000001AAA", "001000000000001AAA", "003000000000001AAA"
HEAD = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Header><LimitInfoHeader><limitInfo><current>5</current>'
    "<limit>15000</limit><type>API REQUESTS</type></limitInfo></LimitInfoHeader></soapenv:Header><soapenv:Body>"
)
GOOD = (
    f"<result><accountId>{ACCOUNT}</accountId><contactId>{CONTACT}</contactId>"
    f"<leadId>{LEAD}</leadId><opportunityId xsi:nil='true'/><success>true</success></result>"
)
BAD = (
    "<result><accountId xsi:nil='true'/><contactId xsi:nil='true'/><errors><fields xsi:nil='true'/>"
    "<message>cannot reference converted lead</message>"
    f"<statusCode>CANNOT_UPDATE_CONVERTED_LEAD</statusCode></errors><leadId>{LEAD}</leadId><success>false</success></result>"
)
ONE = Conversion(LEAD, "Closed - Converted")


def answer(*results: str) -> str:
    body = f"<convertLeadResponse>{''.join(results)}</convertLeadResponse>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{HEAD}{body}</soapenv:Body></soapenv:Envelope>'


def test_results_come_back_in_order_with_what_was_made() -> None:
    good, bad = convert.conversion_results(answer(GOOD, BAD), [ONE, ONE])
    assert (good.success, good.account_id, good.contact_id) == (True, ACCOUNT, CONTACT)
    assert (bad.success, bad.errors[0].code, bad.errors[0].fields) == (False, "CANNOT_UPDATE_CONVERTED_LEAD", ())
    assert convert.usage(answer(GOOD)) == (5, 15000)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_status_stays_text_whatever_it_holds(status: str) -> None:
    try:
        sent = convert.request([Conversion(LEAD, status)], "token", client="signalbox", allow_duplicates=False)
    except ValueError:
        assert any(not char.isprintable() for char in status)
        return
    texts = {element.tag.rpartition("}")[2]: element.text for element in ET.fromstring(sent).iter()}  # noqa: S314  # our own
    # XML's own line ends: a parser reads \r as \n unless the writer escapes it.
    assert (texts["convertedStatus"] or "") in (status, status.replace("\r\n", "\n").replace("\r", "\n"))
    assert texts["leadId"] == LEAD
    assert texts["doNotCreateOpportunity"] == "true"
    assert texts["sessionId"] == "token"


@pytest.mark.parametrize("field", ["lead_id", "account_id", "owner_id"])
def test_an_id_that_is_none_is_refused(field: str) -> None:
    values: dict[str, Any] = {"lead_id": LEAD, "status": "x", field: "<x/>"}
    with pytest.raises(ValueError, match="not a record ID"):
        convert.request([Conversion(**values)], "t", client="c", allow_duplicates=False)


def test_more_than_a_hundred_leads_are_refused() -> None:
    with pytest.raises(ValueError, match="101"):
        convert.request([ONE] * 101, "t", client="c", allow_duplicates=False)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + answer(GOOD).partition("?>")[2],
        answer(GOOD)[:-30],
        "<html/>",
        "",
        answer(),
        answer(GOOD, GOOD),
        answer(GOOD.replace("true</success>", "maybe</success>")),
        answer(GOOD.replace(CONTACT, "")),
        answer(GOOD.replace(LEAD, "00Q000000000009AAA")),
    ],
)
def test_an_answer_that_is_none_is_never_taken_for_a_conversion(text: str) -> None:
    with pytest.raises(Unusable):
        convert.conversion_results(text, [ONE])


def test_a_fault_is_read_in_the_shape_of_other_errors() -> None:
    text = HEAD + (
        "<soapenv:Fault><faultcode>sf:REQUEST_LIMIT_EXCEEDED</faultcode>"
        "<faultstring>REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded."
        "</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    assert convert.fault(text)[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    assert convert.fault("<html/>") == []
