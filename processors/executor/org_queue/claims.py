"""
Stage *claim*: which waiting commands may go now, side by side with what is under way.

In: commands by place, claims held.  Out: a batch whose keys nobody else holds.  Pure: the clock's reading is an
argument.
Rule of this file: order and claims are decided here and nowhere else (design section 3, points 2 and 3).

Commands that share a key are one person's: they go in the order of (lane, place). Inside one batch they may go
together;
against a batch or a call that is under way the later one waits. What a command found out that it will touch
(`wants`) counts like its own keys from then on, so that two commands that discover each other's records keep their
order (D10).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from processors.executor.jobs.job import NO_KEYS, Job
from processors.executor.jobs.priority import BULK, LIVE
from processors.executor.org_queue.queue import Queue

RELEASES_REMEMBERED = 10_000
"""Keys of which it is remembered when somebody let go of them, before those that matter to nobody are forgotten."""


@dataclass(slots=True)
class Claims:
    """Who holds what: key → holders (a batch, or API calls that may still land)."""

    _holders: dict[str, set[str]] = field(default_factory=dict)
    _left: dict[str, int] = field(default_factory=dict)
    turn: int = 0

    def take(self, keys: Iterable[str], holder: str) -> None:
        """Add *holder* to each key; the caller has asked `free` before."""
        for key in keys:
            self._holders.setdefault(key, set()).add(holder)

    def release(self, keys: Iterable[str], holder: str) -> None:
        """Take *holder* off each key; `turn` counts how often that happened."""
        self.turn += 1
        for key in keys:
            holders = self._holders.get(key)
            if holders is not None:
                holders.discard(holder)
                self._left[key] = self.turn
                if not holders:
                    del self._holders[key]

    def left_since(self, keys: Iterable[str], turn: int) -> bool:
        """Whether somebody let go of one of the keys after that turn: what was read before it may be old."""
        return any(self._left.get(key, 0) > turn for key in keys)

    def forget(self, turn: int) -> None:
        """Forget who let go before that turn: nobody who still matches began before it."""
        if len(self._left) > RELEASES_REMEMBERED:
            self._left = {key: left for key, left in self._left.items() if left > turn}

    def blocker(self, keys: Iterable[str], own: frozenset[str] = NO_KEYS) -> str | None:
        """Return one key that somebody outside *own* holds, or None."""
        holders = self._holders
        for key in keys:
            held = holders.get(key)
            if held is not None and not held <= own:
                return key
        return None

    def __len__(self) -> int:
        return len(self._holders)


def pick(
    queue: Queue,
    claims: Claims,
    own_calls: Mapping[str, frozenset[str]],
    now: float,
    limit: int,
    lowest: int = BULK,
    highest: int = LIVE,
) -> list[Job]:
    """
    Return the commands that may go now, at most *limit*, in order; none of their keys is held by anyone else.

    A command that must wait holds back all later ones that share a key with it, due or not (of its lane or a lower
    one); those that touch what it reads wait for it too, those that read the same do not.
    A batch is of one sort: one `alone` command, plans that go on (what they will write no read shows, so nobody who
    shares a key may be decided beside them), or commands to be decided.

    Bulk goes apart: what is live does not wait for the answer to a thousand records of an initial import.

    Args:
        own_calls: For a command whose own API calls may still land: their IDs, which do not stand in its way.
        lowest: The lowest lane that may go; *highest* the highest: those above it only hold back.
    """
    picked: list[Job] = []
    held_back: set[str] = set()
    read: set[str] = set()
    for job in queue:
        if len(picked) >= limit or job.lane > lowest or (picked and job.lane == BULK != picked[0].lane):
            break
        keys = job.all_keys
        blocker = _why_not(job, held_back, read, picked, claims, own_calls, now)
        if job.lane < highest and blocker is None:
            blocker = "batch"
        if blocker is not None:
            if not (job.lets_pass and blocker in ("due", "held")):
                held_back |= keys
                read |= job.reads
            continue
        picked.append(job)
        if job.alone:
            break
        if job.plan is not None:
            held_back |= keys
    return picked


def careful(jobs: list[Job]) -> list[Job]:
    """Return what may go together: a suspect goes alone, those before it without it."""
    for number, job in enumerate(jobs):
        if job.suspect:
            return jobs[:number] or [job]
    return jobs


def _why_not(
    job: Job,
    held_back: set[str],
    read: set[str],
    picked: list[Job],
    claims: Claims,
    own_calls: Mapping[str, frozenset[str]],
    now: float,
) -> str | None:
    if job.held:
        return "held"
    if job.due > now or job.choosing:
        return "due"
    asked = job.all_keys | job.reads
    if in_the_way := (held_back & asked) | (read & job.all_keys):
        return next(iter(in_the_way))
    if picked and (job.alone or (job.plan is None) != (picked[0].plan is None)):
        return "batch"
    return claims.blocker(asked, own_calls.get(job.id, NO_KEYS))


def widen(
    batch: Sequence[Job],
    wanted: Mapping[str, frozenset[str]],
    holder: str,
    claims: Claims,
    queue: Queue,
    own_calls: Mapping[str, frozenset[str]],
    began: int = 0,
    reads: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> tuple[list[Job], list[Job]]:
    """
    Claim what the batch's commands found out that they will touch, all at once for each; return (those that may go
    on, those that wait).

    A command waits where someone else holds a key, or where a command with an earlier place waits for it (so that order
    is kept when both discover each other, D10), or where someone let go of a key after this batch *began* to match:
    what it read of that record may be older than what was written there. It keeps its place and matches again (D11);
    the caller gives back what it held. What it *reads* and does not touch is asked for alike, and not taken: it waits
    until that is free, and two who read it go side by side.
    """
    earlier = _earlier(batch, wanted, queue)
    going: list[Job] = []
    waiting: list[Job] = []
    held_back: set[str] = set()
    for job in sorted(batch, key=lambda job: job.order):
        keys = job.keys | wanted.get(job.id, NO_KEYS)
        asked = keys | reads.get(job.id, NO_KEYS)
        own = own_calls.get(job.id, NO_KEYS) | {holder}
        queued = any(earlier.get(key, job.order) < job.order for key in keys)
        old = claims.left_since(asked - job.all_keys, began)
        if queued or old or not held_back.isdisjoint(asked) or claims.blocker(asked, own) is not None:
            job.want(keys, asked)
            held_back |= keys
            waiting.append(job)
            continue
        job.want(keys)
        claims.take(keys, holder)
        going.append(job)
    return going, waiting


def _earlier(batch: Sequence[Job], wanted: Mapping[str, frozenset[str]], queue: Queue) -> dict[str, tuple[int, int]]:
    """Return for each key that the batch discovered the first command before its last one that waits for it."""
    last = max((job.order for job in batch), default=(0, 0))
    discovered = frozenset[str]().union(*wanted.values())
    first: dict[str, tuple[int, int]] = {}
    for job in queue:
        if job.order >= last:
            break
        if not job.lets_pass:
            for key in (job.all_keys | job.reads) & discovered:
                first.setdefault(key, job.order)
    return first
