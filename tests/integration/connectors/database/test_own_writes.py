"""The field history as reverse sync and the command line read it."""

from typing import Any

import orjson
from sqlalchemy import Engine

from connectors.database.field_history import field_history
from connectors.database.ledger import SqlLedger
from connectors.database.own_writes import DatabaseOwnWrites
from processors.changes.ports import OwnWrite
from processors.model.field_history import LastWrite, entries, seen
from processors.model.ledger import LedgerTransaction

LEAD = "00Q000000000001AAA"
MORNING, NOON = "2026-03-02T09:00:00.000000Z", "2026-03-02T12:00:00.000000Z"


def write(engine: Engine, record_id: str, fields: Any, org: str = "main") -> None:
    ledger = SqlLedger(engine)
    body = orjson.dumps(fields)
    ledger.apply(ledger.take_lease(org, "one"), LedgerTransaction(field_history={record_id: body}))


def wrote(at: str, event: str, integration: str, **values: Any) -> dict[str, dict[str, Any]]:
    last = LastWrite(at, event, command=f"of-{event}", integration=integration)
    return entries(last, [(name, value, None, None) for name, value in values.items()])


def test_the_last_write_of_each_field_is_told_with_its_integration_value_and_event(engine: Engine) -> None:
    write(engine, LEAD, wrote(MORNING, "e1", "one", City="Bern", Rating=None))
    write(engine, LEAD, wrote(NOON, "e2", "two", City="Zürich"))
    assert DatabaseOwnWrites(engine).written("main", [LEAD, "unknown"]) == {
        LEAD: {"City": OwnWrite("two", "Zürich", "e2"), "Rating": OwnWrite("one", None, "e1")}
    }


def test_what_was_only_seen_there_is_no_write_of_ours(engine: Engine) -> None:
    write(engine, LEAD, {**wrote(MORNING, "e1", "one", City="Bern"), **seen("Title", NOON, "e2")})
    assert set(DatabaseOwnWrites(engine).written("main", [LEAD])[LEAD]) == {"City"}


def test_writes_in_another_org_are_not_ours(engine: Engine) -> None:
    write(engine, LEAD, wrote(MORNING, "e1", "one", City="Bern"), org="other")
    assert DatabaseOwnWrites(engine).written("main", [LEAD]) == {}


def test_many_records_are_asked_for_at_once(engine: Engine) -> None:
    ids = [f"00Q{number:015}" for number in range(1_201)]
    ledger = SqlLedger(engine)
    body = orjson.dumps(wrote(MORNING, "e1", "one", City="Bern"))
    lease = ledger.take_lease("main", "one")
    ledger.apply(lease, LedgerTransaction(field_history=dict.fromkeys(ids, body)))
    found = DatabaseOwnWrites(engine).written("main", ids)
    assert found == {item_id: {"City": OwnWrite("one", "Bern", "e1")} for item_id in ids}
    assert set(ledger.field_history(lease, ids)) == set(ids)


def test_the_command_line_reads_each_org_that_knows_the_record(engine: Engine) -> None:
    main, other = wrote(MORNING, "e1", "one", City="Bern"), wrote(NOON, "e2", "two", City="Basel")
    write(engine, LEAD, main)
    write(engine, LEAD, other, org="other")
    told = [
        (org, {name: field["value"] for name, field in fields.items()}) for org, fields in field_history(engine, LEAD)
    ]
    assert told == [("main", {"City": "Bern"}), ("other", {"City": "Basel"})]
    assert [org for org, _ in field_history(engine, LEAD, "other")] == ["other"]
    assert field_history(engine, "unknown") == []
