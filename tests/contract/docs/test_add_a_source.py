"""
The recipe of docs/add-a-source.md is followed word by word in a copy of the tree, and an event goes through it.

Its code blocks name their file after the language: a whole file; for `diff` the lines to add, each below the line that
is shown before it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from tests.contract.docs import pages

pytestmark = pytest.mark.outside

ROOT = pages.DOCS.parent
PAGE = pages.DOCS / "add-a-source.md"
COPIED = ("connectors", "processors", "schemas", "signalbox", "tests/fakes", "tests/unit/schemas")
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
        shutil.copytree(ROOT / name, root / name)  # with its bytecode, which counts for what the recipe leaves
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
    folders = [path for path in (ROOT / "processors/sources").iterdir() if (path / "source.py").is_file()]
    assert len(folders) >= 7
    for folder in folders:
        wanted = {"__init__.py", "source.py", "decide.py", "words.py"}
        wanted |= {"reader.py", "trigger.py", "mapping.py"} if (folder / "reader.py").is_file() else set()
        assert wanted <= {file.name for file in folder.iterdir()}, folder.name


def _run(copy: Path, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run `python WORDS` in the copy, against the copy's code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SIGNALBOX_", "PYTEST_"))}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=copy, env=kept | env, capture_output=True, text=True, timeout=170, check=False)


def _tested(copy: Path, *files: str) -> str:
    """Run tests in the copy; return what pytest says."""
    ran = _run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", *files)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_an_event_goes_through_the_new_source(copy: Path) -> None:
    """The test of the recipe itself runs in the copy."""
    assert "1 passed" in _tested(copy, "tests/unit/sources/test_web_form.py")


def test_the_new_contract_may_follow_itself_and_its_later_changes_are_checked(copy: Path) -> None:
    """The test of evolution takes it in without a line of its own."""
    assert "passed" in _tested(copy, "tests/unit/schemas/test_evolution.py")
    fine = _run(copy, "-m", "signalbox", "schemas", "check")
    assert (fine.returncode, fine.stderr) == (0, "")
    changed = copy / "changed"
    shutil.copytree(copy / "schemas/contracts", changed)
    contract = changed / "web_form.avsc"
    required = '{"name": "more", "type": "string", "doc": "New, and without a default."},'
    contract.write_text(contract.read_text("utf-8").replace('"fields": [', f'"fields": [{required}', 1), "utf-8")
    refused = _run(copy, "-m", "signalbox", "schemas", "check", "--folder", str(changed))
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert "web_form" in line
    assert "more" in line


def test_forms_are_published_to_the_new_topic_by_the_command_line(copy: Path, clean_kafka: str) -> None:
    """Topic, key and contract follow from the rows of the recipe; a line that the contract refuses is named."""
    (copy / "integrations").mkdir()
    (copy / "integrations" / "site.yaml").write_text(
        "name: site\npreset: forms\norg: main\nsite: example.com\n", "utf-8"
    )
    settings = {
        "kafka": {"bootstrap": clean_kafka, "replication": 1},
        "database": "sqlite:///none.db",
        "orgs": {"main": {"login_url": "http://127.0.0.1:1", "client_id": "x", "client_secret": "y"}},
    }
    (copy / "settings.yaml").write_text(json.dumps(settings), "utf-8")
    env = {"SIGNALBOX_SETTINGS": str(copy / "settings.yaml")}
    made = _run(copy, "-m", "signalbox", "topics", "create", **env)
    assert made.returncode == 0, made.stderr
    assert "created crm.event.web-form" in made.stdout.splitlines()
    form = {"event_id": "e-1", "form_id": "f-1", "site": "example.com", "sent": "2026-01-05T08:00:00Z"}
    lines = [{**form, "person": {"email": "ann@example.com"}}, {**form, "person": {}, "colour": "red"}]
    (copy / "forms.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    sent = _run(copy, "-m", "signalbox", "publish", "forms.jsonl", "--topic", "crm.event.web-form", **env)
    assert sent.returncode == 1
    assert sent.stderr.splitlines() == [
        "line 2: unknown field colour",
        "1 published to crm.event.web-form, 1 refused",
    ]
    assert _keys(clean_kafka, "crm.event.web-form") == [b"f-1"]


def _keys(bootstrap: str, topic: str) -> list[bytes | None]:
    """Return the keys of a topic's messages."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "recipe", "enable.auto.commit": False})
    try:
        found: list[bytes | None] = []
        for number in consumer.list_topics(topic, timeout=20).topics[topic].partitions:
            _, high = consumer.get_watermark_offsets(TopicPartition(topic, number), 20)
            consumer.assign([TopicPartition(topic, number, 0)])
            before = len(found)
            while len(found) - before < high:
                message = consumer.poll(60)
                assert message is not None
                found.append(message.key())
        return found
    finally:
        consumer.close()


def test_the_new_source_has_the_types_of_its_stages(copy: Path) -> None:
    """Whatever a folder leaves out or misnames, mypy says before a test does."""
    shutil.copy(ROOT / "mypy.ini", copy)
    ran = _run(copy, "-m", "mypy", "--cache-dir", str(copy / ".types"), "processors/sources/web_form")
    assert ran.returncode == 0, ran.stdout + ran.stderr
