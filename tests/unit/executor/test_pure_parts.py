"""Packing, resolving and publishing as values: sizes, merges, what counts as seen, no gap in a sequence."""

import itertools
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from processors.executor.in_doubt.verify import reads_as_sent, verify_rows
from processors.executor.org_queue.job import Job
from processors.executor.pipeline.pack import COLLECTION, COLLECTIONS, Terms, pack
from processors.executor.session.publish import Position, next_positions
from processors.model.ledger import Unpublished
from processors.model.plan import CallRow, Plan, StepRef, call_from_json, call_to_json, plan_from_json, plan_to_json
from processors.model.values import Decision, Record, Step, Write, Written
from tests.fakes.org import KEY, USER
from tests.fakes.scheduler import command

EXTERNAL = {"Lead": KEY, "Contact": KEY}
AT = 1_767_600_000.0


def planned(place: int, *steps: Step, done: int = 0) -> Job:
    """Return a command with a plan of these steps."""
    results = tuple(Written(True, f"id{number}") for number in range(done))
    job = Job(command("a@example.com"), None, place, 0, 0.0, frozenset({f"k{place}"}))
    job.decide(Plan(Decision("updated", steps=steps), results=results))
    return job


def update(record: str, **fields: Any) -> Step:
    """Return an update of a lead."""
    return Step("lead", "update", "Lead", record_id=record, fields=fields)


def packed(*jobs: Job, max_rows: int = COLLECTION * COLLECTIONS) -> list[Any]:
    """Return the calls of these commands."""
    numbers = itertools.count()
    return pack(jobs, EXTERNAL, Terms(max_rows), AT, lambda: f"call{next(numbers)}")


def test_updates_of_one_record_are_one_row_in_which_later_values_win() -> None:
    first, second = planned(1, update("L", Title="old", Phone="1")), planned(2, update("L", Title="new"))
    (call,) = packed(second, first)

    assert [row.write.fields for row in call.rows] == [{"Title": "new", "Phone": "1"}]
    assert call.commands == (first.id, second.id)
    assert set(call.claims) == {"k1", "k2"}


@given(kinds=st.lists(st.sampled_from(["update", "create", "contact", "convert"]), min_size=1, max_size=60))
def test_every_step_is_in_one_call_and_no_call_is_too_large(kinds: list[str]) -> None:
    made = {
        "update": lambda n: update(f"L{n}", Title="x"),
        "create": lambda n: Step("lead", "create", "Lead", effect=f"e{n}"),
        "contact": lambda n: Step("contact", "create", "Contact", effect=f"c{n}"),
        "convert": lambda n: Step("convert", "convert", "Lead", record_id=f"V{n}"),
    }
    jobs = [planned(n, made[kind](n)) for n, kind in enumerate(kinds)]
    calls = packed(*jobs, max_rows=7)

    parts = [part.command_id for call in calls for row in call.rows for part in row.parts]
    assert sorted(parts) == sorted(job.id for job in jobs)
    for call in calls:
        assert len(call.rows) <= (100 if call.kind == "convert" else 7)
        assert all((row.conversion is not None) == (call.kind == "convert") for row in call.rows)
        assert call_from_json(call_to_json(call)) == call


def test_a_thousand_and_one_writes_are_two_calls_of_at_most_five_collections() -> None:
    calls = packed(*[planned(n, update(f"L{n}", Title="x")) for n in range(1001)])
    assert [len(call.rows) for call in calls] == [1000, 1]


def test_a_plan_that_is_stored_and_read_goes_on_with_the_same_step() -> None:
    steps = (Step("account", "create", "Account"), Step("contact", "create", "Contact", refs={"AccountId": "account"}))
    plan = planned(1, *steps, done=1).plan
    assert plan is not None
    again = plan_from_json(plan_to_json(plan))

    assert again == plan
    assert again.step == steps[1]
    assert again.fields(steps[1]) == {"AccountId": "id0"}


