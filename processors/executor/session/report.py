"""
What the executor tells of itself: where commands wait, how far it is behind, what an org's API calls cost.

Rule of this file: gauges only, read from what is at hand; nothing here asks Kafka, the database or an org.
"""

from collections.abc import Mapping

from confluent_kafka import Consumer

from processors.consuming.lag import set_lag
from processors.executor.org_queue.runner import OrgExecutor
from processors.executor.session.ownership import Owned
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

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._calls: dict[str, int] = {}

    def org(self, executor: OrgExecutor) -> int:
        """Tell where an org's commands and API calls stand; return how many commands are due and wait."""
        org, counts = executor.deps.org, executor.counts()
        for where, count in counts.items():
            self._metrics.gauge("commands_waiting", count, org=org, where=where)
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
        late = max(0, high - owned.position.offset) if high >= 0 else 0
        age = now - owned.read_until if late and owned.read_until else 0.0
        set_lag(self._metrics, (owned.partition.topic, 0), late, age)
