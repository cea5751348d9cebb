"""
The org that the contract suite runs on: the simulator, or a real org where `SIGNALBOX_ORG_*` names one.

SIGNALBOX_ORG_LOGIN_URL, SIGNALBOX_ORG_CLIENT_ID and either SIGNALBOX_ORG_CLIENT_SECRET, or SIGNALBOX_ORG_PRIVATE_KEY
(the PEM text) and SIGNALBOX_ORG_USERNAME; optional SIGNALBOX_ORG_INSTANCE_URL.
Use a sandbox: records are made, and deleted.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.model.ports import Salesforce
from processors.model.record import Record
from processors.model.requests import In, Question, Write, Written

NAMES = ("login_url", "instance_url", "client_id", "client_secret", "private_key", "username")


def real_org() -> SalesforceSettings | None:
    """Return the settings of the real org that the environment names, or None."""
    values = {name: os.environ.get(f"SIGNALBOX_ORG_{name.upper()}") for name in NAMES}
    if values["login_url"] is None:
        return None
    return SalesforceSettings.model_validate({name: value for name, value in values.items() if value})


@contextmanager
def simulated() -> Iterator[SalesforceSettings]:
    """Run the simulator in a process of its own, with its stock org and published credential."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--control-port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        words = process.stdout.readline().split()
        assert words[:2] == ["simulator:", "API"], f"the simulator ended with {process.wait(20)}"
        yield SalesforceSettings.model_validate(
            {"login_url": words[2], "client_id": "signalbox", "client_secret": "simulated-secret"}
        )
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="module")
def settings() -> Iterator[SalesforceSettings]:
    """Return the settings of the org under test."""
    real = real_org()
    if real is not None:
        yield real
        return
    with simulated() as salesforce_settings:
        yield salesforce_settings


class Bench:
    """The client under test, and what it made: all of it is deleted at the end."""

    def __init__(self, client: SalesforceClient) -> None:
        self.client: Salesforce = client
        self.made: dict[str, str] = {}
        self.mark = uuid4().hex[:12]

    def address(self, name: str) -> str:
        """Return an e-mail address that no other run uses."""
        return f"{name}.{self.mark}@example.com"

    def write(self, *writes: Write) -> Sequence[Written]:
        """Write, and remember what was created."""
        written = self.client.write(writes, send_by=soon())
        self.made |= {
            item.id: sent.object for sent, item in zip(writes, written, strict=True) if item.success and item.id
        }
        return written

    def lead(self, name: str, **fields: str) -> str:
        """Create a lead and return its ID."""
        values = {"LastName": name, "Company": "Example", "Email": self.address(name.lower()), **fields}
        written = self.write(Write("create", "Lead", fields=values))[0]
        assert written.success, written.errors
        assert written.id is not None
        return written.id

    def by_id(self, kind: str, record_id: str, *fields: str, deleted: bool = False) -> Record | None:
        """Return one record, or None."""
        rows = self.client.find([Question(kind, fields, ((In("Id", (record_id,)),),), deleted)]).rows[0]
        return rows[0] if rows else None

    def clean(self) -> None:
        """Delete what was made, one object a call."""
        for kind in ("Opportunity", "Lead", "Contact", "Account"):
            ids = [name for name, made in self.made.items() if made == kind]
            for start in range(0, len(ids), 200):
                part = [Write("delete", kind, item_id) for item_id in ids[start : start + 200]]
                self.client.write(part, send_by=soon())


def soon() -> datetime:
    """Return a send-by that has not passed."""
    return datetime.now(UTC) + timedelta(seconds=30)


@pytest.fixture
def connect(settings: SalesforceSettings) -> Iterator[Callable[[], SalesforceClient]]:
    """Return a function that makes a fresh client."""
    clients: list[SalesforceClient] = []

    def make() -> SalesforceClient:
        clients.append(SalesforceClient("main", settings))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def bench(connect: Callable[[], SalesforceClient]) -> Iterator[Bench]:
    """Return a client with a clean end."""
    item = Bench(connect())
    yield item
    item.clean()
