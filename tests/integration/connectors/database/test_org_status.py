"""What operators see of the orgs in the ledger."""

from typing import Any

from sqlalchemy import Engine

from connectors.database.ledger import SqlLedger
from connectors.database.org_status import org_statuses
from processors.model.ledger import Arrival, LedgerTransaction, Postponed
from tests.integration.connectors.database.test_ledger import arrival, settled


def test_commands_are_counted_by_state_and_by_what_they_wait_for(engine: Engine) -> None:
    ledger = SqlLedger(engine, lambda: 1_000.0)
    lease = ledger.take_lease("main", "host-1")
    arrivals: list[Arrival] = [arrival(text) for text in "abcd"]
    ledger.insert(lease, arrivals)
    parked = Postponed("b", 9_000.0, "two match", blocker="parked", parked=True)
    later = Postponed("c", 500.0, "locked")
    ledger.apply(lease, LedgerTransaction(settled=[settled("a")], postponed=[parked, later]))
    (status,) = org_statuses(engine)
    assert (status.org, status.owner, status.epoch) == ("main", "host-1", 1)
    assert status.states == {"settled": 1, "waiting": 3}
    assert (status.parked, status.held, status.broken, status.calls_in_doubt) == (1, 0, (), 0)
    assert (status.last_sequence, status.last_settled) == (1, 1_000.0)
    assert status.oldest_due is not None
    assert status.oldest_due <= 500.0


def test_each_org_that_ever_had_a_lease_is_there_by_name(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    for org in ("second", "first"):
        ledger.take_lease(org, "one")
    ledger.take_lease("first", "two")
    told: list[dict[str, Any]] = [
        {"org": status.org, "owner": status.owner, "epoch": status.epoch, "states": status.states}
        for status in org_statuses(engine)
    ]
    assert told == [
        {"org": "first", "owner": "two", "epoch": 2, "states": {}},
        {"org": "second", "owner": "one", "epoch": 1, "states": {}},
    ]
