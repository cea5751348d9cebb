"""The records that a source entity's events made or wrote: kept, read and forgotten, on both databases."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.database.ledger import KEEP_SOURCE_STATES, SqlLedger
from processors.model.errors import LeaseLost
from processors.model.ledger import LedgerTransaction
from processors.model.record import OwnRecord

LEAD, CONTACT = "00Q000000000001AAA", "003000000000001AAA"


def own(event: str = "e1", at: float = 1.0, **more: Any) -> OwnRecord:
    known: dict[str, Any] = {
        "integration": "one",
        "source_id": "t",
        "record_id": LEAD,
        "object": "Lead",
        "role": "lead",
        "contract": "call_result",
        "event_id": event,
        "made": False,
        "at": at,
    }
    return OwnRecord(**{**known, **more})


def test_what_events_made_and_wrote_is_read_in_the_order_of_the_events(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    newer = own("e2", 2.0, record_id=CONTACT, object="Contact", role="contact", person=b'{"email":"ann@example.com"}')
    ledger.apply(lease, LedgerTransaction(own_records=[newer, own(made=True, attendee="ann@example.com")]))
    assert ledger.own_records(lease, [("one", "t")]) == [own(made=True, attendee="ann@example.com"), newer]


def test_they_belong_to_one_org_one_integration_and_one_source_entity(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    mine, others, another = own(), own(integration="two"), own(source_id="u")
    ledger.apply(lease, LedgerTransaction(own_records=[mine, others, another]))
    assert ledger.own_records(lease, [("one", "t")]) == [mine]
    all_three = ledger.own_records(lease, [("two", "t"), ("one", "u"), ("one", "t"), ("one", "t")])
    assert len(all_three) == 3
    assert all(own_record in all_three for own_record in (mine, others, another))
    assert ledger.own_records(lease, [("one", "unknown")]) == []
    assert ledger.own_records(ledger.take_lease("other", "one"), [("one", "t")]) == []


def test_a_repeat_keeps_that_the_event_made_the_record_and_takes_the_newer_words(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    ledger.apply(lease, LedgerTransaction(own_records=[own(made=True, person=b"old")]))
    ledger.apply(lease, LedgerTransaction(own_records=[own(at=5.0, person=b"new", attendee="a")]))
    assert ledger.own_records(lease, [("one", "t")]) == [own(at=5.0, made=True, person=b"new", attendee="a")]


def test_of_one_transaction_too_the_record_stays_made(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    ledger.apply(lease, LedgerTransaction(own_records=[own(made=True), own(person=b"later")]))
    assert ledger.own_records(lease, [("one", "t")]) == [own(made=True, person=b"later")]


def test_one_record_of_two_events_is_kept_for_each(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    ledger.apply(lease, LedgerTransaction(own_records=[own("e1", made=True), own("e2", 2.0)]))
    assert [(record.event_id, record.made) for record in ledger.own_records(lease, [("one", "t")])] == [
        ("e1", True),
        ("e2", False),
    ]


def test_what_is_disowned_is_gone_for_its_integration_alone(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    stays = [own(record_id=CONTACT), own(integration="two")]
    ledger.apply(lease, LedgerTransaction(own_records=[own("e1"), own("e2"), own(source_id="u"), *stays]))
    ledger.apply(lease, LedgerTransaction(disowned=[("one", LEAD), ("one", "unknown")]))
    assert ledger.own_records(lease, [("one", "t"), ("one", "u"), ("two", "t")]) == stays


def test_more_source_entities_than_a_statement_takes_are_read_at_once(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    many = [own(source_id=f"t{number}", record_id=f"00Q{number:015}") for number in range(1_201)]
    ledger.apply(lease, LedgerTransaction(own_records=many))
    found = ledger.own_records(lease, [("one", own_record.source_id) for own_record in many])
    assert sorted(found, key=lambda own_record: own_record.record_id) == many


def test_whoever_lost_the_lease_keeps_and_forgets_nothing(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    old = ledger.take_lease("main", "one")
    ledger.apply(old, LedgerTransaction(own_records=[own()]))
    new = ledger.take_lease("main", "two")
    for change in (LedgerTransaction(own_records=[own("e2")]), LedgerTransaction(disowned=[("one", LEAD)])):
        with pytest.raises(LeaseLost):
            ledger.apply(old, change)
    assert ledger.own_records(new, [("one", "t")]) == [own()]


def test_they_are_kept_as_long_as_what_is_kept_of_source_entities(engine: Engine) -> None:
    now = [1e9]
    ledger = SqlLedger(engine, lambda: now[0])
    lease = ledger.take_lease("main", "one")
    ledger.apply(lease, LedgerTransaction(own_records=[own("old"), own("new")]))
    now[0] += KEEP_SOURCE_STATES - 1
    ledger.apply(lease, LedgerTransaction(own_records=[replace(own("new"), at=2.0)]))
    now[0] += 2
    ledger.prune(lease, 0, 0)
    assert [record.event_id for record in ledger.own_records(lease, [("one", "t")])] == ["new"]
