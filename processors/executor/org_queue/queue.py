"""
The jobs of one org that no batch holds, in the order of lane and place.

In: jobs that wait.  Out: those that are due, in order, and how many there are of each sort.  Pure.
Rule of this file: it keeps and counts; who may go beside whom is decided in `claims.py`.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from processors.executor.jobs.job import Job
from processors.executor.jobs.priority import BULK, LIVE


@dataclass(slots=True)
class Queue:
    """All unsettled commands of one org that no batch holds, by (lane, place)."""

    _waiting: dict[str, Job] = field(default_factory=dict)
    _order: list[Job] = field(default_factory=list)
    _sorted: bool = True
    _held: frozenset[str] = frozenset()
    hold_unknown: bool = False
    """Whether a command waits whose integration is not known here: its file may be the one that is faulty."""

    def hold(self, integrations: frozenset[str]) -> None:
        """Let the commands of these integrations wait, and those of no other."""
        self._held = integrations
        for job in self._waiting.values():
            job.hold(self._holds(job))

    def _holds(self, job: Job) -> bool:
        # What asks nothing of the org ends as ever: what the intake left out, and someone's choice.
        if self.hold_unknown and job.settings is None:
            return job.command.kind != "skip"
        return job.command.integration in self._held and job.command.kind not in ("skip", "resolve")

    def held(self) -> list[Job]:
        """Return the commands that wait for their integration's fields."""
        return [job for job in self._waiting.values() if job.held]

    def add(self, job: Job) -> None:
        """Put a command in (back in) its place."""
        job.hold(self._holds(job))
        self._waiting[job.id] = job
        if self._order and job.order < self._order[-1].order:
            self._sorted = False
        self._order.append(job)

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Job]:
        if not self._sorted:
            self._order.sort(key=lambda job: job.order)
            self._sorted = True
        return iter(self._order)

    def take(self, jobs: Iterable[Job]) -> None:
        """Take commands out: a batch holds them now."""
        for job in jobs:
            self._waiting.pop(job.id, None)
        self._order = [job for job in self if job.id in self._waiting]

    def next_due(self, now: float) -> float | None:
        """Return when the next command that is not due at *now* will be, or None where there is none."""
        return min((job.due for job in self._order if job.due > now and not job.held), default=None)

    def get(self, command_id: str) -> Job | None:
        """Return a waiting command by its ID, or None."""
        return self._waiting.get(command_id)

    def parked_count(self, now: float) -> int:
        """Return how many wait for someone's choice."""
        return sum(1 for job in self._order if job.parked and job.due > now)

    def due_count(self, now: float, highest: int = LIVE, lowest: int = BULK, limit: int | None = None) -> int:
        """Return how many commands of these lanes wait although they are due, for no field; at most *limit*."""
        of_lanes = itertools.takewhile(lambda job: job.lane <= lowest, self)
        due = (job for job in of_lanes if job.lane >= highest and job.due <= now and not job.held)
        return sum(1 for _ in itertools.islice(due, limit))

    def held_count(self, now: float) -> int:
        """Return how many are due and wait for their integration's fields."""
        return sum(1 for job in self._order if job.due <= now and job.held)

    def counts(self, now: float, lowest: int) -> dict[str, int]:
        """Return how many wait for what (deferred: due, of a lane below *lowest*)."""
        may_go, held = self.due_count(now, LIVE, lowest), self.held_count(now)
        deferred, parked = self.due_count(now) - may_go, self.parked_count(now)
        return {
            "due": may_go,
            "deferred": deferred,
            "later": len(self) - may_go - deferred - parked - held,
            "parked": parked,
            "held": held,
        }

    def ages(self, now: float) -> dict[str, float]:
        """
        Return the seconds since the oldest command was due, and since the oldest parked one was made; 0 without one.

        What waits for a field is told by its integration, and counts as neither.
        """
        due = min((job.due for job in self._order if job.due <= now and not job.held), default=now)
        made = (job.command.command_time.timestamp() for job in self._order if job.parked and job.due > now)
        return {"due": now - due, "parked": max(0.0, now - min(made, default=now))}
