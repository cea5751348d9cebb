"""
Commands as they arrive: from messages into the ledger, and from there to the org that they are for.

In: messages of the command topics.  Out: stored commands, waiting.  I/O through the ledger's port.
Rule of this file: a command's offset passes only after the ledger holds it; what cannot be read or stored is a dead
letter, alone, so that it does not stop the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from confluent_kafka import KafkaError, Message

from processors.consuming.lag import Lag, sent_at
from processors.consuming.membership import raise_if_fenced
from processors.executor.dependencies import SessionDependencies
from processors.executor.jobs.priority import first_due
from processors.executor.session.ownership import Owned, Ownership
from processors.executor.session.runner import OrgExecutor
from processors.model.errors import LeaseLost, Transient, Undecodable, UnknownFingerprint, Unprocessable
from processors.model.ledger import Arrival, Stored
from schemas.codec import Codec
from schemas.command import Command
from schemas.identity import reused_id
from schemas.topics import command_topic

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReadCommand:
    """A message with the command that it holds."""

    message: Message
    arrival: Arrival


class Inbox:
    """Stores the commands of one executor process. Used by its loop's thread only."""

    def __init__(self, deps: SessionDependencies, owners: Ownership, lag: Lag) -> None:
        self._deps = deps
        self._owners = owners
        self._lag = lag

    def take(self, messages: Sequence[Message]) -> None:
        """Store the commands of these messages, org by org; an org whose position is gone from the topic stops."""
        by_org: dict[str, list[Message]] = {}
        ends: dict[str, int] = {}
        for message in messages:
            org = (message.topic() or "").removeprefix(command_topic("x")[:-1])
            error = message.error()
            if error is None:
                by_org.setdefault(org, []).append(message)
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                self._owners.missing_offset(org)
            elif error.code() == KafkaError._PARTITION_EOF:
                ends[message.topic() or ""] = message.offset() or 0
            else:
                raise_if_fenced(error)
                log.warning("Kafka reports", topic=message.topic(), why=error.str())
        self._deps.probe("before_insert")
        for org, some in by_org.items():
            owned = self._owners.orgs.get(org)
            if owned is not None and owned.executor is not None:
                self._store(owned, some)
        for topic, offset in ends.items():
            self._lag.nothing_below((topic, 0), offset)
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
        try:
            read, offset = self._decode(owned, messages)
            stored, reused = self._insert(owned, executor, read)
            again = [
                ReadCommand(read_command.message, _reused(read_command.arrival, self._deps.codec))
                for read_command in reused
            ]
            stored_again, _ = self._insert(owned, executor, again)
        except (LeaseLost, Transient) as failure:
            executor.failure = failure
            return
        self._deps.metrics.count("commands_inserted_total", len(stored), org=owned.org)
        self._deps.metrics.count("commands_repeated_total", len(read) - len(stored), org=owned.org)
        try:
            executor.add([*stored, *stored_again], [read_command.arrival.command for read_command in (*read, *again)])
        except Exception as fault:  # noqa: BLE001  the ledger has them: the org is loaded anew, the others go on
            executor.failure = fault
            return
        owned.position = replace(owned.position, offset=max(owned.position.offset, offset))
        if messages:
            self._lag.read((owned.partition.topic, 0), sent_at(messages[-1]))

    def _insert(
        self, owned: Owned, executor: OrgExecutor, read: Sequence[ReadCommand]
    ) -> tuple[list[Stored], list[ReadCommand]]:
        """
        Insert commands; return what is new, and those whose ID is known with other content.

        Where the database refuses them for what one of them holds, each is tried alone; one that is refused alone is a
        dead letter. A database that is away raises `Transient`, a lost lease `LeaseLost`.
        """
        if not read:
            return [], []
        try:
            stored, reused = executor.deps.ledger.insert(
                executor.lease, [read_command.arrival for read_command in read]
            )
        except (LeaseLost, Transient):
            raise
        except Exception as fault:  # noqa: BLE001  whatever the database says of a value, the others must pass
            if len(read) == 1:
                self._dead(read[0].message, "insert", Unprocessable(fault))
                return [], []
            log.warning("commands are stored one by one", org=owned.org, why=type(fault).__name__, commands=len(read))
            parts = [self._insert(owned, executor, [read_command]) for read_command in read]
            return [item for part, _ in parts for item in part], [
                read_command for _, part in parts for read_command in part
            ]
        again = {id(arrival) for arrival in reused}
        return list(stored), [read_command for read_command in read if id(read_command.arrival) in again]

    def _decode(self, owned: Owned, messages: Sequence[Message]) -> tuple[list[ReadCommand], int]:
        read, offset = [], owned.position.offset if owned.position else 0
        for message in messages:
            body = message.value() or b""
            try:
                command = Command.from_avro(self._deps.codec.decode("command", body))
                read.append(ReadCommand(message, Arrival(command, body, self._first_due(owned, command))))
            except UnknownFingerprint as unknown:
                self._owners.pause(owned)
                why = f"{unknown.reason}; upgrade the executor, then start it again (executors go first)"
                self._owners.stop(owned, why, offset=message.offset())
                break
            except Undecodable as fault:
                self._dead(message, "decode", fault)
            except Transient:
                raise
            except Exception as fault:  # noqa: BLE001  as above: one command must not stop the others
                self._dead(message, "decode", Unprocessable(fault))
            offset = (message.offset() or 0) + 1
        return read, offset

    def _dead(self, message: Message, stage: str, fault: Undecodable) -> None:
        """Set a message apart: it is read never again, and those behind it pass."""
        self._deps.dead_letter(message, stage, fault)
        reason = type(fault).__name__.lower()
        self._deps.metrics.count("dead_letters_total", topic=message.topic() or "", reason=reason)
        log.error("command set apart", topic=message.topic(), offset=message.offset(), stage=stage, why=fault.reason)

    def _first_due(self, owned: Owned, command: Command) -> float | None:
        """Return when the command is first due by its integration's schedule; None for at once."""
        executor, now = owned.executor, self._deps.clock()
        decider = executor.deps.deciders.get(command.integration) if executor else None
        due = first_due(command, decider.integration if decider else None, now)
        return due if due > now else None


def _reused(arrival: Arrival, codec: Codec) -> Arrival:
    """Return the command that answers a reused event ID: an ID of its own, and nothing to do (D21)."""
    command = arrival.command
    own_id = reused_id(command.command_id, command.event_digest)
    answer = replace(command, command_id=own_id, kind="skip", skip_reason="id_reused")
    return Arrival(answer, codec.encode("command", answer.to_avro()))
