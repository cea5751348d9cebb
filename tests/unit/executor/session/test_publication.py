"""What is published is counted: outcomes as outcomes, notices as notices."""

from types import SimpleNamespace
from typing import Any

from confluent_kafka import TopicPartition

from processors.executor.session.ownership import Owned
from processors.executor.session.publication import Publication
from processors.executor.session.publish import Position
from processors.model.ledger import Unpublished
from tests.fakes.changes import Counts


def test_a_notice_is_no_outcome() -> None:
    rows = [Unpublished(1, "a", "created", b"", "", b"{}"), Unpublished(2, "b", "notice", b"", "", b"{}")]
    outbox = SimpleNamespace(take=lambda after, _limit: rows[after:], forget=lambda _through: None)
    executor: Any = SimpleNamespace(writer=SimpleNamespace(outbox=outbox), last_sequence=2)
    owned = Owned("acme", TopicPartition("crm.command.acme", 0), executor, Position(0, 0, "ledger"))
    counts = Counts()
    deps: Any = SimpleNamespace(metrics=counts, clock=lambda: 10.0)
    owners: Any = SimpleNamespace(orgs={"acme": owned}, running=lambda: [owned], committed=lambda *_: None)
    publisher: Any = SimpleNamespace(publish=lambda *_: None)
    Publication(deps, owners, publisher).publish()
    assert counts.of("outcomes_published_total", org="acme") == 1
    assert counts.of("notices_published_total", org="acme") == 1
