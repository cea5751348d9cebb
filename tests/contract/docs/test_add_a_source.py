"""
The recipe of docs/add-a-source.md is followed word by word in a copy of the tree, and an event goes through it.

Its code blocks name their file after the language: a whole file; for `diff` the lines to add, each below the line that
is shown before it.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.docs import pages

pytestmark = pytest.mark.outside

ROOT = pages.DOCS.parent
PAGE = pages.DOCS / "add-a-source.md"
COPIED = ("connectors", "processors", "schemas", "tests/fakes")
FOLDER = "processors/sources/web_form/"
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One code block: its language, the file that it is for, its text."""

    language: str
    path: str
    text: str


BLOCKS = [Block(*found) for found in _BLOCK.findall(PAGE.read_text("utf-8"))]


def _added(block: Block) -> Iterator[tuple[str, str]]:
    """Yield (the line above, the line to add) of a block of added lines."""
    above = ""
    for line in block.text.splitlines():
        if line.startswith("+"):
            yield above, line[1:]
        above = line[1:]


def _add(file: Path, block: Block) -> None:
    text = file.read_text("utf-8")
    for above, line in _added(block):
        assert text.count(f"\n{above}\n") == 1, f"{block.path} has not once the line {above!r}"
        text = text.replace(f"\n{above}\n", f"\n{above}\n{line}\n")
    file.write_text(text, "utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the recipe needs, with the recipe followed."""
    root = tmp_path_factory.mktemp("recipe")
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pytest.ini", root)
    for block in BLOCKS:
        file = root / block.path
        if block.language == "bash":
            subprocess.run(["/bin/sh", "-e", "-c", block.text], cwd=root, check=True)
        elif block.language == "diff":
            _add(file, block)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
    return root


def test_a_source_is_one_folder_one_contract_one_preset_and_five_lines_elsewhere() -> None:
    """What a source costs is counted, so that it cannot grow unnoticed."""
    files = {block.path for block in BLOCKS if block.language not in ("bash", "diff")}
    elsewhere = [line for block in BLOCKS if block.language == "diff" for line in _added(block)]
    assert len(elsewhere) <= 5
    assert {path for path in files if not path.startswith((FOLDER, "tests/"))} == {
        "schemas/contracts/web_form.avsc",
        "schemas/web_form.py",
    }
    assert [path for path in files if path.startswith(f"{FOLDER}presets/")] == [f"{FOLDER}presets/forms.yaml"]


def test_the_names_in_a_folder_are_the_same_in_each() -> None:
    """A reader who knows one source finds their way in all of them."""
    folders = [one for one in (ROOT / "processors/sources").iterdir() if (one / "source.py").is_file()]
    assert len(folders) >= 7
    for folder in folders:
        wanted = {"__init__.py", "source.py", "decide.py", "words.py"}
        wanted |= {"reader.py", "trigger.py", "mapping.py"} if (folder / "reader.py").is_file() else set()
        assert wanted <= {file.name for file in folder.iterdir()}, folder.name


def test_an_event_goes_through_the_new_source(copy: Path) -> None:
    """The test of the recipe itself runs in the copy, against the copy's code."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n0",
        "tests/unit/sources/test_web_form.py",
    ]
    ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_the_new_source_has_the_types_of_its_stages(copy: Path) -> None:
    """Whatever a folder leaves out or misnames, mypy says before a test does."""
    shutil.copy(ROOT / "mypy.ini", copy)
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(copy / ".types"), "processors/sources/web_form"]
    ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=170)
    assert ran.returncode == 0, ran.stdout + ran.stderr
