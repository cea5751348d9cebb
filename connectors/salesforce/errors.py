"""
What every answer of Salesforce means: one table of codes, one of HTTP statuses.

In: a status, a body, whether the request writes.  Out: a row's error (a value), or the exception that says what to do.
Rule of this file: nobody else looks at an error code. A write without a usable answer is in doubt; a read never is.
"""

from collections.abc import Mapping
from typing import Any, Literal, NoReturn

from requests import RequestException

from connectors.salesforce.causes import absent, cause_of
from connectors.salesforce.duplicates import duplicates_of
from processors.model.errors import InDoubt, OrgDown, RequestRefused, Transient
from processors.model.values import RowError

Kind = Literal["refusal", "lock", "transient", "org", "doubt", "smaller", "bug"]
"""
refusal: business value · lock: this row later · transient: this call later · org: pause the org · doubt: may have been
applied · smaller: ask in smaller statements · bug: the request itself is wrong, and sending it again cannot help.
"""

CODES: Mapping[str, Kind] = {
    "INVALID_SESSION_ID": "org",
    "INVALID_AUTH_HEADER": "org",
    "REQUEST_LIMIT_EXCEEDED": "org",
    "SERVER_UNAVAILABLE": "org",
    "API_CURRENTLY_DISABLED": "org",
    "API_DISABLED_FOR_ORG": "org",
    "ORG_LOCKED": "org",
    "ORG_SUSPENDED": "org",
    "INVALID_CLIENT": "org",
    "INVALID_LOGIN": "org",
    "PASSWORD_LOCKOUT": "org",
    "INVALID_OPERATION_WITH_EXPIRED_PASSWORD": "org",
    "LOGIN_MUST_USE_SECURITY_TOKEN": "org",
    "LOGIN_DURING_RESTRICTED_DOMAIN": "org",
    "LOGIN_DURING_RESTRICTED_TIME": "org",
    "CLIENT_NOT_ACCESSIBLE_FOR_USER": "org",
    "TRIAL_EXPIRED": "org",
    "UNSUPPORTED_API_VERSION": "org",
    "UNABLE_TO_LOCK_ROW": "lock",
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": "lock",
    "PROCESSING_HALTED": "lock",
    "BATCH_PROCESSING_HALTED": "lock",
    "QUERY_TIMEOUT": "smaller",
    "QUERY_TOO_COMPLICATED": "smaller",
    "INVALID_QUERY_LOCATOR": "transient",
    "UNKNOWN_EXCEPTION": "doubt",
    "INTERNAL_SERVER_ERROR": "doubt",
    "MALFORMED_QUERY": "bug",
    "INVALID_TYPE": "bug",
    "JSON_PARSER_ERROR": "bug",
    "EXCEEDED_ID_LIMIT": "bug",
    "METHOD_NOT_ALLOWED": "bug",
    "REQUIRED_FIELD_MISSING": "refusal",
    "INVALID_FIELD": "refusal",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "refusal",
    "STRING_TOO_LONG": "refusal",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "refusal",
    "INVALID_EMAIL_ADDRESS": "refusal",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "refusal",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "refusal",
    "FIELD_INTEGRITY_EXCEPTION": "refusal",
    "NUMBER_OUTSIDE_VALID_RANGE": "refusal",
    "DUPLICATES_DETECTED": "refusal",
    "DUPLICATE_VALUE": "refusal",
    "DUPLICATE_EXTERNAL_ID": "refusal",
    "ENTITY_IS_DELETED": "refusal",
    "NOT_FOUND": "refusal",
    "INVALID_CROSS_REFERENCE_KEY": "refusal",
    "MALFORMED_ID": "refusal",
    "CANNOT_UPDATE_CONVERTED_LEAD": "refusal",
    "INSUFFICIENT_ACCESS": "refusal",
    "INSUFFICIENT_ACCESS_OR_READONLY": "refusal",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "refusal",
}
"""Every code of the fact sheet. Codes are definite: a lock error is no doubt even under HTTP 500."""

