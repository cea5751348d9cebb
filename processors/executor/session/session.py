"""
The executor's loop: poll → ledger → pipelines of the orgs → one Kafka transaction {outcomes, offsets}.

In: command topics.  Out: outcome topics.  I/O through confluent-kafka and ports.
Rule of this file: a command's offset passes only after the ledger holds it, and nothing here waits for Salesforce.
"""

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, Message

from processors.consuming.lag import Lag
from processors.consuming.membership import Membership, Partitions, raise_if_fenced, static_member
from processors.executor.dependencies import SessionDependencies
from processors.executor.session.inbox import Inbox
from processors.executor.session.ownership import Owned, Ownership
from processors.executor.session.publication import Publication
from processors.executor.session.publish import Expelled, NotPublished, Publisher
from processors.executor.session.report import Report
from processors.executor.session.retention import tidy
from processors.executor.session.runner import OrgExecutor
from processors.executor.session.unassigned import UnassignedOrgs
from processors.model.errors import LeaseLost, Transient, Unprocessable
from schemas.topics import command_topic

log = structlog.get_logger()

MESSAGES = 1_000
POLL_SECONDS = 0.01
IDLE_SECONDS = 0.05
GATHER_SECONDS = 0.003
LOOK_SECONDS = 0.25
TIDY_SECONDS = 3600.0
REVOKE_SECONDS = 5.0
DRAIN_SECONDS = 25.0
FENCE_SECONDS = 5.0
"""Two heartbeats: by then the group has said whether a member is fenced."""


