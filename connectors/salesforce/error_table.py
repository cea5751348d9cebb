"""
Errors of Salesforce: one row a code, or a code with words in its message.

In: code and message.  Out: what it means, what is done, what a person does about it.  Pure.
Rule of this file: rows alone, and every code that we know is in one; the first row that fits decides, rows with words
before the row of their code alone. `docs/salesforce-errors.md` is made from it (`python -m tests.errors_page`).
Sources: `facts` is the documentation of Salesforce (REST and SOAP error codes, limits, status codes), `seen` an answer
of a real org in a public report or recording.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from processors.model.advice import SEND_AGAIN

Kind = Literal["refusal", "lock", "transient", "org", "doubt", "smaller", "bug"]

DONE: Mapping[Kind, str] = {
    "refusal": "`error.salesforce_refused`, with the words of Salesforce",
    "lock": "this record is tried again until it passes; others go on",
    "transient": "the call is made again",
    "org": "all work of the org waits; nothing is refused",
    "doubt": "a call may have been applied: its records are read first. A record is tried again, at most eight times",
    "smaller": "sent again in smaller parts until it passes, or until the record that spoils it stands alone",
    "bug": "the request is wrong: its commands go alone, and the one that causes it is refused",
}
"""What is done, by kind."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """*code*, with *words* (a pattern; none: any message), *means* this; *todo* where a person has to do something."""

    code: str
    kind: Kind
    means: str
    todo: str = ""
    source: str = "facts"
    words: str = ""

    def fits(self, code: str, message: str) -> bool:
        """Whether an error is one of this row."""
        return code == self.code and (not self.words or re.search(self.words, message, re.IGNORECASE) is not None)


_LOCKED = r"UNABLE_TO_LOCK_ROW|unable to obtain exclusive access"
_GOVERNOR = (
    r"Too many (SOQL queries|query rows|DML statements|DML rows|SOSL queries|callouts|queueable jobs)|"
    r"LimitException|Apex CPU time limit exceeded|Apex heap size too large|number of iterations exceeded"
)
_DEADLINE = "Look at the triggers and flows of the object: they do too much for many records at once."
_RIGHT = "Give the integration user the right to the record, object or field."
_VERSION = "Set `api_version` of the org to one that its `/services/data` lists."
_USER = "See the mail about the broken connection."


def _inside(code: str, where: str) -> tuple[ErrorRow, ...]:
    """Return the rows of errors that a trigger or flow wraps into *code*."""
    return (
        ErrorRow(code, "lock", f"a record was locked while {where} ran", source="seen", words=_LOCKED),
        ErrorRow(
            code, "smaller", f"{where} met a governor limit", _DEADLINE, "facts (Apex governor limits)", words=_GOVERNOR
        ),
    )


ROWS: tuple[ErrorRow, ...] = (
    # Passing, in spite of their code.
    *_inside("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "a trigger"),
    *_inside("CANNOT_EXECUTE_FLOW_TRIGGER", "a flow"),
    ErrorRow(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "refusal",
        "the right to the object is missing; where describe says so, the whole org waits (cause `no_rights`)",
        _RIGHT,
        "seen",
        words=r"entity type cannot be (inserted|updated)",
    ),
    *_inside("UNKNOWN_EXCEPTION", "a trigger or flow"),
    *_inside("APEX_ERROR", "a trigger"),
    ErrorRow("LIMIT_EXCEEDED", "smaller", "a limit of the request or of its transaction", _DEADLINE),
    ErrorRow("REQUEST_RUNNING_TOO_LONG", "smaller", "the request ran too long and was rolled back", _DEADLINE),
    ErrorRow("OPERATION_TOO_LARGE", "smaller", "the query touches too much at once"),
    # The whole org.
    ErrorRow("INVALID_SESSION_ID", "org", "the session is over; it is renewed first", _USER, "seen"),
    ErrorRow("INVALID_AUTH_HEADER", "org", "the token is not taken", _USER),
    ErrorRow("REQUEST_LIMIT_EXCEEDED", "org", "the API calls of the day, or of the moment, are used up", source="seen"),
    ErrorRow("SERVER_UNAVAILABLE", "org", "Salesforce is busy or under maintenance"),
    ErrorRow(
        "STORAGE_LIMIT_EXCEEDED",
        "org",
        "the org's data storage is full",
        "Delete or archive records, or buy storage; work goes on by itself.",
    ),
    ErrorRow("API_CURRENTLY_DISABLED", "org", "the API is off for this user", _USER),
    ErrorRow("API_DISABLED_FOR_ORG", "org", "the API is off for this org", _USER),
    ErrorRow("ORG_LOCKED", "org", "the org is locked", _USER),
    ErrorRow("ORG_SUSPENDED", "org", "the org is suspended", _USER),
    ErrorRow("INVALID_CLIENT", "org", "the app's credential is not taken", _USER),
    ErrorRow("INVALID_LOGIN", "org", "the login is refused", _USER),
    ErrorRow("PASSWORD_LOCKOUT", "org", "the user is locked", _USER),
    ErrorRow("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "org", "the user's password has expired", _USER),
    ErrorRow("LOGIN_MUST_USE_SECURITY_TOKEN", "org", "the address is not trusted", _USER),
    ErrorRow("LOGIN_DURING_RESTRICTED_DOMAIN", "org", "the address is not allowed", _USER),
    ErrorRow("LOGIN_DURING_RESTRICTED_TIME", "org", "the hour is not allowed", _USER),
    ErrorRow("CLIENT_NOT_ACCESSIBLE_FOR_USER", "org", "the user may not use the app", _USER),
    ErrorRow("TRIAL_EXPIRED", "org", "the trial of the org is over", _USER),
    ErrorRow("UNSUPPORTED_API_VERSION", "org", "the API version is retired", _VERSION),
    ErrorRow("GONE", "org", "the API version is retired", _VERSION),
    ErrorRow("OAUTH_APP_BLOCKED", "org", "an administrator has blocked the app", _USER, "seen"),
    ErrorRow("OAUTH_APP_ACCESS_DENIED", "org", "the app is not open to the user", _USER, "seen"),
    ErrorRow("OAUTH_EC_APP_NOT_FOUND", "org", "the app is not installed in the org", _USER, "seen"),
    # One record, later.
    ErrorRow("UNABLE_TO_LOCK_ROW", "lock", "somebody else is writing the record or its parent", source="seen"),
    ErrorRow("ALL_OR_NONE_OPERATION_ROLLED_BACK", "lock", "rolled back with others"),
    ErrorRow("PROCESSING_HALTED", "lock", "not done, since a part before it failed", source="seen"),
    ErrorRow("BATCH_PROCESSING_HALTED", "lock", "not done, since a part before it failed"),
    # The question or the answer.
    ErrorRow("QUERY_TIMEOUT", "smaller", "the query ran too long"),
    ErrorRow("QUERY_TOO_COMPLICATED", "smaller", "the query is too complicated"),
    ErrorRow("INVALID_QUERY_LOCATOR", "transient", "a page of a query is no longer there"),
    ErrorRow("UNKNOWN_EXCEPTION", "doubt", "an error inside Salesforce", "If it stays, tell Salesforce its ErrorId."),
    ErrorRow("INTERNAL_SERVER_ERROR", "doubt", "an error inside Salesforce"),
    ErrorRow("MALFORMED_QUERY", "bug", "a query is wrong", source="seen"),
    ErrorRow(
        "INVALID_TYPE",
        "bug",
        "an object is not there, or hidden by a licence or right; of a record, the whole org waits (cause `no_rights`)",
        _RIGHT,
        "seen",
    ),
    ErrorRow("JSON_PARSER_ERROR", "bug", "a value does not have its field's form", source="seen"),
    ErrorRow("EXCEEDED_ID_LIMIT", "bug", "too many records in one call", source="seen"),
    ErrorRow("METHOD_NOT_ALLOWED", "bug", "a resource does not take this method"),
    ErrorRow("FUNCTIONALITY_TEMPORARILY_UNAVAILABLE", "transient", "a part of Salesforce is switched off for a while"),
    # One record, refused.
    ErrorRow("REQUIRED_FIELD_MISSING", "refusal", "a mandatory field is empty", "Map the field.", "seen"),
    ErrorRow("INVALID_FIELD", "refusal", "a field is not there, or hidden", _RIGHT, "seen"),
    ErrorRow("INVALID_FIELD_FOR_INSERT_UPDATE", "refusal", "a field may not be written", _RIGHT, "seen"),
    ErrorRow("STRING_TOO_LONG", "refusal", "a text is too long", "Set `write.unfit` to `conform`.", "seen"),
    ErrorRow(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "refusal",
        "a picklist does not have the value",
        "Add the value to the field, or map it.",
        "seen",
    ),
    ErrorRow("INVALID_EMAIL_ADDRESS", "refusal", "an e-mail address is none", "Correct it at the source."),
    ErrorRow(
        "FIELD_CUSTOM_VALIDATION_EXCEPTION", "refusal", "a validation rule of the org", "Correct the value or the rule."
    ),
    ErrorRow(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "refusal",
        "a trigger of the org failed, or the right to the object is missing",
        "Ask the administrator about the trigger that is named.",
        "seen",
    ),
    ErrorRow("CANNOT_EXECUTE_FLOW_TRIGGER", "refusal", "a flow of the org failed", "Ask the administrator.", "seen"),
    ErrorRow("APEX_ERROR", "refusal", "Apex code of the org failed", "Ask the administrator."),
    ErrorRow(
        "FIELD_INTEGRITY_EXCEPTION",
        "refusal",
        "State and Country picklists of the org do not have the place, or a state comes without its country",
        "Send names or codes as the org lists them, or map them (`…CountryCode`, `…StateCode`).",
        "seen",
        words=r"problem with this (country|state)|must be specified before specifying a state",
    ),
    ErrorRow("FIELD_INTEGRITY_EXCEPTION", "refusal", "a value does not go with another", "Correct the value."),
    ErrorRow(
        "ENTITY_IS_LOCKED",
        "refusal",
        "the record waits for an approval",
        f"Decide or recall the approval, then {SEND_AGAIN}.",
        "seen",
    ),
    ErrorRow(
        "INACTIVE_OWNER_OR_USER",
        "refusal",
        "the owner of the record has left",
        "Give the record another owner, or the integration user *Update Records with Inactive Owners*.",
        "seen",
    ),
    ErrorRow("NUMBER_OUTSIDE_VALID_RANGE", "refusal", "a number is too large", "Correct the value."),
    ErrorRow(
        "DUPLICATES_DETECTED",
        "refusal",
        "a duplicate rule found the record's like; the outcome lists it",
        "Merge or correct the records, or set `org_rules.duplicates`.",
        "seen",
    ),
    ErrorRow("DUPLICATE_VALUE", "refusal", "a unique field has the value elsewhere", "Correct the value.", "seen"),
    ErrorRow("DUPLICATE_EXTERNAL_ID", "refusal", "several records have the external ID", "Merge them.", "seen"),
    ErrorRow(
        "ENTITY_IS_DELETED",
        "refusal",
        "the record is in the recycle bin",
        f"Restore it, then {SEND_AGAIN}.",
        "seen",
    ),
    ErrorRow("NOT_FOUND", "refusal", "the record or resource is not there", source="seen"),
    ErrorRow("INVALID_CROSS_REFERENCE_KEY", "refusal", "a record that is referred to is not there", _RIGHT, "seen"),
    ErrorRow("MALFORMED_ID", "refusal", "an ID is none, or one of another object", "Correct the value."),
    ErrorRow(
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "refusal",
        "the lead was converted",
        f"{SEND_AGAIN.capitalize()}: the contact is found.",
        "seen",
    ),
    ErrorRow("INSUFFICIENT_ACCESS", "refusal", "a right is missing", _RIGHT),
    ErrorRow(
        "FUNCTIONALITY_NOT_ENABLED",
        "refusal",
        "the licence lacks a feature; where describe does not have the object, the whole org waits (cause `no_rights`)",
        "Assign the integration user the licence.",
    ),
    ErrorRow("LICENSE_LIMIT_EXCEEDED", "refusal", "no licence is left for one more user", "Buy or free a licence."),
    ErrorRow("INSUFFICIENT_ACCESS_OR_READONLY", "refusal", "a right to the record is missing", _RIGHT),
    ErrorRow(
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "refusal",
        "a right to a record that is referred to is missing",
        _RIGHT,
        "seen",
    ),
)

CODES: Mapping[str, Kind] = {row.code: row.kind for row in ROWS if not row.words}
"""What a code means whatever its message says. Codes are definite: a lock error is no doubt even under HTTP 500."""


def row_of(code: str, message: str = "") -> ErrorRow | None:
    """Return the row of an error; None where the code is not known."""
    return next((row for row in ROWS if row.fits(code, message)), None)
