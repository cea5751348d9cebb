"""A running simulator for each test module, wiped before each test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests

import simulator

RULES = simulator.OrgFile(
    name="rules",
    users=[
        {"username": "integration@example.com", "password": "simulated-password"},
        {"username": "shy@example.com", "password": "pw", "private": ["Lead"], "objects": {"Account": ["read"]}},
    ],
    soap_login=True,
    password_flow=True,
    daily_limit=100_000,
    validation_rules=[
        {"object": "Lead", "when": {"all": [{"field": "Rating", "value": "Hot"}, {"field": "Phone", "op": "blank"}]},
         "message": "A hot lead needs a phone", "field": "Phone"},
    ],
    duplicate_rules=[
        {"object": "Contact", "name": "Contacts_DR", "fields": ["Email"], "match": ["Contact"]},
        {"object": "Account", "name": "Accounts_DR", "fields": ["Name"], "action": "block"},
    ],
    assignment_rules=[{"object": "Lead", "when": {"field": "LeadSource", "value": "Web"}, "owner": "Leads"}],
    fields={
        **simulator.OrgFile().fields,
        "Lead": [*simulator.OrgFile().fields["Lead"],
                 {"name": "Tier__c", "type": "picklist", "values": ["A", "B"], "restricted": True}],
    },
    objects={"Visit__c": {"fields": [{"name": "Lead__c", "type": "reference", "reference_to": ["Lead"]}]}},
)  # fmt: skip


@dataclass
class Api:
    """A session of one org."""

    origin: str
    session: requests.Session
    control: simulator.Control

    @property
    def base(self) -> str:
        return f"{self.origin}/services/data/v65.0"

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.base}/{path}", json=body, timeout=20, **options)

    def query(self, text: str) -> list[dict[str, Any]]:
        answer = self.call("GET", "query", params={"q": text})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["records"]
        return found

    def make(self, sobject: str, **fields: Any) -> str:
        answer = self.call("POST", f"sobjects/{sobject}", fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def soap(self, operation: str, version: str = "65.0") -> requests.Response:
        token = str(self.session.headers["Authorization"]).removeprefix("Bearer ")
        envelope = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com">'
            f"<e:Header><u:SessionHeader><u:sessionId>{token}</u:sessionId></u:SessionHeader></e:Header>"
            f"<e:Body>{operation}</e:Body></e:Envelope>"
        )
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        return requests.post(f"{self.origin}/services/Soap/u/{version}", envelope, headers=headers, timeout=20)


def log_in(origin: str, **form: str) -> requests.Response:
    given = {"grant_type": "client_credentials", "client_id": "signalbox", "client_secret": "simulated-secret", **form}
    return requests.post(f"{origin}/services/oauth2/token", data=given, timeout=20)


def open_api(running: simulator.Running, name: str, **form: str) -> Api:
    origin = running.org_url(name)
    session = requests.Session()
    session.headers["Authorization"] = "Bearer " + log_in(origin, **form).json()["access_token"]
    return Api(origin, session, simulator.Control(running.control_url, name))


@pytest.fixture(scope="module")
def running() -> Iterator[simulator.Running]:
    with simulator.serve([simulator.OrgFile(), RULES]) as server:
        yield server


@pytest.fixture
def api(running: simulator.Running) -> Iterator[Api]:
    found = open_api(running, "default")
    found.control.wipe()
    found.control.pace("instant")
    yield found
    found.session.close()


@pytest.fixture
def rules(running: simulator.Running) -> Iterator[Api]:
    found = open_api(running, "rules")
    found.control.wipe()
    yield found
    found.session.close()


@pytest.fixture
def another(running: simulator.Running) -> Callable[..., Api]:
    """Open a session with a credential of its own."""
    return partial(open_api, running)
