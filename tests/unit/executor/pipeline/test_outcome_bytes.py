"""The last resort: whatever a command holds, and whatever our own code makes of it, its outcome can be stored."""

import math
from dataclasses import replace
from typing import Any

import pytest

from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import Ended
from processors.executor.pipeline.outcome_bytes import fitting, outcome_bytes, outcome_of
from processors.model.plan import Ending
from schemas.outcome import Outcome, Touched
from schemas.shorten import OUTCOME_BYTES
from tests.fakes.scheduler import CODEC, NOW, command

JOB = Job(command("ann@example.com", event_id="e1"), None, 1, 0, 0.0, frozenset())
END = Ended(JOB, None, Ending("error", "no_match"))
BROKEN: list[dict[str, Any]] = [
    {"records": (Touched("Lead", "00Q1", "created", {"Budget": math.nan}),)},
    {"records": (Touched("Lead", "00Q1", "created", {"Budget": 2**70}),)},
    {"detail": "half a pair \ud800"},
    {"rule_ids": ("VS-1",), "candidates": (None,)},
]


def read(body: bytes) -> Outcome:
    return Outcome.from_avro(CODEC.decode("outcome", body))


def test_an_outcome_is_told_whole_where_it_can_be() -> None:
    outcome = outcome_of(END, "x", NOW)
    assert outcome_bytes(outcome, CODEC) == (outcome, CODEC.encode("outcome", outcome.to_avro()))


@pytest.mark.parametrize("more", BROKEN, ids=range(len(BROKEN)))
def test_one_that_cannot_be_written_keeps_what_identifies_it(more: dict[str, Any]) -> None:
    told, body = outcome_bytes(replace(outcome_of(END, "x", NOW), **more), CODEC)
    assert read(body) == told
    assert (told.outcome_id, told.event_ids, told.reason) == (JOB.id, ("e1",), "no_match")
    assert [(record.id, record.operation, dict(record.fields)) for record in told.records] in (
        [("00Q1", "created", {})],
        [],
    )
    assert told.flags == ("shortened_unwritable",)


def test_one_that_our_own_code_fails_at_is_an_internal_error_that_names_the_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def touched(plan: Any, _ending: Any) -> Any:
        if plan is not None:
            raise ValueError("ann@example.com")
        return ()

    monkeypatch.setattr("processors.executor.pipeline.settle._touched", touched)
    plan: Any = object()
    outcome = outcome_of(Ended(JOB, plan, Ending("error", "no_match")), "x", NOW)
    assert (outcome.kind, outcome.reason, outcome.event_ids) == ("error", "internal", ("e1",))
    assert "at processors/executor/pipeline/settle.py:" in (outcome.detail or "")
    assert "ann@" not in (outcome.detail or "")


def test_a_stored_outcome_that_no_topic_takes_is_shortened_when_it_is_published() -> None:
    large = replace(outcome_of(END, "x", NOW), detail="x" * 1_200_000)
    body = CODEC.encode("outcome", large.to_avro())
    assert len(fitting(body, CODEC)) <= OUTCOME_BYTES
    assert read(fitting(body, CODEC)).flags == ("shortened_texts",)
    small = CODEC.encode("outcome", outcome_of(END, "x", NOW).to_avro())
    assert fitting(small, CODEC) is small
