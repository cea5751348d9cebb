"""Attacks in which Kafka takes part: redelivery, kills around a transaction, lost leases, lost offsets, old backups."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType

from processors.consuming.ports import TransactionalProducer
from processors.executor.dependencies import Decider
from processors.executor.jobs.terms import Terms
from processors.executor.pipeline.match import match_batch
from schemas.topics import command_topic, outcome_topic
from tests.fakes.org import Fault
from tests.fakes.scheduler import command, integration
from tests.fakes.shell import Box, Process, until

Run = Callable[..., Process]


@pytest.fixture
def box(clean_kafka: str, tmp_path: Path) -> Box:
    """Return a ledger and an org on a Kafka without earlier topics."""
    return Box(clean_kafka, tmp_path)


@pytest.fixture
def run(box: Box) -> Iterator[Run]:
    """Return a function that starts executors; those that still run end with the test."""
    started: list[Process] = []

    def start(name: str = "one", **more: object) -> Process:
        started.append(Process(box, name, **more))  # type: ignore[arg-type]  # -- options of the context
        return started[-1]

    yield start
    for process in started:
        if process.thread.is_alive():
            process.stop()


def test_d1_a_command_delivered_again_before_while_and_after_it_is_settled_has_one_outcome(box: Box, run: Run) -> None:
    again = command("ann@example.com")
    slow = Fault("slow")
    box.orgs["main"].faults.append(slow)
    box.send(again, again)
    process = run()
    until(lambda: "after_intents" in process.places, "the call")
    box.send(again)
    until(lambda: process.owned().position.offset >= 3, "the second delivery")
    slow.event.set()
    assert len(box.published(1)) == 1
    box.send(again, command("bob@example.com"), again)

    assert [outcome.person.email for outcome in box.published(2)] == ["ann@example.com", "bob@example.com"]
    assert box.orgs["main"].created("Lead") == 2


@pytest.mark.parametrize("place", ["before_transaction", "inside_transaction", "after_transaction"])
def test_d2_a_kill_around_the_transaction_repeats_nothing_and_loses_nothing(box: Box, run: Run, place: str) -> None:
    slow = Fault("slow", lambda rows: "five@example.com" in str(rows))
    box.orgs["main"].faults.append(slow)
    process = run()
    box.send(command("five@example.com"))
    until(lambda: "after_intents" in process.places, "the slow call")
    process.kill_at(place, lambda: "after_settle" in process.places)
    box.send(command("six@example.com"))
    process.dead()
    slow.event.set()
    run()

    outcomes = box.published(2)
    assert sorted(str(outcome.person.email) for outcome in outcomes) == ["five@example.com", "six@example.com"]
    assert box.orgs["main"].created("Lead") == 2


@pytest.mark.parametrize("place", ["before_insert", "after_insert", "after_claim", "before_transaction"])
def test_a_first_start_that_dies_before_its_first_outcome_goes_on_by_itself(box: Box, run: Run, place: str) -> None:
    box.send(command("ann@example.com"))
    process = run()
    process.kill_at(place, lambda: place != "before_transaction" or "after_settle" in process.places)
    process.dead()
    run()

    assert len(box.published(1)) == 1


def test_d3_a_waiting_command_whose_offset_is_long_committed_is_woken_after_a_kill(box: Box, run: Run) -> None:
    org = box.orgs["main"]
    lead = org.add("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    org.locked.add(lead)
    process = run()
    box.send(command("ann@example.com", Title="older"), command("ann@example.com", Title="newer"))
    until(lambda: (at := box.committed()) is not None and at.offset == 2, "the commit")
    process.kill_at("after_match")
    process.dead()
    org.locked.clear()
    run()

    assert len(box.published(2)) == 2
    assert org.records[lead]["Title"] == "newer"


def test_d12_an_executor_that_slept_through_its_send_by_sends_and_publishes_nothing(box: Box, run: Run) -> None:
    asleep, wake = threading.Event(), threading.Event()
    box.send(command("ann@example.com", Title="older"))
    old = run("old", terms=Terms(send_within=1.0, request_limit=2.0))

    def sleep(place: str) -> None:
        if place == "after_intents" and not asleep.is_set():
            asleep.set()
        if asleep.is_set() and not wake.is_set():
            # The whole process stands still: the loop's thread and the worker's.
            wake.wait(30)

    old.on_place = sleep
    until(asleep.is_set, "the sleep")
    # Kafka cannot expel a thread whose client lives on; another owner is what its expulsion leads to.
    new_lease = box.ledger().take_lease("main", "new")
    box.ledger().insert(new_lease, [])
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 1.2, "send-by")
    before = list(box.orgs["main"].effects)
    wake.set()

    outcomes = box.published(1)
    assert before == []
    assert [outcome.kind for outcome in outcomes] == ["created"]
    assert box.orgs["main"].created("Lead") == 1


class Unsure:
    """A producer that once does not learn how its transaction ended, whether or not the commit arrived."""

    def __init__(self, producer: TransactionalProducer, arrives: bool, armed: threading.Event) -> None:
        self._producer, self._arrives, self._armed = producer, arrives, armed
        self._lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def commit_transaction(self, timeout: float) -> None:
        """Commit, or not, and say that no answer came."""
        if not self._armed.is_set() and not self._lost:
            self._producer.commit_transaction(timeout)
            return
        if self._arrives and not self._lost:
            self._producer.commit_transaction(timeout)
        self._lost = True
        self._armed.clear()
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer", retriable=True))


@pytest.mark.parametrize("arrives", [True, False])
def test_d4_an_unknown_end_of_a_transaction_leaves_no_gap_and_no_repeat(box: Box, run: Run, arrives: bool) -> None:
    armed = threading.Event()
    process = run(wrap=lambda producer: Unsure(producer, arrives, armed))
    box.send(command("ann@example.com"))
    box.published(1)
    first = process.session
    armed.set()
    box.send(command("bob@example.com"))
    until(lambda: process.session is not first, "a new session")
    box.send(command("eve@example.com"))

    assert [outcome.person.email for outcome in box.published(3)] == [
        "ann@example.com",
        "bob@example.com",
        "eve@example.com",
    ]
    position = box.committed()
    assert position is not None
    assert position.sequence == 3


def test_d13_an_owner_whose_lease_was_taken_by_one_that_is_expelled_gets_it_back(box: Box, run: Run) -> None:
    process = run()
    box.send(command("ann@example.com"))
    box.published(1)
    epoch = process.owned().executor.lease.epoch
    # One that was given the partition long ago wakes and takes a newer epoch; Kafka's group is no longer its own.
    box.ledger().take_lease("main", "woken")
    box.send(command("bob@example.com"))

    assert len(box.published(2)) == 2
    assert process.owned().executor.lease.epoch == epoch + 2


def test_d22_an_org_whose_offset_expired_stops_and_goes_on_when_it_is_resumed(box: Box, run: Run) -> None:
    process = run()
    box.send(command("ann@example.com"))
    box.published(1)
    process.stop()
    _forget_offsets(box)
    box.send(command("bob@example.com"))
    stopped = run()
    until(lambda: stopped.owned() is not None and stopped.owned().stopped, "the stop")

    assert "signalbox org resume main" in stopped.owned().stopped
    assert len(box.published(1)) == 1
    with box.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE lease SET resume_from = 1 WHERE org = 'main'")
    assert [outcome.person.email for outcome in box.published(2)] == ["ann@example.com", "bob@example.com"]


def test_an_offset_set_by_another_tool_stops_the_org_instead_of_publishing_all_again(box: Box, run: Run) -> None:
    process = run()
    box.send(command("ann@example.com"))
    box.published(1)
    process.stop()
    _reset_offset(box, 0)
    stopped = run()
    until(lambda: stopped.owned() is not None and stopped.owned().stopped, "the stop")

    assert len(box.published(1)) == 1


def test_d23_a_refused_outcome_topic_skips_nothing_and_a_stop_does_not_hang(box: Box, run: Run) -> None:
    process = run()
    box.send(command("ann@example.com"))
    box.published(1)
    _limit(box, 200)
    box.send(command("bob@example.com"), command("eve@example.com"))
    until(lambda: process.owned().publish_after > 0, "the refusal")
    process.stop()
    _limit(box, 1_000_000)
    run()

    assert [outcome.person.email for outcome in box.published(3)] == [
        "ann@example.com",
        "bob@example.com",
        "eve@example.com",
    ]


def test_d25_an_older_backup_stops_that_org_and_no_other(clean_kafka: str, tmp_path: Path) -> None:
    box = Box(clean_kafka, tmp_path, orgs=("main", "other"))
    process = Process(box)
    box.send(command("ann@example.com"))
    box.published(1)
    process.stop()
    box.engine.dispose()
    backup = tmp_path / "backup.db"
    shutil.copy(tmp_path / "ledger.db", backup)
    process = Process(box)
    box.send(command("bob@example.com"))
    box.published(2)
    process.stop()
    box.engine.dispose()
    for more in ("-wal", "-shm"):
        (tmp_path / f"ledger.db{more}").unlink(missing_ok=True)
    shutil.copy(backup, tmp_path / "ledger.db")
    process = Process(box)
    try:
        box.send(replace(command("other@example.com"), org="other"), org="other")
        assert [outcome.org for outcome in box.published(3)].count("other") == 1
        assert "older backup" in process.owned("main").stopped
        assert process.owned("other").stopped is None
    finally:
        process.stop()


def _forget_offsets(box: Box) -> None:
    admin = AdminClient({"bootstrap.servers": box.kafka})

    def gone() -> bool:
        try:
            admin.delete_consumer_groups([box.group])[box.group].result(10)
        except KafkaException as error:
            return bool(error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND)
        return True

    until(gone, "the group's end")


def _reset_offset(box: Box, offset: int) -> None:
    admin = AdminClient({"bootstrap.servers": box.kafka})
    wanted = ConsumerGroupTopicPartitions(box.group, [TopicPartition(command_topic("main"), 0, offset)])

    def done() -> bool:
        try:
            answer = admin.alter_consumer_group_offsets([wanted])[box.group].result(10)
        except KafkaException:
            return False
        return all(partition.error is None for partition in answer.topic_partitions)

    until(done, "the new offset")


def _limit(box: Box, size: int) -> None:
    entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
    topic = ConfigResource(ResourceType.TOPIC, outcome_topic("created"), incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": box.kafka})
    for done in admin.incremental_alter_configs([topic]).values():
        done.result(10)


def test_a_backlog_above_the_limit_stays_in_kafka_and_is_worked_off(box: Box, run: Run) -> None:
    org = box.orgs["main"]
    org.is_down = True
    process = run(max_due=20)
    until(lambda: process.owned() is not None and process.owned().executor is not None, "the org's begin")
    box.send(*[command(f"p{n}@example.com") for n in range(30)])
    until(lambda: process.owned().position.offset == 30 and process.owned().paused, "the pause")
    box.send(*[command(f"p{n}@example.com") for n in range(30, 60)])
    until(lambda: process.owned().executor.scheduler.pause.in_a_row >= 3, "some tries")
    assert process.owned().position.offset == 30
    org.is_down = False

    assert len(box.published(60)) == 60
    assert org.created("Lead") == 60


def test_an_org_that_is_added_is_taken_at_the_next_start(clean_kafka: str, tmp_path: Path) -> None:
    box = Box(clean_kafka, tmp_path, orgs=("main", "other"))
    both = dict(box.orgs)
    box.orgs = {"main": both["main"]}
    process = Process(box)
    box.send(command("ann@example.com"))
    box.published(1)
    process.stop()
    box.orgs = both
    process = Process(box)
    try:
        until(lambda: process.owned("other") is not None and process.owned("other").executor is not None, "the new org")
    finally:
        process.stop()


def test_ll_5_what_a_schedule_gathers_is_written_in_its_cycle_and_not_before_also_after_a_kill(
    box: Box, run: Run
) -> None:
    every = 16.0
    box.decider = Decider(integration(schedule={"every": f"{every:g}s"}), "x")
    process = run()
    until(lambda: process.owned() is not None and process.owned().executor is not None, "the org")
    # All of it at the beginning of an interval, so that it is one cycle's, also where the machine is slow.
    until(lambda: time.time() % every < every / 4, "the beginning of an interval")
    boundary = (time.time() // every + 1) * every
    box.send(*(replace(command(f"p{number}@example.com"), lane="bulk") for number in range(20)))
    until(lambda: process.owned().executor.counts()["later"] == 20, "all wait for the cycle")
    process.kill_at("after_insert")
    box.send(replace(command("p20@example.com"), lane="bulk"))
    process.dead()
    assert time.time() < boundary
    written: list[float] = []
    after = run()
    after.on_place = lambda place: written.append(time.time()) if place == "after_intents" else None

    assert {outcome.kind for outcome in box.published(21, 40.0)} == {"created"}
    assert min(written) >= boundary
    assert box.orgs["main"].created("Lead") == 21


def test_a_bug_that_one_org_meets_stops_no_other_and_ends_as_an_internal_error(
    clean_kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box(clean_kafka, tmp_path, ("main", "other"))
    whole = match_batch

    def broken(jobs: list[Any], *rest: Any) -> Any:
        if any(job.command.person.email == "bad@example.com" for job in jobs):
            raise RuntimeError("a bug that nobody thought of")
        return whole(jobs, *rest)

    monkeypatch.setattr("processors.executor.pipeline.batch_pipeline.match_batch", broken)
    box.send(command("bad@example.com"), command("eve@example.com"))
    box.send(replace(command("ann@example.com"), org="other"), org="other")
    process = Process(box, "one")
    try:
        outcomes = {str(outcome.person.email): outcome for outcome in box.published(3)}
        assert process.thread.is_alive()
    finally:
        process.stop()
    assert [(name, outcome.kind, outcome.reason) for name, outcome in sorted(outcomes.items())] == [
        ("ann@example.com", "created", "none"),
        ("bad@example.com", "error", "internal"),
        ("eve@example.com", "created", "none"),
    ]
