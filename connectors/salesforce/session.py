"""
The HTTP session that simple-salesforce uses, with time-outs, allowed hosts and token renewal.

In: requests by simple-salesforce or by us.  Out: a whole answer; `NotSent`, `Unusable`, `TooLate` or `OrgDown`.
Rule of this file: every request has both time-outs, goes to an allowed host, follows no redirect, carries the current
token with all its headers on every attempt, and has its usage read whatever the answer.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import urllib3

from connectors.salesforce.causes import REDIRECTS
from connectors.salesforce.errors import NotSent, Unusable
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.usage import Usage
from connectors.salesforce.wire import FLIGHT, CheckedAdapter, Flight
from processors.model.errors import OrgDown
from processors.model.ports import Clock

Body = Callable[[str], bytes]
"""A body that carries the token itself (SOAP): built anew for each attempt."""

_SEND_BY: ContextVar[datetime | None] = ContextVar("_SEND_BY", default=None)


class Tokens(Protocol):
    """Where the session takes its token from."""

    def token(self) -> str:
        """Return the current token, logging in where there is none."""

    def instance(self) -> str:
        """Return the origin (scheme and host) that the token is for."""

    def accepted(self, token: str) -> None:
        """Take note that the org took *token*."""

    def refused(self, token: str) -> None:
        """Take note that the org refused *token*."""

    def moved(self, token: str) -> None:
        """Take note that the org redirected a request with *token* to another address."""


class OrgSession(requests.Session):
    """One org's session; may be used by several threads at once."""

    def __init__(self, settings: SalesforceSettings, usage: Usage, clock: Clock) -> None:
        """A session that has no token yet: set `tokens` before the first `request`."""
        super().__init__()
        self.tokens: Tokens
        self._settings = settings
        self._usage = usage
        self._clock = clock
        # .netrc would replace the token, and proxies of the environment would see it.
        self.trust_env = False
        self.verify = settings.ca_file or True
        if settings.proxy is not None:
            self.proxies = dict.fromkeys(("http", "https"), settings.proxy.get_secret_value())
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = CheckedAdapter(max_retries=0, pool_maxsize=settings.connections)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # passed through
        """
        Send with the current token; on a dead session log in (single-flight) and send again with the same headers.

        A redirect is not followed: the next login says where the org is now, and the request is sent there once more.
        `send_by` is checked again before each attempt; `data` may be a `Body`.
        """
        headers = dict(kwargs.pop("headers", None) or {})
        data = kwargs.pop("data", None)
        send_by = kwargs.pop("send_by", None)
        moved = False
        while True:  # ends by an answer, or by `token()`, which stops a dead credential after three logins
            token = self.tokens.token()
            headers["Authorization"] = f"Bearer {token}"
            body = data(token) if callable(data) else data
            where = self.tokens.instance() + _path(url)
            response = self.plain(method, where, *args, headers=headers, data=body, send_by=send_by, **kwargs)
            if response.status_code in REDIRECTS:
                if moved or not self._has_moved(token):
                    return response
                moved = True
                continue
            if not _session_is_dead(response):
                self.tokens.accepted(token)
                return response
            self.tokens.refused(token)

    def _has_moved(self, token: str) -> bool:
        """Log in anew; return whether the org is at another address now."""
        before = self.tokens.instance()
        self.tokens.moved(token)
        self.tokens.token()
        return self.tokens.instance() != before

    def plain(
        self, method: str, url: str, *args: Any, send_by: datetime | None = None, **kwargs: Any
    ) -> requests.Response:
        """Send once, without a token of ours."""
        marker = _SEND_BY.set(send_by)
        try:
            return super().request(method, url, *args, **kwargs)
        finally:
            _SEND_BY.reset(marker)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send one attempt and read its answer whole."""
        if not self._settings.may_reach(request.url or ""):
            raise OrgDown(f"{_host(request)} is not an allowed host: nothing was sent; see allowed_hosts")
        kwargs |= {"stream": True, "allow_redirects": False, "verify": kwargs.get("verify", True)}
        kwargs["timeout"] = (self._settings.connect_timeout, self._settings.read_timeout)
        flight = Flight(self._clock, _SEND_BY.get())
        marker = FLIGHT.set(flight)
        try:
            response = super().send(request, **kwargs)
            self._usage.answered(response.headers.get("Sforce-Limit-Info"), self._clock())
            self._read(response)
            return response
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if flight.left:
                raise Unusable(f"no usable answer from {_host(request)}: {_cause(error)}") from error
            raise NotSent(f"no connection to {_host(request)}: {_cause(error)}") from error
        finally:
            if flight.left:
                self._usage.sent()
            FLIGHT.reset(marker)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow no redirect: it could carry the token to another host (S03)."""

    def _read(self, response: requests.Response) -> None:
        """Read the body with a limit of time and size; refuse what is not UTF-8, whatever charset it claims."""
        end = time.monotonic() + self._settings.request_limit
        body = bytearray()
        try:
            for chunk in response.iter_content(65536):
                body += chunk
                if len(body) > self._settings.largest_answer or time.monotonic() > end:
                    raise Unusable("the answer is too long or takes too long")
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Unusable("the answer is not UTF-8") from error
        finally:
            response.close()
        response._content = bytes(body)  # read whole: what `content` would keep
        response.encoding = "utf-8"


def _path(url: str) -> str:
    # simple-salesforce always writes https://<instance>; the token belongs to the origin that the login named.
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _session_is_dead(response: requests.Response) -> bool:
    if response.status_code == 401:
        return True
    # SOAP reports it as a fault under HTTP 500 (fact sheet B).
    soap = "xml" in response.headers.get("Content-Type", "")
    return response.status_code == 500 and soap and b"INVALID_SESSION_ID" in response.content


def _host(request: requests.PreparedRequest) -> str:
    return urlsplit(request.url or "").netloc


def _cause(error: BaseException) -> str:
    # The text of such errors carries the URL, and with it the query's values.
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]  # one of them is set
    if isinstance(error, Unusable) or str(error).startswith("Tunnel connection failed"):
        return str(error)
    return f"{type(error).__name__}: {getattr(error, 'strerror', None) or ''}".rstrip(": ")
