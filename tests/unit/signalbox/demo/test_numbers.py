"""The demo's own sums: each number that does not add up is told."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from schemas.change import Change
from schemas.outcome import ConformedField, Outcome, OutcomeKind, Reason
from signalbox.demo.edits import Edited
from signalbox.demo.expected import Edit, Expectation
from signalbox.demo.numbers import Observed, cases, faults
from signalbox.demo.script import Script, existing_records

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TEAM = {"interest-lead": ("leads@example.com",)}
TOLD = Script(1, NOW).expectations()


def outcome(told: Expectation) -> Outcome:
    """Return the outcome that *told* expects."""
    kind, _, reason = told.outcome.partition(".")
    budgets = "budget" in getattr(told.event, "fields", {})
    return Outcome(
        outcome_id=f"outcome-of-{told.event.event_id}",
        kind=kind,  # type: ignore[arg-type]  # -- the scripts' own words
        reason=reason,  # type: ignore[arg-type]  # -- as above
        integration=told.integration,
        org="demo",
        contract="call_result",
        event_ids=(told.event.event_id,),
        source_id=told.event.source_id,
        event_time=NOW,
        command_time=NOW,
        settled_time=NOW,
        intake_digest="",
        executor_digest="",
        person=told.event.person,
        conformed_fields=(ConformedField("Lead.AnnualRevenue", "10,000", 10_000, "number_format"),) * budgets,
    )


def mail(text: str) -> bytes:
    """Return a mail that says *text*."""
    message = EmailMessage()
    message.set_content(text)
    return bytes(message)


def seen_of(told: list[Expectation]) -> Observed:
    """Return what must be seen of *told*."""
    outcomes = {item.outcome_id: item for item in map(outcome, told)}
    again = replace(next(iter(outcomes.values())), outcome_id="again", kind="error", reason="id_reused", event_ids=())
    outcomes[again.outcome_id] = again
    mails = [(("leads@example.com",), mail(" ".join(outcomes)))]
    effects = {("Task", "created"): sum(expected.tasks for expected in told), ("Event", "created"): 99}
    effects["Event", "deleted"] = 99 - sum(expected.events for expected in told)
    waited = len({expected.about for expected in told if expected.about})
    notices = {"parked": waited, "resumed": waited}
    talk = sum(expected.talk for expected in told)
    return Observed(outcomes, 0, mails, len(outcomes), 4, 4, 10, effects, notices, talk)


def test_what_the_script_tells_adds_up() -> None:
    assert len(TOLD) >= 500
    assert len({expected.event.event_id for expected in TOLD}) == len(TOLD)
    assert faults(TOLD, seen_of(TOLD), TEAM) == []
    assert any(expected.times > 1 for expected in TOLD)
    assert len(existing_records()) > 60


def test_one_outcome_may_list_every_step_of_a_call() -> None:
    seen = seen_of(TOLD)
    steps = [expected for expected in TOLD if expected.event.source_id == "pbx-0001"]
    listed = tuple(step.event.event_id for step in steps)
    first = f"outcome-of-{listed[0]}"
    left = {key: item for key, item in seen.outcomes.items() if item.event_ids == () or item.event_ids[0] not in listed}
    whole = {**left, first: replace(seen.outcomes[first], event_ids=listed)}
    assert len(steps) > 2
    assert faults(TOLD, replace(seen, outcomes=whole, audited=len(whole)), TEAM) == []
    twice = {**whole, "more": replace(seen.outcomes[first], outcome_id="more")}
    assert "events listed twice: 0 ≠ 1" in faults(TOLD, replace(seen, outcomes=twice, audited=len(twice)), TEAM)


@pytest.mark.parametrize("kind, reason", [("activity", "activity_updated"), ("updated", "unchanged")])
def test_a_step_of_a_call_in_disorder_may_come_in_an_outcome_that_amends_and_no_other_may(
    kind: OutcomeKind, reason: Reason
) -> None:
    seen = seen_of(TOLD)
    for disordered in (True, False):
        expected = next(
            item for item in TOLD if item.amends is disordered and item.outcome == "activity.activity_created"
        )
        name = f"outcome-of-{expected.event.event_id}"
        amended = {**seen.outcomes, name: replace(seen.outcomes[name], kind=kind, reason=reason)}
        assert (faults(TOLD, replace(seen, outcomes=amended), TEAM) == []) is disordered


def test_each_number_that_does_not_add_up_is_one_line() -> None:
    good = seen_of(TOLD)
    lost = dict(list(good.outcomes.items())[1:])
    assert any("expected" in line for line in faults(TOLD, replace(good, outcomes=lost, audited=len(lost)), TEAM))
    assert faults(TOLD, replace(good, repeats=1), TEAM) == ["outcomes seen twice: 0 ≠ 1"]
    assert faults(TOLD, replace(good, audited=1), TEAM) == [f"outcomes = audit rows: {len(good.outcomes)} ≠ 1"]
    assert faults(TOLD, replace(good, dead_letters=0), TEAM) == ["unreadable messages = dead letters: 4 ≠ 0"]
    assert len(faults(TOLD, replace(good, mails=[]), TEAM)) == sum(
        1 for item in good.outcomes.values() if item.kind == "error" and item.integration == "interest-lead"
    )


@pytest.mark.parametrize("name", ["Task", "Event"])
def test_an_activity_too_many_in_the_org_is_one_line(name: str) -> None:
    good = seen_of(TOLD)
    effects = {**good.effects, (name, "created"): good.effects[name, "created"] + 1}
    (line,) = faults(TOLD, replace(good, effects=effects), TEAM)
    assert f"{name}s in the org" in line


@pytest.mark.parametrize(
    ("kind", "line"),
    [("parked", "commands with a choice to make = parked: 2 ≠ 0"), ("resumed", "parked = resumed: 2 ≠ 0")],
)
def test_a_choice_that_is_not_asked_or_not_followed_is_one_line(kind: str, line: str) -> None:
    good = seen_of(TOLD)
    assert faults(TOLD, replace(good, notices={**good.notices, kind: 0}), TEAM) == [line]


def test_a_task_that_says_too_little_talk_is_one_line() -> None:
    good = seen_of(TOLD)
    (line,) = faults(TOLD, replace(good, talk=good.talk - 1), TEAM)
    assert line.startswith("seconds of talk")


def edited(record: str, *, delete: bool = False, back: str | None = "field-sales") -> Edited:
    """Return an edit of *record* by a person."""
    return Edited(Edit("an edit", "event", delete=delete, back=back), record)


def change(number: int, record: str) -> Change:
    """Return a change of *record* that came back."""
    return Change(f"change-{number}", "field-sales", "demo", "Lead", record, "updated", NOW)


@pytest.mark.parametrize(
    ("records", "lines"),
    [
        (("00Q1", "00Q2"), []),
        (("00Q1",), ["edits of record 00Q2 by people = changes that came back: 1 ≠ 0"]),
        (("00Q1", "00Q2", "00Q2"), ["edits of record 00Q2 by people = changes that came back: 1 ≠ 2"]),
        (("00Q1", "00Q2", "00Q3"), ["edits of record 00Q3 by people = changes that came back: 0 ≠ 1"]),
    ],
)
def test_an_edit_that_comes_not_back_once_or_what_nobody_edited_is_one_line(
    records: tuple[str, ...], lines: list[str]
) -> None:
    made = (edited("00Q1"), edited("00Q2"), edited("0031", back=None))
    changes = {f"change-{number}": change(number, record) for number, record in enumerate(records)}
    assert faults(TOLD, replace(seen_of(TOLD), edited=made, changes=changes), TEAM) == lines


def test_a_link_with_a_deleted_record_ends_by_one_outcome() -> None:
    good = seen_of(TOLD)
    some = next(iter(good.outcomes.values()))
    names = {"integration": "field-sales", "contract": "change", "kind": "skipped", "reason": "record_deleted"}
    dropped = replace(some, outcome_id="dropped", event_ids=("00Q1/then",), **names)  # type: ignore[arg-type]  # -- words
    deleted = replace(good, edited=(edited("00Q1", delete=True),), changes={"c": change(1, "00Q1")})
    whole = {**good.outcomes, "dropped": dropped}
    assert faults(TOLD, replace(deleted, outcomes=whole, audited=len(whole)), TEAM) == []
    assert any("skipped.record_deleted" in line for line in faults(TOLD, deleted, TEAM))
    assert "deleted in Salesforce" in list(cases(TOLD, replace(deleted, outcomes=whole)).columns[0].cells)


def test_an_older_call_result_may_be_stale_and_a_persons_only_one_may_not() -> None:
    good = seen_of(TOLD)
    about = Counter(item.event.person.email for item in TOLD)
    for alone in (True, False):
        expected = next(
            item
            for item in TOLD
            if item.case == "call result"
            and item.outcome == "created.none"
            and (about[item.event.person.email] == 1) is alone
        )
        name, then = f"outcome-of-{expected.event.event_id}", _next(expected)
        stale = {**good.outcomes, name: replace(good.outcomes[name], kind="skipped", reason="stale")}
        if then is not None:
            stale[then] = replace(good.outcomes[then], kind="created", reason="none")
        assert (faults(TOLD, replace(good, outcomes=stale), TEAM) == []) is not alone


def _next(told: Expectation) -> str | None:
    """Return the outcome of the next event about the same person."""
    rest = [
        expected
        for expected in TOLD
        if expected.event.person == told.event.person or expected.event.person.email == told.event.person.email
    ]
    return next((f"outcome-of-{expected.event.event_id}" for expected in rest if expected is not told), None)


def test_every_case_is_a_row_with_its_outcomes() -> None:
    """The rows hold all outcomes, and name what was told."""
    seen = seen_of(TOLD)
    table = cases(TOLD, seen)
    columns = [list(column.cells) for column in table.columns]
    assert {"booking cancelled", "call: missed", "call: two leads", "call: unknown number", "call result"} <= set(
        columns[0]
    )
    assert sum(int(str(cell)) for column in columns[1:] for cell in column if cell) == len(seen.outcomes)
    assert max(len(str(name)) for name in columns[0]) <= 24
