"""
Stage *claim*, after the claims are taken: which jobs of a batch need the org, and how the others end.

In: the jobs of a batch.  Out: jobs whose plans go on, jobs to be decided, the ends of the others.
Rule of this file: what is decided here is decided without a look at the org.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import get_args

from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import ChoiceMade, Ended, Progress
from processors.executor.org_queue.scheduler import Scheduler
from processors.matching.manual_choice import resolution_of
from processors.model.advice import SEND_AGAIN
from processors.model.plan import Ending
from schemas.command import Command
from schemas.outcome import Reason

CRASHES = 3
"""How often a command may crash the executor, decided alone and without intents, before it is `error.internal`."""


@dataclass(slots=True)
class Claimed:
    """The jobs of a batch by what they need: a choice stored, their plans carried out, or a decision."""

    choices: list[Job] = field(default_factory=list)
    planned: list[Job] = field(default_factory=list)
    undecided: list[Job] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)


def claim(jobs: Iterable[Job]) -> Claimed:
    """Return what each job needs; what needs no look at the org has its ending."""
    claimed = Claimed()
    for job in jobs:
        if job.fault is not None:
            claimed.progress.append(Ended(job, None, Ending("error", "internal", job.fault)))
        elif _is_choice(job.command):
            claimed.choices.append(job)
        elif job.plan is not None:
            claimed.planned.append(job)
        elif (ending := _without_org(job)) is not None:
            claimed.progress.append(Ended(job, None, ending))
        else:
            claimed.undecided.append(job)
    return claimed


def choose(choices: Iterable[Job], scheduler: Scheduler) -> list[Progress]:
    """Let the parked commands that these choices are about go on; the first choice wins, once (attack D16)."""
    progress: list[Progress] = []
    for job in choices:
        choice = resolution_of(job.command)
        if isinstance(choice, Ending):
            progress.append(Ended(job, None, choice))
            continue
        about = (job.command.request.about if job.command.request else None) or ""
        parked = scheduler.choose(about)
        if parked is None:
            detail = f"nothing waits for a choice under {about}: it was chosen for before, or its time was up"
            progress.append(Ended(job, None, Ending("skipped", "already_resolved", detail)))
            continue
        parked.choose(choice)
        progress.append(ChoiceMade(parked, choice))
        progress.append(Ended(job, None, Ending("updated", "resolved", f"command {about} goes on with it")))
    return progress


def without_crashing(jobs: Sequence[Job], mark_crashing: Callable[[str], int], progress: list[Progress]) -> list[Job]:
    """
    Return the jobs that are decided now; give up those that crashed the executor `CRASHES` times.

    Args:
        mark_crashing: Notes in the ledger that a command is about to be decided after a crash; returns how often.
    """
    going = []
    for job in jobs:
        if job.suspect and job.crashes >= CRASHES:
            detail = f"deciding this command ended the executor {CRASHES} times; please report it with this outcome"
            progress.append(Ended(job, None, Ending("error", "internal", detail)))
            continue
        if job.suspect:
            job.count_crash(mark_crashing(job.id))
        going.append(job)
    return going


def _without_org(job: Job) -> Ending | None:
    """Return how a command ends that needs no look at the org, or None."""
    command = job.command
    if command.kind == "skip":
        return _skip_ending(command.skip_reason or "other")
    if job.settings is None:
        detail = f"integration {command.integration} is not in the executor's settings; add its file, then {SEND_AGAIN}"
        return Ending("error", "settings_missing", detail)
    return None


def _is_choice(command: Command) -> bool:
    """Whether it is a choice about a parked command; without one it is a change of the match for what follows."""
    return command.kind == "resolve" and bool(command.request and command.request.about)


def _skip_ending(reason: str) -> Ending:
    """
    Return the ending of a command that the intake left out; a reason that this build does not know is told as
    detail.
    """
    known = next((argument for argument in get_args(Reason) if argument == reason), None)
    return Ending("skipped", known or "other", None if known else reason)
