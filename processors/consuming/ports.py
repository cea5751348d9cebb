"""
Port of those who publish in transactions: the executor and reverse sync.

Rule of this file: the methods are those of `confluent_kafka.Producer`; one word is added, `late_end`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol


class TransactionalProducer(Protocol):
    """
    A transactional producer under a name of its own. All methods raise `KafkaException` as the client's do.

    `late_end`: why the end of an earlier transaction may yet arrive at the broker, which would apply it to the next
    one; None where it cannot. Then this producer begins no more transaction: make another one of the same name, and
    read anew what is committed.
    """

    @property
    def late_end(self) -> str | None:
        """Why no further transaction may be begun, or None."""

    def init_transactions(self, timeout: float) -> None:
        """Fence every producer that had the name before; what it left open is ended."""

    def begin_transaction(self) -> None:
        """Begin a transaction; never after a `late_end`."""

    def produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes,
        *,
        headers: Any = None,
        on_delivery: Callable[[Any, Any], None] | None = None,
    ) -> None:
        """Queue a message; raises `BufferError` where the queue is full."""

    def poll(self, timeout: float) -> int:
        """Let delivery reports come."""

    def flush(self, timeout: float) -> int:
        """Wait for deliveries; return how many messages are left."""

    def send_offsets_to_transaction(self, offsets: Sequence[Any], group_metadata: Any, timeout: float) -> None:
        """Commit a consumer's offsets with this transaction."""

    def commit_transaction(self, timeout: float) -> None:
        """Commit; may be called again after a retriable error."""

    def abort_transaction(self, timeout: float) -> None:
        """Abort."""
