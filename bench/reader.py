"""
Noun: when each outcome became visible to a reader of committed messages.

In: Kafka's address. Out: seconds of `time.monotonic` by event ID.
Rule of this file: bytes are decoded after the measurement, so that the reader's own work is not in the figure.
"""

import threading
import time

from confluent_kafka import Consumer, TopicPartition

from schemas.codec import SingleObject
from schemas.topics import OUTCOME_KINDS, outcome_topic


class Reader:
    """Reads all outcome topics in a thread of its own, from the beginning, until `stop`."""

    def __init__(self, bootstrap: str) -> None:
        self._seen: list[tuple[float, bytes]] = []
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "bench-reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 10,
            }
        )
        known = self._consumer.list_topics(timeout=20).topics
        names = [outcome_topic(kind) for kind in OUTCOME_KINDS]
        self._consumer.assign([TopicPartition(name, part, 0) for name in names for part in known[name].partitions])
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while not self._stop.is_set():
                for message in self._consumer.consume(500, timeout=0.02):
                    if message.error() is not None:
                        raise RuntimeError(f"outcomes cannot be read: {message.error()}")
                    self._seen.append((time.monotonic(), message.value() or b""))
        except Exception as error:  # noqa: BLE001  handed to whoever waits
            self._failure = error
        finally:
            self._consumer.close()

    def wait(self, count: int, seconds: float) -> None:
        """Return once *count* outcomes were seen in all; raises TimeoutError after *seconds*."""
        end = time.monotonic() + seconds
        while len(self._seen) < count:
            if self._failure is not None:
                raise self._failure
            if time.monotonic() > end:
                raise TimeoutError(f"{len(self._seen)} of {count} outcomes after {seconds:g} s")
            time.sleep(0.01)

    @property
    def count(self) -> int:
        """How many outcomes were seen."""
        return len(self._seen)

    def moments(self) -> dict[str, tuple[float, str]]:
        """Return moment and kind of each outcome by event ID; raises ValueError where an event has two."""
        codec, found = SingleObject(), dict[str, tuple[float, str]]()
        for moment, data in list(self._seen):
            value = codec.decode("outcome", data)
            for event in value["event_ids"]:
                if event in found:
                    raise ValueError(f"event {event} has two outcomes")
                found[event] = (moment, str(value["kind"]))
        return found

    def stop(self) -> None:
        """End reading."""
        self._stop.set()
        self._thread.join(10)
