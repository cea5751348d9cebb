"""Notifier and audit as processes on real Kafka: killed, delivered to again, and without their other side."""

import json
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from confluent_kafka import Consumer, Producer, TopicPartition
from sqlalchemy import Engine

from connectors.database.audit import AuditFilter, DatabaseAudit
from connectors.database.engine import open_engine
from connectors.database.metadata import metadata
from connectors.database.notes import DatabaseNotes
from schemas.notice import Notice
from schemas.outcome import Outcome
from schemas.values import Person
from tests.fixtures.processes import free_ports, tail, wait_until
from tests.fixtures.started import running
from tests.integration.consuming.wire import write

ROOT = Path(__file__).parents[3]
AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
SECONDS = 40.0
Topics = Callable[..., list[str]]


def outcome(number: int, **changes: Any) -> Outcome:
    """Return an error with a number of its own."""
    value = Outcome(
        outcome_id=f"00000000-0000-5000-8000-{number:012}",
        kind="error",
        reason="no_match",
        integration="example-sales",
        org="main",
        contract="call_result",
        event_ids=(f"event-{number}",),
        source_id=f"call-{number}",
        event_time=AT,
        command_time=AT,
        settled_time=AT,
        intake_digest="",
        executor_digest="",
        person=Person("Ada", f"Example{number}"),
        rule_ids=("VS-11",),
    )
    return replace(value, **changes)


BROKEN = Notice(
    command_id="00000000-0000-5000-9000-000000000001",
    kind="connection_broken",
    integration="",
    org="main",
    event_id="",
    person=Person(),
    reason="login was refused",
    time=AT,
    cause="auth_password",
    integrations=("example-sales",),
)


class Inbox:
    """A mail server that keeps mails by recipient, as (Message-ID, text)."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answer = "250 taken"
        self.mails: list[tuple[str, str, str]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one mail."""
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            text = message.get_body(("plain",))
            assert isinstance(text, EmailMessage)
            (recipient,) = envelope.rcpt_tos
            self.mails.append((recipient, message["Message-ID"], text.get_content()))
        return self.answer

    def told(self) -> Mapping[tuple[str, int], set[str]]:
        """Return the Message-IDs that told each recipient of each outcome number."""
        told: dict[tuple[str, int], set[str]] = {}
        for recipient, message_id, text in self.mails:
            for word in text.split():
                if word.startswith("00000000-0000-5000-8000-"):
                    told.setdefault((recipient, int(word[-12:])), set()).add(message_id)
        return told


class Stage:
    """Topics, database and process settings of one test."""

    def __init__(self, kafka: str, prefix: str, make_topics: Topics, directory: Path) -> None:
        self.kafka = kafka
        self.group = f"{prefix}sink"
        self.make_topics = make_topics
        self.log = directory / "process.log"
        self.dead_letters = directory / "dead"
        self.database = f"sqlite:///{directory}/sink.db"
        self.engine: Engine = open_engine(self.database)
        metadata.create_all(self.engine)
        self.topics: list[str] = []

    def produce(self, topic: str, values: Sequence[bytes]) -> None:
        """Write messages, in order."""
        producer = Producer({"bootstrap.servers": self.kafka})
        for value in values:
            producer.produce(topic, value)
        assert producer.flush(20) == 0

    def run(self, role: str, **told: Any) -> Any:
        """Start one process; a context manager that ends it."""
        given = {
            "role": role,
            "kafka": self.kafka,
            "group": self.group,
            "topics": self.topics,
            "database": self.database,
            "dead_letters": str(self.dead_letters),
            **told,
        }
        return running(["-m", "tests.integration.consuming.wire", json.dumps(given)], self.log, cwd=ROOT)

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition; show the process's own words where it never comes."""
        try:
            wait_until(condition, SECONDS, what)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{tail(self.log)}") from error

    def died(self, process: Any) -> None:
        """Wait until the process has killed itself."""
        self.wait(lambda: process.poll() is not None, "the process to die")
        assert process.returncode == -signal.SIGKILL, tail(self.log)

    def committed(self) -> int:
        """Return the sum of the group's committed offsets."""
        consumer = Consumer({"bootstrap.servers": self.kafka, "group.id": self.group})
        try:
            partitions = [TopicPartition(topic, 0) for topic in self.topics]
            return sum(max(0, each.offset) for each in consumer.committed(partitions, timeout=20))
        finally:
            consumer.close()


