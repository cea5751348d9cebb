"""
Which orgs this process owns, and how owning one begins and ends.

In: partitions that the group gives and takes.  Out: running `OrgExecutor`s with their positions.
Rule of this file: an org runs only with a lease taken after Kafka gave its partition, from the stable committed
offset, and with
a ledger that is not older than what Kafka says (design section 3, points 6, 7 and 11; attacks D13, D22, D25).
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from processors.executor.dependencies import OrgDependencies
from processors.executor.session.publish import Position
from processors.executor.session.runner import OrgExecutor
from processors.model.errors import LeaseLost, Transient, Unprocessable
from processors.model.ledger import Lease
from schemas.topics import command_topic

log = structlog.get_logger()

COMMITTED_SECONDS = 10.0
RESUME_SECONDS = 3.0
"""How often a stopped org asks the ledger whether the operator has resumed it."""


@dataclass(slots=True)
class Owned:
    """
    An org whose partition is ours: running, or stopped with the reason, or still to be opened.

    `unmarked`: Kafka has no offset of it yet. Nothing is read before the first one is committed, else a crash in
    between would look like offsets that expired (D22).
    `resuming`: it goes on where the operator said, which the ledger remembers until Kafka has it.
    """

    org: str
    partition: TopicPartition
    executor: OrgExecutor | None = None
    position: Position | None = None
    stopped: str | None = None
    next_try: float = 0.0
    tries: int = 0
    paused: bool = True
    publish_after: float = 0.0
    next_look: float = 0.0
    unmarked: bool = False
    resuming: bool = False


class Ownership:
    """The orgs of one executor process. Used by its loop's thread only."""

    def __init__(
        self, consumer: Consumer, deps: Callable[[str], OrgDependencies], owner: str, clock: Callable[[], float]
    ) -> None:
        self._consumer = consumer
        self._deps = deps
        self._owner = owner
        self._clock = clock
        self.orgs: dict[str, Owned] = {}

    def given(self, partitions: list[TopicPartition]) -> None:
        """Take partitions over, which are paused until their orgs are opened."""
        for partition in partitions:
            if partition.partition != 0:
                # The table says one partition; more were made by somebody else, and hold nothing of ours.
                log.error("a command topic must have one partition; the others are not read", topic=partition.topic)
            else:
                org = partition.topic.removeprefix(command_topic("x")[:-1])
                self.orgs[org] = Owned(org, TopicPartition(partition.topic, 0))

    def open(self, owned: Owned) -> None:
        """Take the lease, load the ledger, and read on where Kafka's stable committed offset says; or say why not."""
        now = self._clock()
        if owned.executor is not None or now < owned.next_try:
            return
        deps = self._deps(owned.org)
        try:
            if owned.stopped and not self._resumed(owned, deps, now):
                return
            committed = self._consumer.committed([owned.partition], COMMITTED_SECONDS)[0]
            lease = deps.ledger.take_lease(owned.org, self._owner)
            position = self._begin_at(Position.read(committed), lease, owned)
            if position is None:
                return
            start = position.offset if position.offset > 0 else OFFSET_BEGINNING
            self._consumer.seek(TopicPartition(owned.partition.topic, 0, start))
            executor = OrgExecutor(deps, lease)
            executor.start()
        except (Transient, KafkaException) as error:
            self._put_off(owned, deps, str(error))
            return
        except Exception as fault:  # noqa: BLE001  what one org's ledger holds must not stop the others
            deps.metrics.count("org_failures_total", org=owned.org)
            self._put_off(owned, deps, Unprocessable(fault).reason)
            return
        deps.metrics.gauge("org_stopped", 0, org=owned.org)
        owned.executor, owned.position, owned.tries = executor, position, 0
        owned.unmarked = committed.offset < 0
        owned.resuming = lease.resume_from is not None
        self.resume(owned)
        log.info("org begins", org=owned.org, epoch=lease.epoch, offset=position.offset, sequence=position.sequence)

    def _put_off(self, owned: Owned, deps: OrgDependencies, why: str) -> None:
        owned.tries += 1
        owned.next_try = self._clock() + deps.retry.delay(owned.tries)
        log.warning("org cannot begin yet", org=owned.org, why=why)

    def _resumed(self, owned: Owned, deps: OrgDependencies, now: float) -> bool:
        """Whether the operator has resumed a stopped org since; asked every few seconds, without taking the lease."""
        owned.next_try = now + RESUME_SECONDS
        if deps.ledger.resume_from(owned.org) is None:
            return False
        log.info("org is resumed", org=owned.org)
        owned.stopped = None
        return True

    def _present(self, owned: Owned, offset: int) -> int:
        """Return *offset* where the topic still has it, else its beginning: the ledger knows what it has seen."""
        low, high = self._consumer.get_watermark_offsets(owned.partition, COMMITTED_SECONDS)
        return offset if low <= offset <= high else low

    def _begin_at(self, committed: Position | None, lease: Lease, owned: Owned) -> Position | None:
        """Return where to go on, or None with the org stopped: one line, and the command that resumes it."""
        resume = f"signalbox org resume {owned.org}"
        if committed is None and lease.resume_from is not None:
            return Position(0, lease.resume_from, lease.ledger_id)
        if committed is None and lease.last_sequence > 0:
            self.stop(
                owned, f"Kafka has no committed offset (expired?), but the ledger has settled work; run: {resume}"
            )
            return None
        if committed is None:
            return Position(0, 0, lease.ledger_id)
        if lease.resume_from is not None:
            return Position(self._present(owned, committed.offset), _resumed_at(committed, lease), lease.ledger_id)
        if committed.ledger_id and committed.ledger_id != lease.ledger_id:
            self.stop(owned, f"the ledger is another one than Kafka's commits name; restore it, or run: {resume}")
            return None
        if committed.sequence < 0 and lease.last_sequence > 0:
            self.stop(owned, f"Kafka's committed offset was set by something else; run: {resume}")
            return None
        if committed.sequence > lease.last_sequence:
            told = f"the ledger ends at outcome {lease.last_sequence}, Kafka says {committed.sequence} is published"
            self.stop(owned, f"{told}: an older backup? Restore the newest, or run: {resume}")
            return None
        return Position(committed.offset, max(committed.sequence, 0), lease.ledger_id)

    def stop(self, owned: Owned, why: str, **more: object) -> None:
        """Stop an org, with one line that says why, until the operator lets it go on."""
        owned.stopped = why
        self._deps(owned.org).metrics.gauge("org_stopped", 1, org=owned.org)
        log.error("org stopped", org=owned.org, why=why, **more)

    def committed(self, owned: Owned, position: Position) -> None:
        """Note that Kafka has an org's position: read on, and forget in the ledger where the operator said to go on."""
        owned.position = position
        if owned.unmarked:
            owned.unmarked = False
            self.resume(owned)
        if owned.resuming and owned.executor is not None:
            try:
                owned.executor.deps.ledger.resumed(owned.executor.lease)
            except (LeaseLost, Transient) as failure:
                log.warning("the resume is forgotten later", org=owned.org, why=str(failure))
                return
            owned.resuming = False

    def missing_offset(self, org: str) -> None:
        """The position to read at is gone from the topic (deleted, or expired): stop that org, never skip silently."""
        owned = self.orgs.get(org)
        if owned is not None and not owned.stopped:
            self.release(owned)
            self.stop(owned, f"messages after offset {_offset(owned)} are gone; run: signalbox org resume {org}")

    def taken(self, partitions: list[TopicPartition]) -> list[Owned]:
        """Give partitions up; return what was owned."""
        gone = []
        for partition in partitions:
            org = partition.topic.removeprefix(command_topic("x")[:-1])
            owned = self.orgs.pop(org, None)
            if owned is not None:
                gone.append(owned)
        return gone

    def release(self, owned: Owned) -> None:
        """End an org's executor here; its partition stays ours and paused until it is opened again."""
        self.pause(owned)
        if owned.executor is not None:
            owned.executor.close()
        owned.executor = None

    def pause(self, owned: Owned) -> None:
        """Let Kafka hold the org's backlog."""
        if not owned.paused:
            self._consumer.pause([owned.partition])
            owned.paused = True

    def resume(self, owned: Owned) -> None:
        """Read the org's commands (again)."""
        if owned.paused and not owned.unmarked:
            self._consumer.resume([owned.partition])
            owned.paused = False

    def running(self) -> list[Owned]:
        """Return the orgs that run."""
        return [owned for owned in self.orgs.values() if owned.executor is not None]


def _resumed_at(committed: Position, lease: Lease) -> int:
    """Return where the operator said to go on, or what was committed since then: a crash may come in between."""
    wanted = lease.resume_from or 0
    ours = committed.ledger_id == lease.ledger_id and committed.sequence <= lease.last_sequence
    return max(wanted, committed.sequence) if ours else wanted


def _offset(owned: Owned) -> int:
    return owned.position.offset if owned.position else 0
