"""
The end of a job's present step, whoever learnt of it: the stage that has the answer, or a look at the org.

In: jobs that share a row, the answer to it.  Out: the jobs gone on, and what became of them.
Rule of this file: a create whose record was there before answers no step.
"""

from collections.abc import Sequence

from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import Delayed, MadeBefore, Progress, StepDone
from processors.model.requests import Written


def step_done(jobs: Sequence[Job], written: Written) -> list[Progress]:
    """
    Answer the present step of each job.

    A create that turns out to have been made before drops the plan: the command matches again, with that record as its
    own candidate.
    """
    progress: list[Progress] = []
    for job in jobs:
        plan = job.plan
        if plan is None or plan.step is None:
            continue
        if plan.step.operation == "create" and not written.created:
            job.drop_plan()
            progress.append(MadeBefore(job, plan, written))
            progress.append(Delayed(job, f"its {plan.step.object} was made before: it is matched again", delay=0.0))
        else:
            job.answer(written)
            progress.append(StepDone(job, plan, written))
    return progress
