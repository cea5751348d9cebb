"""A line of the demo says what came in and what it did."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from processors.sources.registry import SOURCES
from schemas.change import Change, FieldChange
from schemas.notice import Notice
from schemas.outcome import ConformedField, DroppedField, Outcome, Touched
from schemas.values import Person, Scalar
from signalbox.demo.lines import FLAGS, brief, brief_change, brief_notice, change_line, line, notice_line
from tests.contract.docs import pages

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
CALLER = Person(phones=("+498999998001",))
CUT = (ConformedField("Lead.Title", "x" * 200, "x…", "too_long"),)
LEFT = (DroppedField("Lead.Rating", "lukewarm", "unknown_value"),)
ON_LEAD = Touched("Lead", "00Q1", "unchanged")


def outcome(contract: str, kind: str, reason: str, *records: Touched, events: int = 1, **more: Any) -> Outcome:
    """Return an outcome of a contract."""
    made = Outcome(
        outcome_id="o",
        kind=kind,  # type: ignore[arg-type]  # -- the cases' own words
        reason=reason,  # type: ignore[arg-type]  # -- as above
        integration="calls",
        org="demo",
        contract=contract,
        event_ids=tuple(map(str, range(events))),
        source_id="t",
        event_time=NOW,
        command_time=NOW,
        settled_time=NOW,
        intake_digest="",
        executor_digest="",
        person=CALLER,
        records=records,
    )
    return replace(made, **more)


def task(operation: str = "created", **fields: Scalar) -> Touched:
    """Return a Task as an outcome tells it."""
    return Touched("Task", "00T1", operation, fields=fields)  # type: ignore[arg-type]  # -- the cases' own words


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            outcome("pbx_call_event", "activity", "activity_created", task(Subject="Call"), ON_LEAD, events=4),
            "call of 4 steps → Task on Lead (Call)",
        ),
        (
            outcome(
                "pbx_call_event",
                "activity",
                "activity_created",
                task(Subject="Call", CallDurationInSeconds=65, Description="Transfers:\n1. blind"),
                Touched("Account", "0011", "unchanged"),
                events=6,
                flags=("owner_fallback",),
            ),
            "call of 6 steps → Task on Account (Call, 1:05, transferred), for the default user",
        ),
        (
            outcome("pbx_call_event", "activity", "activity_created", task(), ON_LEAD, events=3, tie_break="newest"),
            "call of 3 steps → Task on Lead, the newest of several",
        ),
        (
            outcome("pbx_call_event", "activity", "activity_updated", task("updated"), ON_LEAD),
            "1 more step of a call → Task on Lead updated",
        ),
        (
            outcome("pbx_call_event", "skipped", "internal", events=4, detail="all on the network"),
            "call of 4 steps → nothing written: all on the network",
        ),
        (
            outcome(
                "booking", "created", "none", Touched("Lead", "00Q1", "created"), Touched("Event", "00U1", "created")
            ),
            "booking made → Lead created, Event on Lead",
        ),
        (
            outcome("booking", "activity", "activity_deleted", Touched("Event", "00U1", "deleted")),
            "booking cancelled → Event deleted",
        ),
        (outcome("booking", "skipped", "no_activity"), "booking → nothing written: no activity"),
        (outcome("user_action", "updated", "resolved", detail="x"), "choice → what waited for it goes on"),
        (
            outcome("prospect", "skipped", "anonymous", detail="x"),
            "prospect → kept until a user links it",
        ),
        (
            outcome("prospect", "error", "record_deleted", detail="x"),
            "prospect → the link with the deleted record is dropped",
        ),
        (
            outcome("field_record", "converted", "none", Touched("Lead", "00Q1", "converted")),
            "field lead won → Lead converted",
        ),
        (
            outcome("field_record", "skipped", "filtered", rule_ids=("filter:selective-sync",)),
            "field lead → nothing written: left out by the filter selective-sync",
        ),
        (
            outcome("field_activity", "activity", "activity_updated", task("updated", Status="Completed"), ON_LEAD),
            "field activity done → Task on Lead updated",
        ),
        (
            outcome("field_activity", "activity", "activity_created", Touched("Event", "00U1", "created"), ON_LEAD),
            "visit → Event on Lead",
        ),
        (outcome("user_action", "created", "none", Touched("Lead", "00Q1", "created")), "by hand → Lead created"),
        (outcome("call_result", "updated", "none", Touched("Lead", "00Q1", "updated")), "call result → Lead updated"),
        (outcome("call_result", "skipped", "filtered"), "call result → nothing written: filtered"),
        (
            outcome("prospect", "updated", "none", Touched("Lead", "00Q1", "updated"), conformed_fields=CUT),
            "prospect → Lead updated, Lead.Title conformed",
        ),
        (
            outcome("booking", "created", "none", Touched("Lead", "00Q1", "created"), dropped_fields=LEFT),
            "booking → Lead created, Lead.Rating left out",
        ),
    ],
)
def test_a_line_says_what_came_in_and_what_it_did(told: Outcome, said: str) -> None:
    assert line(told).endswith(said)
    assert "+498999998001" in line(told)
    assert line(told).startswith(told.kind)


@pytest.mark.parametrize("contract", sorted(SOURCES))
@pytest.mark.parametrize("kind", ["updated", "skipped", "error"])
def test_a_line_of_each_source_says_what_came_in(contract: str, kind: str) -> None:
    told = outcome(contract, kind, "none", *([ON_LEAD] if kind == "updated" else []), detail="two match")
    what = f"{SOURCES[contract].words.subject(told)} → "
    assert what in line(told)
    assert what in brief(told)


def test_every_flag_that_subscribers_know_has_words() -> None:
    assert set(FLAGS) == pages.first_column(pages.DOCS / "subscribers.md", "## Flags")


def test_what_people_edit_in_salesforce_is_a_line_too() -> None:
    fields = (
        FieldChange("city", "City", "Hamburg", "Berlin", before_known=True),
        FieldChange("title", "Title", "Owner"),
        FieldChange("interest", "Rating", "high", "high", before_known=True),
    )
    told = Change(
        "c", "field-sales", "demo", "Lead", "00Q1", "updated", NOW, fields, changed_by_email="agent2@example.com"
    )
    said = "Lead updated in Salesforce by agent2@example.com: city Berlin → Hamburg, title → Owner, interest high"
    assert change_line(told).endswith(said)
    assert "00Q1" in change_line(told)
    deleted = replace(told, operation="deleted", changes=(), changed_by_email=None, source_id="rover2")
    assert brief_change(deleted) == f"{'change':<10} {'rover2':<25} Lead deleted by hand"


def test_a_short_line_says_the_same_in_fewer_words() -> None:
    skipped = outcome("pbx_call_event", "skipped", "unknown_number", events=3, detail="nobody has the number")
    assert brief(skipped).endswith("call of 3 steps → unknown number")
    refused = outcome("call_result", "error", "no_match")
    assert brief(refused).endswith("call result → no match")
    assert brief_notice(Notice("c", "parked", "calls", "demo", "e", CALLER, "2 match", NOW)).endswith("2 match")


def test_what_waits_for_a_choice_is_a_line_too() -> None:
    notice = Notice("c", "parked", "calls", "demo", "e", CALLER, "2 records match", NOW)
    assert notice_line(notice).split("  ")[0] == "parked"
    assert notice_line(notice).endswith("2 records match")
