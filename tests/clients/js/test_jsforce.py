"""jsforce drives the simulated org; `drive.cjs` reports what it got, and here it is judged."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

import simulator
from tests.clients.js.installation import HERE, node_path

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def running() -> Iterator[simulator.Running]:
    with simulator.serve() as item:
        yield item


@pytest.fixture(scope="module")
def seen(running: simulator.Running) -> Seen:
    """Run every scenario once and return what each reported."""
    script = str(HERE / "drive.cjs")
    done = subprocess.run(
        ["node", script, running.url, "signalbox", "simulated-secret"],  # noqa: S607  # node is where PATH has it
        env={**os.environ, "NODE_PATH": str(node_path())},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: Seen = json.loads(done.stdout)
    return found


def test_the_lock_file_names_no_registry_and_exact_versions() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())
    packages = {name: item for name, item in lock["packages"].items() if name}
    assert all("resolved" not in package and package["integrity"] for package in packages.values())
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_jsforce_logs_in_by_client_credentials_and_reads_identity_and_usage(
    seen: Seen, running: simulator.Running
) -> None:
    auth = seen["auth"]
    assert (auth["url"], auth["user"]) == (running.url, "integration@example.com")
    assert auth["organization"].startswith("00D")
    assert auth["wrong"]["name"] == "invalid_client"
    assert auth["usage"]["limit"] == 100_000
    assert 0 < auth["usage"]["used"] < 10


def test_jsforce_creates_reads_changes_and_deletes(seen: Seen) -> None:
    crud = seen["crud"]
    assert crud["made"]["success"] is True
    assert (crud["read"]["LastName"], crud["read"]["Status"]) == ("A", "Open - Not Contacted")
    assert crud["changed"] == {"id": crud["made"]["id"], "success": True, "errors": []}
    assert (crud["after"]["Title"], crud["after"]["Name"]) == ("Head", "A")
    assert crud["gone"]["success"] is True
    assert crud["missing"]["code"] == "ENTITY_IS_DELETED"


def test_jsforce_upserts_by_external_id_and_sees_several(seen: Seen) -> None:
    upsert = seen["upsert"]
    assert upsert["first"]["created"] is True
    assert upsert["second"]["created"] is False
    assert upsert["second"]["id"] == upsert["first"]["id"]
    assert upsert["several"]["name"] == "MULTIPLE_CHOICES"


def test_jsforce_pages_by_query_more_and_by_its_own_stream(seen: Seen) -> None:
    paging = seen["paging"]
    assert (paging["made"], paging["total"], paging["distinct"], paging["streamed"]) == (450, 450, 450, 450)
    assert paging["sizes"] == [200, 200, 50]


def test_jsforce_builds_soql_with_parents_children_and_aggregates(seen: Seen) -> None:
    soql = seen["soql"]
    assert [(item["LastName"], item["Account"]["Name"]) for item in soql["found"]] == [("Child", "Example's")]
    assert [item["LastName"] for item in soql["nested"][0]["Contacts"]["records"]] == ["Child"]
    assert (soql["count"], [item["n"] for item in soql["groups"]]) == (1, [1])


def test_jsforce_writes_collections_with_an_answer_for_each_record(seen: Seen) -> None:
    collections = seen["collections"]
    assert [item["success"] for item in collections["made"]] == [True, False, True]
    assert [item["errors"][0]["statusCode"] for item in collections["none"]] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert collections["titles"] == ["t", "t"]
    assert [item["created"] for item in collections["upserted"]] == [True, True]
    assert [item["success"] for item in collections["changed"] + collections["gone"]] == [True] * 4


def test_jsforce_sends_a_composite_whose_references_are_followed(seen: Seen) -> None:
    answers = {item["referenceId"]: item for item in seen["composite"]["compositeResponse"]}
    assert [answer["httpStatusCode"] for answer in answers.values()] == [201, 201, 200, 400, 400]
    assert answers["rows"]["body"]["records"][0]["Who"]["Name"] == "A"
    assert answers["after"]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_jsforce_reads_describe_limits_and_versions(seen: Seen) -> None:
    describe = seen["describe"]
    assert (describe["name"], describe["required"]) == ("Lead", ["LastName", "Company"])
    assert {"Lead", "Contact", "Account", "Opportunity", "Task", "Event"} <= set(describe["objects"])
    assert describe["calls"]["Max"] == 100_000
    assert describe["versions"]["version"] == "68.0"


def test_jsforce_reads_what_was_updated_deleted_and_found(seen: Seen) -> None:
    changes = seen["changes"]
    assert changes["kept"] in changes["updated"]["ids"]
    assert [item["id"] for item in changes["deleted"]["deletedRecords"]] == [changes["gone"]]
    assert [item["Name"] for item in changes["found"]] == ["kept"]


def test_jsforce_converts_leads_by_soap(seen: Seen) -> None:
    convert = seen["convert"]
    assert convert["one"]["success"] is True
    assert convert["one"]["opportunityId"] is None
    assert [item["success"] for item in convert["both"]] == [False, True]
    assert convert["both"][0]["errors"][0]["statusCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"
    assert convert["both"][1]["opportunityId"].startswith("006")
    assert convert["lead"]["ConvertedContactId"] == convert["one"]["contactId"]
    assert "merge by SOAP" in convert["merge"]["message"]


def test_jsforce_runs_bulk_jobs(seen: Seen) -> None:
    bulk = seen["bulk"]
    assert [item["Signalbox_Key__c"] for item in bulk["done"]["successfulResults"]] == ["b1", "b2"]
    assert bulk["done"]["failedResults"][0]["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert [item["sf__Created"] for item in bulk["again"]["successfulResults"]] == ["false"]
    assert sorted(item["LastName"] for item in bulk["rows"]) == ["A", "Z"]


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("required", "REQUIRED_FIELD_MISSING"),
        ("field", "INVALID_FIELD"),
        ("statement", "MALFORMED_QUERY"),
        ("object", "NOT_FOUND"),
        ("graph", "NOT_IMPLEMENTED"),
        ("apex", "NOT_IMPLEMENTED"),
        ("token", "INVALID_SESSION_ID"),
    ],
)
def test_jsforce_raises_the_orgs_own_code(seen: Seen, what: str, code: str) -> None:
    assert seen["errors"][what]["code"] == code
