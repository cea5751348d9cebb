"""An independent client, whole, through an adapter that sends it to the simulator."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_external_id, format_soql


class LocalHTTP(requests.adapters.HTTPAdapter):
    def __init__(self, base: Any) -> None:
        self.base = urlsplit(base)
        super().__init__()

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        parts = urlsplit(request.url)
        request.url = urlunsplit((self.base.scheme, self.base.netloc, parts.path, parts.query, ""))
        options["timeout"] = options.get("timeout") or 20
        return super().send(request, *args, **options)


@pytest.fixture
def sf(api: Any) -> Any:
    session = requests.Session()
    session.mount("https://", LocalHTTP(api.origin))
    token = api.session.headers["Authorization"].removeprefix("Bearer ")
    return Salesforce(session_id=token, instance_url="https://sim", session=session, version="65.0")


def test_it_writes_reads_and_deletes_records(sf: Any) -> None:
    key = sf.Lead.create({"LastName": "O'Hara", "Company": "B"})["id"]
    assert sf.Lead.get(key)["LastName"] == "O'Hara"
    assert sf.Lead.update(key, {"Title": "x"}) == 204
    assert sf.query(format_soql("SELECT Id FROM Lead WHERE LastName = {}", "O'Hara"))["totalSize"] == 1
    assert sf.Lead.delete(key) == 204
    with pytest.raises(SalesforceResourceNotFound):
        sf.Lead.get(key)


def test_it_upserts_by_external_id(sf: Any) -> None:
    path = f"Signalbox_Key__c/{format_external_id('Signalbox_Key__c', 'a b').rpartition('/')[2]}"
    assert sf.Lead.upsert(path, {"LastName": "A", "Company": "B"}) == 201
    assert sf.Lead.upsert(path, {"LastName": "C"}) == 200


def test_it_pages_through_a_long_result(sf: Any, api: Any) -> None:
    api.control.seed("Contact", [{"LastName": f"n{n}"} for n in range(4100)])
    assert len(list(sf.query_all_iter("SELECT Id FROM Contact"))) == 4100
    assert sf.query("SELECT COUNT() FROM Contact")["totalSize"] == 4100


def test_it_describes_and_asks_limits_and_changes(sf: Any) -> None:
    assert sf.Lead.describe()["name"] == "Lead"
    assert sf.describe()["maxBatchSize"] == 200
    assert sf.limits()["DailyApiRequests"]["Max"] == 100_000
    key = sf.Lead.create({"LastName": "A", "Company": "B"})["id"]
    now = datetime.now(UTC)
    assert key in sf.Lead.updated(now - timedelta(hours=1), now + timedelta(hours=1))["ids"]
    sf.Lead.delete(key)
    gone: Any = sf.Lead.deleted(now - timedelta(hours=1), now + timedelta(hours=1))
    assert gone["deletedRecords"][0]["id"] == key


def test_it_searches(sf: Any) -> None:
    sf.Lead.create({"LastName": "Findling", "Company": "B"})
    assert len(sf.search("FIND {Findling} IN ALL FIELDS RETURNING Lead(Id)")["searchRecords"]) == 1


def test_it_maps_refusals_to_its_errors(sf: Any, api: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        sf.Lead.create({"LastName": "A"})
    refusal: Any = caught.value.content
    assert refusal[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    for name in ("A", "B"):
        sf.Contact.create({"LastName": name, "Email": "same@example.com"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        sf.Contact.upsert("Email/same@example.com", {"Title": "x"})
    api.control.revoke()
    with pytest.raises(SalesforceExpiredSession):
        sf.query("SELECT Id FROM Lead")


def test_it_runs_bulk_jobs(sf: Any) -> None:
    rows = [{"LastName": f"n{n}", "Company": "B", "Signalbox_Key__c": f"k{n}"} for n in range(3)]
    done: Any = sf.bulk2.Lead.insert(records=rows, wait=0.1)
    assert (done[0]["numberRecordsTotal"], done[0]["numberRecordsFailed"]) == (3, 0)
    rows[0]["LastName"] = ""
    rows.append({"LastName": "", "Company": "B", "Signalbox_Key__c": "new"})
    again: Any = sf.bulk2.Lead.upsert(records=rows, external_id_field="Signalbox_Key__c", wait=0.1)
    assert again[0]["numberRecordsFailed"] == 1
    text = next(iter(sf.bulk2.Lead.query("SELECT Id, LastName FROM Lead")))
    assert text.count("\n") == 4
