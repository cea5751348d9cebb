"""
Fakes of the way back: a log that keeps what was committed, our own writes, links; and a poller on the simulated org.

Rule of this file: a commit is all or nothing, as the port says; `fail` makes the next one fail at a place.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import simulator
from connectors.kafka.headers import change_headers
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.changes.org import OrgChanges, PollerDependencies
from processors.changes.plan import PollPace
from processors.changes.ports import Ask, ChangeFeed, NotKept, OutgoingMessage, OwnWrite, Page, Superseded
from processors.integration.model import Integration
from processors.model.org_facts import ObjectFacts
from processors.sources.settings import integration_of
from schemas.change import Change
from schemas.codec import SingleObject
from schemas.command import Command
from simulator.client import Control

CODEC = SingleObject()
QUICK = PollPace(every=0.01, overlap=600.0, page=2_000, hold_back=0.0)


@dataclass
class FakeLog:
    """`ChangeLog` in memory. `opened` counts; only the last opener may commit, as on Kafka."""

    kept: dict[bytes, bytes | None] = field(default_factory=dict)
    sent: list[OutgoingMessage] = field(default_factory=list)
    fail: list[str] = field(default_factory=list)
    transactions: int = 0
    largest: int = 0

    def open(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield what is kept."""
        yield from list(self.kept.items())

    def commit(self, messages: Sequence[OutgoingMessage]) -> None:
        """Keep all of it or none; `before` and `after` of *fail* are where this process dies."""
        how = self.fail.pop(0) if self.fail else ""
        if how == "refused":
            raise NotKept("Kafka refused the changes")
        if how == "before":
            raise Superseded("the process died before its commit")
        self.transactions += 1
        self.largest = max(self.largest, len(messages))
        for message in messages:
            if message.topic.startswith("crm.change-state."):
                self.kept[message.key] = message.value
            else:
                self.sent.append(message)
        if how == "after":
            raise Superseded("the process died after its commit")

    def close(self) -> None:
        """Nothing to let go."""

    def commands(self) -> list[Command]:
        """Return what was sent to the executor."""
        found = [message.value or b"" for message in self.sent if message.topic == "crm.command.main"]
        return [Command.from_avro(CODEC.decode("command", data)) for data in found]

    def changes(self, integration: str = "field") -> list[Change]:
        """Return what was sent to an integration's topic."""
        topic = f"crm.change.{integration}"
        return [
            Change.from_avro(CODEC.decode("change", message.value or b""))
            for message in self.sent
            if message.topic == topic
        ]


@dataclass
class FakeWrites:
    """`OwnWrites` that a test fills: record ID → field → write."""

    rows: dict[str, dict[str, OwnWrite]] = field(default_factory=dict)

    def note(self, record: str, name: str, value: Any, event: str, integration: str = "field") -> None:
        """Note what was written."""
        self.rows.setdefault(record, {})[name] = OwnWrite(integration, value, event)

    def written(self, _org: str, record_ids: Sequence[str]) -> Mapping[str, Mapping[str, OwnWrite]]:
        """Return the writes of these records."""
        return {record_id: dict(self.rows[record_id]) for record_id in record_ids if record_id in self.rows}


@dataclass
class FakeLinks:
    """`Links` that a test fills: (integration, record ID) → source's ID."""

    rows: dict[tuple[str, str], str] = field(default_factory=dict)

    def sources(self, _org: str, record_ids: Sequence[str]) -> Mapping[tuple[str, str], str]:
        """Return the links of these records."""
        return {key: source for key, source in self.rows.items() if key[1] in record_ids}


class Counts:
    """`Metrics` that a test may read: (name, labels) → sum; gauges as last set."""

    def __init__(self) -> None:
        self.counters: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        self.gauges: dict[str, float] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add."""
        self.counters[(name, tuple(sorted(labels.items())))] += int(amount)

    def gauge(self, name: str, value: float, **_labels: str) -> None:
        """Set."""
        self.gauges[name] = value

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Forget."""

    def of(self, name: str, **labels: str) -> int:
        """Return a counter."""
        return self.counters[(name, tuple(sorted(labels.items())))]


