"""A second independent Python client, salesforce-api, pointed at the simulated org's own address."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import requests

import simulator

# It ships no types: what is taken from it is typed here.
CLIENT: Any = import_module("salesforce_api.client")
LOGIN: Any = import_module("salesforce_api.login")
CONFIG: Any = import_module("salesforce_api.config")
ERRORS: Any = import_module("salesforce_api.exceptions")
LEAD = {"LastName": "A", "Company": "B"}
VERSION = "65.0"


class Timed(requests.Session):
    """A session with a time-out: the client sets none."""

    def request(self, *args: Any, **options: Any) -> requests.Response:
        return super().request(*args, **{"timeout": 20, **options})


@pytest.fixture(scope="module")
def running() -> Iterator[simulator.Running]:
    with simulator.serve([simulator.OrgFile(password_flow=True)]) as item:
        yield item


@pytest.fixture
def control(running: simulator.Running) -> simulator.Control:
    found = simulator.Control(running.control_url)
    found.wipe()
    return found


def connect(running: simulator.Running, **more: Any) -> Any:
    given = {"client_id": "signalbox", "client_secret": "simulated-secret", **more}
    return LOGIN.oauth2(instance_url=running.url, session=Timed(), api_version=VERSION, **given)


@pytest.fixture
def client(running: simulator.Running, control: simulator.Control) -> Any:
    return CLIENT.Client(connect(running))


def test_it_logs_in_by_client_credentials_and_by_password(running: simulator.Running) -> None:
    item = connect(running)
    assert item.instance_url == running.url
    other = connect(running, username="integration@example.com", password="simulated-password")
    assert item.access_token != other.access_token


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"client_secret": "wrong"}, "AuthenticationInvalidClientSecretError"),
        ({"username": "integration@example.com", "password": "wrong"}, "AuthenticationError"),
    ],
)
def test_it_raises_its_own_error_for_a_wrong_credential(
    running: simulator.Running, given: dict[str, str], error: str
) -> None:
    with pytest.raises(getattr(ERRORS, error)):
        connect(running, **given)


def test_it_creates_reads_updates_and_deletes(client: Any) -> None:
    made = client.sobjects.Lead.insert({**LEAD, "Email": "a@example.com"})
    assert made["success"] is True
    assert client.sobjects.Lead.update(made["id"], {"Title": "Head"}) is True
    read = client.sobjects.Lead.get(made["id"])
    assert (read["Title"], read["Email"], read["attributes"]["type"]) == ("Head", "a@example.com", "Lead")
    assert client.sobjects.Lead.delete(made["id"]) is True
    with pytest.raises(ERRORS.RestResourceNotFoundError, match="ENTITY_IS_DELETED"):
        client.sobjects.Lead.get(made["id"])


def test_it_upserts_by_external_id(client: Any, control: simulator.Control) -> None:
    for title in ("one", "two"):
        assert client.sobjects.Lead.upsert("Signalbox_Key__c", "key-1", {**LEAD, "Title": title}) is True
    assert [effect["kind"] for effect in control.effects()] == ["create", "update"]
    assert client.sobjects.query("SELECT Title FROM Lead")[0]["Title"] == "two"


def test_it_pages_through_a_long_result_and_sees_deleted_rows(client: Any, control: simulator.Control) -> None:
    ids = control.seed("Contact", [{"LastName": f"n{n}"} for n in range(4100)])
    found = client.sobjects.query("SELECT Id FROM Contact")
    assert {item["Id"] for item in found} == set(ids)
    assert len(found) == 4100
    client.sobjects.Contact.delete(ids[0])
    assert len(client.sobjects.query("SELECT Id FROM Contact")) == 4099
    assert len(client.sobjects.query("SELECT Id FROM Contact", include_deleted=True)) == 4100


def test_it_describes_and_reads_versions_resources_and_limits(client: Any) -> None:
    assert client.sobjects.Lead.describe()["name"] == "Lead"
    assert client.sobjects.Lead.metadata()["objectDescribe"]["keyPrefix"] == "00Q"
    assert "Lead" in {item["name"] for item in client.sobjects.describe()["sobjects"]}
    assert client.basic.versions()[-1]["version"] == "68.0"
    assert client.basic.limits()["DailyApiRequests"]["Max"] == 100_000
    assert client.basic.resources()["composite"] == "/services/data/v65.0/composite"


def test_it_runs_collections_and_composites_through_its_connection(client: Any) -> None:
    base = "/services/data/v65.0"
    rows = [{"attributes": {"type": "Lead"}, **LEAD}, {"attributes": {"type": "Lead"}, "LastName": "x"}]
    subs = [
        {"method": "POST", "url": f"{base}/composite/sobjects", "referenceId": "rows",
         "body": {"allOrNone": False, "records": rows}},
        {"method": "POST", "url": f"{base}/sobjects/Task", "referenceId": "task",
         "body": {"WhoId": "@{rows[0].id}", "Subject": "Call"}},
    ]  # fmt: skip
    answer = client.basic._post("composite", json={"compositeRequest": subs})["compositeResponse"]
    assert [item["httpStatusCode"] for item in answer] == [200, 201]
    assert [item["success"] for item in answer[0]["body"]] == [True, False]


def test_it_runs_bulk_jobs_of_every_operation(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CONFIG, "BULK_SLEEP_SECONDS", 0.01)
    rows = [{**LEAD, "Signalbox_Key__c": "b1"}, {"LastName": "x", "Company": "", "Signalbox_Key__c": "b2"}]
    bad, good = client.bulk_v2.insert("Lead", rows)
    assert bad.error.startswith("REQUIRED_FIELD_MISSING")
    key = good.record_id
    [again] = client.bulk_v2.upsert("Lead", [{"Signalbox_Key__c": "b1", "LastName": "C"}], "Signalbox_Key__c")
    assert again.record_id == key
    [changed] = client.bulk_v2.update("Lead", [{"Id": key, "LastName": "D"}])
    assert changed.record_id == key
    assert client.sobjects.query("SELECT LastName FROM Lead")[0]["LastName"] == "D"
    client.bulk_v2.delete("Lead", [key])
    assert client.sobjects.query("SELECT Id FROM Lead") == []


def test_it_raises_its_errors_by_status(client: Any, control: simulator.Control) -> None:
    with pytest.raises(ERRORS.RestRequestCouldNotBeUnderstoodError, match="REQUIRED_FIELD_MISSING"):
        client.sobjects.Lead.insert({"LastName": "A"})
    with pytest.raises(ERRORS.RestRequestCouldNotBeUnderstoodError, match="MALFORMED_QUERY"):
        client.sobjects.query("SELECT FROM")
    with pytest.raises(ERRORS.RestResourceNotFoundError):
        client.sobjects.Nothing__c.insert({"Name": "x"})
    control.fault("limit")
    with pytest.raises(ERRORS.RestRequestRefusedError, match="REQUEST_LIMIT_EXCEEDED"):
        client.sobjects.describe()
    control.fault("status")
    with pytest.raises(ERRORS.RestSalesforceInternalServerError):
        client.sobjects.describe()
    control.revoke()
    with pytest.raises(ERRORS.RestSessionHasExpiredError):
        client.sobjects.describe()


def test_what_is_not_done_is_refused_by_name(client: Any) -> None:
    refused = client.connection.session.get(f"{client.connection.instance_url}/services/data/v65.0/tooling/query")
    assert refused.status_code == 501
    assert "Tooling API" in refused.text
