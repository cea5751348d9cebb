"""
The batches that are under way, and the claims that each holds.

In: jobs that go together.  Out: a holder's name for each batch; what it still holds.
Rule of this file: a batch holds every key of its jobs and nothing else; whoever leaves it lets go of what no other job
of the batch needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from processors.executor.jobs.job import Job
from processors.executor.jobs.priority import BULK
from processors.executor.org_queue.claims import Claims


@dataclass(slots=True)
class Batches:
    """
    The batches of one org by their holders' names. Guarded by the scheduler's lock.

    `matching` are those that still read the org, with the turn of the claims at which they began.
    """

    claims: Claims
    working: dict[str, list[Job]] = field(default_factory=dict)
    matching: dict[str, int] = field(default_factory=dict)
    _begun: int = 0

    def begin(self, jobs: Sequence[Job], *, matching: bool = False) -> str:
        """Make a batch of these jobs and take its claims; return its holder's name."""
        self._begun += 1
        holder = f"batch:{self._begun}"
        for job in jobs:
            self.claims.take(job.all_keys, holder)
        self.working[holder] = list(jobs)
        if matching:
            self.matching[holder] = self.claims.turn
        return holder

    def matched(self, holder: str) -> int:
        """The batch has read the org; return the turn at which it began, and forget what nobody began before."""
        began = self.matching.pop(holder, 0)
        self.claims.forget(min(self.matching.values(), default=self.claims.turn))
        return began

    def split(self, holder: str, jobs: Sequence[Job]) -> str:
        """Move some jobs of a batch to a batch of their own; return its holder's name."""
        new = self.begin(jobs)
        self.drop(holder, jobs)
        return new

    def drop(self, holder: str, jobs: Sequence[Job]) -> None:
        """Take jobs out of a batch; release what no other job of it needs."""
        dropped = {job.id for job in jobs}
        self.working[holder] = [job for job in self.working.get(holder, []) if job.id not in dropped]
        needed = self.keys(holder)
        for job in jobs:
            self.claims.release(job.all_keys - needed, holder)

    def end(self, holder: str) -> list[Job]:
        """End a batch; return the jobs that it still held, their claims released."""
        left = self.jobs(holder)
        self.drop(holder, left)
        self.working.pop(holder, None)
        self.matching.pop(holder, None)
        return left

    def jobs(self, holder: str) -> list[Job]:
        """Return the jobs of a batch."""
        return list(self.working.get(holder, []))

    def keys(self, holder: str) -> frozenset[str]:
        """Return every key that the jobs of a batch need."""
        return frozenset[str]().union(*(job.all_keys for job in self.working.get(holder, [])))

    def earlier_match(self, holder: str, first: tuple[int, int]) -> bool:
        """
        Return whether a batch with an earlier command still reads the org: what it finds out may be the same (D10).

        Batches are compared by their first commands alone: so two of them never wait for each other.
        """
        others = [self.working.get(other, []) for other in self.matching if other != holder]
        return any(job.order < first for jobs in others for job in jobs)

    def has_suspect(self) -> bool:
        """Return whether a command that was at work at a crash is under way."""
        return any(job.suspect for jobs in self.working.values() for job in jobs)

    def count(self, *, bulk: bool) -> int:
        """Return how many batches of bulk commands, or of all others, are under way."""
        of_bulk = sum(1 for jobs in self.working.values() if jobs and jobs[0].lane == BULK)
        return of_bulk if bulk else len(self.working) - of_bulk

    def counts(self) -> Mapping[str, int]:
        """Return how many commands are at work."""
        return {"working": sum(len(jobs) for jobs in self.working.values())}

    def __len__(self) -> int:
        return len(self.working)
