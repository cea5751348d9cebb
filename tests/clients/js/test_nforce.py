"""nforce drives the simulated org: names in lower case, a login by password, answers of an old version."""

import json
import os
import subprocess

import simulator
from tests.clients.js.installation import HERE
from tests.clients.js.others import node, other_client


def test_nforce_logs_in_writes_reads_and_is_refused() -> None:
    folder = other_client("nforce").parent
    with simulator.serve([simulator.OrgFile(password_flow=True)]) as running:
        done = subprocess.run(
            [str(node()), str(HERE / "nforce.cjs"), running.url, "signalbox", "simulated-secret"],
            env={**os.environ, "NODE_PATH": str(folder)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert "refresh_token" in seen["login"]
    assert seen["create"]["success"] is True
    assert (seen["read"], seen["change"]) == ("Lee", [1, "CFO"])
    assert seen["upsert"]["created"] is True
    assert seen["describe"] > 40
    assert seen["limits"] == 100_000
    assert (seen["wrong"]["code"], seen["wrong"]["status"]) == ("INVALID_FIELD", 400)
    assert seen["remove"] == 0
