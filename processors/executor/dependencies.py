"""
What the executor's shells are given by the wiring: for one org its ports, settings and terms; and for the process.

Rule of this file: a frozen bundle, built by the wiring; nothing in it is looked up anywhere else.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Message

from processors.consuming.ports import TransactionalProducer
from processors.executor.jobs.priority import Budget
from processors.executor.jobs.terms import Terms
from processors.integration.model import Integration
from processors.model.backoff import Backoff
from processors.model.ledger import Ledger
from processors.model.ports import Credential, Metrics, Probe, Salesforce
from schemas.codec import Codec
from schemas.notice import Notice
from schemas.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Decider:
    """The executor's settings of one integration, with their digest."""

    integration: Integration
    digest: str


@dataclass(frozen=True, slots=True)
class OrgDependencies:
    """
    Everything that is the same for all commands of one org. `clock` returns seconds since the epoch.

    A broken connection is looked at every `check_every` seconds; `credential` says when it is another one (LL-29), and
    `api_calls_needed` how many API calls a day the work needs (LL-4). `hold_unknown`: commands of an integration that
    has no decider wait, since its file may be a faulty one.
    """

    org: str
    ledger: Ledger
    codec: Codec
    deciders: Mapping[str, Decider]
    clock: Callable[[], float]
    probe: Probe
    metrics: Metrics
    new_id: Callable[[], str]
    headers: Callable[[Outcome], Iterable[tuple[str, bytes]]]
    notice_headers: Callable[[Notice], Iterable[tuple[str, bytes]]]
    salesforce: Salesforce | None = None
    credential: Credential | None = None
    api_calls_needed: int | None = None
    check_every: float = 60.0
    terms: Terms = field(default_factory=Terms)
    retry: Backoff = field(default_factory=lambda: Backoff(base=0.5, cap=60.0, jitter=random.random))
    row_retry: Backoff = field(default_factory=lambda: Backoff(base=0.5, cap=30.0, jitter=random.random))
    looks: int = 2
    look_every: float = 1.0
    max_due: int = 10_000
    region: str = "US"
    linger: float = 0.15
    max_in_flight: int = 12
    hold_unknown: bool = False
    budget: Budget = field(default_factory=Budget)
    probe_every: float = 300.0
    keep_seconds: float = 60 * 86_400.0

    def now(self) -> datetime:
        """Return the clock's reading as a UTC moment."""
        return datetime.fromtimestamp(self.clock(), UTC)


@dataclass(frozen=True, slots=True)
class SessionDependencies:
    """What the executor's loop is given by the wiring."""

    consumer_config: dict[str, Any]
    producer: Callable[[], TransactionalProducer]
    orgs: tuple[str, ...]
    owner: str
    org_deps: Callable[[str], OrgDependencies]
    codec: Codec
    dead_letter: Callable[[Message, str, Exception], None]
    delete_below: Callable[[str, int], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    probe: Probe
    metrics: Metrics
    beat: Callable[[bool], None]
    stopping: Callable[[], bool]
    unowned: Callable[[], frozenset[str]]
    embedded: bool = False
