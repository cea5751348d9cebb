"""
The stage of a torture test: real processes, a simulated org, a mail server, a ledger, and the verifier.

In: a folder, Kafka's address, a database (by itself a file of SQLite).
Out: `Stage`, which starts, kills, stops and starts again, and asks the verifier.
Rule of this file: every process is ended by its own ID; every wait has a bound and names what it waited for.
"""

import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from aiosmtpd.controller import Controller
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from sqlalchemy import Engine

from connectors.database.engine import open_engine, reading
from connectors.database.migrate import migrate
from connectors.kafka.admin import ensure_topics
from processors.intake.decode import decode
from processors.intake.map import command
from processors.intake.route import route
from processors.sources.load import load_integrations
from schemas.codec import SingleObject
from schemas.topics import SOURCE_CALL_RESULT as SOURCE
from schemas.topics import command_topic, topic_table
from simulator import Control
from tests.fixtures import started
from tests.fixtures.kafka_server import ROOT
from tests.fixtures.processes import free_ports, stop, tail, wait_until
from tests.fixtures.started import Started
from tests.torture.verifier.topics import read_topics

AT_WORK = {"intake": "OK ^", "executor": "org begins"}
"""Role → what its log says when it is past its start: killing a start proves little."""
IDLE = 7.0
"""Seconds after which a process that has nothing to say (an executor that no org was given to) is past its start."""