def _seen(row: CallRow, **fields: Any) -> Written | None:
    return verify_rows([row], [Record("Lead", "L", fields)], USER, AT)[0]


def test_an_update_is_seen_only_where_we_changed_the_record_since_and_every_value_stands() -> None:
    row = CallRow((StepRef("c", 0),), Write("update", "Lead", record_id="L", fields={"Title": "new"}))
    since, before = "2026-01-05T08:00:01.000+0000", "2026-01-04T08:00:00.000+0000"

    assert _seen(row, Title="new", LastModifiedById=USER, LastModifiedDate=since) == Written(True, "L")
    assert _seen(row, Title="new", LastModifiedById="somebody", LastModifiedDate=since) is None
    assert _seen(row, Title="old", LastModifiedById=USER, LastModifiedDate=since) is None
    assert _seen(row, Title="new", LastModifiedById=USER, LastModifiedDate=before) is None


def test_a_create_is_seen_by_its_effect_key_and_told_as_created_only_where_it_is_new() -> None:
    row = CallRow((StepRef("c", 0),), Write("create", "Lead", external=(KEY, "effect")))

    assert _seen(row, **{KEY: "effect", "CreatedDate": "2026-01-05T08:00:01.000+0000"}) == Written(True, "L", True)
    assert _seen(row, **{KEY: "effect", "CreatedDate": "2026-01-01T08:00:01.000+0000"}) == Written(True, "L", False)
    assert _seen(row, **{KEY: "other"}) is None


def test_a_create_without_an_external_id_is_never_seen() -> None:
    row = CallRow((StepRef("c", 0),), Write("create", "Lead", fields={"Title": "new"}))
    assert _seen(row, Title="new", LastModifiedById=USER) is None


def test_a_conversion_is_seen_by_the_lead_that_is_converted() -> None:
    job = planned(1, Step("convert", "convert", "Lead", record_id="L", status="Converted"))
    (call,) = packed(job)
    answer = _seen(call.rows[0], IsConverted=True, ConvertedContactId="C", ConvertedAccountId="A")

    assert answer == Written(True, "L", account_id="A", contact_id="C")
    assert _seen(call.rows[0], IsConverted=False) is None


@pytest.mark.parametrize(
    ("stored", "sent", "same"),
    [
        (None, "", True),
        ("Boss ", "Boss", True),
        (1, 1.0, True),
        ("2026-01-05T09:00:00.000+0000", "2026-01-05T10:00:00+01:00", True),
        ("Boss", "Chief", False),
        (None, "Boss", False),
        (True, "true", False),
    ],
)
def test_a_value_is_the_same_as_the_org_gives_it_back(stored: Any, sent: Any, same: bool) -> None:
    assert reads_as_sent(stored, sent) is same


def _rows(*numbers: int) -> list[Unpublished]:
    return [Unpublished(number, f"c{number}", "created", b"", "", b"{}") for number in numbers]


@given(st.integers(0, 50), st.integers(0, 50))
def test_positions_follow_the_sequence(before: int, count: int) -> None:
    after = next_positions({"a": Position(7, before, "x")}, {"a": _rows(*range(before + 1, before + 1 + count))})
    assert after == {"a": Position(7, before + count, "x")}


@pytest.mark.parametrize("numbers", [(5,), (4, 6), (4, 4), (3,)])
def test_a_gap_or_a_repeat_in_a_sequence_is_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a gap"):
        next_positions({"a": Position(7, 3, "x")}, {"a": _rows(*numbers)})


def test_a_position_is_read_from_the_metadata_that_it_wrote() -> None:
    position = Position(7, 3, "ledger")
    assert Position.read(TopicPartition("t", 0, 7, position.metadata())) == position
    assert Position.read(TopicPartition("t", 0, 7)) == Position(7, -1, "")
    assert Position.read(TopicPartition("t", 0, -1001)) is None
