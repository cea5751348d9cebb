"""
What a release left, given to today's code: its ledger in a fresh database, its topics in a Kafka, its org as it was.

In: the folder of a recording.  Out: values of its topics, and `Restored`, on which today's intake and executor run.
Rule of this file: every import of the product's internals that these tests need stands here, and is today's.
"""

import asyncio
import base64
import gzip
import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from sqlalchemy import Engine

import simulator
from connectors.database.engine import open_engine
from connectors.database.ledger import SqlLedger
from connectors.kafka.embedded import embedded_kafka
from connectors.kafka.headers import notice_headers, outcome_headers
from connectors.kafka.options import KafkaSettings, consumer_config, producer_config, transactional_config
from connectors.kafka.transactions import WatchedProducer
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.consuming.share_limit import ShareLimit
from processors.executor.dependencies import Decider, OrgDependencies, SessionDependencies
from processors.executor.jobs.terms import Terms
from processors.executor.session.session import Session
from processors.intake.forward import Forwarder, ProducerRecord
from processors.intake.forward import Message as SourceMessage
from processors.model.backoff import Backoff
from processors.model.dead_letter import Coordinates
from processors.sources.load import load_integrations
from schemas.codec import SingleObject
from schemas.topics import NOTICE, OUTCOME_KINDS, command_topic, outcome_topic, topic_table
from tests.fakes.scheduler import NoMetrics

INTAKE, EXECUTOR = "signalbox-intake", "signalbox-executor"
ORGS = ("main", "none")
BOUND = 180.0
CODEC = SingleObject()
TOLD = (NOTICE, *(outcome_topic(kind) for kind in OUTCOME_KINDS))


@dataclass(frozen=True, slots=True)
class Recorded:
    """One message as it was recorded."""

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Committed:
    """One committed offset as it was recorded."""

    group: str
    topic: str
    partition: int
    offset: int
    metadata: str


