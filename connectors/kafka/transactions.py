"""
A transactional producer that knows when the end of a transaction may still be under way.

librdkafka has no transaction protocol V2 (KIP-890): a commit or an abort has the same epoch as the next transaction.
Where a connection breaks, the client sends the request again by itself and tells nobody; if the first one was only held
up by the network, the broker applies it to the next transaction. A new producer of the same name has a higher epoch,
and what is late is refused.

In: the client's configuration.  Out: the client's methods, and `late_end`.  Implements
`processors.consuming.ports.TransactionalProducer`.
Rule of this file: each broken connection, each time-out and each slow answer counts while a transaction is open or
ending; after it this producer begins no further transaction.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaException, Producer

from connectors.kafka.options import LIBRDKAFKA

SIGNS = frozenset({"FAIL", "REQTMOUT"})
"""librdkafka's names of a broken connection and of a request without an answer, the first words of its log lines."""
SLOW_SECONDS = 5.0
"""An answer that takes longer may be that to a second request."""


class WatchedProducer:
    """One client; used by one thread."""

    def __init__(self, config: Mapping[str, Any], clock: Callable[[], float] = time.monotonic) -> None:
        """*config* is that of `transactional_config`; *clock* returns seconds."""
        self._clock = clock
        self._lines = _Lines()
        # The line of a broken connection has level 6. The client delivers its lines at the next `poll`.
        watched = {"log_level": 6, "log.connection.close": True, "logger": self._lines}
        self._client = Producer({**config, **watched})
        self._open = False
        self._late: str | None = None

    @property
    def late_end(self) -> str | None:
        """Why no further transaction may be begun, or None."""
        return self._late

    def init_transactions(self, timeout: float) -> None:
        """Fence every producer that had the name before; what it left open is ended."""
        self._client.init_transactions(timeout)

    def begin_transaction(self) -> None:
        """Begin a transaction. Raises RuntimeError after a `late_end`."""
        if self._late is not None:
            raise RuntimeError(f"this producer begins no transaction any more: {self._late}")
        self._client.poll(0)
        # A connection that broke while nothing was under way took no request with it.
        self._lines.signs.clear()
        self._client.begin_transaction()
        self._open = True

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
        self._client.produce(topic, value, key, headers=headers, on_delivery=on_delivery)

    def poll(self, timeout: float) -> int:
        """Let delivery reports come."""
        served = self._client.poll(timeout)
        self._look()
        return served

    def flush(self, timeout: float) -> int:
        """Wait for deliveries; return how many messages are left."""
        with self._watched():
            left = self._client.flush(timeout)
        if left:
            self._note(f"{left} messages without an answer after {timeout:g} s")
        return left

    def send_offsets_to_transaction(self, offsets: Sequence[Any], group_metadata: Any, timeout: float) -> None:
        """Commit a consumer's offsets with this transaction."""
        with self._watched():
            self._client.send_offsets_to_transaction(list(offsets), group_metadata, timeout)

    def commit_transaction(self, timeout: float) -> None:
        """Commit; may be called again after a retriable error."""
        with self._watched():
            self._client.commit_transaction(timeout)
        self._open = False

    def abort_transaction(self, timeout: float) -> None:
        """Abort."""
        with self._watched():
            self._client.abort_transaction(timeout)
        self._open = False

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Note what a call of the client tells by its error, by its time, and by the lines that it leaves."""
        began = self._clock()
        try:
            yield
        except KafkaException as error:
            self._note(str(error.args[0].str()))
            raise
        finally:
            self._client.poll(0)
            self._look()
            took = self._clock() - began
            if took >= SLOW_SECONDS:
                self._note(f"an answer took {took:.1f} s")

    def _look(self) -> None:
        if self._lines.signs:
            self._note(self._lines.signs[0])

    def _note(self, why: str) -> None:
        if self._open and self._late is None:
            self._late = why


class _Lines:
    """Where one client writes its log: signs are kept, and each line goes on to librdkafka's own logger."""

    def __init__(self) -> None:
        self.signs: list[str] = []

    def log(self, level: int, template: str, *words: object) -> None:
        """Take a line; called by the client's `poll`, as it calls `logging.Logger.log`."""
        line = template % words if words else template
        if line.partition(" ")[0] in SIGNS:
            self.signs.append(line)
        LIBRDKAFKA.log(level, template, *words)
