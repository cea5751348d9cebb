"""One ledger transaction from what became of a batch, and who follows it in memory."""

from dataclasses import fields
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from processors.executor.dependencies import Decider
from processors.executor.jobs import progress as becomes
from processors.executor.jobs.job import Job
from processors.executor.pipeline.unit_of_work import UnitOfWork, unit_of_work
from processors.model.backoff import Backoff
from processors.model.decision import Decision
from processors.model.ledger import LedgerTransaction
from processors.model.match import Resolution
from processors.model.plan import ApiCall, Ending, Plan
from processors.model.record import Record
from processors.model.requests import Written
from schemas.notice import Notice
from schemas.outcome import Outcome
from tests.fakes.scheduler import CODEC, NoMetrics, command, integration
from tests.unit.executor.org_queue.calls import call_of
from tests.unit.executor.pipeline.plans import update

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LEAD = "00Q000000000001AAA"


class Counts(NoMetrics):
    """Notes what was counted."""

    def __init__(self) -> None:
        self.counted: list[str] = []

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Note it."""
        self.counted.append(name)


def dependencies(metrics: NoMetrics | None = None) -> Any:
    return SimpleNamespace(
        org="main",
        deciders={"upsert": Decider(integration(), "digest")},
        codec=CODEC,
        clock=NOW.timestamp,
        now=lambda: NOW,
        headers=lambda outcome: [("ce_id", outcome.outcome_id.encode())],
        notice_headers=lambda notice: [("ce_id", notice.command_id.encode())],
        metrics=metrics or NoMetrics(),
        row_retry=Backoff(base=2.0, cap=30.0, jitter=lambda: 1.0),
    )


def job(**more: Any) -> Job:
    return Job(command("a@example.com", **more), integration(), 1, 0, 0.0, frozenset({"email:a@example.com"}))


def worked(*entries: becomes.Progress, call: ApiCall | None = None, metrics: NoMetrics | None = None) -> Any:
    return unit_of_work(entries, dependencies(metrics), call, {})


def notices(change: LedgerTransaction) -> list[Notice]:
    return [Notice.from_avro(CODEC.decode("notice", noticed.notice)) for noticed in change.noticed]


def test_an_end_is_an_outcome_in_the_transaction_and_its_job_leaves() -> None:
    metrics, item = Counts(), job()
    plan = Plan(Decision("updated", steps=(update(LEAD, Title="x"),)), results=(Written(True, LEAD),))
    change, work = worked(becomes.Ended(item, plan), metrics=metrics)
    (settled,) = change.settled
    outcome = Outcome.from_avro(CODEC.decode("outcome", settled.outcome))
    assert (settled.command_id, settled.kind, settled.reason) == (item.id, "updated", "none")
    assert (outcome.outcome_id, outcome.executor_digest) == (item.id, "digest")
    assert work.left == [item]
    assert work.back == []
    assert "outcomes_total" in metrics.counted


def test_what_a_decision_keeps_is_kept_only_where_it_was_carried_out() -> None:
    plan = Plan(Decision("updated", source_states={"t": b"1"}))
    carried, _ = worked(becomes.Ended(job(), plan))
    refused, _ = worked(becomes.Ended(job(), plan, Ending("error", "salesforce_refused")))
    assert carried.source_states == {("upsert", "t"): b"1"}
    assert refused.source_states == {}


def test_a_step_that_was_written_is_kept_whatever_becomes_of_the_rest() -> None:
    item = job()
    plan = Plan(Decision("updated", steps=(update(LEAD, Title="x"), update(LEAD, City="y"))))
    done = becomes.StepDone(item, plan, Written(True, LEAD))
    change, _ = worked(done, becomes.Ended(item, plan, Ending("error", "salesforce_refused")))
    assert set(change.field_history) == {LEAD}


def test_a_wait_counts_and_backs_off_unless_the_entry_says_otherwise() -> None:
    item, other = job(), job()
    change, work = worked(becomes.Delayed(item, "locked"), becomes.Delayed(other, "down", tries=0, delay=7.0))
    first, second = change.postponed
    assert (first.why, first.tries, second.why, second.tries) == ("locked", 1, "down", 0)
    assert first.due > NOW.timestamp()
    assert second.due == NOW.timestamp() + 7.0
    assert work.back == [item, other]


def test_who_waits_for_a_field_keeps_its_time_and_who_reads_again_is_not_stored() -> None:
    item, other = job(), job()
    change, work = worked(becomes.FieldMissing(item, "Lead.Title is gone"), becomes.NeedsRead(other))
    (waiting,) = change.postponed
    assert (waiting.command_id, waiting.blocker, waiting.due) == (item.id, "field_removed", 0.0)
    assert work.back == [item, other]


def test_a_choice_that_is_needed_parks_the_command_and_tells_the_candidates() -> None:
    metrics, item = Counts(), job()
    found = Record("Lead", LEAD, {"Name": "Ann Doe"})
    decision = Decision("error", "multiple_match", candidates=(found,), park=True)
    change, work = worked(becomes.NeedsChoice(item, decision), metrics=metrics)
    (parked,) = change.postponed
    hours = integration().match.park_hours
    assert (parked.parked, parked.blocker, parked.due) == (True, "parked", NOW.timestamp() + hours * 3600)
    (notice,) = notices(change)
    assert (notice.kind, [candidate.id for candidate in notice.candidates]) == ("parked", [LEAD])
    assert item.parked
    assert work.back == [item]
    assert "commands_parked_total" in metrics.counted


def test_a_choice_that_was_made_resumes_the_command_and_names_who_chose_what() -> None:
    item = job()
    item.park(NOW.timestamp() + 3600)
    change, work = worked(becomes.ChoiceMade(item, Resolution(LEAD, by="ops@example.com")))
    (resumed,) = change.resumed
    (notice,) = notices(change)
    assert (resumed.command_id, notice.kind) == (item.id, "resumed")
    assert notice.reason == f"ops@example.com chose {LEAD}"
    assert work.woken == [item]


def test_calls_that_are_answered_over_or_alive_are_told_apart() -> None:
    item = job()
    answered, over, alive = (call_of(item, call_id=name) for name in ("answered", "over", "alive"))
    entries = becomes.CallAnswered(answered), becomes.CallOver(over), becomes.CallAlive(alive)
    change, work = worked(*entries, call=call_of(item, call_id="next"))
    assert change.answered == ["answered", "over"]
    assert work.over == [over]
    assert change.alive == [alive]
    assert [call.id for call in change.intended] == ["next"]


def test_nothing_became_of_nothing() -> None:
    change = UnitOfWork(dependencies()).transaction(None, {})
    assert not any(getattr(change, field.name) for field in fields(change))
