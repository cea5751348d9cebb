"""
The rig: real Kafka, a simulated org in its own process, the four processes of production, a reader of outcomes.

In: orgs, processes, pace. Out: `Rig`; everything ends with the context.
Rule of this file: every event updates a record that is there, and every wait has a bound.
"""

import itertools
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Producer

from bench.processes import cpu_seconds, own_java, rss_mb
from bench.reader import Reader
from schemas.codec import SingleObject
from schemas.topics import SOURCE_CALL_RESULT
from tests.fixtures.kafka_server import running_kafka
from tests.torture.calls import address, call, integrations
from tests.torture.stage import Stage, staged

ROLES = ("intake", "executor", "notifier", "audit")
_CODEC = SingleObject()
_NUMBERS = itertools.count(1)
_START_SECONDS = 120.0


@dataclass
class Rig:
    """Everything that runs. `sent` holds the moment of publishing of each event ID (`time.monotonic`)."""

    stage: Stage
    reader: Reader
    pids: dict[str, int]
    sent: dict[str, float] = field(default_factory=dict)

    def seed(self, people: int, org: str = "acme") -> list[str]:
        """Put *people* into the org, every fifth a contact, the rest leads; return their IDs."""
        names = [(n, {"LastName": f"Number {n}", "Email": address(n)}) for n in range(people)]
        contacts = self.stage.org(org).seed("Contact", [row for n, row in names if n % 5 == 4])
        leads = self.stage.org(org).seed("Lead", [{**row, "Company": "Example"} for n, row in names if n % 5 != 4])
        left, right = iter(leads), iter(contacts)
        return [next(right) if n % 5 == 4 else next(left) for n in range(people)]

    def events(self, people: Iterable[int | str], org: str = "acme") -> list[tuple[str, bytes, bytes]]:
        """Return one update event a person: event ID, key, bytes."""
        made = []
        for person in people:
            event = call(f"b{next(_NUMBERS)}", person, "update", org=org)
            made.append((event.event_id, event.call_id.encode(), _CODEC.encode("call_result", event.to_avro())))
        return made

    def publish(
        self, events: Sequence[tuple[str, bytes, bytes]], rate: float | None = None, topic: str = SOURCE_CALL_RESULT
    ) -> list[str]:
        """Publish at once, or at *rate* a second; return the event IDs."""
        options = {"bootstrap.servers": self.stage.kafka, "enable.idempotence": True, "linger.ms": 0 if rate else 5}
        producer, begin = Producer({**options, "queue.buffering.max.messages": 500_000}), time.monotonic()
        for number, (event, key, value) in enumerate(events):
            if rate:
                time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            self.sent[event] = time.monotonic()
            producer.produce(topic, value, key)
            producer.poll(0)
        if (left := producer.flush(60)) != 0:
            raise TimeoutError(f"Kafka did not take {left} of {len(events)} events in 60 s")
        return [event for event, _, _ in events]

    def run(
        self,
        events: Sequence[tuple[str, bytes, bytes]],
        bound: float,
        rate: float | None = None,
        *,
        topic: str = SOURCE_CALL_RESULT,
        outcomes: int | None = None,
    ) -> list[str]:
        """Publish, and wait until all their outcomes are visible (as many as events by default); return event IDs."""
        before = self.reader.count
        ids = self.publish(events, rate, topic)
        self.reader.wait(before + (len(ids) if outcomes is None else outcomes), bound)
        return ids

    def latencies(self, ids: Sequence[str]) -> list[float]:
        """Return seconds from publishing to the visible outcome; raises ValueError where one is no update."""
        moments = self.reader.moments()
        other = sorted({moments[item_id][1] for item_id in ids} - {"updated"})
        if other:
            raise ValueError(f"every event updates a known record, but some outcomes are {', '.join(other)}")
        return [moments[item_id][0] - self.sent[item_id] for item_id in ids]

    def cpu(self) -> dict[str, float]:
        """Return CPU seconds by process."""
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def rss(self) -> dict[str, float]:
        """Return resident megabytes of Signalbox's processes."""
        return {name: rss_mb(pid) for name, pid in self.pids.items() if name in ROLES}


@contextmanager
def running(
    orgs: Sequence[str] = ("acme",),
    people: int = 1000,
    roles: Sequence[str] = ROLES,
    files: Mapping[str, str] | None = None,
) -> Iterator[Rig]:
    """
    Start everything, with *people* known in each org, warmed up by an event of every fiftieth of them.

    *files* are the integrations by name, those of call results by default.
    """
    files = files or {name: text for org in orgs for name, text in integrations(org).items()}
    with tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder, running_kafka() as kafka:
        # The terms of production; the stage's own are scaled down for tests of faults.
        terms = {"request_limit": 600.0, "read_timeout": 30.0}
        stage = Stage(Path(folder) / "stage", kafka, files, tuple(orgs), terms, {"look_every": 1.0})
        with staged(stage):
            actors = [stage.start(role) for role in roles]
            pids = {actor.role: actor.process.pid for actor in actors if actor.process is not None}
            pids["simulator"] = stage._others[0].pid
            java = own_java()
            if java is not None:
                pids["kafka"] = java
            rig = Rig(stage, Reader(kafka), pids)
            try:
                for org in orgs if people else ():
                    rig.seed(people, org)
                    rig.run(rig.events(range(0, people, 50), org), _START_SECONDS)
                yield rig
            finally:
                rig.reader.stop()
