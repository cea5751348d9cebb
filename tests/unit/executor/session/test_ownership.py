"""An org that is stopped says so: one line, and a gauge that the alert looks at."""

from typing import Any

from confluent_kafka import TopicPartition

from processors.executor.session.ownership import Owned, Ownership


class Seen:
    """A context's metrics."""

    def __init__(self) -> None:
        self.gauges: list[tuple[str, float, dict[str, str]]] = []
        self.metrics = self

    def gauge(self, name: str, value: float, **labels: str) -> None:
        self.gauges.append((name, value, labels))


class Client:
    def pause(self, _partitions: Any) -> None:
        """Take it."""


def owners(seen: Seen) -> tuple[Ownership, Owned]:
    made = Ownership(Client(), lambda _org: seen, "me", lambda: 0.0)  # type: ignore[arg-type,return-value]  # a test's own
    owned = Owned("acme", TopicPartition("crm.command.acme", 0))
    made.orgs["acme"] = owned
    return made, owned


def test_a_stopped_org_is_counted_whatever_stopped_it() -> None:
    seen = Seen()
    made, owned = owners(seen)
    made.stop(owned, "an unknown fingerprint", offset=7)
    assert owned.stopped == "an unknown fingerprint"
    assert seen.gauges == [("org_stopped", 1, {"org": "acme"})]


def test_missing_messages_stop_the_org_and_are_counted() -> None:
    seen = Seen()
    made, owned = owners(seen)
    made.missing_offset("acme")
    assert "signalbox org resume acme" in (owned.stopped or "")
    assert seen.gauges == [("org_stopped", 1, {"org": "acme"})]
