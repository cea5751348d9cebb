"""
Stage *publish*: the next outcomes of all orgs, in sequence, in one Kafka transaction with the offsets.

In: settled rows of the ledger, positions.  Out: messages in the outcome topics.  I/O through confluent-kafka.
Rule of this file: each transaction names every owned partition, moved or not, with {ledger ID, last sequence} as
metadata; a
stale owner's transaction fails as a whole (design section 3, points 6 and 7).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import orjson
import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from processors.consuming.ports import TransactionalProducer
from processors.model.errors import SignalboxError
from processors.model.ledger import Unpublished
from processors.model.ports import Probe
from schemas.topics import NOTICE, command_topic, outcome_topic

log = structlog.get_logger()

Headers: TypeAlias = list[tuple[str, str | bytes | None]]

SEQUENCE_HEADER = "signalbox_sequence"
LEDGER_HEADER = "signalbox_ledger"

FENCED = frozenset(
    {
        KafkaError._FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
        KafkaError.FENCED_INSTANCE_ID,
    }
)
"""By another process of the same name, or by the broker for a transaction that took too long."""
EXPELLED = FENCED | {KafkaError.UNKNOWN_MEMBER_ID, KafkaError.ILLEGAL_GENERATION, KafkaError._ASSIGNMENT_LOST}
COMMIT_SECONDS = 30.0
POLL_EVERY = 200
"""Messages between two looks at delivery reports: each look gives the interpreter's lock away."""


class Expelled(SignalboxError):
    """Kafka's group or a newer producer has put this process out: begin anew with what the group gives."""


class ProducerFenced(Expelled):
    """Kafka knows a newer producer of this name: another process', or its own that ended our transaction."""


class NotPublished(SignalboxError):
    """The transaction was ended without effect; the outcomes stay in the ledger and are tried again."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far an org has come: the next offset to read, the last sequence published, and by which ledger."""

    offset: int
    sequence: int
    ledger_id: str

    def metadata(self) -> str:
        """Return it as the committed offset's metadata."""
        return orjson.dumps({"ledger": self.ledger_id, "sequence": self.sequence}).decode()

    @classmethod
    def read(cls, committed: TopicPartition) -> "Position | None":
        """Return the position that a committed offset tells, or None where there is none."""
        if committed.offset < 0:
            return None
        try:
            value = orjson.loads(committed.metadata or "{}")
            return cls(committed.offset, int(value["sequence"]), str(value["ledger"]))
        except (ValueError, KeyError, TypeError):
            return cls(committed.offset, -1, "")


