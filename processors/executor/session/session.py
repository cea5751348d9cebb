"""
The executor's shell: poll → ledger → pipelines of the orgs → one Kafka transaction {outcomes, offsets}.

In: command topics.  Out: outcome topics.  I/O through confluent-kafka and ports.
Rule of this file: a command's offset passes only after the ledger holds it, and nothing here waits for Salesforce.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from processors.executor.dependencies import OrgDependencies
from processors.executor.org_queue.priority import first_due
from processors.executor.session.ownership import Owned, Ownership
from processors.executor.session.publish import Expelled, NotPublished, Position, Publisher, next_positions
from processors.executor.session.report import Report
from processors.executor.session.retention import tidy
from processors.executor.session.unassigned import Orphaned, Orphans
from processors.model.backoff import Backoff
from processors.model.errors import LeaseLost, Transient, Undecodable, UnknownFingerprint
from processors.model.ledger import Arrival, Unpublished
from processors.model.ports import Metrics, Probe
from schemas.codec import Codec
from schemas.command import Command
from schemas.identity import reused_id
from schemas.topics import command_topic

log = structlog.get_logger()

MESSAGES = 1_000
OUTCOMES = 1_000
POLL_SECONDS = 0.01
IDLE_SECONDS = 0.05
GATHER_SECONDS = 0.003
COMMIT_EVERY = 1.0
FIRST_COMMIT_EVERY = 0.05
LOOK_SECONDS = 0.25
TIDY_SECONDS = 3600.0
REVOKE_SECONDS = 5.0
DRAIN_SECONDS = 25.0
REJOIN = Backoff(base=0.3, cap=5.0, jitter=random.random)


@dataclass(frozen=True, slots=True)
class SessionDependencies:
    """What the executor's loop is given by the wiring."""

    consumer_config: dict[str, Any]
    producer_config: dict[str, Any]
    orgs: tuple[str, ...]
    owner: str
    org_deps: Callable[[str], OrgDependencies]
    codec: Codec
    dead_letter: Callable[[Message, str, Exception], None]
    delete_below: Callable[[str, int], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    probe: Probe
    metrics: Metrics
    beat: Callable[[bool], None]
    stopping: Callable[[], bool]
    unowned: Callable[[], frozenset[str]]
    embedded: bool = False


def run_executor(deps: SessionDependencies) -> None:
    """Run until `stopping`: sessions with the group follow one another; what ends one is told in one line."""
    tries = names = 0
    while not deps.stopping():
        session = Session(deps, names)
        try:
            session.run()
            return
        except (Expelled, KafkaException) as error:
            tries += 1
            names += isinstance(error, Orphaned)
            log.warning("the session with Kafka ended; beginning anew", why=str(error))
        finally:
            session.close()
        deps.beat(False)
        deps.sleep(REJOIN.delay(tries))


class Session:
    """One membership in the consumer group, with one transactional producer."""

    def __init__(self, deps: SessionDependencies, name: int = 0) -> None:
        """*name* makes it another static member than those of this process before it."""
        self._deps = deps
        self._consumer = Consumer(_member(deps, name))
        self._orphans = Orphans(deps.unowned)
        self._owners = Ownership(self._consumer, deps.org_deps, deps.owner, deps.clock)
        self._publisher = Publisher(
            Producer(deps.producer_config),
            self._consumer,
            deps.probe,
            also_commit=deps.embedded,
            poll=lambda: deps.beat(True),
        )
        self._joined = False
        self._report = Report(deps.metrics)
        self._last_commit = 0.0
        self._next_tidy = deps.clock() + TIDY_SECONDS
        self._committed: dict[str, Position] = {}

    def run(self) -> None:
        """Join, work until told to stop, drain, publish."""
        self._publisher.begin()
        topics = [command_topic(org) for org in self._deps.orgs]
        self._consumer.subscribe(topics, on_assign=self._given, on_revoke=self._taken, on_lost=self._lost)
        while not self._deps.stopping():
            self._turn()
        self._drain()

    def _turn(self) -> None:
        self._deps.beat(self._ready())
        for owned in list(self._owners.orgs.values()):
            self._owners.open(owned)
            self._watch(owned)
        messages = self._poll()
        if messages:
            self._take(messages)
        self._publish()
        self._tidy()
        if self._joined:
            self._orphans.look(self._deps.clock(), owns_some=bool(self._owners.orgs))

    def _ready(self) -> bool:
        """Whether this process is in the group, and every org that it owns runs or is stopped with its reason told."""
        return self._joined and all(owned.executor or owned.stopped for owned in self._owners.orgs.values())

    def _poll(self) -> list[Message]:
        busy = any(owned.executor and not owned.executor.ended() for owned in self._owners.running())
        first = self._consumer.poll(POLL_SECONDS if busy else IDLE_SECONDS)
        if first is None:
            return []
        # A moment more fills a batch where messages stream in, and costs a lone one next to nothing.
        return [first, *self._consumer.consume(MESSAGES - 1, GATHER_SECONDS)]

    def _watch(self, owned: Owned) -> None:
        """Let an org go whose executor ended, pause one that has too much that is due."""
        executor = owned.executor
        if executor is None:
            return
        failure = executor.failure
        if isinstance(failure, LeaseLost):
            # Only a Kafka transaction can say whether the org is still ours (D13).
            self._owners.pause(owned)
            self._publish(force=True)
            self._owners.release(owned)
        elif isinstance(failure, Transient):
            log.warning("org is loaded anew", org=owned.org, why=str(failure))
            self._owners.release(owned)
            owned.tries += 1
            owned.next_try = self._deps.clock() + executor.deps.retry.delay(owned.tries)
        elif failure is not None:
            raise failure
        else:
            self._hold_back(owned)

    def _hold_back(self, owned: Owned) -> None:
        """Pause an org's partition while too much of it is due (Kafka holds the backlog); tell where it stands."""
        executor, now = owned.executor, self._deps.clock()
        if executor is None or now < owned.next_look:
            return
        owned.next_look = now + LOOK_SECONDS
        due = self._report.org(executor)
        if due > executor.deps.max_due:
            self._owners.pause(owned)
        elif due < executor.deps.max_due // 2:
            self._owners.resume(owned)
        self._report.lag(self._consumer, owned, now)

    def _take(self, messages: Sequence[Message]) -> None:
        by_org: dict[str, list[Message]] = {}
        for message in messages:
            org = (message.topic() or "").removeprefix(command_topic("x")[:-1])
            error = message.error()
            if error is None:
                by_org.setdefault(org, []).append(message)
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                self._owners.missing_offset(org)
            elif error.fatal():
                raise KafkaException(error)
            else:
                log.warning("Kafka reports", topic=message.topic(), why=error.str())
        self._deps.probe("before_insert")
        for org, some in by_org.items():
            owned = self._owners.orgs.get(org)
            if owned is not None and owned.executor is not None:
                self._store(owned, some)
        self._deps.probe("after_insert")

    def _store(self, owned: Owned, messages: Sequence[Message]) -> None:
        """
        Insert commands; only then their offsets may pass.

        Where it is not known whether the database took them, the org is loaded anew from what the ledger holds, and
        reads on from the committed offset.
        """
        executor = owned.executor
        if executor is None or owned.position is None or executor.failure is not None:
            return
        arrivals, offset = self._decode(owned, messages)
        try:
            stored, reused = executor.deps.ledger.insert(executor.lease, arrivals)
            again = [_reused(arrival, self._deps.codec) for arrival in reused]
            stored_again = executor.deps.ledger.insert(executor.lease, again)[0] if again else []
        except (LeaseLost, Transient) as failure:
            executor.failure = failure
            return
        self._deps.metrics.count("commands_inserted_total", len(stored), org=owned.org)
        self._deps.metrics.count("commands_repeated_total", len(arrivals) - len(stored), org=owned.org)
        executor.add([*stored, *stored_again], [arrival.command for arrival in (*arrivals, *again)])
        owned.position = replace(owned.position, offset=max(owned.position.offset, offset))
        owned.read_until = _timestamp(messages[-1]) if messages else owned.read_until

    def _decode(self, owned: Owned, messages: Sequence[Message]) -> tuple[list[Arrival], int]:
        arrivals, offset = [], owned.position.offset if owned.position else 0
        for message in messages:
            body = message.value() or b""
            try:
                command = Command.from_avro(self._deps.codec.decode("command", body))
            except UnknownFingerprint as unknown:
                self._owners.pause(owned)
                why = f"{unknown.reason}; upgrade the executor, then start it again (executors go first)"
                self._owners.stop(owned, why, offset=message.offset())
                break
            except Undecodable as fault:
                self._deps.dead_letter(message, "decode", fault)
                self._deps.metrics.count("dead_letters_total", topic=message.topic() or "", reason="undecodable")
            else:
                arrivals.append(Arrival(command, body, self._first_due(owned, command)))
            offset = (message.offset() or 0) + 1
        return arrivals, offset

    def _first_due(self, owned: Owned, command: Command) -> float | None:
        """Return when the command is first due by its integration's schedule; None for at once."""
        executor, now = owned.executor, self._deps.clock()
        decider = executor.deps.deciders.get(command.integration) if executor else None
        due = first_due(command, decider.integration if decider else None, now)
        return due if due > now else None

    def _publish(self, *, force: bool = False) -> None:
        """Publish what is next of every org; an org whose outcomes are refused waits alone (D23)."""
        now = self._deps.clock()
        rows = {
            owned.org: some
            for owned in self._owners.running()
            if owned.publish_after <= now and (some := self._unpublished(owned))
        }
        every = FIRST_COMMIT_EVERY if any(owned.unmarked for owned in self._owners.running()) else COMMIT_EVERY
        moved = self._positions() != self._committed and now - self._last_commit >= every
        if not rows and not moved and not force:
            return
        try:
            self._transaction(rows)
        except NotPublished as refused:
            self._last_commit = now
            if len(rows) > 1:
                for org, some in rows.items():
                    self._alone(org, some)
            else:
                self._refused(next(iter(rows), ""), refused)

    def _positions(self) -> dict[str, Position]:
        return {owned.org: owned.position for owned in self._owners.running() if owned.position is not None}

    def _unpublished(self, owned: Owned) -> Sequence[Unpublished]:
        executor, position = owned.executor, owned.position
        if executor is None or position is None or executor.last_sequence <= position.sequence:
            return ()
        at_hand = executor.worker.outbox.take(position.sequence, OUTCOMES)
        if at_hand:
            return at_hand
        try:
            return executor.deps.ledger.unpublished(owned.org, position.sequence, OUTCOMES)
        except Transient as transient:
            log.warning("outcomes cannot be read yet", org=owned.org, why=transient.reason)
            owned.publish_after = self._deps.clock() + 1.0
            return ()

    def _alone(self, org: str, rows: Sequence[Unpublished]) -> None:
        try:
            self._transaction({org: rows})
        except NotPublished as refused:
            self._refused(org, refused)

    def _refused(self, org: str, refused: NotPublished) -> None:
        owned = self._owners.orgs.get(org)
        self._deps.metrics.count("publish_failures_total", org=org)
        log.error("outcomes are refused; they stay in the ledger and are tried again", org=org, why=str(refused))
        if owned is not None:
            owned.publish_after = self._deps.clock() + 2.0

    def _transaction(self, rows: dict[str, Sequence[Unpublished]]) -> None:
        positions = self._positions()
        if not positions:
            return
        after = next_positions(positions, rows)
        self._publisher.publish(after, rows)
        self._last_commit = self._deps.clock()
        if any(rows.values()):
            self._deps.metrics.gauge("last_success_timestamp_seconds", self._last_commit)
        self._committed = after
        for org, position in after.items():
            owned = self._owners.orgs[org]
            self._owners.committed(owned, position)
            if owned.executor is not None:
                owned.executor.worker.outbox.forget(position.sequence)
        for org, some in rows.items():
            self._deps.metrics.count("outcomes_published_total", len(some), org=org)

    def _tidy(self) -> None:
        """Now and then: delete what is committed and published and old enough (design section 3, point 11)."""
        now = self._deps.clock()
        if now < self._next_tidy or not self._committed:
            return
        self._next_tidy = now + TIDY_SECONDS
        for owned in self._owners.running():
            committed = self._committed.get(owned.org)
            if owned.executor is not None and committed is not None:
                tidy(owned.executor, committed, self._deps.delete_below)

    def _given(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._joined = True
        self._owners.given(partitions)

    def _taken(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Drain at most `REVOKE_SECONDS`, publish, let go."""
        names = {partition.topic for partition in partitions}
        leaving = [owned for owned in self._owners.orgs.values() if owned.partition.topic in names]
        self._end(leaving, REVOKE_SECONDS)
        with _tolerating():
            self._publish()
        for owned in self._owners.taken(partitions):
            if owned.executor is not None:
                owned.executor.close()

    def _lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        for owned in self._owners.taken(partitions):
            if owned.executor is not None:
                owned.executor.close()

    def _end(self, orgs: Sequence[Owned], within: float) -> None:
        deadline = self._deps.clock() + within
        running = [owned.executor for owned in orgs if owned.executor is not None]
        for executor in running:
            executor.stop()
        while self._deps.clock() < deadline and not all(executor.ended() for executor in running):
            self._deps.beat(True)
            with _tolerating():
                self._publish()
            self._deps.sleep(POLL_SECONDS)

    def _drain(self) -> None:
        self._end(list(self._owners.orgs.values()), DRAIN_SECONDS)
        while any(self._unpublished(owned) for owned in self._willing()):
            self._publish(force=True)
        self._publish(force=True)

    def _willing(self) -> list[Owned]:
        """Return the orgs whose outcomes were not refused just now: those of the others stay in the ledger (D23)."""
        return [owned for owned in self._owners.running() if owned.publish_after <= self._deps.clock()]

    def close(self) -> None:
        """Leave the group and end every org here, whatever state they are in."""
        for owned in list(self._owners.orgs.values()):
            if owned.executor is not None:
                owned.executor.close()
                # Leaving the group calls `_taken`: nothing is published any more, for how the last transaction ended
                # may be unknown.
                owned.executor = None
        self._consumer.close()


def _member(deps: SessionDependencies, name: int = 0) -> dict[str, Any]:
    """
    Return the consumer's configuration, as another static member for other orgs.

    A static member that comes back in time gets its old partitions without a look at what it subscribes to now: an org
    that was added would never be taken.
    """
    config = dict(deps.consumer_config)
    instance = config.get("group.instance.id")
    if instance is not None:
        again = f"-{name}" if name else ""
        config["group.instance.id"] = f"{instance}-{sha256(' '.join(deps.orgs).encode()).hexdigest()[:8]}{again}"
    return config


@contextmanager
def _tolerating() -> Iterator[None]:
    """Inside a rebalance callback an expulsion cannot be raised; the next turn meets it again."""
    try:
        yield
    except (Expelled, NotPublished) as error:
        log.warning("nothing published while partitions move", why=str(error))


def _timestamp(message: Message) -> float:
    _, milliseconds = message.timestamp()
    return milliseconds / 1000


def _reused(arrival: Arrival, codec: Codec) -> Arrival:
    """Return the command that answers a reused event ID: an ID of its own, and nothing to do (D21)."""
    command = arrival.command
    own_id = reused_id(command.command_id, command.event_digest)
    told = replace(command, command_id=own_id, kind="skip", skip_reason="id_reused")
    return Arrival(told, codec.encode("command", told.to_avro()))
