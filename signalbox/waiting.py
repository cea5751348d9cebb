"""
Waiting at the start for what is not available yet, instead of a crash.

In: a process, the settings' other sides.  Out: True once all is well, False where the process is to stop before.
Rule of this file: one line for each reason, /livez up and /readyz saying why all the while, back-off with jitter.
"""

import itertools
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from connectors.database.engine import open_engine
from connectors.database.migrate import at_head
from connectors.kafka.options import SESSION_TIMEOUT_MS, admin_config
from connectors.kafka.owners import static_members
from connectors.prometheus.registry import PrometheusMetrics
from processors.consuming.membership import is_named
from processors.integration.catalog import Integrations
from processors.model.backoff import Backoff
from processors.model.errors import Transient
from processors.sources.last_good import Running
from schemas.codec import Codec
from schemas.topics import NO_ORG, topic_table
from signalbox.health import Heartbeat
from signalbox.settings import Settings

log = structlog.get_logger()

BACKOFF = Backoff(base=0.5, cap=5.0, jitter=random.random)

T = TypeVar("T")

# Refused connections are what waiting is about: librdkafka need not repeat them.
_SILENT = logging.getLogger("signalbox.silent")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


@dataclass(frozen=True, slots=True)
class Process:
    """What every process has: settings, metrics, health, the wish to stop, and the wish to start anew after that."""

    settings: Settings
    running: Running
    codec: Codec
    registry: CollectorRegistry
    metrics: PrometheusMetrics
    heartbeat: Heartbeat
    stop: threading.Event
    anew: threading.Event = field(default_factory=threading.Event)

    @property
    def integrations(self) -> Integrations:
        """The integrations that run."""
        return self.running.integrations

    @property
    def orgs(self) -> tuple[str, ...]:
        """The orgs of the settings and of the integrations that run, and `none`."""
        return orgs_of(self.settings, self.integrations)


def orgs_of(settings: Settings, integrations: Integrations) -> tuple[str, ...]:
    """Return the orgs of the settings and of the integrations, and `none`."""
    return tuple(sorted({NO_ORG, *settings.orgs, *integrations.orgs()}))


def changes_wanted(integrations: Integrations) -> dict[str, str]:
    """Return the integrations with reverse sync, with the org of each."""
    return {
        integration.name: integration.org
        for integration in integrations.by_name.values()
        if integration.enabled and integration.changes.enabled
    }


def open_database(process: Process) -> Engine | None:
    """Return an engine once the database answers and is at head; None where the process is to stop before."""
    engine = open_engine(process.settings.database.get_secret_value())

    def why() -> str | None:
        return None if at_head(engine) else "the database lacks this version's tables; run `signalbox migrate`"

    return engine if wait_until_well(process, why) else None


def wait_for_kafka(process: Process) -> bool:
    """Return True once a broker answers and has every topic; False where the process is to stop before."""
    admin = AdminClient(admin_config(process.settings.kafka.client(None)) | {"logger": _SILENT})
    wanted = {topic.name for topic in topic_table(process.orgs, changes_wanted(process.integrations))}

    def why() -> str | None:
        try:
            missing = sorted(wanted - set(admin.list_topics(timeout=5).topics))
        except KafkaException as error:
            return f"Kafka does not answer at {process.settings.kafka.bootstrap}: {error.args[0].str()}"
        return f"Kafka lacks topic {missing[0]}; run `signalbox topics create`" if missing else None

    return wait_until_well(process, why)


def wait_for_own_name(process: Process, group: str) -> bool:
    """
    Return True once no other process is in *group* by this one's name; False where the process is to stop before.

    A killed process counts as a member until its session ends, a running one for ever: this one waits, and says so.
    """
    settings, began = process.settings, time.monotonic()
    members, name = static_members(settings.kafka.client(None), group), settings.instance

    def why() -> str | None:
        if not any(is_named(member, group, name) for member in members()):
            return None
        if time.monotonic() - began < SESSION_TIMEOUT_MS / 1000 + 2:
            return f"a member {name!r} is still in group {group}; waiting until its session ends"
        return f"another process is in group {group} as {name!r}; give each one its own `instance`"

    return wait_until_well(process, why)


def wait_until_well(process: Process, why: Callable[[], str | None]) -> bool:
    """
    Ask *why* not, until there is no reason any more (True) or the process is to stop (False).

    A reason is logged once, and told by /readyz all the while; a `Transient` is a reason too.
    """
    told = None
    for tries in itertools.count(1):
        try:
            reason = why()
        except Transient as error:
            reason = error.reason
        if reason is None or process.stop.is_set():
            return reason is None and not process.stop.is_set()
        process.heartbeat.beat(False, reason)
        if reason != told:
            told = reason
            log.warning("waiting, nothing is lost", why=reason)
        process.stop.wait(BACKOFF.delay(tries))
    return False


class PatientCodec(Codec):
    """
    A codec that waits for its schema registry: a message in hand is neither lost nor a dead letter while it is away.

    Ends with `Transient` only where the process is to stop.
    """

    def __init__(self, codec: Codec, process: Callable[[], Process]) -> None:
        self._codec, self._process = codec, process

    def encode(self, contract: str, value: Mapping[str, Any]) -> bytes:
        """Return the bytes of *value*; raises as the codec does."""
        return self._wait(lambda: self._codec.encode(contract, value))

    def decode(self, contract: str, data: bytes) -> dict[str, Any]:
        """Return the value; raises as the codec does."""
        return self._wait(lambda: self._codec.decode(contract, data))

    def _wait(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except Transient as error:
            first = error
        done: list[T] = []

        def why() -> str | None:
            done.append(action())
            return None

        if not wait_until_well(self._process(), why):
            raise first
        return done[0]
