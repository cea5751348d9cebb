"""
What one org's executor knows in memory: who waits, who is at work, which calls may still land, when to pause.

Rule of this file: all of it is guarded by one lock; no I/O happens while it is held. The ledger has it too.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from processors.executor.org_queue.batching import LOOK_SECONDS, Gathering
from processors.executor.org_queue.claims import NO_KEYS, Claims, Job, Queue, careful, pick, widen
from processors.executor.org_queue.priority import BULK, LIVE, RETRY, at_once
from processors.model.plan import ApiCall
from processors.model.values import Resolution

LIVE_SECONDS = 60.0
"""How long after a live command more places are kept for the next ones."""

LEAST_PATIENCE, MOST_PATIENCE = 0.25, 5.0
"""
Seconds that a batch waits at the least and at the most for the match of an earlier one: as long as its own match took.

Two people who turn out to be one keep their order by it (D10); an earlier match that hangs holds up nobody for longer.
"""


@dataclass(slots=True)
class UnansweredCall:
    """A call without an answer: its commands, and when it is looked at next (seconds since the epoch)."""

    call: ApiCall
    jobs: dict[str, Job]
    next_look: float
    looks: int = 0


@dataclass(slots=True)
class Scheduler:
    """The memory of one org's executor. Every public method takes the lock."""

    linger: float = 0.15
    max_in_flight: int = 12
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _queue: Queue = field(default_factory=Queue)
    _claims: Claims = field(default_factory=Claims)
    _doubts: dict[str, UnansweredCall] = field(default_factory=dict)
    _alive: dict[str, ApiCall] = field(default_factory=dict)
    _own_calls: dict[str, frozenset[str]] = field(default_factory=dict)
    _working: dict[str, list[Job]] = field(default_factory=dict)
    _deciding: dict[str, int] = field(default_factory=dict)
    _paused_until: float = 0.0
    _pauses: int = 0
    _live: Gathering = field(init=False)
    _bulk: Gathering = field(init=False)
    _batches: int = 0
    _live_at: float = float("-inf")
    _changes: int = 0
    _gathers: bool = False

    def __post_init__(self) -> None:
        """Let each sort of commands gather for itself."""
        self._live, self._bulk = Gathering(self.linger), Gathering(self.linger)

    def add(self, jobs: Sequence[Job], now: float, came: int | None = None) -> None:
        """Let commands wait; *came*: how many commands were read for them (the steps of a call are several)."""
        with self._lock:
            for job in jobs:
                job.since = now
                self._queue.add(job)
                if job.lane == LIVE:
                    self._live_at = now
            bulk = sum(1 for job in jobs if job.lane == BULK)
            if jobs and bulk == len(jobs):
                self._bulk.came(bulk, bulk if came is None else came, now)
            else:
                self._live.came(len(jobs) - bulk, len(jobs) - bulk if came is None else max(0, came - bulk), now)
                self._bulk.came(bulk, bulk, now)
            self._changed()

    @property
    def changes(self) -> int:
        """How often something has changed that may let somebody go; for `wait`."""
        with self._lock:
            return self._changes

    def _changed(self) -> None:
        self._changes += 1
        self._lock.notify_all()

    def wait(self, seconds: float, seen: int) -> None:
        """Wait until something changes after the change *seen*, at most *seconds*."""
        with self._lock:
            self._lock.wait_for(lambda: self._changes != seen, seconds)

    def wake(self) -> None:
        """Let whoever waits look again."""
        with self._lock:
            self._changed()

    def next_batch(self, now: float, limit: int, lowest: int = BULK) -> tuple[str, list[Job]] | None:
        """
        Return the next batch with its holder's name, its claims taken, or None where nobody may go.

        A lone command goes at once; while others are under way, or a stream is coming in, a batch gathers (fewer API
        calls). A suspect (it was unsettled at a crash) goes while nothing else is under way, so that no other is blamed
        for it. *lowest* is the lowest lane that may go.
        """
        with self._lock:
            self._gathers = False
            if now < self._paused_until or len(self._working) >= self.max_in_flight:
                return None
            if any(job.suspect for jobs in self._working.values() for job in jobs):
                return None
            jobs = self._first(now, limit, LIVE, min(lowest, RETRY))
            if not jobs and lowest == BULK and self._bulk_may_go(now):
                jobs = self._first(now, limit, BULK, BULK)
            if not jobs or (jobs[0].suspect and self._working):
                return None
            self._batches += 1
            holder = f"batch:{self._batches}"
            self._hold(holder, jobs)
            self._deciding[holder] = self._claims.turn
            return holder, jobs

    def _first(self, now: float, limit: int, highest: int, lowest: int) -> list[Job]:
        """Return the first batch of these lanes; none while they gather."""
        gathering = self._bulk if highest == BULK else self._live
        waiting = self._queue.due_count(now, highest, lowest, limit)
        if gathering.waits(now, waiting, limit, self._under_way(highest)):
            self._gathers = True
            return []
        jobs = careful(pick(self._queue, self._claims, self._own_calls, now, limit, lowest, highest))
        gathering.gone(now)
        return jobs

    def _under_way(self, highest: int) -> int:
        bulk = sum(1 for jobs in self._working.values() if jobs and jobs[0].lane == BULK)
        return bulk if highest == BULK else len(self._working) - bulk

    def _bulk_may_go(self, now: float) -> bool:
        return at_once(self._under_way(BULK), self.max_in_flight, live_lately=now - self._live_at < LIVE_SECONDS)

    def held_back(self, now: float, lowest: int) -> Job | None:
        """Return the first command that is due and of a lane below *lowest*, or None."""
        with self._lock:
            below = (one for one in self._queue if one.lane > lowest and one.due <= now)
            return next((one for one in below if not one.parked and not one.held), None)

    def answered(self, seconds: float, lane: int) -> None:
        """Tell how long a call of this lane took."""
        with self._lock:
            (self._bulk if lane == BULK else self._live).answered(seconds)

    def hold(self, integrations: frozenset[str]) -> None:
        """Let the commands of these integrations wait, and those of no other (LL-18)."""
        with self._lock:
            self._queue.hold(integrations)
            self._changed()

    def held(self) -> list[Job]:
        """Return the commands that wait for their integration's fields."""
        with self._lock:
            return self._queue.held()

    def choose(self, command_id: str) -> Job | None:
        """
        Return a parked command that someone has chosen for, or None where none is parked under that ID (any more).

        Until `woken`, neither its expiry nor another choice can have it: one wins (design section 3, point 9).
        """
        with self._lock:
            job = self._queue.get(command_id)
            if job is None or not job.parked or job.choosing:
                return None
            job.choosing = True
            return job

    def woken(self, jobs: Iterable[Job], now: float) -> None:
        """Let parked commands go on: the ledger holds the choices made for them."""
        with self._lock:
            for job in jobs:
                job.parked = job.choosing = False
                job.due = now
            self._changed()

    def _hold(self, holder: str, jobs: list[Job]) -> None:
        self._queue.take(jobs)
        for job in jobs:
            if job.parked:
                job.parked, job.resolution = False, Resolution(expired=True)
            self._claims.take(job.all_keys, holder)
        self._working[holder] = jobs

    def split(self, holder: str, jobs: list[Job]) -> str:
        """Move some commands of a batch to a batch of their own; return its holder's name."""
        with self._lock:
            self._batches += 1
            new = f"batch:{self._batches}"
            moved = {job.id for job in jobs}
            for job in jobs:
                self._claims.take(job.all_keys, new)
            self._working[holder] = [job for job in self._working[holder] if job.id not in moved]
            self._working[new] = jobs
            self._release(holder, jobs)
            return new

    def widen(
        self, holder: str, jobs: list[Job], wanted: dict[str, frozenset[str]], took: float = MOST_PATIENCE
    ) -> tuple[list[Job], list[Job]]:
        """
        Claim what a batch found out that it touches; those that cannot have it go back to waiting.

        Waits for batches with earlier commands that still match: what they find out may be the same (D10).

        Args:
            took: Seconds that the batch's own match took.
        """
        with self._lock:
            first = min((job.order for job in jobs), default=(0, 0))
            patience = min(MOST_PATIENCE, max(LEAST_PATIENCE, took))
            self._lock.wait_for(lambda: not self._earlier_match(holder, first), patience)
            began = self._deciding.pop(holder, 0)
            self._claims.forget(min(self._deciding.values(), default=self._claims.turn))
            self._changed()
            before = set[str]().union(*(job.all_keys for job in jobs))
            going, waiting = widen(jobs, wanted, holder, self._claims, self._queue, self._own_calls, began)
            self._give_back(holder, waiting)
            # What an earlier match made it want and this one does not would be held for ever.
            kept = set[str]().union(*(job.all_keys for job in self._working[holder]))
            self._claims.release(before - kept, holder)
            return going, waiting

    def _earlier_match(self, holder: str, first: tuple[int, int]) -> bool:
        # Batches are compared by their first commands alone: so two of them never wait for each other.
        others = [self._working.get(other, []) for other in self._deciding if other != holder]
        return any(job.order < first for jobs in others for job in jobs)

    def leave(self, holder: str, jobs: Iterable[Job]) -> None:
        """Let go of commands that are settled: their claims are free (but for calls that may still land)."""
        with self._lock:
            gone = list(jobs)
            self._drop(holder, gone)
            for job in gone:
                self._own_calls.pop(job.id, None)
            self._changed()

    def give_back(self, holder: str, jobs: Iterable[Job]) -> None:
        """Let commands of a batch wait again, in their places."""
        with self._lock:
            self._give_back(holder, list(jobs))
            self._changed()

    def _give_back(self, holder: str, jobs: list[Job]) -> None:
        self._drop(holder, jobs)
        for job in jobs:
            self._queue.add(job)

    def _drop(self, holder: str, jobs: list[Job]) -> None:
        gone = {job.id for job in jobs}
        self._working[holder] = [job for job in self._working.get(holder, []) if job.id not in gone]
        self._release(holder, jobs)

    def _release(self, holder: str, jobs: list[Job]) -> None:
        kept = set[str]().union(*(job.all_keys for job in self._working.get(holder, [])))
        for job in jobs:
            self._claims.release(job.all_keys - kept, holder)

    def finish(self, holder: str) -> list[Job]:
        """End a batch; whatever it still held waits again. Return those."""
        with self._lock:
            left = list(self._working.get(holder, []))
            for job in left:
                job.forget_plan()
            self._give_back(holder, left)
            self._working.pop(holder, None)
            self._deciding.pop(holder, None)
            self._changed()
            return left

    def doubt(self, holder: str | None, call: ApiCall, jobs: Iterable[Job], next_look: float) -> None:
        """A call got no answer: its commands and claims are its own until that is resolved."""
        with self._lock:
            held = {job.id: job for job in jobs}
            self._claims.take(call.claims, call.id)
            self._doubts[call.id] = UnansweredCall(call, held, next_look)
            if holder is not None:
                self._drop(holder, list(held.values()))
            self._changed()

    def next_doubt(self, now: float) -> UnansweredCall | None:
        """Return (and take) a call in doubt that is due to be looked at."""
        with self._lock:
            if now < self._paused_until:
                return None
            due = [doubt for doubt in self._doubts.values() if doubt.next_look <= now]
            if not due:
                return None
            return self._doubts.pop(min(due, key=lambda one: one.next_look).call.id)

    def look_again(self, doubt: UnansweredCall, at: float) -> None:
        """Put a call in doubt back: nothing could be said yet."""
        with self._lock:
            doubt.looks += 1
            doubt.next_look = at
            self._doubts[doubt.call.id] = doubt
            self._changed()

    def adopt(self, jobs: list[Job]) -> str:
        """Make a batch of commands that were in doubt; return its holder's name."""
        with self._lock:
            self._batches += 1
            holder = f"batch:{self._batches}"
            for job in jobs:
                self._claims.take(job.all_keys, holder)
            self._working[holder] = list(jobs)
            return holder

    def dead(self, call: ApiCall) -> None:
        """A call can land no more (or has been seen landed): it holds nothing any longer."""
        with self._lock:
            self._claims.release(call.claims, call.id)
            self._alive.pop(call.id, None)
            for command_id in call.commands:
                left = self._own_calls.get(command_id, NO_KEYS) - {call.id}
                if left:
                    self._own_calls[command_id] = left
                else:
                    self._own_calls.pop(command_id, None)
            self._changed()

    def alive(self, before: ApiCall | None, call: ApiCall) -> None:
        """A call was sent again or is answered, and a copy of it may still land: its claims stay until it cannot."""
        with self._lock:
            if before is not None:
                self._claims.release(before.claims, before.id)
            self._claims.take(call.claims, call.id)
            self._alive[call.id] = call
            for command_id in call.commands:
                self._own_calls[command_id] = self._own_calls.get(command_id, NO_KEYS) | {call.id}

    def expired(self, now: float) -> list[ApiCall]:
        """Return the calls that were alive and can land no more."""
        with self._lock:
            return [call for call in self._alive.values() if call.alive_until <= now]

    def pause(self, until: float) -> None:
        """The whole org is affected: start nothing before *until*."""
        with self._lock:
            self._paused_until = max(self._paused_until, until)
            self._pauses += 1

    def resume(self) -> bool:
        """The org answered: forget the pauses. Return whether there were any."""
        with self._lock:
            had, self._pauses = self._pauses > 0, 0
            return had

    @property
    def pauses(self) -> int:
        """How often the org was paused in a row."""
        return self._pauses

    def idle(self) -> bool:
        """Whether nothing is under way (calls in doubt do not count: they are the ledger's)."""
        with self._lock:
            return not self._working

    def counts(self, now: float, lowest: int = BULK) -> dict[str, int]:
        """Return how many commands are where (deferred: due, of a lane below *lowest*), and the claims held."""
        with self._lock:
            may_go = self._queue.due_count(now, LIVE, lowest)
            held = self._queue.held_count(now)
            deferred, parked = self._queue.due_count(now) - may_go, self._queue.parked_count(now)
            return {
                "due": may_go,
                "deferred": deferred,
                "later": len(self._queue) - may_go - deferred - parked - held,
                "parked": parked,
                "held": held,
                "working": sum(len(jobs) for jobs in self._working.values()),
                "in_doubt": sum(len(doubt.jobs) for doubt in self._doubts.values()),
                "claims": len(self._claims),
            }

    def next_time(self, now: float) -> float | None:
        """
        Return when to look again after *now*, if nothing changes until then, or None.

        What is due and may not go yet waits for a change: of claims, of places, of the lanes that may go.
        """
        with self._lock:
            times = [doubt.next_look for doubt in self._doubts.values()]
            due = self._queue.next_due(now)
            times += [due] if due is not None else []
            if self._gathers:
                times.append(now + LOOK_SECONDS)
            if now < self._paused_until:
                times = [self._paused_until]
            times += [call.alive_until for call in self._alive.values()]
            return min(times, default=None)
