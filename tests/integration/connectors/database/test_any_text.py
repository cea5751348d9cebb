"""Texts of any length and with any character: both databases take them, find them again and mix up none of them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, String, select, type_coerce

from connectors.database import tables
from connectors.database.audit import AuditFilter, DatabaseAudit
from connectors.database.ledger import SqlLedger
from connectors.database.notes import DatabaseNotes, mail_note
from processors.model.ledger import LedgerTransaction, Noticed, Postponed, Settled
from processors.model.received import Received
from processors.model.record import OwnRecord
from processors.notifier.ports import Mail
from schemas.outcome import Outcome
from schemas.values import Person
from tests.integration.connectors.database.test_ledger import arrival

LONG = "ID-" + "x" * 5_000
TEXTS = ["plain", "é" * 200, "é" * 300, LONG + "a", LONG + "b", "nul\0", "nul\0\0", "nul\ufffd", "😀" * 1_000]
AT = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_command_of_any_id_is_stored_settled_and_published(engine: Engine, text: str) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", text)
    item = arrival("a")
    stored, _ = ledger.insert(lease, [replace(item, command=replace(item.command, event_id=text, integration=text))])
    assert [row.body for row in stored] == [b"a"]
    ledger.apply(lease, LedgerTransaction(postponed=[Postponed("a", 1.0, text, blocker=text)]))
    ledger.apply(
        lease,
        LedgerTransaction(
            settled=[Settled("a", b"outcome", "error", "internal", text, b"{}")],
            noticed=[Noticed("n", "a", b"notice", text, b"{}")],
        ),
    )
    published = ledger.unpublished("main", 0, 10)
    assert [row.outcome for row in published] == [b"outcome", b"notice"]
    assert all(0 < len(row.key) <= 200 and "\0" not in row.key for row in published)


def test_states_links_and_own_records_of_any_ids_stay_apart(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    states = {("i", text): str(number).encode() for number, text in enumerate(TEXTS)}
    links = {("record", text): f"00Q{number:015}" for number, text in enumerate(TEXTS)}
    ledger.apply(lease, LedgerTransaction(source_states=states, links=links))
    found = ledger.source_states(lease, list(states))
    assert {key[1]: found[key] for key in states} == {text: str(n).encode() for n, text in enumerate(TEXTS)}
    assert ledger.links(lease, "record", TEXTS) == {text: links["record", text] for text in TEXTS}
    ledger.apply(lease, LedgerTransaction(unlinked=[("record", LONG + "a")]))
    assert set(ledger.links(lease, "record", TEXTS)) == set(TEXTS) - {LONG + "a"}
    owned = [own_record(text, number) for number, text in enumerate(TEXTS)]
    ledger.apply(lease, LedgerTransaction(own_records=owned))
    for text, record in zip(TEXTS, owned, strict=True):
        assert [row.record_id for row in ledger.own_records(lease, [("i", text)])] == [record.record_id]


def own_record(text: str, number: int) -> OwnRecord:
    known: dict[str, Any] = {"integration": "i", "source_id": text, "record_id": f"00Q{number:015}", "object": "Lead"}
    return OwnRecord(
        **known, role="lead", contract="booking", event_id=text, made=True, person=None, attendee=text, at=1.0
    )


@pytest.mark.parametrize("value", ["nul\0", "\\u0000", "\\\0", "😀" * 1_000, "x" * 5_000])
def test_the_field_history_takes_any_value(engine: Engine, value: str) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    for name in ("A", "B"):
        ledger.apply(lease, LedgerTransaction(field_history={"00Q1": orjson.dumps({name: {"value": value}})}))
    kept = orjson.loads(ledger.field_history(lease, ["00Q1"])["00Q1"])
    assert kept == {name: {"value": value.replace("\0", "\ufffd")} for name in ("A", "B")}


def test_what_0_1_0_stored_whole_or_cut_is_still_found(engine: Engine) -> None:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    whole = engine.dialect.name == "sqlite"  # PostgreSQL refused what was longer than its column
    link_name, event_id = (LONG, LONG) if whole else ("x" * 200, "e" * 600)
    with engine.begin() as connection:
        link, state = tables.link, tables.source_state
        row = {"org": "main", "kind": "record", "record_id": "00Q1", "linked_at": 1.0}
        connection.execute(link.insert().values(source_id=type_coerce(link_name, String), **row))
        row = {"org": "main", "integration": "i", "body": b"kept", "updated_at": 1.0}
        connection.execute(state.insert().values(source_id=type_coerce(LONG[:300], String), **row))
    assert ledger.links(lease, "record", [link_name]) == {link_name: "00Q1"}
    assert ledger.source_states(lease, [("i", LONG)]) == {("i", LONG): b"kept"}
    ledger.apply(lease, LedgerTransaction(source_states={("i", LONG): b"new"}))
    assert ledger.source_states(lease, [("i", LONG)]) == {("i", LONG): b"new"}
    assert DatabaseAudit(engine).find(AuditFilter(event_id=event_id)) == []


def outcome(text: str) -> Outcome:
    person = Person(text, text, email=text, phones=(text, "1" * 5_000))
    return Outcome(
        "o1",
        "error",
        "internal",
        "i",
        "main",
        "call_result",
        (text,),
        text,
        AT,
        AT,
        AT,
        "d",
        "d",
        person,
        rule_ids=(text,),
    )


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_the_audit_keeps_any_text_and_finds_it_again(engine: Engine, text: str) -> None:
    audit = DatabaseAudit(engine)
    assert audit.add([Received(outcome(text), "crm.outcome.error", 0, 1)]) == ["o1"]
    assert [row["outcome_id"] for row in audit.find(AuditFilter(event_id=text))] == ["o1"]
    assert [row["outcome_id"] for row in audit.find(AuditFilter(person=text))] == ["o1"]
    assert audit.find(AuditFilter(event_id=text + "?")) == []


def test_a_mail_servers_answer_may_hold_any_character(engine: Engine) -> None:
    notes, mail = DatabaseNotes(engine), Mail("<m@example.com>", "a@example.com", ("o1",), b"x")
    notes.intend([mail], AT)
    notes.settle(mail, "refused", AT, "550 \0" + "x" * 10_000)
    with engine.connect() as connection:
        assert connection.execute(select(mail_note.c.detail)).scalar_one().startswith("550 \ufffdx")
