"""What the command line loads before it knows what is wanted, and what help and completion load."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from signalbox.cli import ROWS, app
from signalbox.lazy import Group

pytestmark = pytest.mark.outside

HEAVY = {
    "aiosmtpd", "alembic", "avro", "confluent_kafka", "connectors", "fastavro", "faust", "lark", "phonenumbers",
    "prometheus_client", "pydantic", "pydantic_core", "rich", "simple_salesforce", "simulator", "sqlalchemy", "yaml",
}  # fmt: skip
GROUPS = [row for row in ROWS if isinstance(row, Group)]
COMMANDS = [[row.name] for row in ROWS if not isinstance(row, Group)]
COMMANDS += [[group.name, row.name] for group in GROUPS for row in group.rows]
LIGHT = [
    ["--help"],
    ["--version"],
    *([group.name, "--help"] for group in GROUPS),
    *(["run", row.name, "--help"] for row in GROUPS[0].rows),
]
LOADED = """
import json, sys
from signalbox.cli import app
for words in json.loads(sys.argv[1]):
    try:
        app(words)
    except SystemExit as end:
        assert end.code == 0, words
print(json.dumps(sorted(sys.modules)))
"""


def loaded(runs: list[list[str]], **environment: str) -> set[str]:
    command = [sys.executable, "-c", LOADED, json.dumps(runs)]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=True)
    return set(json.loads(ran.stdout.splitlines()[-1]))


def test_version_and_help_load_nothing_that_a_command_needs() -> None:
    modules = loaded(LIGHT)
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    ours = {name for name in modules if name.startswith("signalbox.")}
    assert ours == {f"signalbox.{name}" for name in ("cli", "lazy", "commands", "commands.common", "commands.run")}
    # 330 with typer 0.29 on Python 3.11; a further library would be seen.
    assert len(modules) < 450


def test_a_heavy_command_is_seen_by_the_same_test() -> None:
    modules = loaded([["migrate", "--help"]])
    assert {"sqlalchemy", "pydantic"} <= {name.partition(".")[0] for name in modules}


def test_completion_of_a_word_loads_no_command(tmp_path: Path) -> None:
    words = {"_SIGNALBOX_COMPLETE": "complete_bash", "COMP_WORDS": "signalbox dead-letters l", "COMP_CWORD": "2"}
    run = "import sys; sys.argv[0] = 'signalbox'; from signalbox.cli import app\ntry: app(prog_name='signalbox')\n"
    run += f"finally: open({str(tmp_path / 'modules')!r}, 'w').write(' '.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, env={**os.environ, **words})
    assert ran.stdout.split() == ["list"]
    assert not any(name.startswith("signalbox.commands.d") for name in (tmp_path / "modules").read_text().split())


def test_the_version_is_that_of_the_package() -> None:
    shown = CliRunner().invoke(app, ["--version"])
    assert (shown.exit_code, shown.output) == (0, f"signalbox {version('signalbox')}\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_completion(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: shell)
    shown = CliRunner().invoke(app, ["--show-completion"], prog_name="signalbox")
    assert shown.exit_code == 0
    assert "_SIGNALBOX_COMPLETE" in shown.output


@pytest.mark.parametrize("group", [[], *([group.name] for group in GROUPS)], ids=" ".join)
def test_a_group_without_a_command_shows_its_commands_in_whole_lines(group: list[str]) -> None:
    shown = CliRunner().invoke(app, [*group, "--help"], env={"COLUMNS": "80"})
    rows = next((row.rows for row in GROUPS if [row.name] == group), ROWS)
    assert [row.name for row in rows if f"{row.name} " in shown.output] == [row.name for row in rows]
    assert [row.help for row in rows if row.help in shown.output] == [row.help for row in rows]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_of_the_table_has_help_with_an_example(command: list[str]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"], env={"NO_COLOR": "1", "TERM": "dumb"})
    assert shown.exit_code == 0
    if command != ["simulator"]:  # its options are those of `python -m simulator`
        assert "Example: " in shown.output
    assert "\x1b[" not in shown.output