STATUSES: Mapping[int, Kind] = {
    300: "refusal",
    400: "refusal",
    401: "org",
    403: "org",
    404: "org",
    405: "bug",
    408: "doubt",
    409: "transient",
    410: "org",
    412: "refusal",
    414: "smaller",
    415: "bug",
    420: "doubt",
    428: "bug",
    429: "org",
    431: "smaller",
    500: "doubt",
    502: "doubt",
    503: "org",
    504: "doubt",
}
"""What a status means where the code is absent or unknown. Redirects are refused: nothing was applied."""


class Refused(RequestRefused):
    """Salesforce refused the request itself, not one of its rows: sending it again cannot help."""

    def __init__(self, reason: str, *, code: str = "", kind: Kind = "bug", absent: str | None = None) -> None:
        super().__init__(reason, absent=absent)
        self.code = code
        self.kind = kind


class NotSent(RequestException):
    """The request certainly did not leave: no connection, no host, no TLS."""


class Unusable(RequestException):
    """The request left, and no usable answer came: time-out, reset, cut body, not UTF-8, not JSON, wrong shape."""


def problems(content: Any) -> tuple[RowError, ...]:
    """Return the errors of a body in any of Salesforce's shapes; empty where it has none (an HTML page, a cut body)."""
    items = content if isinstance(content, list) else [content]
    return tuple(row_error(item) for item in items if isinstance(item, Mapping) and _code(item))


def _code(item: Mapping[str, Any]) -> str:
    # REST says errorCode, collections say statusCode, the token endpoint says error (fact sheet A5).
    return str(item.get("errorCode") or item.get("statusCode") or item.get("error") or "")


def row_error(item: Mapping[str, Any]) -> RowError:
    """Return one error of an answer as a value."""
    code = _code(item) or "UNKNOWN"
    fields = item.get("fields")
    duplicates, rule = duplicates_of(item)
    return RowError(
        code=code,
        message=str(item.get("message") or item.get("error_description") or ""),
        fields=tuple(str(name) for name in fields) if isinstance(fields, list) else (),
        transient=CODES.get(code) in ("lock", "transient", "org", "smaller"),
        gone=absent(code, str(item.get("message") or ""), tuple(map(str, fields)) if isinstance(fields, list) else ()),
        duplicates=duplicates,
        rule=rule,
    )


def kind_of(code: str, status: int) -> Kind:
    """Return what to do about *code* under HTTP *status*: the code decides where it is known, else the status."""
    if code in CODES and not (code == "NOT_FOUND" and status == 404):
        return CODES[code]
    if status in STATUSES:
        return STATUSES[status]
    if 300 <= status < 400:
        return "org"
    return "refusal" if 400 <= status < 500 else "doubt"


def fail(status: int, content: Any, *, write: bool, what: str) -> NoReturn:
    """Raise what the answer of a whole call means. *what* names the call for the reader."""
    found = problems(content)
    code = found[0].code if found else ""
    # The first lines of a query's error repeat the statement, and with it people's data (S09).
    message = found[0].message.strip().rpartition("\n")[2] if found else "no error of Salesforce in the body"
    kind = kind_of(code, status)
    reason = f"{what}: HTTP {status} {code}: {message[:300]}"
    if 300 < status < 400:
        reason = f"{what}: HTTP {status}, a redirect, which is refused: set instance_url to the org's own address"
    if kind == "org":
        raise OrgDown(reason, code=code or str(status), cause=cause_of(code, message))
    if kind in ("lock", "transient"):
        raise Transient(reason, code=code)
    if kind == "doubt":
        doubt(reason, code=code or str(status), write=write)
    lost = absent(code, message, found[0].fields) if found else None
    raise Refused(reason, code=code or str(status), kind=kind, absent=lost)


def doubt(reason: str, *, code: str = "", write: bool) -> NoReturn:
    """Raise `InDoubt` for a write that may have been applied; a read is simply asked again."""
    if write:
        raise InDoubt(reason, code=code)
    raise Transient(reason, code=code)
