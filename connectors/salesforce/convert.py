"""
Convert: up to 100 leads in one SOAP call (REST has no such action, fact sheet 0.5).

In: conversions and the token.  Out: the XML to send, and one `Written` for each conversion.
Rule of this file: XML is built by a library, elements in the WSDL's order; an answer with a document type is not
read, so that no entity is ever expanded.
"""

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from connectors.salesforce.composite import checked_record_id
from connectors.salesforce.errors import Unusable, row_error
from processors.model.requests import Conversion, RowError, Written

MOST_LEADS = 100
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_PARTNER = "urn:partner.soap.sforce.com"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def request(conversions: Sequence[Conversion], token: str, *, client: str, allow_duplicates: bool) -> bytes:
    """Return the body of the call. Raises ValueError for what no call can carry."""
    if not 1 <= len(conversions) <= MOST_LEADS:
        raise ValueError(f"{len(conversions)} conversions: one call takes 1 to {MOST_LEADS}")
    envelope = ET.Element(f"{{{_ENVELOPE}}}Envelope")
    header = ET.SubElement(envelope, f"{{{_ENVELOPE}}}Header")
    _add(_add(header, "SessionHeader"), "sessionId", token)
    _add(_add(header, "CallOptions"), "client", client)
    if allow_duplicates:
        _add(_add(header, "DuplicateRuleHeader"), "allowSave", "true")
    convert = _add(ET.SubElement(envelope, f"{{{_ENVELOPE}}}Body"), "convertLead")
    for conversion in conversions:
        _lead(_add(convert, "leadConverts"), conversion)
    body: bytes = ET.tostring(envelope, encoding="utf-8", xml_declaration=True)
    return body


def _lead(parent: ET.Element, conversion: Conversion) -> None:
    if conversion.account_id is not None:
        _add(parent, "accountId", checked_record_id(conversion.account_id))
    _add(parent, "convertedStatus", conversion.status)
    _add(parent, "doNotCreateOpportunity", "true")
    _add(parent, "leadId", checked_record_id(conversion.lead_id))
    _add(parent, "overwriteLeadSource", "false")
    if conversion.owner_id is not None:
        _add(parent, "ownerId", checked_record_id(conversion.owner_id))
    _add(parent, "sendNotificationEmail", "false")


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    if text is not None and _UNWRITABLE.search(text):
        raise ValueError(f"{name} holds a character that XML cannot carry")
    element = ET.SubElement(parent, f"{{{_PARTNER}}}{name}")
    element.text = text
    return element


def parse(text: str) -> ET.Element:
    """Return the root of an answer. Raises `Unusable` where it is not SOAP."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unusable("the answer declares a document type, which is not read")
    try:
        root = ET.fromstring(text)  # noqa: S314  # document types, and with them all entities, are refused above
    except (ET.ParseError, ValueError, RecursionError) as error:
        raise Unusable("the answer is not XML") from error
    if root.tag != f"{{{_ENVELOPE}}}Envelope":
        raise Unusable("the answer is not SOAP")
    return root


def fault(text: str) -> list[dict[str, Any]]:
    """Return the fault of an answer in REST's shape; empty where it has none."""
    try:
        root = parse(text)
    except Unusable:
        return []
    code = next((element.text for element in root.iter() if _local(element) == "exceptionCode"), None)
    code = code or next((element.text for element in root.iter() if _local(element) == "faultcode"), None)
    if not code:
        return []
    message = next(
        (element.text for element in root.iter() if _local(element) in ("exceptionMessage", "faultstring")), ""
    )
    return [{"errorCode": code.rpartition(":")[2].strip(), "message": message or ""}]


def usage(text: str) -> tuple[int, int] | None:
    """Return (used, limit) of the answer's LimitInfoHeader, where it has one."""
    for info in parse(text).iter():
        if _local(info) == "limitInfo" and _child(info, "type") == "API REQUESTS":
            used, limit = _child(info, "current") or "", _child(info, "limit") or ""
            return (int(used), int(limit)) if used.isdecimal() and limit.isdecimal() else None
    return None


def conversion_results(text: str, conversions: Sequence[Conversion]) -> list[Written]:
    """Return what each conversion got, in the order sent."""
    found = [element for element in parse(text).iter() if _local(element) == "result"]
    if len(found) != len(conversions):
        raise Unusable("the answer has not one result for each conversion")
    return [_written(element, conversion) for element, conversion in zip(found, conversions, strict=True)]


def _written(result: ET.Element, conversion: Conversion) -> Written:
    account, contact, success = (_child(result, name) for name in ("accountId", "contactId", "success"))
    if success not in ("true", "false") or (success == "true" and not (account and contact)):
        raise Unusable("a result does not say whether the lead was converted, and to what")
    lead = _child(result, "leadId")
    if lead and lead[:15] != conversion.lead_id[:15]:
        raise Unusable("the results are not in the order sent")
    if success == "true":
        return Written(True, conversion.lead_id, account_id=account, contact_id=contact)
    return Written(
        False, conversion.lead_id, errors=tuple(_errors(result)) or (RowError("UNKNOWN", "refused without a reason"),)
    )


def _errors(result: ET.Element) -> list[RowError]:
    return [
        row_error(
            {
                "statusCode": _child(element, "statusCode"),
                "message": _child(element, "message"),
                "fields": [field.text for field in element if _local(field) == "fields" and field.text],
                **_duplicates(element),
            }
        )
        for element in result
        if _local(element) == "errors"
    ]


def _duplicates(error: ET.Element) -> dict[str, Any]:
    """Return what a duplicate rule found, in REST's shape; empty where the error is another one."""
    result = next((element for element in error if _local(element) == "duplicateResult"), None)
    if result is None:
        return {}
    matches = [
        {
            "entityType": _child(match, "entityType"),
            "matchRecords": [
                {"record": {"attributes": {"type": _child(record, "type")}, **_fields(record)}}
                for found in match
                if _local(found) == "matchRecords"
                for record in found
                if _local(record) == "record"
            ],
        }
        for match in result
        if _local(match) == "matchResults"
    ]
    return {"duplicateResult": {"duplicateRule": _child(result, "duplicateRule"), "matchResults": matches}}


def _fields(record: ET.Element) -> dict[str, str]:
    return {_local(element): element.text for element in record if element.text and _local(element) != "type"}


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: ET.Element, name: str) -> str | None:
    return next((item.text for item in element if _local(item) == name), None)
