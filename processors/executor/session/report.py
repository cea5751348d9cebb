"""
What the executor tells of itself: where commands wait, how far it is behind, what an org's API calls cost.

Rule of this file: gauges only, read from what is at hand; nothing here asks Kafka, the database or an org.
"""

from collections.abc import Mapping

from confluent_kafka import Consumer

from processors.consuming.lag import Lag
from processors.executor.session.ownership import Owned
from processors.executor.session.runner import OrgExecutor
from processors.model.ports import Metrics

SHARED = "none"
"""Whose API calls those are that no command was the reason of: logins, describe, looks at a broken connection."""


def shares(worked: Mapping[str, int], calls: int) -> Mapping[str, float]:
    """Return the API calls by integration, shared by how many commands of each were worked on meanwhile (LL-1)."""
    total = sum(worked.values())
    if not calls:
        return {}
    return {name: calls * count / total for name, count in worked.items()} if total else {SHARED: float(calls)}


class Report:
    """Sets the gauges of one executor process."""

    def __init__(self, metrics: Metrics, lag: Lag) -> None:
        self._metrics = metrics
        self._lag = lag
        self._calls: dict[str, int] = {}

    def org(self, executor: OrgExecutor) -> int:
        """Tell where an org's commands and API calls stand; return how many commands are due and wait."""
        org, counts = executor.deps.org, executor.counts()
        for where, count in counts.items():
            self._metrics.gauge("commands_waiting", count, org=org, where=where)
        for where, seconds in executor.ages().items():
            self._metrics.gauge("commands_oldest_seconds", seconds, org=org, where=where)
        salesforce = executor.deps.salesforce
        if salesforce is not None:
            calls = salesforce.api_calls()
            made = max(0, calls - self._calls.get(org, 0))
            self._metrics.count("api_calls_total", made, org=org)
            self._calls[org] = calls
            for integration, share in shares(executor.take_worked(), made).items():
                self._metrics.count("api_calls_by_integration_total", share, org=org, integration=integration)
            usage = salesforce.usage()
            if usage is not None and usage[1]:
                self._metrics.gauge("api_usage_ratio", usage[0] / usage[1], org=org)
        return counts["due"]

    def lag(self, consumer: Consumer, owned: Owned, now: float) -> None:
        """Tell how many messages of an org are not read yet, and how old the next one is at the least."""
        if owned.position is None:
            return
        _, high = consumer.get_watermark_offsets(owned.partition, cached=True)
        self._lag.tell((owned.partition.topic, 0), owned.position.offset, high, now)

    def begin_anew(self, owned: Owned) -> None:
        """Forget how far an org was read: its executor begins where Kafka's committed offset says."""
        self._lag.begin_anew((owned.partition.topic, 0))

    def leave(self, owned: Owned) -> None:
        """Tell of an org no more: it is another process' now."""
        self._lag.forget([(owned.partition.topic, 0)])
        if owned.executor is not None:
            for where in owned.executor.counts():
                self._metrics.gauge("commands_waiting", 0, org=owned.org, where=where)
            for where in owned.executor.ages():
                self._metrics.gauge("commands_oldest_seconds", 0, org=owned.org, where=where)
