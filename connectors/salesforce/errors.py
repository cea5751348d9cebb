"""
What every answer of Salesforce means: by the table of codes (`error_table.py`), and one of HTTP statuses.

In: a status, a body, whether the request writes.  Out: a row's error (a value), or the exception that says what to do.
Rule of this file: nobody else looks at an error code. A write without a usable answer is in doubt; a read never is.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from requests import RequestException

from connectors.salesforce.causes import absent, cause_of, cause_of_status
from connectors.salesforce.duplicates import duplicates_of
from connectors.salesforce.error_table import Kind, row_of
from processors.model.errors import InDoubt, OrgDown, RequestRefused, Transient
from processors.model.requests import RowError

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
    413: "smaller",
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


_LATER = frozenset({"lock", "transient", "org", "smaller", "doubt"})
"""Kinds by which one row is tried again: it was certainly not applied, whatever the code means for a whole call."""
_UNSURE = frozenset({"smaller", "doubt"})


def row_error(item: Mapping[str, Any]) -> RowError:
    """Return one error of an answer as a value."""
    code, message = _code(item) or "UNKNOWN", str(item.get("message") or item.get("error_description") or "")
    names = item.get("fields")
    fields = tuple(map(str, names)) if isinstance(names, list) else ()
    duplicates, rule = duplicates_of(item)
    row = row_of(code, message)
    kind = row.kind if row else "refusal"
    return RowError(
        code=code,
        message=message,
        fields=fields,
        transient=kind in _LATER,
        gone=absent(code, message, fields),
        duplicates=duplicates,
        rule=rule,
        unsure=kind in _UNSURE,
        too_many=kind == "smaller",
        cause=cause_of(code, message) if kind == "org" else None,
    )


def kind_of(code: str, status: int, message: str = "") -> Kind:
    """Return what to do about *code* under HTTP *status*: the code decides where it is known, else the status."""
    row = row_of(code, message)
    if row is not None and not (code == "NOT_FOUND" and status == 404):
        return row.kind
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
    kind = kind_of(code, status, found[0].message if found else "")
    reason = f"{what}: HTTP {status} {code}: {message[:300]}"
    if 300 < status < 400:
        reason = f"{what}: HTTP {status}, a redirect, which is refused: set instance_url to the org's own address"
    if kind == "org":
        raise OrgDown(reason, code=code or str(status), cause=cause_of(code, message) or cause_of_status(status))
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