class Post:
    """A mail server's handler: each mail becomes one .eml file that tells its envelope."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  the library's name
        to = "".join(f"X-Envelope-To: {item}\r\n" for item in envelope.rcpt_tos)
        number = len(list(self.folder.iterdir()))
        part = self.folder / f"{number}.part"
        part.write_bytes(to.encode() + envelope.original_content)
        part.rename(self.folder / f"{number}.eml")
        return "250 taken"


@dataclass
class Actor:
    """One process of the product: what `python` gets to start it, and its present life."""

    role: str
    name: str
    arguments: list[str]
    process: Started | None = None
    lives: int = 0
    born: float = 0.0
    log: Path = Path()
    told_before: int = 0
    env: Mapping[str, str] = field(default_factory=dict)

    def is_at_work(self) -> bool:
        """Whether this life is past its start."""
        said = self.log.read_bytes()[self.told_before :].decode(errors="replace")
        return AT_WORK[self.role] in said or time.monotonic() - self.born > IDLE


@dataclass
class Verdict:
    """What the verifier said."""

    violations: list[tuple[str, str]]
    counts: dict[str, int]

    @property
    def checks(self) -> set[str]:
        """The IDs of the checks that are red."""
        return {check for check, _ in self.violations}


@dataclass
class Stage:
    """Everything that one torture test runs."""

    folder: Path
    kafka: str
    integrations: Mapping[str, str]
    orgs: Sequence[str] = ("acme",)
    org_settings: Mapping[str, Any] = field(default_factory=dict)
    executor: Mapping[str, Any] = field(default_factory=dict)
    tree: Path = ROOT
    mail_up: bool = True
    database: str = ""
    actors: dict[str, Actor] = field(default_factory=dict)
    # Members of an earlier test count until their sessions end: their names are no one's here.
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    expected: list[dict[str, Any]] = field(default_factory=list)
    _others: list[Started] = field(default_factory=list)
    _control: dict[str, Control] = field(default_factory=dict)
    _mail_port: int = 0
    _post: Controller | None = None
    _engine: Engine | None = None

    def open(self) -> None:
        """Start what is not ours, write the settings, make tables and topics."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "integrations").mkdir()
        self.database = self.database or f"sqlite:///{self.folder / 'ledger.db'}"
        for name, text in self.integrations.items():
            (self.folder / "integrations" / f"{name}.yaml").write_text(text)
        self._mail_port = free_ports(1)[0]
        if self.mail_up:
            self.start_mail()
        origins, control = self._start_simulator()
        self._control = {name: Control(control, name) for name in self.orgs}
        self._control_url = control
        settings = {
            "kafka": {"bootstrap": self.kafka, "replication": 1},
            "database": self.database,
            "state": str(self.folder / "state"),
            "integrations": str(self.folder / "integrations"),
            "orgs": {name: self._org(origins[name]) for name in self.orgs},
            "mail": {"host": "127.0.0.1", "port": self._mail_port, "security": "none", "sender": "box@example.com"},
            "executor": {"look_every": 0.3, **self.executor},
            "metrics": {"port": 0},
        }
        (self.folder / "settings.yaml").write_text(yaml.safe_dump(settings))
        self._engine = open_engine(self.database)
        migrate(self._engine)
        ensure_topics(AdminClient({"bootstrap.servers": self.kafka}), topic_table(self.orgs), replication=1)

    def _org(self, origin: str) -> dict[str, Any]:
        own = {"login_url": origin, "client_id": "signalbox", "client_secret": "simulated-secret", "login_pause": 1.0}
        return {**own, "request_limit": 6.0, "read_timeout": 4.0, **self.org_settings}

    @property
    def mails(self) -> Path:
        """The folder of mails that the server took."""
        return self.folder / "mails"

    def org(self, name: str = "acme") -> Control:
        """Return the control endpoint of an org."""
        return self._control[name]

    def start_mail(self) -> None:
        """Start the mail server."""
        self._post = Controller(Post(self.mails), hostname="127.0.0.1", port=self._mail_port)
        self._post.start()

    def _start_simulator(self) -> tuple[dict[str, str], str]:
        files = []
        for name in self.orgs:
            path = self.folder / f"org-{name}.yaml"
            path.write_text(yaml.safe_dump({"name": name}))
            files += ["--org", str(path)]
        log = self.folder / "simulator.log"
        log.touch()
        words = ["-m", "simulator", "--port", "0", "--control-port", "0", *files]
        process = started.start(words, cwd=ROOT, stdout=log)
        self._others.append(process)
        wait_until(lambda: "simulator: API" in log.read_text() or process.poll() is not None, 30, "the simulated org")
        words = log.read_text().split()
        return dict(zip(words[5::2], words[6::2], strict=True)), words[4]

    def _env(self, name: str) -> dict[str, str]:
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("SIGNALBOX_")},
            "SIGNALBOX_SETTINGS": str(self.folder / "settings.yaml"),
            "SIGNALBOX_INSTANCE": f"{self.run}-{name}",
            "PYTHONPATH": str(self.tree),
        }

    def start(
        self,
        role: str,
        name: str = "one",
        *,
        probe: Sequence[Mapping[str, Any]] = (),
        env: Mapping[str, str] | None = None,
    ) -> Actor:
        """
        Start a process of the product under a name of its own.

        Args:
            probe: Makes an executor do what it is told.
            env: Environment variables over those of the stage.
        """
        arguments = ["-m", "signalbox", "run", role]
        if probe:
            script = str(self.tree / "tests" / "torture" / "run_with_probe.py")
            arguments = [script, str(self.folder), json.dumps(list(probe))]
        actor = Actor(role, f"{role}-{name}", arguments, env=env or {})
        self.actors[actor.name] = actor
        self.live(actor)
        return actor

    def live(self, actor: Actor) -> None:
        """Start an actor's next life."""
        actor.lives += 1
        actor.born, actor.log = time.monotonic(), self.log(actor)
        actor.told_before = actor.log.stat().st_size if actor.log.exists() else 0
        env = {**self._env(actor.name), **actor.env}
        actor.process = started.start(actor.arguments, cwd=self.tree, env=env, stdout=actor.log)

    def log(self, actor: Actor) -> Path:
        """Return an actor's log."""
        return self.folder / f"{actor.name}.log"

    def send_signal(self, actor: Actor, number: int) -> None:
        """Send one signal to one of our processes."""
        if actor.process is not None and actor.process.poll() is None:
            os.kill(actor.process.pid, number)

    def wake(self, actor: Actor) -> None:
        """Let a stopped process go on."""
        self.send_signal(actor, signal.SIGCONT)

    def kill(self, actor: Actor) -> None:
        """End a process without a word."""
        self.send_signal(actor, signal.SIGKILL)
        if actor.process is not None:
            actor.process.wait(10)

    def revive(self) -> None:
        """Start again whoever died."""
        for actor in self.actors.values():
            if actor.process is not None and actor.process.poll() is not None:
                assert actor.lives < 60, f"{actor.name} dies again and again:\n{tail(self.log(actor), 30)}"
                self.live(actor)

    def publish(self, messages: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Deliver call results to their source topic."""
        self.publish_to([(SOURCE, key, value) for key, value in messages])

    def publish_to(self, messages: Sequence[tuple[str, bytes, bytes | None]]) -> None:
        """Deliver messages, each to its source topic."""
        producer = Producer({"bootstrap.servers": self.kafka, "enable.idempotence": True})
        for topic, key, value in messages:
            producer.produce(topic, value, key)
            producer.poll(0)
        assert producer.flush(30) == 0

    def hand_over(self, messages: Sequence[tuple[bytes, bytes | None]], contract: str = "call_result") -> None:
        """Deliver commands as the intake makes them, where the scenario is about the executor alone."""
        known = load_integrations(self.folder / "integrations")
        producer, codec = Producer({"bootstrap.servers": self.kafka}), SingleObject()
        for _key, value in messages:
            event = decode(value, codec, contract)
            made = command(event, route(event, known), datetime.now(UTC), None)
            body = codec.encode("command", made.to_avro())
            producer.produce(command_topic(made.org), body, made.source_id.encode(), 0)
        assert producer.flush(30) == 0

    def expect(self, *entries: Mapping[str, Any]) -> None:
        """Add lines to the verifier's input."""
        self.expected += map(dict, entries)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the ledger's database."""
        assert self._engine is not None, "the stage is not open"
        with reading(self._engine).connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    def settled(self) -> int:
        """Return how many commands are settled."""
        return int(self.query("SELECT count(*) FROM command WHERE state = 'settled'")[0][0])

    def published(self) -> int:
        """Return how many outcomes a `read_committed` subscriber sees."""
        return len(read_topics(self.kafka, "crm.outcome."))

    def answers_due(self) -> int:
        """Return how many outcomes the input is worth."""
        return sum(entry["type"] in ("event", "reused") for entry in self.expected)

    def finished(self) -> bool:
        """Whether everything expected is settled, published, in the audit and mailed; starts again whoever died."""
        self.revive()
        due = self.answers_due()
        states = dict(self.query("SELECT state, count(*) FROM command GROUP BY state"))
        answered = states.get("settled", 0)
        if set(states) - {"settled", "absorbed"} or answered + states.get("absorbed", 0) < due:
            return False
        if "audit-one" in self.actors and self.query("SELECT count(*) FROM audit")[0][0] < answered:
            return False
        return not ("notifier-one" in self.actors and not self._mailed())

    def _mailed(self) -> bool:
        errors = [row[0] for row in self.query("SELECT id FROM command WHERE kind = 'error'")]
        noted = self.query("SELECT count(DISTINCT outcome_id) FROM mail_note WHERE state = 'sent'")[0][0]
        silent = {entry["integration"] for entry in self.expected if entry.get("recipients") == []}
        if silent:
            quoted = ", ".join(f"'{item}'" for item in sorted(silent))
            where = f"kind = 'error' AND integration NOT IN ({quoted})"
            errors = [row[0] for row in self.query(f"SELECT id FROM command WHERE {where}")]
        return bool(noted >= len(errors))

    def wait_finished(self, seconds: float) -> None:
        """Wait until all is answered; where it is not, tell what is left and how the logs end."""
        try:
            wait_until(self.finished, seconds, "every command's outcome", pause=0.2)
        except TimeoutError as late:
            left = self.query(
                "SELECT id, org, state, why FROM command WHERE state NOT IN ('settled', 'absorbed') LIMIT 5"
            )
            logs = "\n".join(f"--- {actor.name}\n{tail(self.log(actor), 12)}" for actor in self.actors.values())
            raise TimeoutError(f"{late}: {self.settled()} of {self.answers_due()}; waiting {left}\n{logs}") from late

    def verify(self, *at_least: str, mails: bool = False) -> Verdict:
        """Let everything end in good order, and ask the verifier."""
        for actor in self.actors.values():
            if actor.role in AT_WORK and actor.process is not None and actor.process.poll() is None:
                # Whoever is told to end before it has begun publishes nothing.
                wait_until(actor.is_at_work, 60, f"{actor.name} at work")
        self.end_actors()
        path = self.folder / "input.jsonl"
        path.write_text("".join(json.dumps(entry) + "\n" for entry in self.expected))
        words = ["-m", "tests.torture.verifier", "--json", "--bootstrap", self.kafka]
        words += ["--database", self.database, "--input", str(path)]
        for name in self.orgs:
            words += ["--org-effects", f"{name}={self._control_url}/{name}/effects"]
        if mails:
            self.mails.mkdir(exist_ok=True)
            words += ["--mails", str(self.mails)]
        if "audit-one" not in self.actors:
            words += ["--no-audit"]
        words += [word for text in at_least for word in ("--at-least", text)]
        code, out, err = started.run(words, cwd=ROOT, folder=self.folder, timeout=150)
        assert code in (0, 1), err
        assert out, err
        told = json.loads(out)
        return Verdict([(check, line) for check, line in told["violations"]], told["counts"])

    def end_actors(self) -> None:
        """End the product's processes: the settled are published first, as SIGTERM promises."""
        for actor in self.actors.values():
            self.send_signal(actor, signal.SIGCONT)
            self.send_signal(actor, signal.SIGTERM)
        for actor in self.actors.values():
            if actor.process is not None:
                stop(actor.process, 15)

    def close(self) -> None:
        """End everything."""
        for process in [*(actor.process for actor in self.actors.values()), *self._others]:
            if process is not None:
                stop(process, 0)
        if self._post is not None:
            self._post.stop()
        if self._engine is not None:
            self._engine.dispose()


@contextmanager
def staged(stage: Stage) -> Iterator[Stage]:
    """Open a stage, and close it whatever happens."""
    try:
        stage.open()
        yield stage
    finally:
        stage.close()


def ready(stage: Stage, actor: Actor, word: str = "org begins", seconds: float = 60) -> None:
    """Wait until an actor's log says *word*."""
    log = stage.log(actor)
    wait_until(lambda: log.exists() and word in log.read_text(errors="replace"), seconds, f"{word!r} of {actor.name}")


def at_work(actors: Sequence[Actor]) -> list[Actor]:
    """Those that are past their start."""
    return [actor for actor in actors if actor.is_at_work()]


def is_time(end: float, actors: Sequence[Actor]) -> Callable[[], bool]:
    """Return whether *end* has passed, and somebody is at work."""
    return lambda: time.monotonic() > end and bool(at_work(actors))


def pause(seconds: float) -> None:
    """Let time pass where the passing of time itself is the scenario (an outage, a stopped process)."""
    time.sleep(seconds)
