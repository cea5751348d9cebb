"""
What a failure means for the jobs that met it: a wait, a batch of their own, or their end.

In: a refusal of the org, a fault of ours.  Out: progress of each job.
Rule of this file: a job that fails together with others goes alone before it ends, so that nobody ends for another's
sake; an org that is down ends nobody.
"""

from collections.abc import Iterable, Mapping, Sequence

from processors.executor.connection.org_facts import OrgMetadataCache
from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import Delayed, Ended, Progress
from processors.executor.pipeline.claim import CRASHES
from processors.model.errors import OrgDown, RequestRefused, TooLate, Transient
from processors.model.plan import Ending
from processors.model.requests import RowError, Written


def not_read(jobs: Sequence[Job], refused: RequestRefused, org: OrgMetadataCache) -> list[Progress]:
    """
    The org refuses what was asked about these jobs: each goes alone; one that is refused alone ends.

    Where it says that a field is gone, describe is read once, and those that map it wait (LL-18).
    """
    if refused.absent is None:
        org.forget()
    elif (held := org.all_held(refused.absent, jobs)) is not None:
        return held
    progress: list[Progress] = []
    for job in jobs:
        if job.alone and job.tries:
            progress.append(Ended(job, None, _refusal(refused, str(refused))))
        else:
            job.go_alone()
            progress.append(Delayed(job, str(refused)))
    return progress


def not_decided(jobs: Iterable[Job], faults: Mapping[str, Exception]) -> list[Progress]:
    """Deciding these jobs failed, by our own fault: each is tried again a few times."""
    progress: list[Progress] = []
    for job in jobs:
        fault = faults.get(job.id)
        if fault is None:
            continue
        tries, text = job.tries + 1, f"{type(fault).__name__}: {fault}"
        if tries >= CRASHES:
            detail = f"deciding this command failed {tries} times: {text}"
            progress.append(Ended(job, None, Ending("error", "internal", detail)))
        else:
            # Our own fault counts twice: such a command comes to its end soon.
            progress.append(Delayed(job, text, tries=tries + 1))
    return progress


def not_applied(jobs: Sequence[Job], failure: RequestRefused | Transient, org: OrgMetadataCache) -> list[Progress]:
    """Nothing of these jobs' call was applied: they wait again, by what it was that failed."""
    if isinstance(failure, RequestRefused):
        if failure.absent is None:
            org.forget()
        elif (held := org.all_held(failure.absent, jobs)) is not None:
            return held
        if len(jobs) == 1 and jobs[0].alone:
            return [Ended(jobs[0], jobs[0].plan, _refusal(failure, None))]
        for job in jobs:
            # One row's content made the org refuse the whole request, and it is not known whose.
            job.go_alone()
    if isinstance(failure, OrgDown | TooLate):
        return [Delayed(job, str(failure), tries=job.tries, delay=0.0) for job in jobs]
    return [Delayed(job, str(failure)) for job in jobs]


def _refusal(refused: Exception, detail: str | None) -> Ending:
    return Ending("error", "salesforce_refused", detail, (RowError(type(refused).__name__, str(refused)),))


def whole_org(answers: Sequence[Written]) -> OrgDown | None:
    """Return why the whole org takes no such records, where a row's refusal says so."""
    for error in (error for written in answers for error in written.errors):
        if error.cause is not None:
            return OrgDown(f"{error.code}: {error.message}", code=error.code, cause=error.cause)
    return None