def told(name: str = "field", objects: Mapping[str, Any] | None = None, **more: Any) -> Integration:
    """Return an integration that is told of changes of leads: name, status and city, unless a test says otherwise."""
    fields = {"surname": "LastName", "stage": "Status", "city": "City"}
    wanted = {"Lead": {"scope": "historical_and_forward", "fields": fields}} if objects is None else objects
    changes = {"enabled": True, "objects": wanted, **more.pop("changes", {})}
    base = {"name": name, "source": "field_sales", "org": "main", "enabled": True, "workspace": name}
    return integration_of({**base, "changes": changes, **more})


class ChangesRig:
    """One org's poller on the simulated org, with a log that a test may let fail."""

    def __init__(self, running: simulator.Running, *integrations: Integration, pace: PollPace = QUICK) -> None:
        self.running, self.integrations, self.pace = running, integrations, pace
        self.log, self.writes, self.links, self.metrics = FakeLog(), FakeWrites(), FakeLinks(), Counts()
        self.control = Control(running.control_url)
        settings = {"login_url": running.url, "client_id": "signalbox", "client_secret": "simulated-secret"}
        self.client = SalesforceClient("main", SalesforceSettings.model_validate(settings), clock=self.clock)
        self.feed: ChangeFeed = self.client.changes()
        self.shift = 0.0
        self.poller: OrgChanges | None = None

    def clock(self) -> datetime:
        """Return now as this process sees it."""
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.shift, UTC)

    def begin(self) -> OrgChanges:
        """Begin anew, as a process that starts."""
        self.poller = OrgChanges(
            PollerDependencies(
                org="main",
                integrations=self.integrations,
                feed=self.feed,
                log=self.log,
                writes=self.writes,
                links=self.links,
                codec=CODEC,
                headers=change_headers,
                clock=self.clock,
                probe=lambda _place: None,
                metrics=self.metrics,
                digests={integration.name: "digest" for integration in self.integrations},
                pace=self.pace,
            )
        )
        return self.poller

    def poll(self, most: int = 200) -> list[Change]:
        """Poll until all is read, starting again after each death; return what was sent meanwhile."""
        before = len(self.log.sent)
        for _ in range(most):
            poller = self.poller or self.begin()
            try:
                if not poller.turn():
                    break
            except NotKept:
                continue
            except Superseded:
                self.poller = None
        else:
            raise AssertionError(f"after {most} polls there is more to read")
        return [
            Change.from_avro(CODEC.decode("change", message.value or b""))
            for message in self.log.sent[before:]
            if message.topic.startswith("crm.change.")
        ]

    def seed(self, name: str = "Lead", **fields: Any) -> str:
        """Put a record in as a person would."""
        made = {"Lead": {"LastName": "Lee", "Company": "Acme"}, "Contact": {"LastName": "Lee"}}.get(name, {})
        return self.control.seed(name, [{**made, **fields}])[0]

    def edit(self, record: str, name: str = "Lead", **fields: Any) -> None:
        """Change a record as a person would."""
        self.client._call("PATCH", f"sobjects/{name}/{record}", writing=False, json=fields)

    def delete(self, record: str, name: str = "Lead") -> None:
        """Delete a record as a person would."""
        self.client._call("DELETE", f"sobjects/{name}/{record}", writing=False)


class Scripted:
    """A feed that answers by a function: for what the simulated org cannot show at will."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, 0

    def read(self, asks: Sequence[Ask]) -> Sequence[Page]:
        """Answer each ask."""
        self.asked += 1
        return [self.answer(ask) for ask in asks]

    def now(self) -> datetime:
        """Return now."""
        return datetime.now(UTC)

    def describe(self, name: str) -> ObjectFacts | None:
        """Know no object."""

    def api_calls(self) -> int:
        """Return the calls."""
        return self.asked


def named(change: Change) -> dict[str, Any]:
    """Return the fields of a change as name → value now."""
    return {field_change.field: field_change.after for field_change in change.changes}
