"""
Steps of telephone calls that are gathered until their call is over: the executor's first stage, in memory.

In: stored steps, what the ledger keeps of their calls, the clock's reading.  Out: one command for each call.
Rule of this file: the waiting steps in the ledger are the only state, and their time is the time-out; a restart gathers
the same steps again (XB-11, XB-13; docs/decisions/0050).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from processors.executor.jobs.job import Job
from processors.matching.match import person_keys
from processors.model.call import Call
from processors.model.errors import Unprocessable
from processors.model.phone_numbers import outside_numbers
from processors.sources.pbx_call.assemble import assemble, complete, over
from processors.sources.pbx_call.decide import steps_of
from processors.sources.pbx_call.settings import calls_of, directory_of
from schemas.command import Command
from schemas.pbx_call_event import CallStep
from schemas.values import Person

CallKey: TypeAlias = tuple[str, str]
"""Integration and call ID."""

CALLS_REMEMBERED = 5_000
"""Calls whose steps are kept in memory for steps that come late; of older ones the ledger is asked."""
STEPS = 1_000
"""Of one call in one outcome: with the longest event IDs it is as large as a topic takes."""
WAIT_FOR_BEGINNING = 60.0
"""Seconds that a call waits for the steps of its beginning, where its end came first."""


@dataclass(slots=True)
class CallBuffer:
    """The calls of one org that are not over yet. Every public method takes the lock."""

    region: str = "US"
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: dict[CallKey, list[Job]] = field(default_factory=dict)
    _ended: set[CallKey] = field(default_factory=set)
    _past: "OrderedDict[CallKey, tuple[CallStep, ...]]" = field(default_factory=OrderedDict)

    def add(
        self,
        jobs: Iterable[Job],
        states: Callable[[Sequence[CallKey]], Mapping[CallKey, bytes]],
        now: float,
        *,
        again: bool = False,
    ) -> list[Job]:
        """
        Gather steps; return the commands of the calls that are over with them.

        Args:
            states: Asks the ledger for what it keeps of these calls.
            again: They were gathered before a restart: what came when its call was over stays apart from it, so that
                it is not refused with the call (attack D18).
        """
        fresh: dict[CallKey, list[Job]] = {}
        for job in jobs:
            fresh.setdefault(call_key(job), []).append(job)
        with self._lock:
            unknown = [key for key in fresh if key not in self._past and key not in self._open]
        found = states(unknown) if unknown else {}
        with self._lock:
            for key in unknown:
                self._remember(key, steps_of(found[key]) if key in found else ())
            ended: list[Job] = []
            for key, some in fresh.items():
                if again and all(job.plan is None for job in some):
                    ended += self._one_by_one(key, some, now)
                else:
                    self._open.setdefault(key, []).extend(some)
                    ended += self._finished(key, now)
            return ended

    def timed_out(self, now: float) -> list[Job]:
        """Return the commands of the calls that never ended, and whose time is up."""
        with self._lock:
            due = [key for key in self._open if self._close_at(key) <= now]
            return [job for key in due for job in self._close(key, timed_out=True)]

    def next_time(self) -> float | None:
        """Return when the next call is closed by its time-out, or None."""
        with self._lock:
            return min((self._close_at(key) for key in self._open), default=None)

    def __len__(self) -> int:
        with self._lock:
            return sum(len(jobs) for jobs in self._open.values())

    def _finished(self, key: CallKey, now: float) -> list[Job]:
        jobs = self._open[key]
        if any(job.plan is not None for job in jobs):
            return self._begun(key)
        steps = (*self._past.get(key, ()), *_steps(jobs))
        self._note_ended(key, steps)
        return self._close(key, timed_out=True) if complete(steps) or self._close_at(key) <= now else []

    def _note_ended(self, key: CallKey, steps: Sequence[CallStep]) -> None:
        """Know of a call whose end came before its beginning: it is not waited for as long as an open one."""
        if over(steps):
            self._ended.add(key)
        else:
            self._ended.discard(key)

    def _close_at(self, key: CallKey) -> float:
        """Return when a call is closed although it is not complete."""
        at = _close_at(self._open[key])
        return min(at, _first_came(self._open[key]) + WAIT_FOR_BEGINNING) if key in self._ended else at

    def _one_by_one(self, key: CallKey, jobs: Iterable[Job], now: float) -> list[Job]:
        ended = []
        for job in sorted(jobs, key=lambda job: job.order):
            self._open.setdefault(key, []).append(job)
            if complete((*self._past.get(key, ()), *_steps(self._open[key]))):
                ended += self._close(key)
        return [*ended, *(self._finished(key, now) if key in self._open else ())]

    def _begun(self, key: CallKey) -> list[Job]:
        """Return calls that a process before us had begun to write, with the very steps that it had."""
        begun = []
        for first in [job for job in self._open[key] if job.plan is not None]:
            members = set(first.plan.members if first.plan else ())
            own = [job for job in self._open[key] if job is first or job.id in members]
            self._open[key] = [job for job in self._open[key] if job not in own]
            begun.append(self._call(key, own))
        rest = self._open[key]
        if not rest:
            del self._open[key]
        elif complete((*self._past.get(key, ()), *_steps(rest))):
            begun += self._close(key)
        return begun

    def _close(self, key: CallKey, *, timed_out: bool = False) -> list[Job]:
        """
        End the gathering of a call; *timed_out*: its time is up, unless it is over by itself.

        One outcome names the events of `STEPS` steps at the most: of a longer call, the others follow as late steps do.
        """
        self._ended.discard(key)
        jobs = sorted(self._open.pop(key), key=lambda job: (job.plan is None, job.order))
        parts = [jobs[start : start + STEPS] for start in range(0, len(jobs), STEPS)]
        return [self._call(key, part, timed_out=timed_out and part is parts[-1]) for part in parts]

    def _call(self, key: CallKey, jobs: Sequence[Job], *, timed_out: bool = False) -> Job:
        """Return the command of a call's part; where our own code fails at it, one that ends for all of its steps."""
        try:
            return self._assembled(key, jobs, timed_out=timed_out)
        except Exception as fault:  # noqa: BLE001  one call must not stop the others
            first, *others = sorted(jobs, key=lambda job: (job.plan is None, job.order))
            events = tuple(job.command.event_id for job in (first, *others))
            why = Unprocessable(fault).reason
            return replace(first, members=tuple(job.id for job in others), event_ids=events, fault=why, plan=None)

    def _assembled(self, key: CallKey, jobs: Sequence[Job], *, timed_out: bool) -> Job:
        first, *others = sorted(jobs, key=lambda job: (job.plan is None, job.order))
        past = self._past.get(key, ())
        steps = _steps([first, *others])
        self._remember(key, (*past, *steps))
        timed_out = timed_out and not over((*past, *steps))
        region = call_region(first, self.region)
        call = assemble(
            key[1],
            (*past, *steps),
            region,
            timed_out=timed_out,
            outside_prefixes=_prefixes(first),
            directory=directory_of(first.settings),
        )
        command = command_of(first.command, call, region)
        keys = person_keys(command, region)
        return replace(
            first,
            command=command,
            keys=keys,
            wants=frozenset(first.plan.keys) - keys if first.plan else frozenset(),
            call=call,
            steps=steps,
            timed_out=timed_out,
            members=tuple(job.id for job in others),
            event_ids=tuple(job.command.event_id for job in (first, *others)),
        )

    def _remember(self, key: CallKey, steps: tuple[CallStep, ...]) -> None:
        self._past[key] = steps
        self._past.move_to_end(key)
        while len(self._past) > CALLS_REMEMBERED:
            self._past.popitem(last=False)


