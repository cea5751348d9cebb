"""What a failure means for the jobs that met it: nobody ends for another's sake, an org that is down ends nobody."""

from typing import Any

import pytest

from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import Delayed, Ended, FieldMissing, Progress
from processors.executor.pipeline.claim import CRASHES
from processors.executor.pipeline.failures import not_applied, not_decided, not_read, whole_org
from processors.model.errors import OrgDown, RequestRefused, TooLate, Transient
from processors.model.requests import RowError, Written
from tests.unit.executor.pipeline.plans import planned, update


class Org:
    """Says which jobs wait for a field that is gone; notes that its facts are to be read anew."""

    def __init__(self, *held: Job) -> None:
        self.held = held
        self.forgotten = 0

    def forget(self) -> None:
        """Count it."""
        self.forgotten += 1

    def all_held(self, absent: str, jobs: Any) -> list[Progress] | None:
        """Return that they wait where all of them do."""
        return [FieldMissing(job, absent) for job in jobs] if set(self.held) >= set(jobs) else None


def refused(absent: str | None = None) -> RequestRefused:
    failure = RequestRefused("MALFORMED_QUERY: no")
    failure.absent = absent
    return failure


def kinds(progress: list[Progress]) -> list[type[Progress]]:
    return [type(step_done) for step_done in progress]


def test_jobs_whose_reads_are_refused_together_go_alone_and_only_one_refused_alone_ends() -> None:
    org: Any = Org()
    first, second = planned(1, update("L")), planned(2, update("M"))
    assert kinds(not_read([first, second], refused(), org)) == [Delayed, Delayed]
    assert first.alone
    assert second.alone
    first.put_off(0.0)
    (end,) = not_read([first], refused(), org)
    assert isinstance(end, Ended)
    assert end.ending is not None
    assert (end.ending.reason, [error.code for error in end.ending.errors]) == (
        "salesforce_refused",
        ["RequestRefused"],
    )
    assert org.forgotten == 2


def test_ll_18_where_a_field_is_gone_who_maps_it_waits_and_nobody_is_refused() -> None:
    job = planned(1, update("L"))
    job.go_alone()
    job.put_off(0.0)
    org: Any = Org(job)
    assert kinds(not_read([job], refused("Lead.Title"), org)) == [FieldMissing]
    assert kinds(not_applied([job], refused("Lead.Title"), org)) == [FieldMissing]
    assert org.forgotten == 0


def test_what_our_own_code_cannot_decide_is_tried_a_few_times_and_then_told() -> None:
    job, other = planned(1, update("L")), planned(2, update("M"))
    (again,) = not_decided([job, other], {job.id: ValueError("no such thing")})
    assert isinstance(again, Delayed)
    assert (again.job, again.tries, again.why) == (job, 2, "ValueError: no such thing")
    for _ in range(CRASHES - 1):
        job.put_off(0.0)
    (end,) = not_decided([job, other], {job.id: ValueError("no such thing")})
    assert isinstance(end, Ended)
    assert end.ending is not None
    assert (end.ending.reason, "no such thing" in (end.ending.detail or "")) == ("internal", True)


def test_a_refused_call_of_several_narrows_down_whose_row_it_was() -> None:
    org: Any = Org()
    first, second = planned(1, update("L")), planned(2, update("M"))
    assert kinds(not_applied([first, second], refused(), org)) == [Delayed, Delayed]
    assert first.alone
    (end,) = not_applied([first], refused(), org)
    assert isinstance(end, Ended)
    assert end.plan is first.plan, "what was done before the refusal is told"


@pytest.mark.parametrize("failure", [OrgDown("503"), TooLate("send-by passed")])
def test_an_org_that_is_down_and_a_call_that_never_left_count_as_no_failure_of_the_job(failure: Transient) -> None:
    job, org = planned(1, update("L")), Org()
    (wait,) = not_applied([job], failure, org)  # type: ignore[arg-type]  # an org in small
    assert isinstance(wait, Delayed)
    assert (wait.tries, wait.delay, job.alone) == (0, 0.0, False)


def test_what_passes_by_itself_waits_as_the_back_off_says() -> None:
    job, org = planned(1, update("L")), Org()
    (wait,) = not_applied([job], Transient("a lock"), org)  # type: ignore[arg-type]  # an org in small
    assert isinstance(wait, Delayed)
    assert (wait.tries, wait.delay) == (None, None)


def test_a_rows_refusal_may_say_that_the_whole_org_takes_nothing() -> None:
    fine, row = Written(True, "L"), Written(False, errors=(RowError("REQUIRED_FIELD_MISSING", "no"),))
    full = Written(False, errors=(RowError("STORAGE_LIMIT_EXCEEDED", "full", cause="storage_full"),))
    assert whole_org([fine, row]) is None
    down = whole_org([fine, full, row])
    assert down is not None
    assert (down.code, down.cause) == ("STORAGE_LIMIT_EXCEEDED", "storage_full")
