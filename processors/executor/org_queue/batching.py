"""
How long commands of one sort are gathered before a batch of them goes: fewer API calls, against a short wait.

In: when commands came, what is under way.  Out: whether to wait.
Rule of this file: the clock's reading is an argument; live commands and bulk each gather for themselves, so that
neither an initial import under way nor its arrival makes a live command wait.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from processors.executor.jobs.job import Job
from processors.executor.jobs.priority import BULK, LIVE, at_once

BURST = 50
"""Commands waiting from which on few API calls count for more than a moment: a batch gathers for a whole answer."""

STREAM = 2 * BURST
"""Commands that came within a second from which on batches gather for longer than an answer of the org."""

QUIET_SECONDS, GATHER_SECONDS = 0.8, 2.5
"""
A stream is gathered while something is under way, and until nothing more came for the first of these; at the most for
the second. Each batch costs the org three API calls or more, whether it is of fifty commands or of a thousand.
"""

LOOK_SECONDS = 0.02
"""How often one that gathers is looked at."""

LONGEST_ANSWER = 5.0

LIVE_SECONDS = 60.0
"""How long after a live command more places are kept for the next ones."""


@dataclass(slots=True)
class Gathering:
    """
    What has come of one sort of commands since its last batch.

    Args:
        linger: The share of an answer's time that a batch gathers for each batch under way; 0 for never.
        answer_seconds: How long an answer takes, as measured.
    """

    linger: float
    answer_seconds: float = 0.2
    _fresh_since: float | None = None
    _batch_since: float | None = None
    _came: deque[tuple[float, int]] = field(default_factory=deque)

    def came(self, commands: int, read: int, now: float) -> None:
        """Tell that so many commands wait from now on, for which *read* were read (the steps of a call are several)."""
        self._came.append((now, read))
        if commands and self._fresh_since is None:
            self._fresh_since = now

    def released(self, now: float) -> None:
        """Tell that a batch of whoever may go has begun."""
        self._fresh_since, self._batch_since = None, now

    def answered(self, seconds: float) -> None:
        """Tell how long a call took: what a batch gathers for is a share of that, not of a clock of ours."""
        self.answer_seconds += 0.2 * (min(seconds, LONGEST_ANSWER) - self.answer_seconds)

    def waits(self, now: float, waiting: int, limit: int, working: int) -> bool:
        """
        Return whether to gather longer: the batch is not full, and more is coming in or something is just under way.

        Args:
            waiting: How many commands are due; *limit* make a full batch.
            working: How many batches of this sort are under way.
        """
        # What a batch gave back waits with what comes in: alone it would cost as many API calls as a whole batch.
        since = self._batch_since if self._fresh_since is None and self._streaming(now) else self._fresh_since
        if since is None or waiting >= limit:
            return False
        waited = now - since
        if self.linger and self._streaming(now) and (working or now - self._came[-1][0] < QUIET_SECONDS):
            return waited < GATHER_SECONDS
        share = self.linger if waiting < BURST or not self.linger else 1.0
        return waited < share * self.answer_seconds * working

    def _streaming(self, now: float) -> bool:
        """Whether so many commands came in within the last second that whole batches of them are worth a wait."""
        while self._came and now - self._came[0][0] > 1.0:
            self._came.popleft()
        return sum(count for _, count in self._came) >= STREAM


@dataclass(slots=True)
class LaneGathering:
    """How live commands (with retried ones) and bulk gather, each sort for itself. Guarded by the scheduler's lock."""

    linger: float
    _live: Gathering = field(init=False)
    _bulk: Gathering = field(init=False)
    _live_at: float = float("-inf")

    def __post_init__(self) -> None:
        """Let each sort of commands gather for itself."""
        self._live, self._bulk = Gathering(self.linger), Gathering(self.linger)

    def came(self, jobs: Sequence[Job], read: int | None, now: float) -> None:
        """Tell what waits from now on, and how many commands were read for it where that is another number."""
        if any(job.lane == LIVE for job in jobs):
            self._live_at = now
        bulk = sum(1 for job in jobs if job.lane == BULK)
        if jobs and bulk == len(jobs):
            self._bulk.came(bulk, bulk if read is None else read, now)
        else:
            live = len(jobs) - bulk
            self._live.came(live, live if read is None else max(0, read - bulk), now)
            self._bulk.came(bulk, bulk, now)

    def answered(self, seconds: float, lane: int) -> None:
        """Tell how long a call of this lane took."""
        self.of(lane).answered(seconds)

    def of(self, lane: int) -> Gathering:
        """Return how commands of this lane gather."""
        return self._bulk if lane == BULK else self._live

    def bulk_may_go(self, now: float, bulk_batches: int, in_flight: int) -> bool:
        """Return whether a batch of bulk may go beside so many of them: places are kept for live commands."""
        return at_once(bulk_batches, in_flight, live_lately=now - self._live_at < LIVE_SECONDS)
