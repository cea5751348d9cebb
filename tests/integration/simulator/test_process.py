import re
import signal
import subprocess
import sys
from typing import Any

import pytest
import requests

import simulator
from simulator import orgfile


def test_the_process_prints_its_addresses_serves_its_orgs_and_ends_with_0(tmp_path: Any) -> None:
    for name in ("north", "south"):
        (tmp_path / f"{name}.yaml").write_text(f"name: {name}\npace: fast\n")
    command = [sys.executable, "-m", "simulator", "--port", "0", "--control-port", "0"]
    for name in ("north", "south"):
        command += ["--org", str(tmp_path / f"{name}.yaml")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        found = re.fullmatch(r"simulator: API (\S+) control (\S+) north (\S+) south (\S+)\n", process.stdout.readline())
        assert found is not None
        form = {"grant_type": "client_credentials", "client_id": "signalbox", "client_secret": "simulated-secret"}
        tokens = {}
        for name in ("north", "south"):
            answer = requests.post(f"{found[1]}/{name}/services/oauth2/token", data=form, timeout=20).json()
            assert answer["instance_url"] == f"{found[1]}/{name}"
            tokens[name] = answer["access_token"]
        foreign = {"Authorization": f"Bearer {tokens['north']}"}
        assert (
            requests.get(f"{found[1]}/south/services/data/v65.0/limits", headers=foreign, timeout=20).status_code == 401
        )
        own = {"Authorization": f"Bearer {tokens['south']}"}
        assert requests.get(f"{found[4]}/services/data/v65.0/limits", headers=own, timeout=20).status_code == 200
        assert simulator.Control(found[2], "south").calls()["used"] == 2
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stdout.close()


def test_an_unknown_key_of_an_org_file_is_named(tmp_path: Any) -> None:
    file = tmp_path / "org.yaml"
    file.write_text("nmae: x\n")
    with pytest.raises(ValueError, match=r"org\.yaml: unknown key in the org file: nmae"):
        orgfile.load(file)
