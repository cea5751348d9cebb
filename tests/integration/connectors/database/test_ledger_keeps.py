"""What the ledger keeps for bookings, calls and choices, on SQLite and on PostgreSQL alike."""

import orjson
import pytest
from sqlalchemy import Engine

from connectors.database.ledger import KEEP_FIELD_HISTORY, KEEP_SOURCE_STATES, SqlLedger
from connectors.database.parked import parked_commands
from processors.model.ledger import Lease, LedgerTransaction, Noticed, Postponed, Resumed, Settled
from tests.integration.connectors.database.test_ledger import arrival, settled


def begun(engine: Engine, *ids: str) -> tuple[SqlLedger, Lease]:
    ledger = SqlLedger(engine)
    lease = ledger.take_lease("main", "one")
    ledger.insert(lease, [arrival(item_id) for item_id in ids])
    return ledger, lease


def noticed(notice_id: str, command_id: str = "a") -> Noticed:
    return Noticed(notice_id, command_id, b"notice", "key", b"{}")


def park(ledger: SqlLedger, lease: Lease, command_id: str, due: float = 2e9) -> None:
    waiting = Postponed(command_id, due, "two match", blocker="parked", parked=True)
    ledger.apply(lease, LedgerTransaction(postponed=[waiting], noticed=[noticed(f"n-{command_id}", command_id)]))


def test_things_are_kept_by_integration_and_the_last_word_counts(engine: Engine) -> None:
    ledger, lease = begun(engine)
    ledger.apply(lease, LedgerTransaction(source_states={("one", "t"): b"1", ("two", "t"): b"2"}))
    ledger.apply(lease, LedgerTransaction(source_states={("one", "t"): b"3"}))
    keys = [("one", "t"), ("two", "t"), ("one", "unknown")]
    assert ledger.source_states(lease, keys) == {("one", "t"): b"3", ("two", "t"): b"2"}


def test_a_thing_of_another_org_is_not_ours(engine: Engine) -> None:
    ledger, lease = begun(engine)
    ledger.apply(lease, LedgerTransaction(source_states={("one", "t"): b"1"}))
    other = ledger.take_lease("other", "one")
    assert ledger.source_states(other, [("one", "t")]) == {}


def test_outcomes_and_notices_share_one_series_of_numbers_without_gaps(engine: Engine) -> None:
    ledger, lease = begun(engine, "a", "b")
    first = ledger.apply(lease, LedgerTransaction(settled=[settled("a")], noticed=[noticed("n1"), noticed("n2")]))
    assert first.numbers == {"a": 1, "n1": 2, "n2": 3}
    assert first.last_sequence == 3
    assert ledger.apply(lease, LedgerTransaction(settled=[settled("b")])).numbers == {"b": 4}
    rows = ledger.unpublished("main", 0, 10)
    assert [(row.sequence, row.command_id, row.kind) for row in rows] == [
        (1, "a", "created"),
        (2, "n1", "notice"),
        (3, "n2", "notice"),
        (4, "b", "created"),
    ]
    assert [row.sequence for row in ledger.unpublished("main", 1, 2)] == [2, 3]


def test_a_notice_is_numbered_once(engine: Engine) -> None:
    ledger, lease = begun(engine, "a")
    ledger.apply(lease, LedgerTransaction(noticed=[noticed("n1")]))
    assert ledger.apply(lease, LedgerTransaction(noticed=[noticed("n1"), noticed("n2"), noticed("n2")])).numbers == {
        "n2": 2
    }
    assert [row.sequence for row in ledger.unpublished("main", 0, 10)] == [1, 2]


def test_a_parked_command_is_shown_with_its_notice_and_survives_a_restart(engine: Engine) -> None:
    ledger, lease = begun(engine, "a", "b")
    park(ledger, lease, "a")
    (parked,) = parked_commands(engine)
    assert (parked.command_id, parked.why, parked.notice) == ("a", "two match", b"notice")
    assert parked_commands(engine, command_id="b") == []
    assert parked_commands(engine, integration="other") == []
    stored = {row.command_id: row for row in ledger.unsettled(ledger.take_lease("main", "two"))[0]}
    assert (stored["a"].parked, stored["a"].due, stored["b"].parked) == (True, 2e9, False)


def test_d16_a_choice_is_stored_once_and_nothing_of_a_second_one_is(engine: Engine) -> None:
    ledger, lease = begun(engine, "a", "b", "c")
    park(ledger, lease, "a")
    ledger.apply(lease, LedgerTransaction(resumed=[Resumed("a", 5.0, b"choice")], settled=[settled("b")]))
    stored = {row.command_id: row for row in ledger.unsettled(lease)[0]}
    assert (stored["a"].parked, stored["a"].due, stored["a"].resolution) == (False, 5.0, b"choice")
    with pytest.raises(RuntimeError, match="a was chosen for, but it is not parked"):
        ledger.apply(lease, LedgerTransaction(resumed=[Resumed("a", 6.0, b"other")], settled=[settled("c")]))
    stored = {row.command_id: row for row in ledger.unsettled(lease)[0]}
    assert stored["a"].resolution == b"choice"
    assert "c" in stored
    assert parked_commands(engine) == []


