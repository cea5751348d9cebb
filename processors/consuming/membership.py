"""
Membership in a consumer group that shares orgs out: joining it, being given partitions, giving them up.

In: what the group says.  Out: calls of whoever owns the orgs.  I/O through confluent-kafka.
Rule of this file: assigned partitions stay paused until their owner resumes them; revoked ones are released only after
the owner has stopped (the client does that itself when the callback returns).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaError, TopicPartition

from processors.model.errors import Fenced

INSTANCE = "group.instance.id"
Partitions: TypeAlias = list[TopicPartition]


def static_member(config: Mapping[str, Any], subscribed: Sequence[str], rejoins: int = 0) -> dict[str, Any]:
    """
    Return the consumer's configuration with the name of a static member that is another one for other subscriptions.

    A static member that comes back in time gets its old partitions without a look at what it subscribes to now: an org
    that was added would never be taken.

    Args:
        subscribed: The names of what it subscribes to, in an order that stays.
        rejoins: How often this process joined anew under another name.
    """
    own = dict(config)
    if own.get(INSTANCE) is not None:
        again = f"-{rejoins}" if rejoins else ""
        own[INSTANCE] = f"{own[INSTANCE]}-{sha256(' '.join(subscribed).encode()).hexdigest()[:8]}{again}"
    return own


def is_named(instance_id: str, group: str, name: str) -> bool:
    """Whether a static member of *group* is one of the process *name*, whatever it subscribes to."""
    return re.fullmatch(re.escape(f"{group}-{name}") + r"(-[0-9a-f]{8}(-\d+)?)?", instance_id) is not None


def raise_if_fenced(error: KafkaError) -> None:
    """
    Raise `Fenced` where *error* ends a consumer for good.

    The client knows one such error: a newer static member of the same name. It tells it once, by a code of its own, and
    gives nothing more after that.
    """
    if error.code() in (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID) or error.fatal():
        raise Fenced(f"another process has this one's `instance` name; give each a name of its own ({error.str()})")


class Membership:
    """One member. Its callbacks run inside the consumer's `poll`, `consume` and `close`, in the loop's own thread."""

    def __init__(
        self,
        consumer: Consumer,
        *,
        given: Callable[[Partitions], None],
        taken: Callable[[Partitions], None],
        lost: Callable[[Partitions], None],
        begin_at: int | None = None,
    ) -> None:
        """
        Args:
            given: Takes partitions over; they are assigned and paused.
            taken: Lets partitions go in good order, before they are given up.
            lost: Lets partitions go that are another's already.
            begin_at: The offset at which partitions are assigned; None: where the group's committed offset says.
        """
        self._consumer = consumer
        self._on_given, self._on_taken, self._on_lost = given, taken, lost
        self._begin_at = begin_at
        self.joined = False

    def join(self, topics: Sequence[str]) -> None:
        """Subscribe to these topics."""
        self._consumer.subscribe(
            list(topics),
            on_assign=self._given,
            on_revoke=lambda _consumer, partitions: self._on_taken(partitions),
            on_lost=lambda _consumer, partitions: self._on_lost(partitions),
        )

    def leave(self) -> None:
        """Leave the group; what is owned is taken before."""
        self._consumer.close()

    def _given(self, consumer: Consumer, partitions: Partitions) -> None:
        self.joined = True
        assigned = partitions
        if self._begin_at is not None:
            assigned = [
                TopicPartition(partition.topic, partition.partition, self._begin_at) for partition in partitions
            ]
        consumer.incremental_assign(assigned)
        if assigned:
            consumer.pause(assigned)
        self._on_given(partitions)
