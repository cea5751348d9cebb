"""
The name of a process in its consumer group: the setting `instance`, or made once and kept in the state folder.

In: the state folder, which process, the setting.  Out: a name that no other process of this folder has meanwhile.
Rule of this file: a name is held by a lock of the operating system, which a killed process gives up.
"""

import fcntl
import itertools
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import structlog

from processors.model.errors import Misconfigured
from signalbox.groups import GROUPS

log = structlog.get_logger()

_UNPROVEN = "unproven"
_RUNS = "integrations "
_PAUSES = (0.0, 0.02, 0.05, 0.1)
"""Seconds between the attempts to take a name: `running_processes` holds a free one for a moment."""


class InstanceName:
    """
    A name, held until the process ends. Without a file it lasts for this start alone.

    `proven`: the last process of this name ran from this folder and was not fenced. A member of this name in the group
    is what is left of it, and need not be waited for.
    """

    def __init__(self, name: str, file: IO[str] | None = None, *, proven: bool = False) -> None:
        self.name = name
        self.proven = proven
        self._file = file
        self._notes: tuple[str, ...] = ()
        self._runs = ""

    def prove(self) -> None:
        """Note that no other process has this name."""
        self._write()

    def fenced(self) -> None:
        """Note that another process has this name: the next start has to look for it."""
        self._write(_UNPROVEN)

    def runs(self, digest: str) -> None:
        """Note the digest of the integrations that the process runs, for `signalbox reload`."""
        self._runs = f"{_RUNS}{digest}"
        self._write(*self._notes)

    def release(self) -> None:
        """Let another process have the name; the end of this one does the same."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def _write(self, *notes: str) -> None:
        self._notes = notes
        if self._file is None:
            return
        self._file.seek(0)
        self._file.truncate()
        self._file.write("\n".join([self.name, *notes, *([self._runs] if self._runs else []), ""]))
        self._file.flush()


def take_name(folder: Path, process: str, wanted: str, make: Callable[[], str]) -> InstanceName:
    """
    Return *wanted*, or a name of this folder that is free, or a new one.

    Args:
        process: Which of the five: processes of different kinds may have the same name.
        wanted: The setting; empty where it is not set.
        make: Returns a new name.

    Raises:
        Misconfigured: *wanted* is held by a process that runs from the same folder.
    """
    places = [process + "." + quote(wanted, safe="")] if wanted else (f"{process}-{n}" for n in itertools.count(1))
    try:
        file = _lock(folder, places)
    except OSError as error:
        log.warning(
            "the state folder cannot be used; this name lasts until the end", folder=str(folder), why=str(error)
        )
        return InstanceName(wanted or make())
    if file is None:
        raise Misconfigured(
            [f"settings: instance: {process} {wanted!r} runs already (state folder {folder}); give each its own name"]
        )
    file.seek(0)
    kept = file.read().split("\n")
    made = InstanceName(kept[0] or wanted or make(), file, proven=bool(kept[0]) and _UNPROVEN not in kept)
    if made.proven:
        made.prove()
    else:
        made.fenced()
    return made


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """A process that holds a name of a state folder; `digest` is that of its integrations, empty until it is known."""

    process: str
    name: str
    digest: str


def running_processes(folder: Path) -> list[RunningProcess]:
    """Return the processes that run from a state folder, by kind and name."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        kind = re.split(r"[-.]", path.name)[0]
        if kind not in GROUPS or not _is_locked(path):
            continue
        name, *notes = path.read_text(encoding="utf-8").split("\n")
        if not name:
            continue  # it is being written
        digest = next((note.removeprefix(_RUNS) for note in notes if note.startswith(_RUNS)), "")
        found.append(RunningProcess(kind, name, digest))
    return sorted(found, key=lambda each: (each.process, each.name))


def _is_locked(path: Path) -> bool:
    with path.open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _lock(folder: Path, places: Iterable[str]) -> IO[str] | None:
    """Return the first file of *places* that no process has locked, locked and opened; None: there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    for place in places:
        file = (folder / place).open("a+", encoding="utf-8")
        if any(_locks(file, pause) for pause in _PAUSES):
            return file
        file.close()
    return None


def _locks(file: IO[str], pause: float) -> bool:
    time.sleep(pause)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