def test_what_goes_on_is_parked_no_more(engine: Engine) -> None:
    ledger, lease = begun(engine, "a", "b")
    park(ledger, lease, "a")
    park(ledger, lease, "b")
    ledger.apply(lease, LedgerTransaction(postponed=[Postponed("a", 1.0, "locked")], settled=[settled("b")]))
    assert parked_commands(engine) == []


def test_the_steps_of_a_settled_call_are_absorbed_with_it_and_known_when_they_come_again(engine: Engine) -> None:
    ledger, lease = begun(engine, "a", "b", "c")
    call = Settled("a", b"outcome", "activity", "activity_created", "key", b"{}", absorbed=("b", "c"))
    assert ledger.apply(lease, LedgerTransaction(settled=[call])).numbers == {"a": 1}
    assert ledger.unsettled(lease)[0] == []
    assert [row.command_id for row in ledger.unpublished("main", 0, 10)] == ["a"]
    new, reused = ledger.insert(lease, [arrival("b"), arrival("c", "other")])
    assert not new
    assert [item.command.command_id for item in reused] == ["c"]


def test_an_absorbed_step_never_changes(engine: Engine) -> None:
    ledger, lease = begun(engine, "a", "b")
    call = Settled("a", b"outcome", "activity", "activity_created", "key", b"{}", absorbed=("b",))
    ledger.apply(lease, LedgerTransaction(settled=[call]))
    change = LedgerTransaction(postponed=[Postponed("b", 1.0, "again")], plans={"b": b"plan"}, settled=[settled("b")])
    assert ledger.apply(lease, change).numbers == {}
    assert ledger.unsettled(lease)[0] == []


def test_old_steps_notices_and_things_are_pruned_and_things_are_kept_longest(engine: Engine) -> None:
    now = [1_000.0]
    ledger = SqlLedger(engine, lambda: now[0])
    lease = ledger.take_lease("main", "one")
    ledger.insert(lease, [arrival("a"), arrival("b")])
    call = Settled("a", b"outcome", "activity", "activity_created", "key", b"{}", absorbed=("b",))
    ledger.apply(lease, LedgerTransaction(settled=[call], noticed=[noticed("n1")], source_states={("one", "t"): b"1"}))
    ledger.prune(lease, 2_000.0, 2)
    assert ledger.unpublished("main", 0, 10) == []
    assert [stored.command_id for stored in ledger.insert(lease, [arrival("b")])[0]] == ["b"]
    assert ledger.source_states(lease, [("one", "t")]) == {("one", "t"): b"1"}
    now[0] += KEEP_SOURCE_STATES + 1
    ledger.prune(lease, 2_000.0, 2)
    assert ledger.source_states(lease, [("one", "t")]) == {}


def test_field_clocks_are_put_over_those_of_other_fields(engine: Engine) -> None:
    ledger, lease = begun(engine)
    ledger.apply(
        lease,
        LedgerTransaction(
            field_history={"00Q1": b'{"Title":{"at":"1","value":"A"},"Phone":{"at":"1"}}', "00Q2": b"{}"}
        ),
    )
    ledger.apply(lease, LedgerTransaction(field_history={"00Q1": b'{"Title":{"at":"2","value":"B\'s \\u00e9"}}'}))
    kept = ledger.field_history(lease, ["00Q1", "00Q2", "00Q3"])
    assert {name: orjson.loads(body) for name, body in kept.items()} == {
        "00Q1": {"Title": {"at": "2", "value": "B's é"}, "Phone": {"at": "1"}},
        "00Q2": {},
    }
    assert ledger.field_history(ledger.take_lease("other", "one"), ["00Q1"]) == {}


def test_field_clocks_are_pruned_long_after_the_last_write(engine: Engine) -> None:
    now = [1e9]
    ledger = SqlLedger(engine, lambda: now[0])
    lease = ledger.take_lease("main", "one")
    ledger.apply(lease, LedgerTransaction(field_history={"00Q1": b"{}", "00Q2": b"{}"}))
    now[0] += KEEP_FIELD_HISTORY - 1
    ledger.apply(lease, LedgerTransaction(field_history={"00Q2": b'{"Title":{}}'}))
    now[0] += 2
    ledger.prune(lease, 0, 0)
    assert set(ledger.field_history(lease, ["00Q1", "00Q2"])) == {"00Q2"}
