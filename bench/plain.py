"""
Noun: a one-at-a-time client (simple-salesforce) on the same org: what the others are compared with.

In: the org's address. Out: what it did, how long an answer took.
Rule of this file: search, then update, one record a call, as such a client is commonly written.
"""

import json
import statistics
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.format import format_soql


class _Plain(HTTPAdapter):
    """The library speaks https alone; the simulated org is on this machine and speaks http."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self._origin = origin

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:
        request.url = (request.url or "").replace("https://sim", self._origin, 1)
        return super().send(request, *given, **named)


def client(origin: str) -> Any:
    """Return a client that is logged in at *origin*."""
    given = {"grant_type": "client_credentials", "client_id": "signalbox", "client_secret": "simulated-secret"}
    with urlopen(f"{origin}/services/oauth2/token", urlencode(given).encode(), timeout=60) as answer:
        token = json.loads(answer.read())["access_token"]
    session = requests.Session()
    session.mount("https://sim", _Plain(origin))
    return Salesforce(session_id=token, instance_url="https://sim", session=session, version="65.0")


def update_all(sf: Any, emails: Sequence[str]) -> None:
    """Search each person among leads, then contacts, and update what was found."""
    for email in emails:
        for name in ("Lead", "Contact"):
            query = f"SELECT Id FROM {name} WHERE Email = {{}}"  # noqa: S608  two fixed names
            found = sf.query(format_soql(query, email))["records"]
            if found:
                getattr(sf, name).update(found[0]["Id"], {"Description": "plain"})
                break
        else:
            raise ValueError(f"{email} is in neither object")


def answer_seconds(sf: Any, calls: int) -> float:
    """Return the median time of one call's answer."""
    taken = []
    for _ in range(calls):
        begin = time.monotonic()
        sf.query("SELECT Id FROM Lead LIMIT 1")
        taken.append(time.monotonic() - begin)
    return statistics.median(taken)
