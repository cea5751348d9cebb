"""
An executor process on real Kafka, in a thread: a SQLite ledger, a fake org, and a probe that kills it anywhere.

Rule of this file: waits are bounded; a killed executor leaves the group as a dead one would, without a word.
"""

import contextlib
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from sqlalchemy import Engine

from connectors.database.engine import open_engine
from connectors.database.ledger import SqlLedger
from connectors.database.metadata import metadata
from connectors.kafka.options import KafkaSettings, consumer_config, transactional_config
from connectors.kafka.transactions import WatchedProducer
from processors.consuming.ports import TransactionalProducer
from processors.executor.dependencies import Decider, OrgDependencies, SessionDependencies
from processors.executor.jobs.terms import Terms
from processors.executor.session.publish import Expelled, Position
from processors.executor.session.session import Session
from processors.model.backoff import Backoff
from schemas.command import Command
from schemas.outcome import Outcome
from schemas.topics import command_topic, outcome_topic
from tests.fakes.org import FakeOrg
from tests.fakes.scheduler import CODEC, NoMetrics, integration

GROUP = "signalbox-executor"
KINDS = ("created", "updated", "converted", "skipped", "error")
BOUND = 60.0


class Killed(BaseException):
    """The process ends here."""


class Box:
    """One Kafka, one ledger, fake orgs; executors come and go."""

    def __init__(self, bootstrap: str, folder: Path, orgs: Sequence[str] = ("main",)) -> None:
        self.kafka = bootstrap
        self.orgs = {name: FakeOrg(time.time) for name in orgs}
        self.engine: Engine = open_engine(f"sqlite:///{folder / 'ledger.db'}")
        metadata.create_all(self.engine)
        self.decider = Decider(integration(), "x")
        # A group of its own: static members of an earlier test count until their sessions end.
        self.group = f"{GROUP}-{uuid.uuid4().hex[:8]}"
        self._producer = Producer({"bootstrap.servers": bootstrap})
        names = [command_topic(name) for name in orgs] + [outcome_topic(kind) for kind in KINDS]
        admin = AdminClient({"bootstrap.servers": bootstrap})
        for made in admin.create_topics([NewTopic(name, 1, 1) for name in names], operation_timeout=20).values():
            made.result(30)

    def send(self, *commands: Command, org: str = "main") -> None:
        """Write commands into an org's topic."""
        for command in commands:
            self._producer.produce(command_topic(org), CODEC.encode("command", command.to_avro()))
        assert self._producer.flush(10) == 0

    def ledger(self) -> SqlLedger:
        """Return the ledger."""
        return SqlLedger(self.engine)

    def committed(self, org: str = "main") -> Position | None:
        """Return the org's stable committed position."""
        with _closing(Consumer({"bootstrap.servers": self.kafka, "group.id": self.group})) as consumer:
            return Position.read(consumer.committed([TopicPartition(command_topic(org), 0)], 10)[0])

    def published(self, count: int, bound: float = BOUND) -> list[Outcome]:
        """Return all committed outcomes by sequence, once there are *count* of them; a little later none may follow."""
        found: list[tuple[int, Outcome]] = []
        config = {
            "bootstrap.servers": self.kafka,
            "group.id": f"reader-{uuid.uuid4()}",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
        with _closing(Consumer(config)) as consumer:
            consumer.assign([TopicPartition(outcome_topic(kind), 0, 0) for kind in KINDS])
            deadline, ends = time.monotonic() + bound, set[str]()
            while time.monotonic() < deadline and (len(found) < count or len(ends) < len(KINDS)):
                message = consumer.poll(0.1)
                if message is None:
                    continue
                if message.error():
                    ends.add(message.topic() or "")
                    continue
                ends.discard(message.topic() or "")
                found.append((_sequence(message), Outcome.from_avro(CODEC.decode("outcome", message.value() or b""))))
        assert len(found) >= count, f"{len(found)} of {count} outcomes in {bound} s"
        numbers = [(outcome.org, number) for number, outcome in found]
        assert len(set(numbers)) == len(numbers), f"a sequence number came twice: {sorted(numbers)}"
        return [outcome for _, outcome in sorted(found, key=lambda pair: pair[0])]


class Process:
    """An executor in a thread. `on_place` kills or holds it; `kill` ends it without a farewell."""

    def __init__(
        self,
        box: Box,
        name: str = "one",
        session_ms: int = 6_000,
        *,
        wrap: Callable[[TransactionalProducer], Any] = lambda transactional_producer: transactional_producer,
        **context: Any,
    ) -> None:
        self.box, self.name = box, name
        self.places: list[str] = []
        self.on_place: Callable[[str], None] = lambda _place: None
        self.wrap: Callable[[TransactionalProducer], Any] = wrap
        self.failure: BaseException | None = None
        self.session: Session | None = None
        self._stop = threading.Event()
        self._more = context
        settings = KafkaSettings(box.kafka, {}, name)
        consumer = {**consumer_config(settings, box.group), "session.timeout.ms": session_ms}
        self.shell = SessionDependencies(
            consumer_config={**consumer, "heartbeat.interval.ms": 500},
            producer=lambda: WatchedProducer(transactional_config(settings, f"{GROUP}-{name}")),
            orgs=tuple(box.orgs),
            owner=name,
            org_deps=self._context,
            codec=CODEC,
            dead_letter=lambda *_: None,
            delete_below=lambda *_: None,
            clock=time.time,
            sleep=time.sleep,
            probe=self._probe,
            metrics=NoMetrics(),
            beat=lambda _well: None,
            stopping=self._stop.is_set,
            unowned=frozenset,
        )
        self.thread = threading.Thread(target=self._run, name=f"process-{name}", daemon=True)
        self.thread.start()

    def _context(self, org: str) -> OrgDependencies:
        more = {"terms": Terms(), "linger": 0.01, **self._more}
        return OrgDependencies(
            org=org,
            ledger=self.box.ledger(),
            codec=CODEC,
            deciders={self.box.decider.integration.name: self.box.decider},
            clock=time.time,
            probe=self._probe,
            metrics=NoMetrics(),
            new_id=lambda: str(uuid.uuid4()),
            headers=lambda outcome: [("ce_id", outcome.outcome_id.encode())],
            notice_headers=lambda notice: [("ce_id", notice.command_id.encode())],
            salesforce=self.box.orgs[org],
            retry=Backoff(base=0.05, cap=0.2, jitter=random.random),
            row_retry=Backoff(base=0.05, cap=0.2, jitter=random.random),
            looks=1,
            look_every=0.1,
            **more,
        )

    def _probe(self, place: str) -> None:
        self.places.append(place)
        self.on_place(place)

    def _run(self) -> None:
        # What `run_executor` does, but a kill neither closes the consumer nor ends an org in order.
        while not self._stop.is_set():
            self.session = Session(self.shell)
            self.session._publisher._producer = self.wrap(self.session._publisher._producer)
            try:
                self.session.run()
                self.session.close()
                return
            except Expelled:
                self.session.close()
            except BaseException as failure:  # noqa: BLE001 -- a kill is looked for here, whatever it is
                self.failure = failure
                for owned in self.session._owners.running():
                    if owned.executor is not None:
                        owned.executor.stop()
                return

    def kill_at(self, place: str, when: Callable[[], bool] = lambda: True) -> None:
        """End it without a word where it reaches a place."""

        def probe(reached: str) -> None:
            if reached == place and when():
                raise Killed(place)

        self.on_place = probe

    def dead(self, bound: float = BOUND) -> None:
        """Wait until it has ended."""
        self.thread.join(bound)
        assert not self.thread.is_alive(), f"{self.name} still runs"
        if self.failure is not None and not isinstance(self.failure, Killed):
            raise self.failure

    def stop(self) -> None:
        """End it in good order."""
        self.on_place = lambda _place: None
        self._stop.set()
        self.dead(BOUND)

    def owned(self, org: str = "main") -> Any:
        """Return what it knows of an org, or None."""
        return self.session._owners.orgs.get(org) if self.session is not None else None


def until(condition: Callable[[], Any], what: str, bound: float = BOUND) -> None:
    """Wait for a condition, at most *bound* seconds."""
    deadline = time.monotonic() + bound
    while not condition():
        assert time.monotonic() < deadline, f"{what} not reached in {bound} s"
        time.sleep(0.01)


def _sequence(message: Message) -> int:
    headers = dict(message.headers() or [])
    return int(headers["signalbox_sequence"] or b"0")


@contextlib.contextmanager
def _closing(consumer: Consumer) -> Iterator[Consumer]:
    try:
        yield consumer
    finally:
        consumer.close()
