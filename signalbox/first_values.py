"""
What each process exports before its first event: the release that runs, and counters at 0.

In: the process, its orgs, integrations and topics.  Out: series in its registry.
Rule of this file: `increase` sees nothing of a counter that is born at 1: whatever an alert counts is born at 0 here.
"""

import platform
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import get_args

from confluent_kafka import libversion
from prometheus_client import ProcessCollector

from processors.model.errors import TooLarge, Undecodable, UnknownFingerprint, Unprocessable
from processors.notifier.app import TOPICS as TOLD
from processors.notifier.words import REASONS
from schemas.outcome import OutcomeKind
from schemas.topics import SOURCES, command_topic
from signalbox.waiting import Process

Series = Iterable[tuple[str, Mapping[str, str]]]
"""Counters by name, with their labels."""

UNREADABLE = tuple(undecodable.__name__ for undecodable in (Undecodable, UnknownFingerprint, TooLarge, Unprocessable))
OF_AN_ORG = (
    "commands_inserted_total",
    "commands_repeated_total",
    "outcomes_published_total",
    "notices_published_total",
    "publish_failures_total",
    "org_failures_total",
    "org_pauses_total",
    "api_calls_total",
    "api_calls_in_doubt_total",
    "lanes_deferred_total",
)
DONE = ("created", "updated", "converted", "activity")


def begin_metrics(process: Process, name: str) -> None:
    """Export what is known of the process *name* before it has done anything."""
    ProcessCollector(registry=process.registry)
    known = {"version": version("signalbox"), "python": platform.python_version(), "librdkafka": libversion()[0]}
    process.metrics.gauge("build_info", 1, **known)
    series = OF_A_PROCESS.get(name)
    for counter, labels in series(process) if series else ():
        process.metrics.begin(counter, **labels)


def _of_the_executor(process: Process) -> Series:
    for org in process.orgs:
        for name in OF_AN_ORG:
            yield name, {"org": org}
        for reason in UNREADABLE:
            yield "dead_letters_total", {"topic": command_topic(org), "reason": reason.lower()}
    for integration in process.integrations.by_name.values():
        own = {"org": integration.org, "integration": integration.name}
        yield "api_calls_by_integration_total", own
        for kind in DONE:
            yield "outcomes_total", {**own, "kind": kind, "reason": "none"}
        for reason in REASONS:
            yield "outcomes_total", {**own, "kind": "error", "reason": reason}


def _of_the_intake(process: Process) -> Series:
    for topic in SOURCES:
        for reason in UNREADABLE:
            yield "dead_letters_total", {"topic": topic, "reason": reason}
    for integration in process.integrations.by_name.values():
        yield "commands_sent_total", {"org": integration.org, "integration": integration.name}


def _of_the_notifier(_process: Process) -> Series:
    for state in ("sent", "refused"):
        yield "mails_total", {"state": state}
    for topic in TOLD:
        yield "dead_letters_total", {"topic": topic, "reason": UNREADABLE[0]}


def _of_the_audit(_process: Process) -> Series:
    for kind in get_args(OutcomeKind):
        yield "outcomes_audited_total", {"kind": kind}


def _of_changes(process: Process) -> Series:
    for integration in process.integrations.by_name.values():
        if integration.enabled and integration.changes.enabled:
            yield "api_calls_total", {"org": integration.org}
            yield "changes_polls_total", {"org": integration.org}


OF_A_PROCESS: Mapping[str, Callable[[Process], Series]] = {
    "executor": _of_the_executor,
    "intake": _of_the_intake,
    "notifier": _of_the_notifier,
    "audit": _of_the_audit,
    "changes": _of_changes,
}
