"""
The process of reverse sync: which orgs it polls, and one worker for each.

In: the group's word on the orgs' state topics, of which nothing is read here.  Out: workers.
Rule of this file: the group shares orgs out; that two processes never both send is kept by the log, which one alone has
open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from confluent_kafka import Consumer

from processors.changes.org import PollerDependencies
from processors.changes.worker import PollerThread
from processors.consuming.membership import Membership, Partitions, raise_if_fenced
from schemas.topics import change_state_topic

log = structlog.get_logger()

GROUP = "signalbox-changes"
POLL_SECONDS = 0.25
REVOKE_SECONDS = 5.0
STOP_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class ChangesDependencies:
    """What the process is given by the wiring: one context an org, made in its worker."""

    consumer_config: Mapping[str, Any]
    contexts: Mapping[str, Callable[[], PollerDependencies]]
    beat: Callable[[bool, str], None]
    stopping: Callable[[], bool]


def run_changes(dependencies: ChangesDependencies) -> None:
    """Poll the orgs that the group gives, until told to stop."""
    _Members(dependencies).run()


class _Members:
    def __init__(self, dependencies: ChangesDependencies) -> None:
        self._dependencies = dependencies
        self._orgs = {change_state_topic(org): org for org in dependencies.contexts}
        self._workers: dict[str, PollerThread] = {}
        # Nothing is read by this consumer, so a place to begin at never matters.
        self._consumer = Consumer({**dependencies.consumer_config, "auto.offset.reset": "latest"})
        self._membership = Membership(self._consumer, given=self._given, taken=self._taken, lost=self._taken)

    def run(self) -> None:
        topics = sorted(self._orgs)
        if topics:
            self._membership.join(topics)
        else:
            self._membership.joined = True
            log.warning("no integration is told of changes in Salesforce; set changes.enabled in one")
        try:
            while not self._dependencies.stopping():
                self._look()
        finally:
            self._stop(list(self._workers), STOP_SECONDS)
            self._membership.leave()

    def _look(self) -> None:
        message = self._consumer.poll(POLL_SECONDS)
        error = message.error() if message is not None else None
        if error is not None:
            raise_if_fenced(error)
        for worker in self._workers.values():
            if worker.failed is not None:
                raise worker.failed
        why = next((worker.why for worker in self._workers.values() if worker.why), "")
        # One that owns nothing stands by: it is ready to take over.
        self._dependencies.beat(
            self._membership.joined and not why, why or ("" if self._membership.joined else "joining the group")
        )

    def _given(self, partitions: Partitions) -> None:
        for partition in partitions:
            org = self._orgs.get(partition.topic)
            if org is not None and org not in self._workers:
                self._workers[org] = PollerThread(org, self._dependencies.contexts[org])

    def _taken(self, partitions: Partitions) -> None:
        self._stop(
            [self._orgs[partition.topic] for partition in partitions if partition.topic in self._orgs], REVOKE_SECONDS
        )

    def _stop(self, orgs: list[str], seconds: float) -> None:
        gone = [worker for org in orgs if (worker := self._workers.pop(org, None)) is not None]
        for worker in gone:
            worker.stop()
        for worker in gone:
            if not worker.join(seconds):
                log.warning("a poll is still under way; what it would send is refused", org=worker.org)