@pytest.fixture
def stage(kafka: str, topic_prefix: str, make_topics: Topics, tmp_path: Path) -> Iterator[Stage]:
    """Return a stage on real Kafka."""
    stage = Stage(kafka, topic_prefix, make_topics, tmp_path)
    yield stage
    stage.engine.dispose()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """Return a running mail server."""
    inbox = Inbox(free_ports(1)[0])
    controller = Controller(inbox, hostname="127.0.0.1", port=inbox.port)
    controller.start()
    yield inbox
    controller.stop(no_assert=True)


def test_audit_rows_are_exact_after_a_kill_between_insert_and_commit_r06(stage: Stage) -> None:
    stage.topics = stage.make_topics("created", "updated", "converted", "skipped", "error")
    for index, topic in enumerate(stage.topics):
        stage.produce(topic, [write(outcome(index * 100 + n)) for n in range(100)])
    store = DatabaseAudit(stage.engine)
    with stage.run("audit", die_at="handled", batch=120) as process:
        stage.died(process)
    first = len(store.find(AuditFilter(limit=None)))
    assert 0 < first < 500
    assert stage.committed() == 0
    with stage.run("audit", die_at="handled", die_time=2, batch=120) as process:
        stage.died(process)
    stage.produce(stage.topics[0], [write(outcome(n)) for n in range(50)])
    with stage.run("audit"):
        stage.wait(lambda: stage.committed() == 550, "everything to be committed")
    found = Counter(each["outcome_id"] for each in store.find(AuditFilter(limit=None)))
    assert found == Counter(outcome(n).outcome_id for n in range(500))


def test_a_notifier_killed_between_250_and_note_repeats_one_mail_under_its_message_id_r06(
    stage: Stage, inbox: Inbox
) -> None:
    stage.topics = stage.make_topics("error")
    stage.produce(stage.topics[0], [write(outcome(n)) for n in range(15)])
    with stage.run("notifier", smtp=inbox.port, die_at="mailed", die_time=8) as process:
        stage.died(process)
    assert len(inbox.mails) == 8
    with stage.run("notifier", smtp=inbox.port):
        stage.wait(lambda: stage.committed() == 15, "everything to be committed")
    stage.produce(stage.topics[0], [write(outcome(n)) for n in range(15)])
    with stage.run("notifier", smtp=inbox.port):
        stage.wait(lambda: stage.committed() == 30, "the repeats to be committed")
    assert len(inbox.mails) == 31
    assert len({(recipient, message_id) for recipient, message_id, _ in inbox.mails}) == 30
    assert {place: len(ids) for place, ids in inbox.told().items()} == {
        (recipient, n): 1 for recipient in ("one@example.com", "two@example.com") for n in range(15)
    }


def test_ll_25_a_broken_connection_is_one_mail_to_its_owner_among_errors_whatever_dies(
    stage: Stage, inbox: Inbox
) -> None:
    stage.topics = stage.make_topics("error", "notice")
    stage.produce(stage.topics[0], [write(outcome(n)) for n in range(5)])
    stage.produce(stage.topics[1], [write(BROKEN), write(BROKEN), write(replace(BROKEN, kind="parked"))])
    owners = {"main": ["owner@example.com"]}
    with stage.run("notifier", smtp=inbox.port, owners=owners, die_at="mailed", die_time=3) as process:
        stage.died(process)
    stage.produce(stage.topics[1], [write(replace(BROKEN, kind="connection_mended")), write(BROKEN)])
    with stage.run("notifier", smtp=inbox.port, owners=owners):
        stage.wait(lambda: stage.committed() == 10, "everything to be committed")
    told = {
        (identity, "broken" in text.splitlines()[0]) for to, identity, text in inbox.mails if to.startswith("owner")
    }
    assert sorted(broken for _, broken in told) == [False, True]
    assert set(inbox.told()) == {(to, n) for to in ("one@example.com", "two@example.com") for n in range(5)}


