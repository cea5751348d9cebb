"""What the answer to a step makes of its job: gone on, or matched again where its record was made before."""

from processors.executor.jobs.progress import Delayed, MadeBefore, StepDone
from processors.executor.jobs.steps import step_done
from processors.model.decision import Step
from processors.model.requests import Written
from tests.unit.executor.pipeline.plans import planned, update

CREATE = Step("lead", "create", "Lead", effect="e1")


def test_a_step_that_is_answered_is_behind_its_job() -> None:
    job, written = planned(1, CREATE, update("L")), Written(True, "L", created=True)
    before = job.plan

    (done,) = step_done([job], written)

    assert before is not None
    assert done == StepDone(job, before, written)
    assert job.plan is not None
    assert (job.plan.results, job.plan.step) == ((written,), update("L"))


def test_every_job_that_shares_a_row_goes_on() -> None:
    jobs = [planned(number, update("L", Title="Boss")) for number in (1, 2)]
    done = step_done(jobs, Written(True, "L"))
    assert [item.job for item in done if isinstance(item, StepDone)] == jobs


def test_a_job_whose_record_was_made_before_drops_its_plan_and_is_due_at_once() -> None:
    job, written = planned(1, CREATE), Written(True, "L", created=False)
    before = job.plan

    made, delayed = step_done([job], written)

    assert before is not None
    assert made == MadeBefore(job, before, written)
    assert isinstance(delayed, Delayed)
    assert (delayed.job, delayed.delay) == (job, 0.0)
    assert job.plan is None


def test_a_job_without_a_plan_is_left_alone() -> None:
    job = planned(1, CREATE)
    job.drop_plan()
    assert step_done([job], Written(True, "L", created=True)) == []
