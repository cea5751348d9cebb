"""
Noun: the SOAP endpoint.

In: an envelope, partner or enterprise. Out: an envelope.
Rule of this file: convertLead, getUserInfo, getServerTimestamp, login and logout; anything else is refused by name.
Source: fact sheet A1, B.
"""

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from simulator import auth, convert, values
from simulator.call import Call, Reply, Request
from simulator.errors import ApiError, not_done, too_many
from simulator.org import Org
from simulator.row_faults import refuse

_TYPE = "text/xml;charset=UTF-8"
_KINDS = {"m": "the Metadata API", "T": "the Tooling API by SOAP", "s": "Apex by SOAP", "class": "Apex web services"}
_START = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns="urn:partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)


def handle(org: Org, request: Request, origin: str, seq: int, lock: str | None) -> tuple[Reply, Call | None]:
    """Answer POST /services/Soap/u/NN.0[/orgId]. The call counts as one."""
    calls: list[Call] = []
    try:
        kind = request.path.removeprefix("/services/Soap/").partition("/")[0]
        if kind not in ("u", "c"):
            raise not_done(_KINDS.get(kind, f"SOAP at {request.path}"))
        root = _parse(request.body)
        body = next((element for element in root if _local(element) == "Body"), None)
        if body is None or not len(body):
            raise ApiError("INVALID_OPERATION", "the envelope has no operation")
        inner = _operation(org, request, origin, root, body[0], (seq, lock, calls))
    except ApiError as error:
        return fault(error), calls[0] if calls else None
    header = (f"<soapenv:Header><LimitInfoHeader><limitInfo><current>{org.used}</current><limit>{org.limit}</limit>"
              "<type>API REQUESTS</type></limitInfo></LimitInfoHeader></soapenv:Header>")  # fmt: skip
    text = f"{_START}{header}<soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>"
    return Reply(200, text.encode(), type=_TYPE), calls[0] if calls else None


def _parse(data: bytes) -> ET.Element:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ApiError("INVALID_SOAP_HEADER", "document types are not read")
    try:
        return ET.fromstring(data)  # noqa: S314  # document types, and with them all entities, are refused above
    except ET.ParseError as error:
        raise ApiError("INVALID_SOAP_HEADER", f"the envelope is not XML: {error}") from error


def _operation(
    org: Org, request: Request, origin: str, root: ET.Element, operation: ET.Element,
    under: tuple[int, str | None, list[Call]],
) -> str:  # fmt: skip
    name = _local(operation)
    if name == "login":
        org.count()
        return _login(org, origin, request.path, _children(operation))
    token = next((element.text for element in root.iter() if _local(element) == "sessionId"), None)
    # By SOAP, assignment rules run only where AssignmentRuleHeader asks for them.
    headers = {**request.headers, "sforce-auto-assign": "FALSE"}
    allow = next((element.text for element in root.iter() if _local(element) == "allowSave"), None)
    if allow == "true":
        headers["sforce-duplicate-rule-header"] = "allowSave=true"
    call = Call(org, org.session(token or ""), request, seq=under[0], headers=headers, lock=under[1])
    under[2].append(call)
    org.count()
    if request.crowded:
        raise too_many()
    known: dict[str, Callable[[Call, ET.Element], str]] = {
        "convertLead": _convert,
        "getUserInfo": _user_info,
        "getServerTimestamp": _timestamp,
        "logout": _logout,
    }
    if name not in known:
        raise ApiError("NOT_IMPLEMENTED", f"The simulator does not implement {name} by SOAP.", status=501)
    return known[name](call, operation)


def _login(org: Org, origin: str, path: str, given: Mapping[str, str]) -> str:
    if not org.file.soap_login:
        text = "SOAP API login() is disabled by default in this org. Contact your administrator"
        raise ApiError("INVALID_OPERATION", text)
    if _version(path) >= 65:
        raise ApiError("UNSUPPORTED_API_VERSION", "login() is not available from version 65.0 on")
    user = auth.by_password(org, given.get("username", ""), given.get("password", ""))
    if user is None:
        text = "Invalid username, password, security token; or user locked out."
        raise ApiError("INVALID_LOGIN", text)
    server = f"{origin}{path}/{org.id}"
    info = (f"<sessionId>{escape(org.open_session(user))}</sessionId><serverUrl>{escape(server)}</serverUrl>"
            f"<userId>{user.id}</userId><passwordExpired>false</passwordExpired><sandbox>false</sandbox>"
            f"<userInfo>{_info(org, user.id)}</userInfo>")  # fmt: skip
    return f"<loginResponse><result>{info}</result></loginResponse>"


def _version(path: str) -> float:
    """Return the version of `/services/Soap/u/65.0/…`."""
    parts = path.split("/")
    try:
        return float(parts[4])
    except (IndexError, ValueError):
        raise ApiError("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL") from None