class Session:
    """One membership in the consumer group, with one transactional producer."""

    def __init__(self, deps: SessionDependencies, rejoins: int = 0) -> None:
        """*rejoins* makes it another static member than those of this process before it."""
        self._deps = deps
        self._consumer = Consumer(
            static_member(deps.consumer_config, deps.orgs, rejoins) | {"enable.partition.eof": True}
        )
        self._membership = Membership(
            self._consumer, given=self._given, taken=self._taken, lost=self._lost, begin_at=OFFSET_BEGINNING
        )
        self._unassigned = UnassignedOrgs(deps.unowned)
        self._owners = Ownership(self._consumer, deps.org_deps, deps.owner, deps.clock)
        lag = Lag(deps.metrics)
        self._inbox = Inbox(deps, self._owners, lag)
        self._publisher = Publisher(
            deps.producer,
            self._consumer,
            deps.probe,
            also_commit=deps.embedded,
            poll=lambda: deps.beat(True),
        )
        self._publication = Publication(deps, self._owners, self._publisher)
        self._report = Report(deps.metrics, lag)
        self._next_tidy = deps.clock() + TIDY_SECONDS

    def run(self) -> None:
        """Join, work until told to stop, drain, publish."""
        self._publisher.begin()
        self._membership.join([command_topic(org) for org in self._deps.orgs])
        while not self._deps.stopping():
            self._turn()
        self._drain()

    def _turn(self) -> None:
        self._deps.beat(self._ready())
        for owned in list(self._owners.orgs.values()):
            if owned.executor is None:
                self._report.begin_anew(owned)
                self._owners.open(owned)
            self._look_at(owned)
        messages = self._poll()
        if messages:
            self._inbox.take(messages)
        self._publication.publish()
        self._tidy()
        if self._membership.joined:
            self._unassigned.look(self._deps.clock(), owns_some=bool(self._owners.orgs))

    def _ready(self) -> bool:
        """Whether this process is in the group, and every org that it owns runs or is stopped with its reason told."""
        return self._membership.joined and all(owned.executor or owned.stopped for owned in self._owners.orgs.values())

    def _poll(self) -> list[Message]:
        busy = any(owned.executor and not owned.executor.ended() for owned in self._owners.running())
        first = self._consumer.poll(POLL_SECONDS if busy else IDLE_SECONDS)
        if first is None:
            return []
        # A moment more fills a batch where messages stream in, and costs a lone one next to nothing.
        return [first, *self._consumer.consume(MESSAGES - 1, GATHER_SECONDS)]

    def _look_at(self, owned: Owned) -> None:
        """Let an org go whose executor ended, pause one that has too much that is due."""
        executor = owned.executor
        if executor is None:
            return
        failure = executor.failure
        if isinstance(failure, LeaseLost):
            # Only a Kafka transaction can say whether the org is still ours (D13).
            self._owners.pause(owned)
            self._publication.publish(force=True)
            self._owners.release(owned)
        elif isinstance(failure, Transient):
            log.warning("org is loaded anew", org=owned.org, why=str(failure))
            self._owners.release(owned)
            owned.tries += 1
            owned.next_try = self._deps.clock() + executor.deps.retry.delay(owned.tries)
        elif isinstance(failure, Exception):
            self._set_apart(owned, executor, failure)
        elif failure is not None:
            raise failure
        else:
            self._hold_back(owned)

    def _set_apart(self, owned: Owned, executor: OrgExecutor, failure: Exception) -> None:
        """
        A bug of ours met in one org stops no other org: that one is loaded anew, which counts as a crash.

        What was under way is then decided alone, and ends as `error.internal` where it fails again and again (D20).
        """
        # Frames alone: an error's text and the values around it may hold what somebody sent.
        where = "".join(traceback.format_tb(failure.__traceback__))
        log.critical("org failed; it is loaded anew", org=owned.org, why=Unprocessable(failure).reason, where=where)
        self._deps.metrics.count("org_failures_total", org=owned.org)
        self._owners.release(owned)
        owned.tries += 1
        owned.next_try = self._deps.clock() + executor.deps.retry.delay(owned.tries)

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

    def _tidy(self) -> None:
        """Now and then: delete what is committed and published and old enough (design section 3, point 11)."""
        now = self._deps.clock()
        if now < self._next_tidy or not self._publication.committed:
            return
        self._next_tidy = now + TIDY_SECONDS
        for owned in self._owners.running():
            committed = self._publication.committed.get(owned.org)
            if owned.executor is not None and committed is not None:
                tidy(owned.executor, committed, self._deps.delete_below)

    def _given(self, partitions: Partitions) -> None:
        self._owners.given(partitions)

    def _taken(self, partitions: Partitions) -> None:
        """Drain at most `REVOKE_SECONDS`, publish, let go."""
        names = {partition.topic for partition in partitions}
        leaving = [owned for owned in self._owners.orgs.values() if owned.partition.topic in names]
        self._end(leaving, REVOKE_SECONDS)
        with _tolerating():
            self._publication.publish()
        self._lost(partitions)

    def _lost(self, partitions: Partitions) -> None:
        for owned in self._owners.taken(partitions):
            self._report.leave(owned)
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
                self._publication.publish()
            self._deps.sleep(POLL_SECONDS)

    def _drain(self) -> None:
        self._end(list(self._owners.orgs.values()), DRAIN_SECONDS)
        while self._publication.left():
            self._publication.publish(force=True)
        self._publication.publish(force=True)

    def look_for_namesake(self) -> None:
        """Raise `Fenced` where the group's member of our name is another process by now: the next heartbeat tells."""
        deadline = self._deps.clock() + FENCE_SECONDS
        while self._deps.clock() < deadline and not self._deps.stopping():
            self._deps.beat(False)
            message = self._consumer.poll(IDLE_SECONDS)
            error = message.error() if message is not None else None
            if error is not None:
                raise_if_fenced(error)

    def close(self) -> None:
        """Leave the group and end every org here, whatever state they are in."""
        for owned in list(self._owners.orgs.values()):
            if owned.executor is not None:
                owned.executor.close()
                # Leaving the group calls `_taken`: nothing is published any more, for how the last transaction ended
                # may be unknown.
                owned.executor = None
        self._membership.leave()


@contextmanager
def _tolerating() -> Iterator[None]:
    """Inside a rebalance callback an expulsion cannot be raised; the next turn meets it again."""
    try:
        yield
    except (Expelled, NotPublished) as error:
        log.warning("nothing published while partitions move", why=str(error))
