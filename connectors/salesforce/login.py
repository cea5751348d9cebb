"""
Log in: one flight for however many callers, and an end to a dead credential.

In: the credential.  Out: token, instance, organisation and user.
Rule of this file: at most one login is under way; after three that bore no fruit no more is tried until the pause
is over (R17).
"""

import re
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
from requests import RequestException, Response

from connectors.salesforce.causes import cause_of, cause_of_status
from connectors.salesforce.errors import NotSent, problems
from connectors.salesforce.session import OrgSession
from connectors.salesforce.settings import SalesforceSettings
from processors.model.connection import Cause
from processors.model.errors import OrgDown, Transient
from processors.model.ports import Clock

MOST_LOGINS = 3
_IDENTITY = re.compile(r"/id/(00D[a-zA-Z0-9]{12}(?:[a-zA-Z0-9]{3})?)/(005[a-zA-Z0-9]{12}(?:[a-zA-Z0-9]{3})?)$")

# My Domain with and without enhanced domains, an instance of sandboxes, scratch orgs.
_SANDBOX = re.compile(r"^test\.salesforce|--[a-z0-9]+\.|\.(sandbox|scratch)\.|(^|\.)cs\d+\.")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a login answered. The token never shows in `repr`."""

    token: str
    instance: str
    organization_id: str
    user_id: str

    def __repr__(self) -> str:
        return f"Identity({self.instance}, {self.organization_id}, {self.user_id})"


class Login:
    """The org's current session, renewed when the org refuses it. Thread-safe."""

    def __init__(self, session: OrgSession, settings: SalesforceSettings, clock: Clock) -> None:
        """Nothing is sent before the first `token`."""
        self._session = session
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._identity: Identity | None = None
        self._last: Identity | None = None
        self._fruitless = 0
        self._not_before: datetime | None = None
        self._why = "its sessions are refused"
        self._cause: Cause | None = None

    def identity(self) -> Identity:
        """Return who we are, logging in where there is no session."""
        current = self._identity
        if current is not None:
            return current
        with self._lock:
            if self._identity is None:
                self._identity = self._last = self._log_in()
            return self._identity

    def token(self) -> str:
        """Return the current token."""
        return self.identity().token

    def instance(self) -> str:
        """Return the origin that the last token was for."""
        last = self._last
        return last.instance if last is not None else self.identity().instance

    def accepted(self, token: str) -> None:
        """Forget earlier failures: the org took *token*."""
        if self._fruitless:
            with self._lock:
                if self._identity is not None and self._identity.token == token:
                    self._fruitless, self._not_before = 0, None

    def refused(self, token: str) -> None:
        """Drop *token*; the next caller logs in. A token that is no longer the current one changes nothing."""
        with self._lock:
            if self._identity is not None and self._identity.token == token:
                self._identity = None
                self._why, self._cause = "the org refuses the sessions that it opens", "auth_token"

    def moved(self, token: str) -> None:
        """Drop *token*: the org is at another address now, which the next login names."""
        with self._lock:
            if self._identity is not None and self._identity.token == token:
                self._identity = None
                self._why, self._cause = "the org redirects to another address", "wrong_domain"

    def _log_in(self) -> Identity:
        now = self._clock()
        if self._fruitless >= MOST_LOGINS:
            if self._not_before is None:
                self._not_before = now + timedelta(seconds=self._settings.login_pause)
            if now < self._not_before:
                raise self._dead((self._not_before - now).total_seconds())
            self._not_before = now + timedelta(seconds=self._settings.login_pause)
        response = self._ask()
        if response.status_code == 200:
            self._fruitless += 1  # until the org has accepted the token
            return self._own(self._identity_of(response))
        raise self._failure(response)

    def _dead(self, wait: float) -> OrgDown:
        return OrgDown(
            f"{MOST_LOGINS} logins at {self._settings.login_url} bore no fruit ({self._why}): no more is "
            f"tried for {wait:.0f} s, lest the user be locked; check client_id, secret or key, and the user's rights",
            code="DEAD_CREDENTIAL",
            retry_after=wait,
            cause=self._cause,
        )

    def _own(self, identity: Identity) -> Identity:
        """Return the identity, where it is of the org that the settings name (LL-28); its token is used for nothing."""
        wanted = self._settings.organization_id
        if wanted is not None and identity.organization_id[:15] != wanted[:15]:
            self._why, self._cause = f"it belongs to org {identity.organization_id}, not {wanted}", "wrong_org"
            raise OrgDown(
                f"login at {self._settings.login_url}: the credential belongs to org {identity.organization_id}, and "
                f"organization_id is {wanted}: nothing is done there; put in the right credential or organization_id",
                code="WRONG_ORG",
                cause="wrong_org",
            )
        return identity

    def _ask(self) -> Response:
        try:
            return self._session.plain("POST", f"{self._settings.login_url}/services/oauth2/token", data=self._form())
        except NotSent as error:
            raise OrgDown(f"login: {error}", code="UNREACHABLE") from error
        except RequestException as error:
            raise Transient(f"login: {error}", code="NO_ANSWER") from error

    def _form(self) -> dict[str, str]:
        settings = self._settings
        if settings.private_key is None:
            secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
            return {
                "grant_type": "client_credentials",
                "client_id": settings.client_id,
                "client_secret": secret,
            }
        claims = {
            "iss": settings.client_id,
            "sub": settings.username,
            "aud": settings.audience or default_audience(settings.login_url),
            "exp": int(self._clock().timestamp()) + 180,
        }
        assertion = jwt.encode(claims, settings.private_key.get_secret_value(), algorithm="RS256")
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}

    def _identity_of(self, response: Response) -> Identity:
        body = _json(response)
        if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
            raise Transient("login: the answer is not a token", code="NO_ANSWER")
        instance = self._settings.instance_url or str(body.get("instance_url", ""))
        if not self._settings.may_reach(instance):
            host = urlsplit(instance).netloc
            raise OrgDown(
                f"login: its instance {host!r} is not an allowed host: set instance_url or allowed_hosts",
                cause="wrong_domain",
            )
        found = _IDENTITY.search(str(body.get("id", "")))
        if not found:
            raise Transient("login: the answer names no organisation and user", code="NO_ANSWER")
        return Identity(body["access_token"], instance.rstrip("/"), found[1], found[2])

    def _failure(self, response: Response) -> Transient:
        found = problems(_json(response))
        code = found[0].code if found else str(response.status_code)
        why = f"{code}: {found[0].message}" if found else f"HTTP {response.status_code}"
        cause = cause_of(code, found[0].message) if found else None
        if code == "REQUEST_LIMIT_EXCEEDED" or response.status_code not in (400, 401, 403):
            moved = cause_of_status(response.status_code)
            return OrgDown(f"login at {self._settings.login_url}: {why}", code=code, cause=cause or moved)
        self._fruitless += 1
        self._why, self._cause = why, cause or "auth_credentials"
        return OrgDown(
            f"login at {self._settings.login_url} was refused: {why}; check the credential",
            code=code,
            cause=self._cause,
        )


def default_audience(login_url: str) -> str:
    """
    Return the audience that Salesforce documents for a JWT to be taken at *login_url*.

    An org and its My Domain take that of login.salesforce.com, a sandbox and a scratch org that of
    test.salesforce.com, a site its own address. Another host is an authorization server by itself.
    """
    host = (urlsplit(login_url).hostname or "").lower()
    if not host.endswith(".salesforce.com"):
        return login_url
    return "https://test.salesforce.com" if _SANDBOX.search(host) else "https://login.salesforce.com"


def _json(response: Response) -> Any:
    try:
        return response.json()
    except (RequestException, RecursionError):
        return None
