"""Whatever an outcome, a notice or a command holds, it fits: shortened in order, flagged, with its IDs whole."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schemas.codec import SingleObject
from schemas.command import Command
from schemas.notice import Notice
from schemas.outcome import Candidate, ConformedField, DroppedField, Outcome, Refusal, Touched
from schemas.shorten import OUTCOME_BYTES, fit_command, fit_notice, fit_outcome
from schemas.values import Agent, Person, Scalar

CODEC = SingleObject()
AT = datetime(2026, 3, 4, tzinfo=UTC)
OUTCOME = Outcome(
    "o",
    "error",
    "multiple_match",
    "i",
    "main",
    "booking",
    ("e",),
    "b1",
    AT,
    AT,
    AT,
    "d",
    "d",
    Person("Ann", email="a@b"),
)
MANY = tuple(Candidate("Lead", f"00Q{number:015}", "x" * 1_000) for number in range(2_000))
LARGE = "x" * 400_000


def bytes_of(outcome: Outcome) -> int:
    return len(CODEC.encode("outcome", outcome.to_avro()))


def fitted(outcome: Outcome) -> Outcome:
    found = fit_outcome(outcome, bytes_of)
    assert bytes_of(found) <= OUTCOME_BYTES
    same = ("outcome_id", "kind", "reason", "integration", "org", "contract", "event_ids", "source_id", "event_time")
    assert [getattr(found, name) for name in same] == [getattr(outcome, name) for name in same]
    assert [record.id for record in found.records] == [record.id for record in outcome.records][: len(found.records)]
    return found


def test_what_fits_is_not_touched() -> None:
    whole = replace(OUTCOME, candidates=MANY[:100], detail="x" * 100_000)
    assert fit_outcome(whole, bytes_of) is whole


def test_candidates_go_first_and_the_rest_stays() -> None:
    record = Touched("Lead", "00Q1", "updated", {"A": "x" * 100_000}, {"A": "y" * 100_000})
    found = fitted(replace(OUTCOME, candidates=MANY, records=(record,)))
    assert (found.candidates, found.flags) == (MANY[:50], ("shortened_candidates",))
    assert found.records == (record,)


def test_values_that_stood_before_go_next() -> None:
    record = Touched("Lead", "00Q1", "updated", {"A": LARGE}, {"A": LARGE, "B": LARGE})
    found = fitted(replace(OUTCOME, records=(record,)))
    assert (found.records, found.flags) == ((replace(record, before={}),), ("shortened_before",))


def test_texts_go_next_and_end_in_an_ellipsis() -> None:
    record = Touched("Lead", "00Q1", "updated", dict.fromkeys("ABC", LARGE))
    found = fitted(replace(OUTCOME, records=(record,), flags=("owner_unknown",)))
    assert found.records[0].fields == dict.fromkeys("ABC", "x" * 19_999 + "…")
    assert found.flags == ("owner_unknown", "shortened_texts")


def test_everything_at_once_fits_and_a_thousand_events_are_all_named() -> None:
    wide = {f"F{number}": "😀" * 50 for number in range(300)}
    found = fitted(
        replace(
            OUTCOME,
            event_ids=tuple(f"{number:04}" + "😀" * 196 for number in range(1_000)),
            person=Person("😀" * 2_000, email="😀" * 2_000, phones=("😀" * 2_000,) * 200),
            agent=Agent("😀" * 2_000, "😀" * 2_000),
            rule_ids=("r" * 200,) * 5_000,
            records=tuple(Touched("Lead", f"00Q{number}", "updated", wide, wide) for number in range(50)),
            candidates=MANY,
            refusals=(Refusal("Lead", "X", "x" * 5_000, ("f" * 100,) * 300),) * 300,
            conformed_fields=(ConformedField("Lead.A", "x" * 5_000, LARGE, "length"),) * 2,
            dropped_fields=(DroppedField("Lead.A", "x" * 500, "no_date"),) * 1_000,
            missing_fields=("f" * 100,) * 10_000,
            detail=LARGE,
        )
    )
    assert found.flags == ("shortened_candidates", "shortened_before", "shortened_texts", "shortened_lists")


def test_a_notice_keeps_its_first_candidates() -> None:
    notice = Notice("c", "parked", "i", "main", "e", Person("x" * 2_000), LARGE * 3, AT, candidates=MANY)
    found = fit_notice(notice, lambda item: len(CODEC.encode("notice", item.to_avro())))
    assert len(CODEC.encode("notice", found.to_avro())) <= OUTCOME_BYTES
    assert found.candidates == MANY[:5]
    assert (found.command_id, found.reason) == ("c", "x" * 19_999 + "…")


@pytest.mark.parametrize("limit", [1_000_000, 100_000, 20_000])
def test_a_command_names_the_fields_whose_texts_are_shorter(limit: int) -> None:
    known: dict[str, Scalar] = {"Description": "x" * 400_000, "LastName": "Ann", "Budget": 5, "City": None}
    command = Command(
        *("c", "apply", "booking", "e", "d", "b1", "i", "main", "live", AT, AT, "s", Person("Ann")),
        lead=known,
        contact=known,
    )
    made = fit_command(command, lambda item: len(CODEC.encode("command", item.to_avro())), limit)
    assert len(CODEC.encode("command", made.to_avro())) <= limit
    if limit == 1_000_000:
        assert made is command
    else:
        assert made.shortened == ("Lead.Description", "Contact.Description")
        assert {**made.lead, "Description": None} == {**known, "Description": None}
        assert Command.from_avro(CODEC.decode("command", CODEC.encode("command", made.to_avro()))) == made