def _info(org: Org, user_id: str) -> str:
    row = org.store.get("User", user_id) or {}
    facts = {"organizationId": org.id, "organizationName": org.name, "userId": user_id,
             "profileId": row.get("ProfileId"),
             "userEmail": row.get("Email"), "userFullName": row.get("Name"), "userName": row.get("Username"),
             "userLanguage": "en_US", "userLocale": "en_US", "userTimeZone": "GMT", "userType": "Standard",
             "sessionSecondsValid": int(org.file.session_seconds)}  # fmt: skip
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in facts.items())


def _user_info(call: Call, _operation: ET.Element) -> str:
    return f"<getUserInfoResponse><result>{_info(call.org, call.user.id)}</result></getUserInfoResponse>"


def _timestamp(call: Call, _operation: ET.Element) -> str:
    now = values.stamp(call.org.now())
    return f"<getServerTimestampResponse><result><timestamp>{now}</timestamp></result></getServerTimestampResponse>"


def _logout(call: Call, _operation: ET.Element) -> str:
    for token in [key for key, (user, _) in call.org.tokens.items() if user == call.user.id]:
        del call.org.tokens[token]
    return "<logoutResponse/>"


def _convert(call: Call, operation: ET.Element) -> str:
    leads = [_children(element) for element in operation if _local(element) == "leadConverts"]
    if len(leads) > convert.MOST:
        raise ApiError("LIMIT_EXCEEDED", f"convertLead takes at most {convert.MOST} leads, not {len(leads)}")
    results = "".join(_one(call, lead, number, len(leads)) for number, lead in enumerate(leads))
    return f"<convertLeadResponse>{results}</convertLeadResponse>"


def _one(call: Call, lead: Mapping[str, str], number: int, count: int) -> str:
    written = call.written
    try:
        refuse(call.request.fault, "convert", number, count, creating=False)
        with call.org.store.savepoint():
            made = convert.convert(call, lead)
    except ApiError as error:
        call.written = written
        fields = "".join(f"<fields>{escape(field)}</fields>" for field in error.fields) or '<fields xsi:nil="true"/>'
        found = _found(error)
        kind = ' xsi:type="DuplicateError"' if found else ""
        return (f'<result><accountId xsi:nil="true"/><contactId xsi:nil="true"/><errors{kind}>{found}{fields}'
                f"<message>{escape(error.message)}</message><statusCode>{error.code}</statusCode></errors>"
                f'<leadId>{escape(lead.get("leadId", ""))}</leadId><opportunityId xsi:nil="true"/>'
                "<success>false</success></result>")  # fmt: skip
    parts = "".join(
        f"<{name}>{value}</{name}>" if value else f'<{name} xsi:nil="true"/>' for name, value in made.items()
    )
    return f"<result>{parts}<success>true</success></result>"


def _found(error: ApiError) -> str:
    """Return the duplicateResult of a refusal by a duplicate rule, in the order of the partner WSDL; else nothing."""
    detail = error.extra.get("duplicateResut")
    if not detail:
        return ""
    head = "".join(
        f"<{name}>{escape(str(detail[name]).lower() if name == 'allowSave' else str(detail[name]))}</{name}>"
        for name in ("allowSave", "duplicateRule", "duplicateRuleEntityType", "errorMessage")
    )
    return f"<duplicateResult>{head}{''.join(map(_match, detail['matchResults']))}</duplicateResult>"


def _match(match: Mapping[str, Any]) -> str:
    records = "".join(
        f'<matchRecords><matchConfidence>{item["matchConfidence"]}</matchConfidence><record xsi:type="sf:sObject" '
        f'xmlns:sf="urn:sobject.partner.soap.sforce.com"><sf:type>{match["entityType"]}</sf:type>'
        f"<sf:Id>{item['record']['Id']}</sf:Id></record></matchRecords>"
        for item in match["matchRecords"]
    )
    return (f"<matchResults><entityType>{match['entityType']}</entityType><matchEngine>{match['matchEngine']}"
            f"</matchEngine>{records}<rule>{match['rule']}</rule><size>{match['size']}</size>"
            "<success>true</success></matchResults>")  # fmt: skip


def fault(error: ApiError) -> Reply:
    """Return the answer that refuses a whole call: HTTP 500, or the status of what is not done or under maintenance."""
    code, text = error.code, escape(error.message)
    kind = "LoginFault" if code == "INVALID_LOGIN" else "UnexpectedErrorFault"
    body = (f"<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {text}</faultstring><detail>"
            f'<sf:{kind} xmlns:sf="urn:fault.partner.soap.sforce.com" xsi:type="sf:{kind}">'
            f"<sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{text}</sf:exceptionMessage>"
            f"</sf:{kind}></detail></soapenv:Fault>")  # fmt: skip
    status = error.status if error.status in (501, 503) else 500
    return Reply(status, f"{_START}<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>".encode(), type=_TYPE)


def _children(element: ET.Element) -> dict[str, str]:
    return {_local(item): (item.text or "").strip() for item in element}


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
