"""What an installation without the extra `demo` has, and what it says of the rest."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.outside

ROOT = Path(__file__).parents[3]
REFUSED = ("aiosmtpd", "lark", "signalbox.demo", "simulator")
WITHOUT_EXTRA = f"""
import importlib, pkgutil, sys


class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name in {REFUSED}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Refuse())
"""
IMPORT_ALL = """
count = 0
for root in ("connectors", "processors", "schemas", "signalbox"):
    for module in pkgutil.walk_packages(importlib.import_module(root).__path__, f"{root}."):
        if not module.name.startswith("signalbox.demo") and not module.name.endswith(("__main__", ".env")):
            importlib.import_module(module.name)
            count += 1
print(count)
"""
RUN = """
sys.argv[0] = "signalbox"
from signalbox.cli import app
app(prog_name="signalbox")
"""


def without_extra(code: str, *words: str) -> "subprocess.CompletedProcess[str]":
    # walk_packages imports a package to look into it, and tells nobody that the demo could not be.
    command = [sys.executable, "-c", WITHOUT_EXTRA + code, *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_every_module_but_the_demo_is_imported_without_the_extra() -> None:
    ran = without_extra(IMPORT_ALL)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert int(ran.stdout) > 150


@pytest.mark.parametrize(("command", "part"), [("demo", "signalbox.demo"), ("simulator", "simulator")])
def test_the_commands_of_the_extra_say_in_one_line_what_to_install(command: str, part: str) -> None:
    ran = without_extra(RUN, command)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr == (f"{part} is not installed: install signalbox[demo], or build the image's target demo\n")


def test_their_help_is_shown_all_the_same() -> None:
    ran = without_extra(RUN, "demo", "--help")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "--serve" in ran.stdout
