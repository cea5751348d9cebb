"""
An org's executor on a real SQLite ledger and a fake org: everything of section 3 but Kafka.

Rule of this file: `settle` waits for conditions with a bound; a test never sleeps for luck.
"""

import itertools
import random
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from connectors.database.engine import open_engine
from connectors.database.ledger import SqlLedger
from connectors.database.metadata import metadata
from processors.executor.dependencies import Decider, OrgDependencies
from processors.executor.jobs.priority import first_due
from processors.executor.jobs.terms import Terms
from processors.executor.session.runner import OrgExecutor
from processors.integration.model import Integration
from processors.model.backoff import Backoff
from processors.model.ledger import Arrival
from processors.model.ports import Credential, Salesforce
from processors.sources.settings import integration_of
from schemas.codec import SingleObject
from schemas.command import Command, MatchKey
from schemas.identity import command_id
from schemas.notice import Notice
from schemas.outcome import Outcome
from schemas.values import Person
from tests.fakes.org import FakeOrg

CODEC = SingleObject()
BOUND = 60.0
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class NoMetrics:
    """Counts nothing."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Take it."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Take it."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Take it."""


class Gauges(NoMetrics):
    """Keeps the last value of each gauge, by its name and labels' values."""

    def __init__(self) -> None:
        self.last: dict[tuple[str, ...], float] = {}

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Keep it."""
        self.last[name, *labels.values()] = value


def integration(name: str = "upsert", **more: Any) -> Integration:
    """Return an enabled integration that matches by e-mail and creates leads, unless told otherwise."""
    return integration_of(
        {
            "name": name,
            "org": "main",
            "enabled": True,
            "project": "p",
            "result_codes": [name],
            "action": "update_or_create_lead",
            **more,
        }
    )


_NUMBERS = itertools.count(1)


def command(
    email: str | None = None,
    *,
    integration: str = "upsert",
    event_id: str | None = None,
    source_id: str | None = None,
    phone: str | None = None,
    salesforce_id: str | None = None,
    digest: str = "d",
    **fields: Any,
) -> Command:
    """Return a command of one call result; `fields` go into the lead's and the contact's mapping alike."""
    event = event_id or f"event-{next(_NUMBERS)}"
    account = fields.pop("account", {})
    opportunity = fields.pop("opportunity", {})
    keys = []
    if email:
        keys.append(MatchKey(1, "email", email, lead="Email", contact="Email"))
    if phone:
        keys.append(MatchKey(2, "phone", phone, lead="Phone", contact="Phone"))
    known = {"Email": email, "Phone": phone}
    mapped = {name: value for name, value in known.items() if value} | {"LastName": "Doe"} | fields
    return Command(
        command_id=command_id("call_result", event, integration),
        kind="apply",
        contract="call_result",
        event_id=event,
        event_digest=digest,
        source_id=source_id or f"call-of-{event}",
        integration=integration,
        org="main",
        lane="live",
        event_time=NOW,
        command_time=NOW,
        settings_digest="s",
        person=Person(last_name="Doe", email=email, phones=(phone,) if phone else ()),
        salesforce_id=salesforce_id,
        keys=tuple(keys),
        lead={"Company": "Acme"} | mapped,
        contact=mapped,
        account=account,
        opportunity=opportunity,
    )


class Rig:
    """One org's executor, its ledger and its fake org; `restart` is a crash: memory is gone, the ledger stays."""

    def __init__(
        self,
        folder: Path,
        integrations: Iterable[Integration] = (),
        *,
        external: bool = True,
        request_limit: float = 600.0,
        skew: float = 0.0,
        check_every: float = 60.0,
        credential: Credential | None = None,
        api_calls_needed: int | None = None,
        used: tuple[int, int] | None = None,
        url: str | None = None,
        **terms: Any,
    ) -> None:
        self.check_every, self.credential = check_every, credential
        self.api_calls_needed = api_calls_needed
        self.metrics = Gauges()
        self.skew = skew
        self.engine: Engine = open_engine(url or f"sqlite:///{folder / 'ledger.db'}")
        metadata.create_all(self.engine)
        self.org = FakeOrg(self.clock, external=external)
        self.org.used = used
        self.places: list[str] = []
        self.on_place: Callable[[str], None] = lambda _place: None
        wanted = list(integrations) or [integration()]
        self.deciders: Mapping[str, Decider] = {integration.name: Decider(integration, "x") for integration in wanted}
        self.terms = Terms(request_limit=request_limit, **terms)
        self.executor = self.begin()

    def clock(self) -> float:
        """Return now, plus the skew that a test set."""
        return time.time() + self.skew

    def salesforce(self) -> Salesforce:
        """Return the org that the executor works on."""
        return self.org

    def context(self) -> OrgDependencies:
        """Return the executor's context."""
        return OrgDependencies(
            org="main",
            ledger=SqlLedger(self.engine, self.clock),
            codec=CODEC,
            deciders=self.deciders,
            clock=self.clock,
            probe=self._probe,
            metrics=self.metrics,
            new_id=lambda: str(uuid.uuid4()),
            headers=lambda outcome: [("ce_id", outcome.outcome_id.encode())],
            notice_headers=lambda notice: [("ce_id", notice.command_id.encode())],
            salesforce=self.salesforce(),
            terms=self.terms,
            retry=Backoff(base=0.02, cap=0.1, jitter=random.random),
            row_retry=Backoff(base=0.02, cap=0.1, jitter=random.random),
            looks=1,
            look_every=0.05,
            linger=0.01,
            check_every=self.check_every,
            credential=self.credential,
            api_calls_needed=self.api_calls_needed,
        )

    def _probe(self, place: str) -> None:
        self.places.append(place)
        self.on_place(place)

    def begin(self) -> OrgExecutor:
        """Take the lease and start."""
        context = self.context()
        self.executor = OrgExecutor(context, context.ledger.take_lease("main", "rig"))
        self.executor.start()
        return self.executor

    def restart(self) -> None:
        """Crash and start again."""
        self.executor.stop()
        self.begin()

    def send(self, *commands: Command) -> None:
        """Deliver commands, as the loop does."""
        arrivals = [Arrival(item, CODEC.encode("command", item.to_avro()), self._due(item)) for item in commands]
        stored, _ = self.executor.deps.ledger.insert(self.executor.lease, arrivals)
        self.executor.add(stored, list(commands))

    def _due(self, command: Command) -> float:
        decider = self.deciders.get(command.integration)
        return first_due(command, decider.integration if decider else None, self.clock())

    def outcomes(self) -> list[Outcome]:
        """Return what would be published, in sequence."""
        rows = self.executor.deps.ledger.unpublished("main", 0, 100_000)
        return [Outcome.from_avro(CODEC.decode("outcome", row.outcome)) for row in rows if row.kind != "notice"]

    def notices(self) -> list[Notice]:
        """Return what would be told on the way, in sequence."""
        rows = self.executor.deps.ledger.unpublished("main", 0, 100_000)
        return [Notice.from_avro(CODEC.decode("notice", row.outcome)) for row in rows if row.kind == "notice"]

    def settle_start(self) -> None:
        """Wait until the executor has looked at the connection for the first time."""
        self.wait(lambda: bool(self.org.facts_read), what="the first look")

    def checks(self) -> int:
        """Return how often the org was asked for its describe, whatever it answered."""
        return self.org.asked

    def settle(self, count: int, bound: float = BOUND) -> list[Outcome]:
        """Wait until so many outcomes are settled; return all of them."""
        self.wait(lambda: len(self.outcomes()) >= count, bound, f"{count} outcomes")
        return self.outcomes()

    def wait(self, condition: Callable[[], bool], bound: float = BOUND, what: str = "the condition") -> None:
        """Wait for a condition, at most *bound* seconds."""
        deadline = time.monotonic() + bound
        while not condition():
            failure = self.executor.failure
            if failure is not None:
                raise failure
            if time.monotonic() > deadline:
                counts = self.executor.scheduler.counts(self.clock())
                raise AssertionError(f"{what} not reached in {bound} s; {len(self.outcomes())} outcomes, {counts}")
            time.sleep(0.005)

    def kinds(self, outcomes: Sequence[Outcome]) -> list[str]:
        """Return kind.reason of each."""
        return [
            f"{outcome.kind}.{outcome.reason}" if outcome.reason != "none" else outcome.kind for outcome in outcomes
        ]

    def hour_later(self) -> None:
        """Let an hour pass."""
        self.skew += timedelta(hours=1).total_seconds()
        self.executor.scheduler.signal.changed()
