"""
API calls that are not over: those without an answer, and those of which a copy may still land.

In: calls that got no answer, were sent again, or can land no more.  Out: which to look at, and what they still hold.
Rule of this file: a call holds its claims until it can land no more, whoever of its commands goes on meanwhile (design
section 3, point 4).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from processors.executor.jobs.job import NO_KEYS, Job
from processors.executor.org_queue.claims import Claims
from processors.executor.org_queue.signal import Signal
from processors.model.plan import ApiCall


@dataclass(slots=True)
class UnansweredCall:
    """A call without an answer: its commands, and when it is looked at next (seconds since the epoch)."""

    call: ApiCall
    jobs: Mapping[str, Job]
    next_look: float
    looks: int = 0


@dataclass(slots=True)
class CallsInFlight:
    """The calls of one org that are not over. What changes them takes the scheduler's lock."""

    claims: Claims
    signal: Signal
    _unanswered: dict[str, UnansweredCall] = field(default_factory=dict)
    _alive: dict[str, ApiCall] = field(default_factory=dict)
    _own: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def own(self) -> Mapping[str, frozenset[str]]:
        """The calls of each command that may still land: they do not stand in its own way."""
        return self._own

    def unanswered(self, call: ApiCall, jobs: Iterable[Job], next_look: float) -> None:
        """A call got no answer: its claims are its own until that is resolved."""
        with self.signal:
            self.claims.take(call.claims, call.id)
            self._unanswered[call.id] = UnansweredCall(call, {job.id: job for job in jobs}, next_look)

    def take_due(self, now: float) -> UnansweredCall | None:
        """Return (and take) the unanswered call that is due to be looked at first, or None."""
        with self.signal:
            due = [unanswered_call for unanswered_call in self._unanswered.values() if unanswered_call.next_look <= now]
            return (
                self._unanswered.pop(min(due, key=lambda unanswered_call: unanswered_call.next_look).call.id)
                if due
                else None
            )

    def look_again(self, unanswered: UnansweredCall, at: float) -> None:
        """Put an unanswered call back: what became of it cannot be seen yet."""
        with self.signal:
            unanswered.looks += 1
            unanswered.next_look = at
            self._unanswered[unanswered.call.id] = unanswered
            self.signal.changed()

    def alive(self, before: ApiCall | None, call: ApiCall) -> None:
        """A call was sent again or is answered, and a copy of it may still land: its claims stay until it cannot."""
        with self.signal:
            if before is not None:
                self.claims.release(before.claims, before.id)
            self.claims.take(call.claims, call.id)
            self._alive[call.id] = call
            for command_id in call.commands:
                self._own[command_id] = self._own.get(command_id, NO_KEYS) | {call.id}

    def over(self, call: ApiCall) -> None:
        """A call can land no more (or has been seen landed): it holds nothing any longer."""
        with self.signal:
            self.claims.release(call.claims, call.id)
            self._alive.pop(call.id, None)
            for command_id in call.commands:
                left = self._own.get(command_id, NO_KEYS) - {call.id}
                if left:
                    self._own[command_id] = left
                else:
                    self._own.pop(command_id, None)
            self.signal.changed()

    def expired(self, now: float) -> list[ApiCall]:
        """Return the calls that were alive and can land no more."""
        with self.signal:
            return [call for call in self._alive.values() if call.alive_until <= now]

    def forget(self, jobs: Iterable[Job]) -> None:
        """These commands are settled: no call is their own any more."""
        for job in jobs:
            self._own.pop(job.id, None)

    def look_times(self) -> list[float]:
        """Return when the unanswered calls are looked at."""
        return [unanswered_call.next_look for unanswered_call in self._unanswered.values()]

    def expiry_times(self) -> list[float]:
        """Return when the calls that are alive can land no more."""
        return [call.alive_until for call in self._alive.values()]

    def unanswered_jobs(self) -> int:
        """Return how many commands wait for a call without an answer."""
        return sum(len(unanswered_call.jobs) for unanswered_call in self._unanswered.values())