class Publisher:
    """The transactional producer of one executor process; used by its loop's thread only."""

    def __init__(
        self,
        make: Callable[[], TransactionalProducer],
        consumer: Consumer,
        probe: Probe,
        *,
        also_commit: bool,
        poll: Callable[[], None],
    ) -> None:
        """
        Args:
            make: Returns a producer of this process' name, which fences the one before as soon as it begins.
            also_commit: Commit offsets plainly as well (the embedded cluster forgets those of a transaction).
            poll: Called while a commit is tried again, so that liveness is kept.
        """
        self._make = make
        self._producer = make()
        self._consumer = consumer
        self._committed: Mapping[str, Position] = {}
        self._probe = probe
        self._also_commit = also_commit
        self._poll = poll

    def begin(self) -> None:
        """Fence whoever had this producer's name before."""
        _expelling(lambda: self._producer.init_transactions(COMMIT_SECONDS))

    def publish(self, positions: Mapping[str, Position], rows: Mapping[str, Sequence[Unpublished]]) -> None:
        """
        Publish *rows* by org and commit *positions* (as they will be after it), all or nothing.

        Raises:
            NotPublished: Nothing was published.
            Expelled: Nothing was published, and this process owns nothing any more.
        """
        offsets = [
            TopicPartition(command_topic(org), 0, position.offset, position.metadata())
            for org, position in positions.items()
        ]
        self._probe("before_transaction")
        if self._producer.late_end is not None:
            self._renew(self._producer.late_end)
        _expelling(self._producer.begin_transaction)
        try:
            failed = self._produce(positions, rows)
            self._probe("inside_transaction")
            self._producer.send_offsets_to_transaction(
                offsets, self._consumer.consumer_group_metadata(), COMMIT_SECONDS
            )
            self._producer.flush(COMMIT_SECONDS)
            if failed:
                raise KafkaException(failed[0])
            self._commit()
        except KafkaException as error:
            self._abort(error)
        self._committed = dict(positions)
        self._probe("after_transaction")
        if self._also_commit:
            self._consumer.commit(offsets=offsets, asynchronous=False)

    def _renew(self, why: str) -> None:
        """
        Make the producer anew, so that a late end is refused, and see that Kafka has what the last transaction left.

        Raises:
            Expelled: It has not; what is published is read anew.
        """
        log.warning("the end of a Kafka transaction may come late; its producer is made anew", why=why)
        self._producer = self._make()
        self.begin()
        if self._also_commit:
            return
        known = self._committed
        wanted = [TopicPartition(command_topic(org), 0) for org in known]
        try:
            found = self._consumer.committed(wanted, COMMIT_SECONDS) if wanted else []
        except KafkaException as error:
            raise Expelled(f"Kafka does not tell what is committed: {error.args[0].str()}") from error
        for org, partition in zip(known, found, strict=True):
            if Position.read(partition) != known[org]:
                raise Expelled(f"Kafka has another position of org {org} than the last transaction left; reading anew")

    def _produce(
        self, positions: Mapping[str, Position], rows: Mapping[str, Sequence[Unpublished]]
    ) -> list[KafkaError]:
        failed: list[KafkaError] = []

        def delivered(error: KafkaError | None, _message: object) -> None:
            if error is not None:
                failed.append(error)

        for org, outcomes in rows.items():
            ledger_id = positions[org].ledger_id.encode()
            for number, row in enumerate(outcomes):
                if number % POLL_EVERY == 0:
                    self._producer.poll(0)
                headers: Headers = [(name, str(value).encode()) for name, value in orjson.loads(row.headers).items()]
                headers += [(SEQUENCE_HEADER, str(row.sequence).encode()), (LEDGER_HEADER, ledger_id)]
                self._send(row, headers, delivered)
        return failed

    def _send(self, row: Unpublished, headers: Headers, delivered: Callable[[KafkaError | None, object], None]) -> None:
        while True:
            try:
                self._producer.produce(
                    NOTICE if row.kind == "notice" else outcome_topic(row.kind),
                    row.outcome,
                    row.key.encode(),
                    headers=headers,
                    on_delivery=delivered,
                )
                return
            except BufferError:
                self._producer.poll(0.1)

    def _commit(self) -> None:
        for _ in range(10):
            try:
                self._producer.commit_transaction(COMMIT_SECONDS)
                return
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise
                self._poll()
        # Neither committed nor aborted: only the stable committed offset can say, after a new start (D4).
        raise Expelled("the end of a Kafka transaction is unknown; reading the committed offsets anew")

    def _abort(self, error: KafkaException) -> None:
        cause = error.args[0]
        if cause.fatal() or cause.code() in EXPELLED:
            kind = ProducerFenced if cause.fatal() or cause.code() in FENCED else Expelled
            raise kind(f"Kafka refused the transaction: {cause.str()}") from error
        try:
            self._producer.abort_transaction(COMMIT_SECONDS)
        except KafkaException as second:
            raise Expelled(f"a Kafka transaction could not be ended: {second.args[0].str()}") from second
        raise NotPublished(f"Kafka refused the outcomes: {cause.str()}") from error


def _expelling(action: Callable[[], None]) -> None:
    try:
        action()
    except KafkaException as error:
        raise Expelled(f"Kafka does not take this producer: {error.args[0].str()}") from error


def next_positions(positions: Mapping[str, Position], rows: Mapping[str, Iterable[Unpublished]]) -> dict[str, Position]:
    """Return the positions after *rows* are published; raises ValueError where a sequence has a gap."""
    after = dict(positions)
    for org, outcomes in rows.items():
        position = after[org]
        sequence = position.sequence
        for row in outcomes:
            if row.sequence != sequence + 1:
                raise ValueError(f"org {org}: outcome {row.sequence} follows {sequence} in the ledger; a gap")
            sequence = row.sequence
        after[org] = Position(position.offset, sequence, position.ledger_id)
    return after