def call_key(job: Job) -> CallKey:
    """Return the call that a step belongs to."""
    return job.command.integration, job.command.source_id


def call_region(job: Job, region: str) -> str:
    """Return the country of numbers that name none: the integration's network's, else *region*."""
    return (calls_of(job.settings).region if job.settings else None) or region


def _prefixes(job: Job) -> tuple[str, ...]:
    return calls_of(job.settings).outside_prefixes if job.settings else ()


def renew_call(job: Job, kept: Mapping[str, bytes], region: str) -> None:
    """Assemble the call anew with the steps that the ledger keeps of it by now: what came before this part."""
    if not job.steps:
        return
    state = kept.get(job.command.source_id)
    before = steps_of(state) if state is not None else ()
    region, prefixes, directory = call_region(job, region), _prefixes(job), directory_of(job.settings)
    steps = (*before, *job.steps)
    call = assemble(
        job.command.source_id,
        steps,
        region,
        timed_out=job.timed_out,
        outside_prefixes=prefixes,
        directory=directory,
    )
    job.renew(command_of(job.command, call, region), call)


def command_of(command: Command, call: Call, region: str) -> Command:
    """Return the first step's command as the command of the whole call: its people's numbers, its agent, its time."""
    person = Person(last_name=call.person.last_name, phones=outside_numbers(call, region))
    return replace(
        command, kind="apply", person=person, agent=call.agent, event_time=call.ended or call.started, step=None
    )


def _steps(jobs: Iterable[Job]) -> tuple[CallStep, ...]:
    return tuple(job.command.step for job in jobs if job.command.step is not None)


def _close_at(jobs: Sequence[Job]) -> float:
    """Return when a call whose end does not come is closed: so long after its first step came in."""
    first = min(jobs, key=lambda job: job.order)
    hours = calls_of(first.settings).close_after_hours if first.settings else 0.0
    return _first_came(jobs) + hours * 3600


def _first_came(jobs: Sequence[Job]) -> float:
    return min(jobs, key=lambda job: job.order).command.command_time.timestamp()
