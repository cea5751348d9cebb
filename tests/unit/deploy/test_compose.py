import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for  # type: ignore[import-untyped]  # its stubs are no part of this project

from tests.unit.deploy import files

PROCESSES = ("intake", "executor", "notifier", "audit", "changes")


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    stack: dict[str, Any] = files.read(files.COMPOSE)
    return stack


def faults(stack: object) -> list[str]:
    # The schema is the one that check-jsonschema ships as vendor.compose-spec. It is read as a file: importing the
    # package brings up its command line, which some versions of click do not bear.
    spec = find_spec("check_jsonschema")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "builtin_schemas/vendor/compose-spec.json"
    schema = json.loads(path.read_text("utf-8"))
    return [error.message for error in validator_for(schema)(schema).iter_errors(stack)]


def test_the_stack_is_valid_by_the_compose_specification(stack: dict[str, Any]) -> None:
    assert faults(stack) == []


def test_a_typo_in_the_stack_would_be_found(stack: dict[str, Any]) -> None:
    assert faults({**stack, "services": {"kafka": {"image": "x", "healtcheck": {}}}})


def test_nothing_is_published_beyond_this_machine(stack: dict[str, Any]) -> None:
    ports = [port for service in stack["services"].values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_every_lasting_service_is_watched_and_what_depends_on_it_waits_for_that(stack: dict[str, Any]) -> None:
    services = stack["services"]
    once = {"migrate", "topics"}
    for name, service in services.items():
        assert ("test" in service["healthcheck"]) != (name in once), name
        for other, terms in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in once else "service_healthy"
            assert terms["condition"] == wanted, (name, other)


def test_the_five_processes_run_read_only_and_are_given_time_to_end(stack: dict[str, Any]) -> None:
    for name in PROCESSES:
        service = stack["services"][name]
        assert service["command"] == ["run", name]
        assert service["read_only"] is True
        assert service["stop_grace_period"] == "35s"
        assert service["cap_drop"] == ["ALL"]


def test_prometheus_asks_exactly_the_five_processes() -> None:
    (job,) = files.read(files.SCRAPES)["scrape_configs"]
    assert job["job_name"] == "signalbox"
    asked = {config["labels"]["process"]: config["targets"] for config in job["static_configs"]}
    assert asked == {name: [f"{name}:9400"] for name in PROCESSES}


def test_every_mounted_file_is_in_the_repository(stack: dict[str, Any]) -> None:
    mounts = [volume.split(":")[0] for service in stack["services"].values() for volume in service.get("volumes", ())]
    local = [mount for mount in mounts if mount.startswith("./")]
    assert local
    assert [mount for mount in local if not (files.ROOT / mount).exists()] == []


def stages() -> dict[str, tuple[str, str]]:
    """Return each stage of the image: the one that it begins with, and its lines."""
    text = (files.ROOT / "deploy/Dockerfile").read_text("utf-8")
    found = re.findall(r"^FROM (\S+) AS (\S+)\n(.*?)(?=^FROM |\Z)", text, re.MULTILINE | re.DOTALL)
    return {name: (base, lines) for base, name, lines in found}


def test_the_image_runs_as_nobody_else_and_holds_no_build_tools() -> None:
    base, runtime = stages()["runtime"]
    assert base == "${BASE}"
    assert "\nUSER 10001:10001\n" in runtime
    assert "\nHEALTHCHECK " in runtime
    assert list(stages())[-1] == "production"
    for name in ("production", "demo"):
        base, lines = stages()[name]
        assert base == "runtime"
        assert re.findall(r"^\w+", lines, re.MULTILINE) == ["COPY"]
    assert not re.search(r"\b(gcc|build-essential|apt-get|pip|uv) ", runtime)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", "".join(lines for _, lines in stages().values()), re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert [name for name in names if not (files.ROOT / name).exists()] == []


def test_the_image_for_production_has_neither_demo_nor_simulator(stack: dict[str, Any]) -> None:
    _, build = stages()["build"]
    assert "COPY --from=build " in stages()["production"][1]
    assert "COPY simulator " not in build
    assert "rm -r signalbox/demo " in build
    assert "--extra" not in build
    targets = {name: service["build"]["target"] for name, service in stack["services"].items() if "build" in service}
    assert {name for name, target in targets.items() if target == "demo"} == {"simulator"}
    images = {
        service["image"]: service["build"]["target"] for service in stack["services"].values() if "build" in service
    }
    assert images == {"signalbox:local": "production", "signalbox:demo": "demo"}
