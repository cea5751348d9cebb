"""
What becomes of jobs and calls between two ledger transactions, as values.

In: what a stage found out.  Out: entries that `unit_of_work.py` turns into one transaction, in their order.
Rule of this file: frozen values; a stage returns them and stores nothing.
"""

from dataclasses import dataclass
from typing import TypeAlias

from processors.executor.jobs.job import Job
from processors.model.decision import Decision
from processors.model.match import Resolution
from processors.model.plan import ApiCall, Ending, Plan
from processors.model.requests import Written


@dataclass(frozen=True, slots=True)
class StepDone:
    """The present step of *plan* was written; the job has gone on since."""

    job: Job
    plan: Plan
    written: Written


@dataclass(frozen=True, slots=True)
class MadeBefore:
    """The record that the present step of *plan* would create is there, with its key, from an earlier attempt."""

    job: Job
    plan: Plan
    written: Written


@dataclass(frozen=True, slots=True)
class Ended:
    """The command is over: as its plan decided, or with this ending."""

    job: Job
    plan: Plan | None = None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class Delayed:
    """
    The command waits, and is due later.

    `tries` None: this one counts as a failure; `delay` in seconds, None: as the back-off for rows says.
    """

    job: Job
    why: str
    tries: int | None = None
    delay: float | None = None


@dataclass(frozen=True, slots=True)
class FieldMissing:
    """The command waits until its integration's fields are there (LL-18); nothing of it was refused."""

    job: Job
    why: str


@dataclass(frozen=True, slots=True)
class NeedsRead:
    """The command waits for the writes of others, and matches again."""

    job: Job


@dataclass(frozen=True, slots=True)
class NeedsChoice:
    """The command waits for someone to choose among the decision's candidates."""

    job: Job
    decision: Decision


@dataclass(frozen=True, slots=True)
class ChoiceMade:
    """Someone chose for a parked command: it goes on."""

    job: Job
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """A call is over: its answer is known, or it never left."""

    call: ApiCall


@dataclass(frozen=True, slots=True)
class CallOver:
    """A call without an answer can land no more, or was seen landed: it lets its claims go."""

    call: ApiCall


@dataclass(frozen=True, slots=True)
class CallAlive:
    """A copy of a call may still land: it keeps its claims."""

    call: ApiCall


Progress: TypeAlias = (
    StepDone
    | MadeBefore
    | Ended
    | Delayed
    | FieldMissing
    | NeedsRead
    | NeedsChoice
    | ChoiceMade
    | CallAnswered
    | CallOver
    | CallAlive
)
