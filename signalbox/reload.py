"""
Integration files while a process runs: a change starts the process anew, a fault changes nothing and is told.

In: the folder, what runs, the store of last good texts. Out: a signal to the process to end and to start anew.
Rule of this file: a process decides with one set of integrations from its start to its end. A start anew is as safe as
any other end, and keeps the process ID (docs/decisions/0097).
"""

import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, Protocol

import structlog

from processors.model.errors import Misconfigured, Transient
from processors.model.ports import Metrics
from processors.sources.last_good import FaultyFile, Running, running
from processors.sources.load import IntegrationFile, integration_files
from signalbox.waiting import Process, wait_until_well

log = structlog.get_logger()

REQUEST_SECONDS = 1.0
"""How often a process looks for a request of `signalbox reload`."""
_REQUEST = "reload"


class LastGoodStore(Protocol):
    """Where the last good text of each file is kept. Its methods raise `Transient` where it gives no answer."""

    def read(self) -> dict[str, bytes]:
        """Return the texts by file name."""

    def keep(self, texts: Mapping[str, bytes | None]) -> None:
        """Keep these texts, and forget those that are None."""


def with_last_good(process: Process, store: LastGoodStore) -> Process:
    """
    Return the process with the last good text of each faulty file, once Kafka has said which it is.

    Where every file is good, now or while Kafka is waited for, the store is not asked.
    """
    if not process.running.faulty:
        return process
    done: list[Running] = []

    def why() -> str | None:
        files = integration_files(process.settings.integrations)
        found = running(files)
        done.append(running(files, store.read()) if found.faulty else found)
        return None

    if not wait_until_well(process, why):
        return process
    tell_faulty(done[-1], process.metrics)
    return replace(process, running=done[-1])


def tell_faulty(found: Running, metrics: Metrics, before: frozenset[str] = frozenset()) -> None:
    """Log each faulty file with its faults, and show it as a gauge until it is good."""
    for faulty_file in found.faulty:
        log.error(
            "integration file is faulty",
            file=faulty_file.name,
            meanwhile=faulty_file.meanwhile,
            faults=list(faulty_file.faults),
        )
        metrics.gauge("integration_file_faulty", 1.0, file=faulty_file.name)
    for name in before - {file.name for file in found.faulty}:
        metrics.gauge("integration_file_faulty", 0.0, file=name)


class Reload:
    """Looks at the integration files of a process, and sets its `anew` when it is to start anew."""

    def __init__(
        self,
        process: Process,
        store: LastGoodStore,
        end: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGTERM),
        told: Callable[[Sequence[FaultyFile]], None] = lambda _faulty: None,
    ) -> None:
        """*end* tells the process to stop, as an operator would; *told* gets the faulty files of each look."""
        self._process = process
        self._store = store
        self._end = end
        self._told = told
        self._faulty: tuple[FaultyFile, ...] = process.running.faulty
        self._asked = threading.Event()
        self._seen: dict[str, bytes] | None = None
        self._kept: dict[str, bytes] | None = None
        self._request = last_request(process.settings.state)

    def start(self) -> None:
        """Look from now on, in a thread of its own; SIGHUP lets it look at once."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGHUP, lambda *_: self._asked.set())
        threading.Thread(target=self._run, name="reload", daemon=True).start()

    def _tell_of_faulty_files(self) -> None:
        try:
            self._told(self._faulty)
        except Exception:
            # A mail must not end the look-out for files.
            log.exception("recipients of faulty integration files could not be told")

    def _wait(self) -> None:
        """Wait for the next look, or until one is asked for."""
        left = self._process.settings.reload_every
        while left > 0 and not self._asked.wait(min(REQUEST_SECONDS, left)) and not self._process.stop.is_set():
            if last_request(self._process.settings.state) != self._request:
                return
            left -= REQUEST_SECONDS

    def _is_asked(self) -> bool:
        """Whether SIGHUP came, or `signalbox reload` asked the processes of the state folder, since the last look."""
        before, self._request = self._request, last_request(self._process.settings.state)
        asked = self._asked.is_set() or before != self._request
        self._asked.clear()
        return asked

    def look(self, asked: bool = False) -> bool:
        """Look once; return whether the process is to start anew."""
        try:
            files = integration_files(self._process.settings.integrations)
        except (Misconfigured, OSError) as error:
            if self._seen != {}:
                log.error("integration files cannot be read; those of the start go on", why=str(error))
            self._seen = {}
            return False
        self._keep(files)
        texts = {file.name: file.text for file in files}
        if texts == self._seen and not asked:
            return False
        self._seen = texts
        return self._changed(files, asked)

    def _changed(self, files: tuple[IntegrationFile, ...], asked: bool) -> bool:
        runs = self._process.running
        found = running(files, {**(self._kept or {}), **runs.texts})
        changed = sorted(
            {name for name, text in found.texts.items() if runs.texts.get(name) != text}
            | (set(runs.texts) - set(found.texts))
        )
        if asked or found.faulty or self._faulty:
            tell_faulty(found, self._process.metrics, frozenset(file.name for file in self._faulty))
        self._faulty = found.faulty
        if changed or found.integrations.unknown_sources != runs.integrations.unknown_sources:
            digests = {name: digest[:12] for name, digest in sorted(found.integrations.digests.items())}
            log.warning("integration files have changed; the process starts anew", files=changed, digests=digests)
            return True
        if asked:
            log.info("integration files are read again; what runs stays as it is")
        return False

    def _keep(self, files: tuple[IntegrationFile, ...]) -> None:
        """Keep the texts that run as the last good ones; where Kafka gives no answer, at the next look."""
        try:
            if self._kept is None:
                self._kept = self._store.read()
            there = {file.name for file in files}
            gone = {name: None for name in self._kept if name not in there}
            fresh = {name: text for name, text in self._process.running.texts.items() if self._kept.get(name) != text}
            if gone or fresh:
                self._store.keep({**gone, **fresh})
                self._kept = {name: text for name, text in self._kept.items() if name not in gone} | fresh
        except Transient as error:
            log.warning("the last good texts of integration files are not kept yet", why=error.reason)

    def _run(self) -> None:
        while not self._process.stop.is_set():
            if self.look(self._is_asked()):
                self._process.anew.set()
                self._end()
                return
            self._tell_of_faulty_files()
            self._wait()


def request_reload(folder: Path) -> None:
    """Ask every process of a state folder to look at its integration files, which it does within a second or two."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _REQUEST).write_text(secrets.token_hex(8), encoding="utf-8")


def last_request(folder: Path) -> str:
    """Return what tells the last request from the others; empty where there was none."""
    try:
        return (folder / _REQUEST).read_text(encoding="utf-8")
    except OSError:
        return ""


def leave(process: Process) -> NoReturn:
    """End the program at once, or start it anew where that is wanted."""
    if process.anew.is_set():
        start_anew()
    os._exit(0)


def start_anew() -> NoReturn:
    """Start this program again in this process, with the arguments that it was started with."""
    sys.stdout.flush()
    sys.stderr.flush()
    program = ["-m", "signalbox"] if sys.argv[0].endswith("__main__.py") else [sys.argv[0]]
    os.execv(sys.executable, [sys.executable, *program, *sys.argv[1:]])  # noqa: S606  our own arguments, and no shell
