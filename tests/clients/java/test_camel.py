"""Apache Camel drives the simulated org: login, slashes at the end of addresses, raw answers, a refusal."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import simulator

LOCAL = Path(__file__).parents[3] / ".local" / "clients-camel"
HOW = "mvn -q -f tests/clients/java/pom.xml compile dependency:build-classpath"


def test_camel_logs_in_writes_reads_and_is_refused() -> None:
    classpath = LOCAL / "classpath.txt"
    if not classpath.exists() or shutil.which("java") is None:
        pytest.skip(f"NOT RUN: Apache Camel is not installed; {HOW}")
    with simulator.serve() as running:
        path = f"{LOCAL / 'classes'}:{classpath.read_text().strip()}"
        done = subprocess.run(
            ["java", "-cp", path, "Drive", running.origin("default"), "signalbox", "simulated-secret"],  # noqa: S607  # java is where PATH has it
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    seen = dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)
    made = json.loads(seen["create"])
    assert made["success"] is True
    assert json.loads(seen["query"])["records"][0]["Id"] == made["id"]
    assert json.loads(seen["describe"])["keyPrefix"] == "00Q"
    assert json.loads(seen["search"])["searchRecords"][0]["Id"] == made["id"]
    assert json.loads(seen["upsert"])["created"] is True
    assert "INVALID_FIELD" in seen["wrong"]
