"""
The demo's parts: an embedded Kafka, a simulated org, a mail receiver, a ledger, and the five processes.

In: a folder for everything, what the org holds before.  Out: `Parts`, running; ended with the context, whatever
happens.
Rule of this file: the processes are those of production, told by one settings file; each ends by its own ID.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml
from aiosmtpd.controller import Controller

from connectors.database.engine import open_engine
from connectors.database.migrate import migrate
from connectors.kafka.embedded import embedded_kafka
from processors.sources.load import load_integrations
from schemas.topics import NO_ORG, topic_table
from signalbox.demo.expected import ExistingRecord
from signalbox.groups import GROUPS
from signalbox.waiting import changes_wanted
from simulator.client import Control

ORG = "demo"
START_SECONDS = 45.0
END_SECONDS = 35.0
_PR_SET_PDEATHSIG = 1


class NotStarted(Exception):
    """A part did not start; the text ends with the last lines of its log."""


class Post:
    """The mail receiver: keeps each mail's recipients and bytes, and a file of it."""

    def __init__(self, folder: Path) -> None:
        self.mails: list[tuple[tuple[str, ...], bytes]] = []
        self._folder = folder
        folder.mkdir()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- the library's name
        """Take one mail."""
        (self._folder / f"{len(self.mails):04d}.eml").write_bytes(envelope.original_content)
        self.mails.append((tuple(envelope.rcpt_tos), envelope.original_content))
        return "250 taken"


@dataclass
class Parts:
    """
    Everything that runs. `listeners` are the integrations (name → org) that are told of changes; `record_ids` are the
    IDs of the records that were put in, by e-mail.
    """

    folder: Path
    kafka: str
    control: Control
    org_url: str
    post: Post
    ports: Mapping[str, int]
    listeners: Mapping[str, str]
    record_ids: Mapping[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def database(self) -> str:
        """The ledger's URL."""
        return f"sqlite:///{self.folder / 'signalbox.db'}"

    def died(self) -> str | None:
        """Return what to say of a process that ended by itself, or None."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                return f"{name} ended with exit code {process.returncode}:\n{_tail(self.folder / f'{name}.log')}"
        return None

    def is_ready(self, name: str) -> bool:
        """Whether a process says that it is ready."""
        try:
            with urlopen(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def running_parts(folder: Path, record_ids: Sequence[ExistingRecord]) -> Iterator[Parts]:
    """Start everything in *folder*, with *record_ids* in the org; end it with the context. Raises `NotStarted`."""
    with ExitStack() as stack:
        listeners = changes_wanted(load_integrations(_integrations(folder)))
        partitions = {topic.name: topic.partitions for topic in topic_table([ORG, NO_ORG], listeners)}
        kafka = stack.enter_context(embedded_kafka(partitions)).bootstrap
        control, org_url = _simulator(folder, stack)
        post = Post(folder / "mails")
        smtp = Controller(post, hostname="127.0.0.1", port=_free_port())
        smtp.start()
        stack.callback(smtp.stop)
        ports = {name: _free_port() for name in GROUPS}
        # Before anyone polls: what was there before is no change.
        parts = Parts(folder, kafka, control, org_url, post, ports, listeners, _fill(control, record_ids))
        _settings(parts, smtp.port)
        migrate(open_engine(parts.database))
        for name in GROUPS:
            process = _start(name, folder, {"SIGNALBOX_METRICS__PORT": str(ports[name])})
            parts.processes[name] = process
        stack.callback(_end, parts.processes)
        yield parts


def _integrations(folder: Path) -> Path:
    """Write the demo's integrations; return their folder."""
    integrations = folder / "integrations"
    integrations.mkdir()
    for path in files("signalbox.demo").joinpath("integrations").iterdir():
        if path.name.endswith(".yaml"):
            (integrations / path.name).write_text(path.read_text())
    return integrations


def _fill(control: Control, record_ids: Sequence[ExistingRecord]) -> dict[str, str]:
    """Put the records in that the org has before, accounts first; return their IDs by e-mail."""
    accounts: dict[str, str] = {}
    found: dict[str, str] = {}
    for record_id in record_ids:
        belongs = {"AccountId": accounts[record_id.account]} if record_id.account else {}
        (made,) = control.seed(record_id.object, [{**record_id.fields, **belongs}])
        if record_id.object == "Account":
            accounts[record_id.fields["Name"]] = made
        found[record_id.fields.get("Email", made)] = made
    return found


def _simulator(folder: Path, stack: ExitStack) -> tuple[Control, str]:
    org_file = folder / "org.yaml"
    org_file.write_text(yaml.safe_dump({"name": ORG}))
    command = ["-m", "simulator", "--port", "0", "--control-port", "0", "--org", str(org_file)]
    process = _start("simulator", folder, {}, command)
    stack.callback(_end, {"simulator": process})
    log = folder / "simulator.log"
    _wait(lambda: "simulator: API" in log.read_text() or process.poll() is not None, "the simulated org", log)
    words = log.read_text().split()
    if process.poll() is not None:
        raise NotStarted(f"the simulated org did not start:\n{_tail(log)}")
    origins = dict(zip(words[5::2], words[6::2], strict=False))
    return Control(words[4], ORG), origins.get(ORG, words[2])


def _settings(parts: Parts, mail_port: int) -> None:
    org = {"login_url": parts.org_url, "client_id": "signalbox", "client_secret": "simulated-secret"}
    settings = {
        "kafka": {"bootstrap": parts.kafka, "embedded": True, "replication": 1},
        "database": parts.database,
        "state": str(parts.folder / "state"),
        "integrations": str(parts.folder / "integrations"),
        "changes": {"every": 1, "hold_back": 3},
        "orgs": {ORG: org},
        "mail": {"host": "127.0.0.1", "port": mail_port, "security": "none", "sender": "signalbox@example.com"},
    }
    (parts.folder / "signalbox.yaml").write_text(yaml.safe_dump(settings))


def _start(
    name: str, folder: Path, more: Mapping[str, str], arguments: list[str] | None = None
) -> "subprocess.Popen[bytes]":
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SIGNALBOX_")}
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, *(arguments or ["-m", "signalbox", "run", name])],
            env={**kept, **more, "SIGNALBOX_SETTINGS": str(folder / "signalbox.yaml")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 -- it can only be set in the child; nothing else runs there
        )


def _die_with_parent() -> None:
    """Ask Linux to end this child when the demo is gone, however that ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(processes: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + END_SECONDS
    for process in processes.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(condition: Callable[[], bool], what: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise NotStarted(f"{what} did not start within {START_SECONDS:g} s:\n{_tail(log)}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _tail(log: Path, lines: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
