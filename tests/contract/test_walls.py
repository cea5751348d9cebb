"""
Each wall between the rooms holds: an import or a call that crosses it turns `make check` red.

Planted in a copy of the tree, all at once: each plant is a module of its own, and the tools must name every one.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

pytestmark = pytest.mark.outside

ROOT = Path(__file__).parents[2]
PACKAGES = ("connectors", "processors", "schemas", "signalbox", "simulator")
PURE = ("model", "integration", "sources", "matching", "deciding")
OUTSIDE = (
    "socket",
    "time",
    "os",
    "confluent_kafka",
    "sqlalchemy",
    "threading",
    "asyncio",
    "random",
    "simple_salesforce",
)
ROOMS = ("audit", "changes", "consuming", "executor", "intake", "notifier")
EXECUTOR = ("session", "pipeline", "in_doubt", "connection", "org_queue", "dependencies", "jobs")
"""The rooms of the executor, from the top down."""
BANNED = {
    "now": "from datetime import UTC, datetime\n\nSTARTED = datetime.now(UTC)\n",
    "today": "from datetime import date\n\nDAY = date.today()\n",
    "new_id": "from uuid import uuid4\n\nNAME = uuid4()\n",
    "by_name": "from importlib import import_module\n\nTIME = import_module('time')\n",
}


@dataclass(frozen=True, slots=True)
class Plant:
    """An import that may not be: in which package, of what."""

    package: str
    imported: str
    name: str = ""

    @property
    def module(self) -> str:
        """The module's name."""
        return f"{self.package}.{self.name or 'planted_' + self.imported.replace('.', '_')}"


IMPORTS = [
    *(Plant(f"processors.{room}", library) for room in PURE for library in OUTSIDE),
    *(Plant(f"processors.{room}", "pathlib") for room in PURE),
    *(Plant(f"processors.{room}", "processors.sources.registry") for room in PURE if room != "sources"),
    Plant("processors.sources.planted", "processors.sources.registry", "settings"),
    *(Plant("schemas", library) for library in OUTSIDE),
    *(Plant("schemas", package) for package in PACKAGES if package != "schemas"),
    *(Plant("processors.executor", package) for package in ("connectors", "signalbox", "simulator")),
    *(
        Plant(f"processors.executor.{below}", f"processors.executor.{above}")
        for above, below in pairwise(EXECUTOR)
        if below != "dependencies"
    ),
    Plant("processors.executor.jobs", "processors.executor.org_queue"),
    Plant("processors.intake", "processors.executor"),
    Plant("processors.notifier", "processors.audit"),
    Plant("processors.changes", "processors.intake"),
    Plant("processors.consuming", "processors.changes"),
    Plant("processors.matching", "processors.deciding"),
    Plant("processors.model", "processors.integration"),
    Plant("processors.deciding", "processors.model.ports"),
    *(Plant("connectors.kafka", f"processors.{room}") for room in (*ROOMS, *PURE[1:])),
    *(Plant("connectors.kafka", f"connectors.{other}") for other in ("database", "mail", "prometheus", "salesforce")),
    *(Plant("connectors.database", package) for package in ("signalbox", "simulator")),
    *(Plant("simulator", package) for package in PACKAGES if package != "simulator"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product and of what the tools are told, with every plant."""
    root = tmp_path_factory.mktemp("walls")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".importlinter", "ruff.toml"):
        shutil.copy(ROOT / name, root / name)
    for plant in IMPORTS:
        file = root / Path(*plant.module.split(".")).with_suffix(".py")
        file.parent.mkdir(exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(f'"""Planted."""\n\nimport {plant.imported}\n')
    for room in PURE:
        for name, text in BANNED.items():
            (root / "processors" / room / f"banned_{name}.py").write_text(f'"""Planted."""\n\n{text}')
    (root / "connectors" / "banned_now.py").write_text(f'"""Allowed here."""\n\n{BANNED["now"]}')
    return root


@pytest.fixture(scope="module")
def imports(copy: Path) -> str:
    """What import-linter says of the copy."""
    environment = {**os.environ, "COLUMNS": "400", "NO_COLOR": "1"}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    ran = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def banned(copy: Path) -> frozenset[str]:
    """The files of the copy in which ruff finds a banned call."""
    command = [str(Path(sys.executable).with_name("ruff")), "check", "--no-cache", "--output-format=json", "."]
    ran = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert ran.returncode == 1, ran.stderr
    found = (load for load in json.loads(ran.stdout) if load["code"] == "TID251")
    return frozenset(Path(item["filename"]).relative_to(copy.resolve()).as_posix() for item in found)


def _said(text: str, plant: Plant) -> Iterator[str]:
    """Yield the lines that name the planted import."""
    return (line for line in text.splitlines() if f"{plant.module} -> {plant.imported} " in line)


@pytest.mark.parametrize("plant", IMPORTS, ids=lambda plant: f"{plant.package}-{plant.imported}")
def test_a_planted_import_is_red(imports: str, plant: Plant) -> None:
    assert list(_said(imports, plant))


def test_every_wall_has_a_plant_that_turns_it_red(imports: str) -> None:
    told = ConfigParser()
    told.read(ROOT / ".importlinter")
    walls = [told[section]["name"] for section in told.sections() if ":contract:" in section]
    verdicts = " ".join(imports.split())
    assert [wall for wall in walls if f"{wall} BROKEN" not in verdicts] == []


@pytest.mark.parametrize("room", PURE)
@pytest.mark.parametrize("name", BANNED)
def test_a_planted_call_of_a_clock_or_a_new_id_is_red(banned: frozenset[str], room: str, name: str) -> None:
    assert f"processors/{room}/banned_{name}.py" in banned


def test_a_clock_is_allowed_where_bytes_go_in_and_out(banned: frozenset[str]) -> None:
    assert "connectors/banned_now.py" not in banned


def test_the_linters_are_part_of_make_check() -> None:
    recipe = (ROOT / "Makefile").read_text("utf-8")
    assert "ruff check ." in recipe
    assert "lint-imports" in recipe
