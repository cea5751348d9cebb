"""The `sf` command line drives the simulated org, each command a process of its own."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import simulator
from tests.clients.js.others import node, other_client

Sf = Callable[..., Any]
OFF = ("SF_DISABLE_TELEMETRY", "SF_AUTOUPDATE_DISABLE", "SF_SKIP_NEW_VERSION_CHECK", "SF_USE_GENERIC_UNIX_KEYCHAIN")


@pytest.fixture(scope="module")
def sf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sf]:
    """Run one command and return its result; the org is logged in to."""
    run = str(other_client("@salesforce/cli") / "bin" / "run.js")
    home = tmp_path_factory.mktemp("sf")
    with simulator.serve() as running:
        url = running.origin("default")
        form = {"grant_type": "client_credentials", "client_id": "signalbox", "client_secret": "simulated-secret"}
        token = requests.post(f"{url}/services/oauth2/token", form, timeout=20).json()["access_token"]
        env = {**os.environ, "HOME": str(home), "SF_ACCESS_TOKEN": token, "SF_ORG_API_VERSION": "65.0"}
        env |= dict.fromkeys(OFF, "true")

        def command(*words: str, org: bool = True) -> Any:
            target = ["--target-org", "sim"] if org else []
            line = [str(node()), run, *words, *target, "--json"]
            done = subprocess.run(line, env=env, cwd=home, capture_output=True, text=True, timeout=180, check=False)
            answer = json.loads(done.stdout)
            return answer["result"] if done.returncode == 0 else answer

        login = ("org", "login", "access-token", "--instance-url", url, "--no-prompt", "--alias", "sim")
        assert command(*login, org=False)["username"] == "integration@example.com"
        yield command


def test_it_creates_queries_and_searches(sf: Sf) -> None:
    made = sf("data", "create", "record", "--sobject", "Lead", "--values", "LastName=Lee Company='Real AG'")
    assert made["success"] is True
    found = sf("data", "query", "--query", "SELECT Id, Name, Owner.Name FROM Lead")
    assert (found["totalSize"], found["records"][0]["Owner"]["Name"]) == (1, "integration")
    searched = sf("data", "search", "--query", "FIND {Lee} RETURNING Lead(Id, Name)")
    assert [item["Id"] for item in searched["searchRecords"]] == [made["id"]]
    assert sf("sobject", "describe", "--sobject", "Lead")["keyPrefix"] == "00Q"


def test_a_table_of_a_query_has_the_columns_that_the_org_tells(sf: Sf) -> None:
    """It asks with `columns=true`; without an answer it would print no column of a row that is null."""
    sf("data", "create", "record", "--sobject", "Contact", "--values", "LastName=Lee")
    found = sf("data", "query", "--query", "SELECT LastName, Account.Name FROM Contact")
    assert found["records"][0]["LastName"] == "Lee"


def test_it_runs_bulk_jobs(sf: Sf, tmp_path: Path) -> None:
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("Name,Signalbox_Key__c\nOne,a\nTwo,b\n")
    words = ("--sobject", "Account", "--file", str(file), "--external-id", "Signalbox_Key__c", "--wait", "5")
    done = sf("data", "upsert", "bulk", *words)
    assert [item["sf__Created"] for item in done["records"]["successfulResults"]] == ["true", "true"]
    sf("data", "export", "bulk", "--query", "SELECT Name FROM Account", "--output-file", str(out), "--wait", "5")
    assert sorted(out.read_text().replace('"', "").split()) == ["Name", "One", "Two"]


def test_a_refusal_is_told_in_the_orgs_words(sf: Sf) -> None:
    told = sf("data", "query", "--query", "SELECT Nope FROM Lead")
    assert "No such column 'Nope'" in told["message"]
