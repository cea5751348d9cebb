"""
What becomes of a command whose record a duplicate rule of the org refuses: it goes alone, waits for a choice, or ends.

In: the command, the row's errors.  Out: its progress.  Pure.
Rule of this file: someone chooses only where nobody had matched, so that a chosen record replaces the one refused; and
once, for a choice is no second choice (docs/decisions/0079).
"""

from collections.abc import Sequence
from dataclasses import replace

from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import Delayed, Ended, NeedsChoice, Progress
from processors.model.advice import SEND_AGAIN
from processors.model.plan import Ending, Plan
from processors.model.record import Record
from processors.model.requests import RowError

DUPLICATES = "DUPLICATES_DETECTED"
_PERSONS = ("lead", "contact", "account")


def refused_as_duplicate(job: Job, errors: Sequence[RowError]) -> Progress:
    """Return what becomes of *job*; a large call tells no records in time, so it is asked for them alone first."""
    found = tuple({duplicate.id: duplicate for error in errors for duplicate in error.duplicates}.values())
    if not found and not job.alone:
        job.go_alone()
        return Delayed(job, "a duplicate rule refused it: it is sent alone, to learn for which records", delay=0.0)
    plan = job.plan
    if plan is None or plan.step is None:
        return Ended(job, plan, Ending("error", "salesforce_refused", None, errors))
    decision = replace(plan.decision, candidates=found)
    if found and _may_park(job, plan):
        return NeedsChoice(job, replace(decision, detail=_detail(errors, found, "choose the one that is meant")))
    detail = _detail(errors, found, f"merge or correct them, then {SEND_AGAIN}; or set org_rules.duplicates")
    ending = Ending("error", "salesforce_refused", detail, errors)
    return Ended(job, replace(plan, decision=decision), ending)


def _may_park(job: Job, plan: Plan) -> bool:
    step = plan.step
    asked = job.settings is not None and job.settings.org_rules.duplicates == "park" and job.resolution is None
    return asked and plan.match_step == "none" and step is not None and step.role in _PERSONS and not step.record_id


def _detail(errors: Sequence[RowError], found: Sequence[Record], todo: str) -> str:
    rule = next((error.rule for error in errors if error.rule), "")
    name = f"duplicate rule {rule}" if rule else "a duplicate rule"
    count = f"{len(found)} record{'' if len(found) == 1 else 's'}" if found else "records that it does not name"
    return f"{name} of the org found {count}: {todo}"