def read_topics(folder: Path) -> tuple[list[Recorded], list[Committed]]:
    """Return the messages and the committed offsets of a recording."""
    messages, offsets = [], []
    for line in (folder / "topics.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        if "group" in entry:
            offsets.append(Committed(**entry))
            continue
        value = base64.b64decode(entry.pop("value") or "")
        messages.append(Recorded(value=value, headers=dict(entry.pop("headers")), **entry))
    return messages, offsets


def load_ledger(folder: Path, url: str) -> Engine:
    """Put a recorded ledger into the empty database at *url*; return an engine on it. Nothing is migrated."""
    dump = gzip.decompress((folder / "ledger.sql.gz").read_bytes()).decode()
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.executescript(dump)
        connection.close()
    else:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
            server.execute(dump.encode())
    return open_engine(url)


class Restored:
    """Today's intake and executor on what a release left; the clock goes on where the recording ended."""

    def __init__(self, folder: Path, settings: Path, engine: Engine, kafka: str, running: simulator.Running) -> None:
        self.engine, self.kafka, self.running = engine, kafka, running
        self.integrations = load_integrations(settings)
        self.before, self.offsets = read_topics(folder)
        self.control = simulator.Control(running.control_url)
        org = json.loads((folder / "org.json").read_text("utf-8"))
        self.control.load({**org["state"], "used": 0})
        self.control.ask("POST", "time", {"now": org["now"]})
        self._skew = datetime.fromisoformat(org["now"]).timestamp() - time.time()
        self._producer = Producer(producer_config(KafkaSettings(kafka)))
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        login = {"login_url": running.url, "client_id": "signalbox", "client_secret": "simulated-secret"}
        self._salesforce = SalesforceClient(
            "main", SalesforceSettings.model_validate(login), clock=lambda: datetime.fromtimestamp(self.clock(), UTC)
        )
        self._restore()

    def clock(self) -> float:
        """Return the recording's time, and what has passed since."""
        return time.time() + self._skew

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self._skew += seconds
        self.control.shift(seconds)

    def _restore(self) -> None:
        """Write the commands again, to their old offsets, and commit what the executor had committed."""
        for message in self.before:
            if message.topic in map(command_topic, ORGS):
                self._producer.produce(message.topic, message.value, message.key, message.partition)
        assert self._producer.flush(10) == 0
        places = [
            TopicPartition(offset.topic, offset.partition, offset.offset, offset.metadata)
            for offset in self.offsets
            if offset.group == EXECUTOR
        ]
        consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": EXECUTOR})
        consumer.commit(offsets=places, asynchronous=False)
        consumer.close()

    def unread(self) -> list[Recorded]:
        """Return the source messages that the intake had not read."""
        known = {(offset.topic, offset.partition): offset.offset for offset in self.offsets if offset.group == INTAKE}
        sources = [recorded for recorded in self.before if recorded.topic.startswith("crm.event.")]
        return [source for source in sources if source.offset >= known.get((source.topic, source.partition), 0)]

    def hand_over(self) -> None:
        """Let today's intake take what was left unread."""
        now = datetime.fromtimestamp(self.clock(), UTC)
        intake = Forwarder(self.integrations, CODEC, lambda: now, NoMetrics(), ShareLimit(1.0))
        messages = [
            SourceMessage(
                Coordinates(recorded.topic, recorded.partition, recorded.offset),
                (recorded.key or "").encode(),
                recorded.value,
            )
            for recorded in self.unread()
        ]

        async def send(record: ProducerRecord) -> Awaitable[object]:
            self._producer.produce(record.topic, record.value, record.key, record.partition or 0)
            done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done

        asyncio.run(intake.batch(messages, send))
        assert self._producer.flush(10) == 0

    def start(self) -> None:
        """Start the executor."""
        self._thread.start()

    def stop(self) -> None:
        """End the executor in good order; raise what ended it before."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(BOUND)
            assert not self._thread.is_alive(), "the executor does not end"
        if self._failure is not None:
            raise self._failure

    def until(self, condition: Any, what: str) -> None:
        """Wait for a condition."""
        deadline = time.monotonic() + BOUND
        while not condition():
            if self._failure is not None:
                raise self._failure
            assert time.monotonic() < deadline, f"{what} not reached in {BOUND:g} s; waiting: {self.waiting()}"
            time.sleep(0.05)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    def waiting(self) -> list[tuple[Any, ...]]:
        """Return event and reason of each command that is not settled."""
        return self.query("SELECT event_id, why FROM command WHERE state NOT IN ('settled', 'absorbed') ORDER BY place")

    def published(self) -> list[Message]:
        """Return the outcomes and notices that were published since."""
        found: list[Message] = []
        config = {"bootstrap.servers": self.kafka, "group.id": f"reader-{uuid.uuid4()}", "enable.partition.eof": True}
        consumer = Consumer({**config, "auto.offset.reset": "earliest"})
        places = [
            TopicPartition(topic.name, number, 0)
            for topic in topic_table(ORGS)
            if topic.name in TOLD
            for number in range(topic.partitions)
        ]
        consumer.assign(places)
        ends, deadline = 0, time.monotonic() + BOUND
        while ends < len(places):
            assert time.monotonic() < deadline, "the outcome topics cannot be read"
            message = consumer.poll(0.2)
            if message is not None and message.error():
                ends += 1
            elif message is not None:
                found.append(message)
        consumer.close()
        return found

    def _run(self) -> None:
        settings = KafkaSettings(self.kafka)
        session = Session(
            SessionDependencies(
                consumer_config=consumer_config(settings, EXECUTOR),
                producer=lambda: WatchedProducer(transactional_config(settings, EXECUTOR)),
                orgs=ORGS,
                owner="today",
                org_deps=self._dependencies,
                codec=CODEC,
                dead_letter=lambda *_: None,
                delete_below=lambda *_: None,
                clock=self.clock,
                sleep=time.sleep,
                probe=lambda _place: None,
                metrics=NoMetrics(),
                beat=lambda _well: None,
                stopping=self._stop.is_set,
                unowned=frozenset,
                embedded=True,
            )
        )
        try:
            session.run()
            session.close()
        except BaseException as failure:  # noqa: BLE001  a thread's end must reach the test
            self._failure = failure

    def _dependencies(self, org: str) -> OrgDependencies:
        known = self.integrations
        return OrgDependencies(
            org=org,
            ledger=SqlLedger(self.engine, self.clock),
            codec=CODEC,
            deciders={name: Decider(integration, known.digest(name)) for name, integration in known.by_name.items()},
            clock=self.clock,
            probe=lambda _place: None,
            metrics=NoMetrics(),
            new_id=lambda: str(uuid.uuid4()),
            headers=lambda outcome: outcome_headers(outcome, outcome.trace_id),
            notice_headers=notice_headers,
            salesforce=self._salesforce if org == "main" else None,
            retry=Backoff(base=0.05, cap=0.2, jitter=lambda: 1.0),
            row_retry=Backoff(base=0.05, cap=0.2, jitter=lambda: 1.0),
            looks=1,
            look_every=0.05,
            linger=0.01,
            check_every=0.5,
            # No command of the release is to be late for the load of the machine.
            terms=Terms(send_within=30.0),
        )


@contextmanager
def restored(folder: Path, settings: Path, engine: Engine) -> Iterator[Restored]:
    """Put a recording's topics and org beside its ledger (at *engine*, migrated), for as long as the context lasts."""
    topics = {topic.name: topic.partitions for topic in topic_table(ORGS)}
    with simulator.serve() as running, embedded_kafka(topics) as kafka:
        found = Restored(folder, settings, engine, kafka.bootstrap, running)
        try:
            yield found
        finally:
            found.stop()


def records(found: Restored, name: str) -> Sequence[dict[str, Any]]:
    """Return the org's records of an object."""
    return list(found.running.org().store.rows(name))