def test_a_storm_with_kills_tells_every_recipient_of_every_error_r35(stage: Stage, inbox: Inbox) -> None:
    stage.topics = stage.make_topics("error")
    stage.produce(stage.topics[0], [write(outcome(n)) for n in range(1_000)])
    for time_of_death in (1, 2):
        with stage.run(
            "notifier", smtp=inbox.port, batch=300, group_window=1, die_at="mailed", die_time=time_of_death
        ) as process:
            stage.died(process)
    with stage.run("notifier", smtp=inbox.port, batch=170, group_window=1):
        stage.wait(lambda: stage.committed() == 1_000, "everything to be committed")
    assert set(inbox.told()) == {(to, n) for to in ("one@example.com", "two@example.com") for n in range(1_000)}
    distinct = {message_id for _, message_id, _ in inbox.mails}
    assert len(inbox.mails) - len(distinct) <= 2
    assert len(distinct) < 40


def test_a_mail_server_that_is_down_costs_nothing_but_time_r35(stage: Stage, inbox: Inbox) -> None:
    stage.topics = stage.make_topics("error")
    inbox.answer = "451 try later"
    stage.produce(stage.topics[0], [write(outcome(n)) for n in range(3)])
    with stage.run("notifier", smtp=inbox.port) as process:
        stage.wait(lambda: "partitions are paused" in tail(stage.log), "the notifier to notice")
        stage.produce(stage.topics[0], [write(outcome(3))])
        # Longer than the session time-out: a consumer that stopped polling would be out of its group by then.
        ends = time.monotonic() + 7
        stage.wait(lambda: time.monotonic() > ends, "the session time-out to pass")
        assert process.poll() is None
        assert stage.committed() == 0
        inbox.answer = "250 taken"
        stage.wait(lambda: stage.committed() == 4, "everything to be committed")
    assert len(inbox.mails) == 8
    assert not stage.dead_letters.exists()


def test_an_unreadable_outcome_is_a_dead_letter_and_the_partition_moves_on(stage: Stage, inbox: Inbox) -> None:
    stage.topics = stage.make_topics("error")
    stage.produce(stage.topics[0], [write(outcome(1)), b"\x00unreadable", write(outcome(2))])
    with stage.run("notifier", smtp=inbox.port):
        stage.wait(lambda: stage.committed() == 3, "everything to be committed")
    assert stage.dead_letters.read_bytes() == b"\x00unreadable\n"
    assert {number for _, number in inbox.told()} == {1, 2}


def test_a_silent_mail_server_does_not_hold_up_sigterm(stage: Stage) -> None:
    stage.topics = stage.make_topics("error")
    stage.produce(stage.topics[0], [write(outcome(n)) for n in range(5)])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with stage.run("notifier", smtp=silent.getsockname()[1]) as process:
            silent.settimeout(SECONDS)
            connection, _ = silent.accept()
            with connection:
                began = time.monotonic()
                process.send_signal(signal.SIGTERM)
                assert process.wait(10) == 0, tail(stage.log)
                assert time.monotonic() - began < 10
    assert set(DatabaseNotes(stage.engine).states([outcome(n).outcome_id for n in range(5)]).values()) == {"intended"}


def test_what_an_aborted_transaction_wrote_is_neither_kept_nor_mailed(stage: Stage) -> None:
    stage.topics = stage.make_topics("error")
    producer = Producer({"bootstrap.servers": stage.kafka, "transactional.id": stage.group})
    producer.init_transactions(20)
    for number, end in ((1, producer.abort_transaction), (2, producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce(stage.topics[0], write(outcome(number)))
        producer.flush(20)
        end(20)
    with stage.run("audit"):
        stage.wait(lambda: stage.committed() > 0, "a commit")
    assert [each["outcome_id"] for each in DatabaseAudit(stage.engine).find(AuditFilter())] == [outcome(2).outcome_id]


def test_a_database_that_is_not_ready_costs_nothing_but_time(stage: Stage) -> None:
    stage.topics = stage.make_topics("created")
    metadata.drop_all(stage.engine)
    stage.produce(stage.topics[0], [write(outcome(n)) for n in range(10)])
    with stage.run("audit") as process:
        stage.wait(lambda: "partitions are paused" in tail(stage.log), "the audit to notice")
        assert process.poll() is None
        assert stage.committed() == 0
        metadata.create_all(stage.engine)
        stage.wait(lambda: stage.committed() == 10, "everything to be committed")
    assert len(DatabaseAudit(stage.engine).find(AuditFilter())) == 10
