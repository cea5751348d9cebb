"""
The one registry: every metric's name, kind, labels and help. Implements `processors.model.ports.Metrics`.

Rule of this file: labels have few values by design (integration, org, topic, stage, closed sets of reasons); never
an ID, a
key or a message. An unknown name or label is a bug and raises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PREFIX = "signalbox_"
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600, 3600)
"""Seconds: Salesforce answers in tenths to tens, and a backlog in minutes to hours."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric: how it is exported."""

    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


DEFINITIONS: Mapping[str, Definition] = {
    "events_consumed_total": Definition("counter", "Messages read from a topic.", ("topic",)),
    "commands_sent_total": Definition("counter", "Commands that the intake sent.", ("org", "integration")),
    "commands_inserted_total": Definition("counter", "Commands stored in the ledger for the first time.", ("org",)),
    "commands_repeated_total": Definition("counter", "Commands that were delivered again.", ("org",)),
    "commands_waiting": Definition("gauge", "Unsettled commands by where they are.", ("org", "where")),
    "commands_oldest_seconds": Definition(
        "gauge", "For how long the oldest command waits that is due, and the oldest parked one.", ("org", "where")
    ),
    "commands_parked_total": Definition(
        "counter", "Commands that wait for someone to choose a match.", ("org", "integration")
    ),
    "events_ahead_total": Definition(
        "counter", "Events whose time was over 5 minutes ahead of ours: taken as now.", ("org", "integration")
    ),
    "outcomes_total": Definition(
        "counter", "Commands settled, by kind and reason.", ("org", "integration", "kind", "reason")
    ),
    "values_unfit_total": Definition(
        "counter",
        "Values that fields did not take as they were sent, by field and by what became of them: conformed or dropped.",
        ("org", "integration", "field", "how"),
    ),
    "outcomes_published_total": Definition("counter", "Outcomes in their topics.", ("org",)),
    "notices_published_total": Definition("counter", "Notices in their topic.", ("org",)),
    "publish_failures_total": Definition("counter", "Transactions that Kafka refused.", ("org",)),
    "stage_duration_seconds": Definition("histogram", "Time that a stage took for a batch.", ("stage",)),
    "event_age_at_outcome_seconds": Definition("histogram", "From the event to its outcome.", ("org", "lane")),
    "consumer_lag_messages": Definition("gauge", "Messages not yet read.", ("topic", "partition")),
    "consumer_lag_seconds": Definition("gauge", "Age of the oldest message not yet read.", ("topic", "partition")),
    "api_calls_total": Definition("counter", "API calls sent to an org.", ("org",)),
    "api_calls_in_doubt_total": Definition("counter", "API calls that got no usable answer.", ("org",)),
    "doubts_resolved_total": Definition("counter", "Calls in doubt resolved, by how.", ("org", "how")),
    "api_usage_ratio": Definition("gauge", "Daily API calls used, of those allowed.", ("org",)),
    "lanes_deferred_total": Definition(
        "counter", "Times that lanes below live began to wait for the org's daily API calls.", ("org",)
    ),
    "org_failures_total": Definition("counter", "Times that a bug ended an org's work, which began anew.", ("org",)),
    "org_pauses_total": Definition("counter", "Times that an org's work was paused.", ("org",)),
    "topic_paused": Definition(
        "gauge",
        "1 where a source topic waits: unreadable messages, or an unknown integration.",
        ("topic",),
    ),
    "integration_file_faulty": Definition(
        "gauge", "1 where an integration file is faulty: its last good text runs, or its source waits.", ("file",)
    ),
    "org_stopped": Definition("gauge", "1 where an org is stopped and waits for an operator.", ("org",)),
    "connection_state": Definition(
        "gauge", "1 for what the org's connection is: whole, unproven, or broken by a cause.", ("org", "cause")
    ),
    "integration_held": Definition(
        "gauge", "1 where an integration waits for a field that is gone or hidden.", ("org", "integration")
    ),
    "api_calls_allowed": Definition("gauge", "API calls that the org allows in 24 hours.", ("org",)),
    "api_calls_needed": Definition("gauge", "API calls a day that the settings say the work needs.", ("org",)),
    # LL-1: the use of API calls is counted by integration.
    "api_calls_by_integration_total": Definition(
        "counter",
        "API calls by the integrations that they were made for, shared by their commands.",
        ("org", "integration"),
    ),
    "dead_letters_total": Definition("counter", "Messages that can never be read.", ("topic", "reason")),
    "mails_total": Definition("counter", "Mails by what became of them.", ("state",)),
    "outcomes_audited_total": Definition("counter", "Outcomes stored by the audit.", ("kind",)),
    "changes_published_total": Definition(
        "counter", "Changes in Salesforce sent to a source's topic.", ("integration", "operation")
    ),
    "changes_filtered_total": Definition(
        "counter", "Changes left out by a filter, by its name.", ("integration", "filter")
    ),
    "changes_own_total": Definition(
        "counter", "Changed records of which our own writes were left out.", ("integration",)
    ),
    "changes_polls_total": Definition("counter", "Polls for changes that an org answered.", ("org",)),
    "changes_lag_seconds": Definition("gauge", "For how long changes wait that are not read yet.", ("org",)),
    "changes_polled_timestamp_seconds": Definition(
        "gauge", "When all changes of an org were last asked for.", ("org",)
    ),
    "build_info": Definition("gauge", "1, with the release that runs.", ("version", "python", "librdkafka")),
    "process_ready": Definition("gauge", "1 where this process can do its work, as /readyz says."),
    "last_success_timestamp_seconds": Definition("gauge", "When this process last got something done."),
}


