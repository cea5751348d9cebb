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

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from processors.executor.org_queue.priority import BULK, LIVE
from processors.integration.model import Integration
from processors.model.call import Call
from processors.model.plan import Plan
from processors.model.values import Resolution
from schemas.command import Command
from schemas.pbx_call_event import CallStep

NO_KEYS: frozenset[str] = frozenset()


@dataclass(slots=True)
class Job:
    """
    A command at work in memory: what the ledger holds of it, its keys, its plan.

    `due` and `since` are seconds since the epoch. `parked`: it waits for someone's choice, and nobody's counts from
    `due` on; `resolution` is the choice made, and `choosing` that one is being stored. Of a call, the command is that
    of its first step, `members` are those of the others, `event_ids` the events of them all, `steps` what happened,
    `call` what that came to; `timed_out`: it never ended. `held`: its integration waits for a field (LL-18).
    """

    command: Command
    settings: Integration | None
    place: int
    lane: int
    due: float
    keys: frozenset[str]
    wants: frozenset[str] = NO_KEYS
    tries: int = 0
    crashes: int = 0
    alone: bool = False
    suspect: bool = False
    resent: int = 0
    plan: Plan | None = None
    since: float = 0.0
    blocker: str | None = None
    parked: bool = False
    resolution: Resolution | None = None
    choosing: bool = False
    held: bool = False
    call: Call | None = None
    steps: tuple[CallStep, ...] = ()
    timed_out: bool = False
    members: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The command's ID."""
        return self.command.command_id

    @property
    def order(self) -> tuple[int, int]:
        """Who goes first: the lane, then the place."""
        return (self.lane, self.place)

    def forget_plan(self) -> None:
        """Drop a plan of which nothing was done and no copy may land: it is decided anew, on fresh reads (D11)."""
        if self.plan is not None and not self.plan.results and not self.resent:
            self.plan = None

    @property
    def lets_pass(self) -> bool:
        """Whether those who come after it may go first: it is held, or it is parked and its integration says so."""
        return self.held or (self.parked and self.settings is not None and self.settings.match.while_parked == "pass")

    @property
    def all_keys(self) -> frozenset[str]:
        """Everything that must be free for it to go."""
        return self.keys | self.wants if self.wants else self.keys


def person_names(keys: Iterable[str]) -> list[str]:
    """Return those of a command's keys that are names of its person: e-mails and numbers."""
    return sorted(key for key in keys if key.startswith(("email:", "phone:")))


REMEMBERED = 10_000
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
        if len(self._left) > REMEMBERED:
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


@dataclass(slots=True)
class Queue:
    """All unsettled commands of one org that no batch holds, by (lane, place)."""

    _waiting: dict[str, Job] = field(default_factory=dict)
    _order: list[Job] = field(default_factory=list)
    _sorted: bool = True
    _held: frozenset[str] = frozenset()

    def hold(self, integrations: frozenset[str]) -> None:
        """Let the commands of these integrations wait, and those of no other."""
        self._held = integrations
        for job in self._waiting.values():
            job.held = self._holds(job)

    def _holds(self, job: Job) -> bool:
        # What asks nothing of the org ends as ever: what the intake left out, and someone's choice.
        return job.command.integration in self._held and job.command.kind not in ("skip", "resolve")

    def held(self) -> list[Job]:
        """Return the commands that wait for their integration's fields."""
        return [job for job in self._waiting.values() if job.held]

    def add(self, job: Job) -> None:
        """Put a command in (back in) its place."""
        job.held = self._holds(job)
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


def pick(
    queue: Queue,
    claims: Claims,
    own_calls: dict[str, frozenset[str]],
    now: float,
    limit: int,
    lowest: int = BULK,
    highest: int = LIVE,
) -> list[Job]:
    """
    Return the commands that may go now, at most *limit*, in order; none of their keys is held by anyone else.

    A command that must wait holds back all later ones that share a key with it, due or not (of its lane or a lower
    one).
    A batch is of one sort: one `alone` command, plans that go on (what they will write no read shows, so nobody who
    shares a key may be decided beside them), or commands to be decided.

    Bulk goes apart: what is live does not wait for the answer to a thousand records of a first load.

    Args:
        own_calls: For a command whose own API calls may still land: their IDs, which do not stand in its way.
        lowest: The lowest lane that may go; *highest* the highest: those above it only hold back.
    """
    picked: list[Job] = []
    held_back: set[str] = set()
    for job in queue:
        if len(picked) >= limit or job.lane > lowest or (picked and job.lane == BULK != picked[0].lane):
            break
        keys = job.all_keys
        job.blocker = _why_not(job, keys, held_back, picked, claims, own_calls, now)
        if job.lane < highest and job.blocker is None:
            job.blocker = "batch"
        if job.blocker is not None:
            if not (job.lets_pass and job.blocker in ("due", "held")):
                held_back |= keys
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
    keys: frozenset[str],
    held_back: set[str],
    picked: list[Job],
    claims: Claims,
    own_calls: dict[str, frozenset[str]],
    now: float,
) -> str | None:
    if job.held:
        return "held"
    if job.due > now or job.choosing:
        return "due"
    if not held_back.isdisjoint(keys):
        return next(iter(held_back & keys))
    if picked and (job.alone or (job.plan is None) != (picked[0].plan is None)):
        return "batch"
    return claims.blocker(keys, own_calls.get(job.id, NO_KEYS))


def widen(
    batch: list[Job],
    wanted: dict[str, frozenset[str]],
    holder: str,
    claims: Claims,
    queue: Queue,
    own_calls: dict[str, frozenset[str]],
    began: int = 0,
) -> tuple[list[Job], list[Job]]:
    """
    Claim what the batch's commands found out that they will touch, all at once for each; return (those that may go
    on, those that wait).

    A command waits where someone else holds a key, or where a command with an earlier place waits for it (so that order
    is kept when both discover each other, D10), or where someone let go of a key after this batch *began* to match:
    what it read of that record may be older than what was written there. It keeps its place and matches again (D11);
    the caller gives back what it held.
    """
    earlier = _earlier(batch, wanted, queue)
    going: list[Job] = []
    waiting: list[Job] = []
    held_back: set[str] = set()
    for job in sorted(batch, key=lambda one: one.order):
        keys = job.keys | wanted.get(job.id, NO_KEYS)
        own = own_calls.get(job.id, NO_KEYS) | {holder}
        queued = any(earlier.get(key, job.order) < job.order for key in keys)
        old = claims.left_since(keys - job.all_keys, began)
        if queued or old or not held_back.isdisjoint(keys) or claims.blocker(keys, own) is not None:
            job.wants = keys - job.keys
            held_back |= keys
            waiting.append(job)
            continue
        job.wants = keys - job.keys
        claims.take(keys, holder)
        going.append(job)
    return going, waiting


def _earlier(batch: list[Job], wanted: dict[str, frozenset[str]], queue: Queue) -> dict[str, tuple[int, int]]:
    """Return for each key that the batch discovered the first command before its last one that waits for it."""
    last = max((job.order for job in batch), default=(0, 0))
    discovered = frozenset[str]().union(*wanted.values())
    first: dict[str, tuple[int, int]] = {}
    for job in queue:
        if job.order >= last:
            break
        if not job.lets_pass:
            for key in job.all_keys & discovered:
                first.setdefault(key, job.order)
    return first
