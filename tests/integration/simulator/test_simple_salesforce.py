"""An independent client, whole, through an adapter that sends it to the simulator."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_external_id, format_soql

import simulator


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
    done: Any = sf.bulk2.Lead.insert(records=rows, wait=0.01)
    assert (done[0]["numberRecordsTotal"], done[0]["numberRecordsFailed"]) == (3, 0)
    rows[0]["LastName"] = ""
    rows.append({"LastName": "", "Company": "B", "Signalbox_Key__c": "new"})
    again: Any = sf.bulk2.Lead.upsert(records=rows, external_id_field="Signalbox_Key__c", wait=0.01)
    assert again[0]["numberRecordsFailed"] == 1
    text = next(iter(sf.bulk2.Lead.query("SELECT Id, LastName FROM Lead", wait=0)))
    assert text.count("\n") == 4


def through(base: str) -> requests.Session:
    """Return a session whose https goes to *base*."""
    session = requests.Session()
    session.mount("https://", LocalHTTP(base))
    return session


def test_it_logs_in_by_client_credentials_password_and_soap(running: Any) -> None:
    app: dict[str, Any] = {"consumer_key": "signalbox", "consumer_secret": "simulated-secret"}
    user: dict[str, Any] = {"username": "integration@example.com", "password": "simulated-password"}
    for name, given in (("default", app), ("rules", {**app, **user})):
        origin = running.origin(name)
        salesforce = Salesforce(domain="sim", session=through(origin), version="65.0", **given)
        assert salesforce.query("SELECT COUNT() FROM Lead")["done"] is True
    soap = through(running.origin("rules"))
    by_soap = Salesforce(domain="sim", session=soap, version="59.0", security_token="", **user)
    assert by_soap.query("SELECT COUNT() FROM Lead")["done"] is True


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"consumer_key": "signalbox", "consumer_secret": "wrong"}, "invalid client credentials"),
        ({"consumer_key": "other", "consumer_secret": "simulated-secret"}, "client identifier invalid"),
        ({"username": "integration@example.com", "password": "wrong", "security_token": ""}, "INVALID_LOGIN"),
    ],
)
def test_it_is_refused_with_a_wrong_credential(running: Any, given: Any, code: Any) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match=code):
        Salesforce(domain="sim", session=through(running.origin("rules")), version="59.0", **given)


def test_it_logs_in_by_a_signed_assertion() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())  # fmt: skip
    public = key.public_key().public_bytes(serialization.Encoding.PEM,
                                           serialization.PublicFormat.SubjectPublicKeyInfo)  # fmt: skip
    with simulator.serve([simulator.OrgFile(public_key=public.decode())]) as server:
        salesforce = Salesforce(
            username="integration@example.com",
            consumer_key="signalbox",
            privatekey=private.decode(),
            session=through(server.url),
            version="65.0",
        )
        assert salesforce.query("SELECT COUNT() FROM Lead")["totalSize"] == 0


def test_it_reads_by_custom_id_and_asks_what_kind_of_org_it_is(sf: Any) -> None:
    key = sf.Contact.create({"LastName": "A", "Signalbox_Key__c": "k-1"})["id"]
    assert sf.Contact.get_by_custom_id("Signalbox_Key__c", "k-1")["Id"] == key
    assert sf.is_sandbox() is False
    assert sf.Contact.metadata()["objectDescribe"]["name"] == "Contact"
    assert sf.Contact.delete("Signalbox_Key__c/k-1") == 204


def test_it_pages_by_hand_and_counts_its_calls(sf: Any, api: Any) -> None:
    api.control.seed("Contact", [{"LastName": f"n{n}"} for n in range(4100)])
    page = sf.query("SELECT Id FROM Contact")
    assert (page["totalSize"], page["done"], len(page["records"])) == (4100, False, 2000)
    by_url = sf.query_more(page["nextRecordsUrl"], identifier_is_url=True)
    by_name = sf.query_more(page["nextRecordsUrl"].rpartition("/")[2])
    assert by_url["records"] == by_name["records"]
    assert sf.query_all("SELECT Id FROM Contact")["totalSize"] == 4100
    usage = sf.api_usage["api-usage"]
    assert (usage.used, usage.total) == (api.control.calls()["used"], 100_000)


def test_it_sees_deleted_rows_where_it_asks_for_them(sf: Any) -> None:
    key = sf.Lead.create({"LastName": "A", "Company": "B"})["id"]
    sf.Lead.delete(key)
    assert sf.query("SELECT Id FROM Lead")["totalSize"] == 0
    assert sf.query("SELECT Id, IsDeleted FROM Lead", include_deleted=True)["records"][0]["IsDeleted"] is True


def test_it_searches_quickly_and_by_parameters(sf: Any) -> None:
    sf.Account.create({"Name": "Findling"})
    assert len(sf.quick_search("Findling")["searchRecords"]) == 1
    given = {"q": "Findling", "sobject": "Account", "in": "NAME", "Account.fields": "Id,Name"}
    assert sf.restful("parameterizedSearch", params=given)["searchRecords"][0]["Name"] == "Findling"


def test_its_restful_carries_composites_and_collections(sf: Any) -> None:
    base = "/services/data/v65.0"
    lead = {"method": "POST", "url": f"{base}/sobjects/Lead", "referenceId": "a",
            "body": {"LastName": "A", "Company": "B"}}  # fmt: skip
    read = {"method": "GET", "url": f"{base}/sobjects/Lead/@{{a.id}}?fields=LastName", "referenceId": "b"}
    answer = sf.restful("composite", method="POST", json={"compositeRequest": [lead, read]})
    assert answer["compositeResponse"][1]["body"]["LastName"] == "A"
    rows = [{"attributes": {"type": "Lead"}, "LastName": "A", "Company": "B"} for _ in range(3)]
    made = sf.restful("composite/sobjects", method="POST", json={"records": rows})
    assert [item["success"] for item in made] == [True] * 3


@pytest.mark.parametrize(
    ("fault", "params", "error"),
    [
        ("limit", {}, SalesforceRefusedRequest),
        ("maintenance", {}, SalesforceGeneralError),
        ("status", {}, SalesforceGeneralError),
        ("status", {"status": 502, "body": "Bad Gateway"}, SalesforceGeneralError),
        ("expire_session", {}, SalesforceExpiredSession),
        ("html200", {}, ValueError),
        ("reset_after", {}, requests.ConnectionError),
        ("cut_body", {}, requests.RequestException),
    ],
)
def test_it_names_a_fault_by_its_own_error(sf: Any, api: Any, fault: Any, params: Any, error: Any) -> None:
    api.control.fault(fault, **params)
    with pytest.raises(error):
        sf.query("SELECT Id FROM Lead")
    api.control.clear_faults()


def test_what_is_not_done_reaches_it_by_name(sf: Any) -> None:
    asks: list[Callable[[], Any]] = [
        lambda: sf.toolingexecute("query/?q=SELECT+Id+FROM+ApexClass"),
        lambda: sf.apexecute("thing"),
        lambda: sf.restful("composite/batch", method="POST", json={}),
    ]
    for ask in asks:
        with pytest.raises(SalesforceGeneralError, match="does not implement"):
            ask()


def test_it_updates_deletes_and_downloads_by_bulk_and_reads_the_results(sf: Any, tmp_path: Any) -> None:
    rows = [{"LastName": f"n{n}", "Company": "B"} for n in range(3)]
    job: Any = sf.bulk2.Lead.insert(records=[*rows, {"LastName": "x", "Company": ""}], wait=0.01)
    made = list(csv.DictReader(io.StringIO(sf.bulk2.Lead.get_successful_records(job[0]["job_id"]))))
    assert [row["LastName"] for row in made] == ["n0", "n1", "n2"]
    failed = list(csv.DictReader(io.StringIO(sf.bulk2.Lead.get_failed_records(job[0]["job_id"]))))
    assert failed[0]["sf__Error"].startswith("REQUIRED_FIELD_MISSING")
    assert "LastName" in sf.bulk2.Lead.get_unprocessed_records(job[0]["job_id"])
    ids = [row["sf__Id"] for row in made]
    sf.bulk2.Lead.update(records=[{"Id": item_id, "Title": "t"} for item_id in ids], wait=0.01)
    sf.bulk2.Lead.delete(records=[{"Id": ids[0]}], wait=0.01)
    found: Any = sf.bulk2.Lead.download("SELECT Id, Title FROM Lead", path=str(tmp_path), max_records=1, wait=0)
    assert [item["number_of_records"] for item in found] == [1, 1]
    everything = "".join(sf.bulk2.Lead.query_all("SELECT Id, IsDeleted FROM Lead", wait=0))
    assert everything.count("true") == 1
