"""
What one org's executor knows in memory: who waits, who is at work, which calls may still land, when to pause.

In: jobs, answers, the clock's reading.  Out: the next batch, and when to look again.
Rule of this file: it takes the lock and asks the parts: `queue`, `claims`, `batches`, `batching` and `calls_in_flight`,
where it is decided; no I/O happens while the lock is held. The ledger has it all too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from processors.executor.jobs.job import Job
from processors.executor.jobs.priority import BULK, LIVE, RETRY
from processors.executor.org_queue.batches import Batches
from processors.executor.org_queue.batching import LOOK_SECONDS, LaneGathering
from processors.executor.org_queue.calls_in_flight import CallsInFlight, UnansweredCall
from processors.executor.org_queue.claims import Claims, careful, pick, widen
from processors.executor.org_queue.pace import OrgPause
from processors.executor.org_queue.queue import Queue
from processors.executor.org_queue.signal import Signal
from processors.model.plan import ApiCall

LEAST_PATIENCE, MOST_PATIENCE = 0.25, 5.0
"""
Seconds that a batch waits at the least and at the most for the match of an earlier one: as long as its own match took.

Two people who turn out to be one keep their order by it (D10); an earlier match that hangs holds up nobody for longer.
"""


@dataclass(slots=True)
class Scheduler:
    """The memory of one org's executor. Every public method takes the lock."""

    linger: float = 0.15
    max_in_flight: int = 12
    hold_unknown: bool = False
    signal: Signal = field(default_factory=Signal)
    calls: CallsInFlight = field(init=False)
    _queue: Queue = field(init=False)
    _claims: Claims = field(default_factory=Claims)
    _batches: Batches = field(init=False)
    _gathering: LaneGathering = field(init=False)
    pause: OrgPause = field(default_factory=OrgPause)
    _gathers: bool = False

    def __post_init__(self) -> None:
        """Let batches and calls share the claims."""
        self._queue = Queue(hold_unknown=self.hold_unknown)
        self._batches = Batches(self._claims)
        self.calls = CallsInFlight(self._claims, self.signal)
        self._gathering = LaneGathering(self.linger)

    def add(self, jobs: Sequence[Job], now: float, came: int | None = None) -> None:
        """Let jobs wait; *came*: how many commands were read for them (the steps of a call are several)."""
        with self.signal:
            for job in jobs:
                self._queue.add(job)
            self._gathering.came(jobs, came, now)
            self.signal.changed()

    def hold(self, integrations: frozenset[str]) -> None:
        """Let the commands of these integrations wait, and those of no other (LL-18)."""
        with self.signal:
            self._queue.hold(integrations)
            self.signal.changed()

    def held(self) -> list[Job]:
        """Return the commands that wait for their integration's fields."""
        with self.signal:
            return self._queue.held()

    def first_deferred(self, now: float, lowest: int) -> Job | None:
        """Return the first command that is due and of a lane below *lowest*, or None."""
        with self.signal:
            below = (job for job in self._queue if job.lane > lowest and job.due <= now)
            return next((job for job in below if not job.parked and not job.held), None)

    def choose(self, command_id: str) -> Job | None:
        """
        Return a parked command that someone has chosen for, or None where none is parked under that ID (any more).

        Until `woken`, neither its expiry nor another choice can have it: one wins (design section 3, point 9).
        """
        with self.signal:
            job = self._queue.get(command_id)
            if job is None or not job.parked or job.choosing:
                return None
            job.begin_choice()
            return job

    def woken(self, jobs: Iterable[Job], now: float) -> None:
        """Let parked commands go on: the ledger holds the choices made for them."""
        with self.signal:
            for job in jobs:
                job.wake(now)
            self.signal.changed()

    def next_batch(self, now: float, limit: int, lowest: int = BULK) -> tuple[str, list[Job]] | None:
        """
        Return the next batch with its holder's name, its claims taken, or None where nobody may go.

        A lone command goes at once; while others are under way, or a stream is coming in, a batch gathers (fewer API
        calls). A suspect (it was unsettled at a crash) goes while nothing else is under way, so that no other is blamed
        for it. *lowest* is the lowest lane that may go.
        """
        with self.signal:
            self._gathers = False
            if now < self.pause.until or len(self._batches) >= self.max_in_flight or self._batches.has_suspect():
                return None
            jobs = self._first(now, limit, LIVE, min(lowest, RETRY))
            bulk = self._batches.count(bulk=True)
            if not jobs and lowest == BULK and self._gathering.bulk_may_go(now, bulk, self.max_in_flight):
                jobs = self._first(now, limit, BULK, BULK)
            if not jobs or (jobs[0].suspect and self._batches):
                return None
            self._queue.take(jobs)
            for job in jobs:
                if job.parked:
                    job.expire()
            return self._batches.begin(jobs, matching=True), jobs

    def _first(self, now: float, limit: int, highest: int, lowest: int) -> list[Job]:
        """Return the first batch of these lanes; none while they gather."""
        gathering = self._gathering.of(highest)
        waiting = self._queue.due_count(now, highest, lowest, limit)
        if gathering.waits(now, waiting, limit, self._batches.count(bulk=highest == BULK)):
            self._gathers = True
            return []
        jobs = careful(pick(self._queue, self._claims, self.calls.own, now, limit, lowest, highest))
        gathering.released(now)
        return jobs

    def widen(
        self,
        holder: str,
        jobs: list[Job],
        wanted: Mapping[str, frozenset[str]],
        took: float = MOST_PATIENCE,
        reads: Mapping[str, frozenset[str]] = MappingProxyType({}),
    ) -> tuple[list[Job], list[Job]]:
        """
        Claim what a batch found out that it touches; those that cannot have it go back to waiting.

        Waits for batches with earlier commands that still match: what they find out may be the same (D10).

        Args:
            took: Seconds that the batch's own match took.
            reads: Keys that each looked for and does not touch: it waits for whoever does, and stands in nobody's way.
        """
        with self.signal:
            first = min((job.order for job in jobs), default=(0, 0))
            patience = min(MOST_PATIENCE, max(LEAST_PATIENCE, took))
            self.signal.wait_for(lambda: not self._batches.earlier_match(holder, first), patience)
            began = self._batches.matched(holder)
            self.signal.changed()
            before = frozenset[str]().union(*(job.all_keys for job in jobs))
            going, waiting = widen(jobs, wanted, holder, self._claims, self._queue, self.calls.own, began, reads)
            self._give_back(holder, waiting)
            # What an earlier match made it want and this one does not would be held for ever.
            self._claims.release(before - self._batches.keys(holder), holder)
            return going, waiting

    def split(self, holder: str, jobs: list[Job]) -> str:
        """Move some jobs of a batch to a batch of their own; return its holder's name."""
        with self.signal:
            return self._batches.split(holder, jobs)

    def adopt(self, jobs: list[Job]) -> str:
        """Make a batch of jobs whose call got no answer; return its holder's name."""
        with self.signal:
            return self._batches.begin(jobs)

    def answered(self, seconds: float, lane: int) -> None:
        """Tell how long a call of this lane took."""
        with self.signal:
            self._gathering.answered(seconds, lane)

    def leave(self, holder: str, jobs: Sequence[Job]) -> None:
        """Let go of commands that are settled: their claims are free (but for calls that may still land)."""
        with self.signal:
            for job in jobs:
                job.settle()
            self._batches.drop(holder, jobs)
            self.calls.forget(jobs)
            self.signal.changed()

    def give_back(self, holder: str, jobs: Sequence[Job]) -> None:
        """Let jobs of a batch wait again, in their places."""
        with self.signal:
            self._give_back(holder, jobs)
            self.signal.changed()

    def _give_back(self, holder: str, jobs: Sequence[Job]) -> None:
        self._batches.drop(holder, jobs)
        for job in jobs:
            self._queue.add(job)

    def finish(self, holder: str) -> list[Job]:
        """End a batch; whatever it still held waits again. Return those."""
        with self.signal:
            left = self._batches.end(holder)
            for job in left:
                job.wait_anew()
                self._queue.add(job)
            self.signal.changed()
            return left

    def unanswered(self, holder: str | None, call: ApiCall, jobs: Sequence[Job], next_look: float) -> None:
        """A call got no answer: its jobs leave their batch, and its claims are its own until that is resolved."""
        with self.signal:
            self.calls.unanswered(call, jobs, next_look)
            if holder is not None:
                self._batches.drop(holder, jobs)
            self.signal.changed()

    def next_unanswered(self, now: float) -> UnansweredCall | None:
        """Return (and take) a call without an answer that is due to be looked at."""
        with self.signal:
            return None if now < self.pause.until else self.calls.take_due(now)

    def idle(self) -> bool:
        """Whether nothing is under way (calls without an answer do not count: they are the ledger's)."""
        with self.signal:
            return not self._batches

    def counts(self, now: float, lowest: int = BULK) -> dict[str, int]:
        """Return how many commands are where (deferred: due, of a lane below *lowest*), and the claims held."""
        with self.signal:
            return {
                **self._queue.counts(now, lowest),
                **self._batches.counts(),
                "in_doubt": self.calls.unanswered_jobs(),
                "claims": len(self._claims),
            }

    def ages(self, now: float) -> dict[str, float]:
        """Return for how many seconds the oldest command waits that is due, and the oldest one that is parked."""
        with self.signal:
            return self._queue.ages(now)

    def next_time(self, now: float) -> float | None:
        """
        Return when to look again after *now*, if nothing changes until then, or None.

        What is due and may not go yet waits for a change: of claims, of places, of the lanes that may go.
        """
        with self.signal:
            times = self.calls.look_times()
            due = self._queue.next_due(now)
            times += [due] if due is not None else []
            if self._gathers:
                times.append(now + LOOK_SECONDS)
            if now < self.pause.until:
                times = [self.pause.until]
            return min([*times, *self.calls.expiry_times()], default=None)
