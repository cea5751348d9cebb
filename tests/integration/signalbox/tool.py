"""
The command line as its user has it: `python -m signalbox …` in a process of its own.

In: settings in a folder. Out: exit code and both outputs.
Rule of this file: nothing of the caller's environment reaches the command; every command has a bound.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fixtures import started
from tests.fixtures.kafka_server import ROOT


@dataclass(frozen=True, slots=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of standard output."""
        return self.out.splitlines()

    @property
    def values(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.lines]


def signalbox(folder: Path, *words: str, stdin: str = "") -> Said:
    """Run one command on the settings in *folder*."""
    given = folder / "stdin"
    given.write_text(stdin)
    code, out, err = started.run(
        ["-m", "signalbox", *words], cwd=folder, folder=folder, timeout=90, env=_env(folder), stdin=given
    )
    assert "Traceback" not in err, err
    return Said(code, out, err)


def signalbox_running(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """Begin a command on the settings in *folder*; whoever asks for it ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "signalbox", *words],
        cwd=folder,
        env=_env(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _env(folder: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALBOX_")}
    told = {"SIGNALBOX_SETTINGS": str(folder / "settings.yaml"), "SIGNALBOX_INSTANCE": "tool", "PYTHONPATH": str(ROOT)}
    return env | told