class PrometheusMetrics:
    """`processors.model.ports.Metrics` on prometheus-client."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._metrics: dict[str, Counter | Gauge | Histogram] = {
            name: _build(name, definition, registry) for name, definition in DEFINITIONS.items()
        }
        # The library checks and looks up labels anew, under a lock, at every count; there are few of them by design.
        self._children: dict[tuple[str, tuple[tuple[str, str], ...]], Counter | Gauge | Histogram] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        metric = self._labelled(name, labels)
        if not isinstance(metric, Counter):
            raise TypeError(f"{name} is not a counter")
        metric.inc(amount)

    def begin(self, name: str, **labels: str) -> None:
        """Export a counter as 0 before its first event: `increase` sees nothing of a counter that is born at 1."""
        self.count(name, 0, **labels)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        metric = self._labelled(name, labels)
        if not isinstance(metric, Gauge):
            raise TypeError(f"{name} is not a gauge")
        metric.set(value)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add an observation to a histogram."""
        metric = self._labelled(name, labels)
        if not isinstance(metric, Histogram):
            raise TypeError(f"{name} is not a histogram")
        metric.observe(seconds)

    def follow(self, name: str, read: Callable[[], float]) -> None:
        """Let a gauge without labels show what *read* returns whenever it is scraped."""
        metric = self._metrics[name]
        if not isinstance(metric, Gauge):
            raise TypeError(f"{name} is not a gauge")
        metric.set_function(read)

    def _labelled(self, name: str, labels: Mapping[str, str]) -> Counter | Gauge | Histogram:
        key = (name, tuple(labels.items()))
        found = self._children.get(key)
        if found is None:
            metric = self._metrics[name]
            found = metric.labels(**labels) if DEFINITIONS[name].labels or labels else metric
            self._children[key] = found
        return found


def _build(name: str, definition: Definition, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    full = PREFIX + name
    if definition.kind == "counter":
        return Counter(full.removesuffix("_total"), definition.help, definition.labels, registry=registry)
    if definition.kind == "gauge":
        return Gauge(full, definition.help, definition.labels, registry=registry)
    return Histogram(full, definition.help, definition.labels, registry=registry, buckets=BUCKETS)
