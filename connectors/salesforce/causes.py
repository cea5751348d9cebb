"""
Causes: which broken connection an answer of Salesforce means.

In: error code, HTTP status, message.  Out: a cause, or none where the org is merely away or busy.  Pure.
Rule of this file: the first row that fits decides; codes come before words, for words change with releases.
Sources: the token endpoint's `error` and `error_description`, and the ExceptionCode list of the partner API.
"""

import re
from dataclasses import dataclass

from processors.model.connection import Cause


@dataclass(frozen=True, slots=True)
class Sign:
    """One row: *code* and *words* (a pattern in the message; none: any) stand for *cause*."""

    code: str
    cause: Cause
    words: str = ""

    def fits(self, code: str, message: str) -> bool:
        """Whether an answer bears this sign."""
        return code == self.code and re.search(self.words, message, re.IGNORECASE) is not None


_BLOCKED = r"app is blocked|not admin approved|app is not installed"

SIGNS: tuple[Sign, ...] = (
    # The token endpoint (OAuth errors, HTTP 400 or 401).
    Sign("invalid_grant", "wrong_domain", r"not supported on this domain"),
    Sign("invalid_grant", "wrong_audience", r"audience"),
    Sign("invalid_grant", "app_blocked", _BLOCKED),
    Sign("invalid_grant", "ip_restricted", r"\bip restricted|ip address|login hours"),
    Sign("invalid_grant", "auth_token", r"expired (access|refresh)|(access|refresh) token|token .*(revoked|expired)"),
    Sign("invalid_grant", "no_api", r"inactive org|org is (locked|suspended)|api.* (disabled|not enabled)"),
    Sign("invalid_grant", "auth_password", r"password|authentication failure|locked"),
    Sign("invalid_grant", "auth_credentials"),
    Sign("OAUTH_APP_BLOCKED", "app_blocked"),
    Sign("OAUTH_APP_ACCESS_DENIED", "app_blocked"),
    Sign("OAUTH_EC_APP_NOT_FOUND", "app_blocked"),
    Sign("app_not_found", "app_blocked"),
    Sign("invalid_app_access", "app_blocked"),
    Sign("invalid_client", "auth_credentials"),
    Sign("invalid_client_id", "auth_credentials"),
    Sign("invalid_client_credentials", "auth_credentials"),
    Sign("unauthorized_client", "auth_credentials"),
    Sign("inactive_user", "auth_credentials"),
    Sign("inactive_org", "no_api"),
    Sign("INVALID_CLIENT", "auth_credentials"),
    # A call's own error (ExceptionCode).
    Sign("INVALID_LOGIN", "auth_password"),
    Sign("PASSWORD_LOCKOUT", "auth_password"),
    Sign("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "auth_password"),
    Sign("LOGIN_MUST_USE_SECURITY_TOKEN", "ip_restricted"),
    Sign("LOGIN_DURING_RESTRICTED_DOMAIN", "ip_restricted"),
    Sign("LOGIN_DURING_RESTRICTED_TIME", "ip_restricted"),
    Sign("INVALID_SESSION_ID", "no_api", r"not valid for use with the REST API"),
    Sign("INVALID_SESSION_ID", "auth_token"),
    Sign("INVALID_AUTH_HEADER", "auth_token"),
    Sign("API_CURRENTLY_DISABLED", "no_api"),
    Sign("API_DISABLED_FOR_ORG", "no_api"),
    Sign("CLIENT_NOT_ACCESSIBLE_FOR_USER", "no_api"),
    Sign("TRIAL_EXPIRED", "no_api"),
    Sign("ORG_LOCKED", "no_api"),
    Sign("ORG_SUSPENDED", "no_api"),
    Sign("STORAGE_LIMIT_EXCEEDED", "storage_full"),
    Sign("GONE", "api_version"),
    Sign("UNSUPPORTED_API_VERSION", "api_version"),
)


def cause_of(code: str, message: str = "") -> Cause | None:
    """Return the cause that an answer's *code* and *message* stand for (LL-18 to LL-21); None: the org is only away."""
    return next((sign.cause for sign in SIGNS if sign.fits(code, message)), None)


REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""An org that has moved answers so; a redirect is never followed, for it could carry the token elsewhere (S03)."""


def cause_of_status(status: int) -> Cause | None:
    """Return the cause that an HTTP status stands for whatever the body says: a redirect, a retired version."""
    if status in REDIRECTS:
        return "wrong_domain"
    return "api_version" if status == 410 else None


_COLUMN = re.compile(
    r"No such column '([\w.]+)'|create/update fields: ([\w, ]+?)\.|sObject type '(\w+)' is not supported"
)
ABSENT = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_TYPE"})
"""Codes by which the org says that a field or object which we name is not there for us (LL-18)."""


def absent(code: str, message: str, fields: tuple[str, ...] = ()) -> str | None:
    """Return what the org says is not there; None where the error says no such thing."""
    if code not in ABSENT:
        return None
    found = _COLUMN.search(message)
    return ", ".join(fields) or next((group for group in (found.groups() if found else ()) if group), "") or "a field"
