"""
A command at work in memory, and every change that it may go through.

In: what happened to the command.  Out: the job, changed.  Pure: no lock, no I/O, the clock's reading is an argument.
Rule of this file: a job's fields are set here and nowhere else (it is frozen for everybody else), and its state follows
`MAY_FOLLOW`, the table that the ledger's port states.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from processors.integration.model import Integration
from processors.matching.match import person_keys
from processors.matching.queries import region_of
from processors.model.call import Call
from processors.model.ledger import MAY_FOLLOW, Postponed, State
from processors.model.match import Resolution
from processors.model.plan import Plan, plan_to_json
from processors.model.requests import Written
from schemas.command import Command
from schemas.outcome import Candidate
from schemas.pbx_call_event import CallStep

NO_KEYS: frozenset[str] = frozenset()
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """
    A command at work in memory: what the ledger holds of it, its keys, its plan.

    `due` is in seconds since the epoch. `wants` are the keys that it found out it touches, beside its own; `reads` are
    those that it waits for and does not touch. `alone`: it goes in a batch of its own; `suspect`: it was at work at a
    crash. `resent` counts how often its present write was sent before. `parked`: it waits for someone's choice, and
    nobody's counts from `due` on; `resolution` is the choice made, `choosing` that one is being stored, and `offered`
    what there was to choose from (empty after a restart). `held`: its integration waits for a field (LL-18). Of a
    telephone call, the command is that of its first step, `members` are those of the others, `event_ids` the events of
    them all, `steps` what happened, `call` what that came to; `timed_out`: it never ended. `fault` says at which place
    our own code failed at it before it could be scheduled: it ends as `error.internal`.
    """

    command: Command
    settings: Integration | None
    queue_position: int
    lane: int
    due: float
    keys: frozenset[str]
    wants: frozenset[str] = NO_KEYS
    reads: frozenset[str] = NO_KEYS
    tries: int = 0
    crashes: int = 0
    alone: bool = False
    suspect: bool = False
    resent: int = 0
    plan: Plan | None = None
    parked: bool = False
    resolution: Resolution | None = None
    choosing: bool = False
    offered: tuple[Candidate, ...] = ()
    held: bool = False
    call: Call | None = None
    steps: tuple[CallStep, ...] = ()
    timed_out: bool = False
    members: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    fault: str | None = None
    state: State = "waiting"

    @property
    def id(self) -> str:
        """The command's ID."""
        return self.command.command_id

    @property
    def order(self) -> tuple[int, int]:
        """Who goes first: the lane, then the position in the queue."""
        return (self.lane, self.queue_position)

    @property
    def all_keys(self) -> frozenset[str]:
        """Everything that it claims."""
        return self.keys | self.wants if self.wants else self.keys

    @property
    def lets_pass(self) -> bool:
        """Whether those who come after it may go first: it is held, or it is parked and its integration says so."""
        return self.held or (self.parked and self.settings is not None and self.settings.match.while_parked == "pass")

    # In the queue

    def hold(self, held: bool) -> None:
        """Its integration waits for a field, or no more (LL-18)."""
        self._set(held=held)

    def put_off(self, due: float) -> None:
        """Its whole batch failed: it is due later, and the failure counts."""
        self._set(tries=self.tries + 1, due=max(self.due, due))

    def wait_anew(self) -> None:
        """It goes back to its place in the queue without a change of its own: what it found out stays claimed."""
        self._enter("waiting", wants=frozenset(self.plan.keys) - self.keys if self.plan else self.wants)
        self._forget_plan()

    def postpone(self, due: float, tries: int) -> None:
        """It goes back to its place in the queue, and is due later."""
        self._set(due=due, tries=tries)
        self.wait_anew()

    def go_alone(self) -> None:
        """It goes in a batch of its own from now on: with others it is not known whose the failure is."""
        self._set(alone=True)

    # After a crash

    def suspect_of_crash(self) -> None:
        """It was at work when the executor crashed: it is decided while nothing else is."""
        self._set(suspect=True)

    def count_crash(self, crashes: int) -> None:
        """The ledger counts so many crashes while it was decided."""
        self._set(crashes=crashes)

    def clear_of_crash(self) -> None:
        """It has been decided and the process still runs: whatever ended it before was something else (D20)."""
        self._set(suspect=False, crashes=0)

    # Match and decide

    def renew(self, command: Command, call: Call | None = None) -> None:
        """What the ledger keeps says more of it now than when it arrived."""
        self._set(command=command, call=call or self.call)

    def want(self, keys: frozenset[str], reads: frozenset[str] = NO_KEYS) -> None:
        """It found out that it touches these keys, its own count always; *reads* must be free, and are not claimed."""
        self._set(wants=keys - self.keys, reads=reads - keys - self.keys)

    def decide(self, plan: Plan) -> None:
        """It has a plan."""
        self._set(plan=plan)

    def drop_plan(self) -> None:
        """Its plan counts no more; it is decided anew, on fresh reads (D11)."""
        self._set(plan=None)

    # Execute

    def intend(self, call_id: str, now: float) -> Plan:
        """Its next step leaves in this API call at *now* (epoch seconds); return the plan that says so."""
        if self.plan is None:
            raise ValueError(f"command {self.id} has no plan whose step could leave")
        first = now if self.plan.intended_at is None else self.plan.intended_at
        plan = replace(self.plan, calls=(*self.plan.calls, call_id), intended_at=first)
        self._enter("intended", plan=plan)
        return plan

    def answer(self, written: Written) -> None:
        """Its present step is done."""
        if self.plan is None:
            raise ValueError(f"command {self.id} has no plan whose step could be answered")
        self._set(plan=self.plan.answered(written), tries=0, resent=0)

    def send_again(self, resent: int) -> None:
        """Its present write has been sent so many times before, and may land yet; 0: no copy of it may."""
        self._set(resent=resent)

    # Someone's choice

    def park(self, until: float, offered: tuple[Candidate, ...] = ()) -> None:
        """It waits for someone's choice among what is *offered*, until then."""
        self._enter("waiting", parked=True, due=until, plan=None, offered=offered)

    def expire(self) -> None:
        """Nobody chose in time."""
        self._set(parked=False, resolution=Resolution(expired=True))

    def begin_choice(self) -> None:
        """A choice for it is being stored: neither its expiry nor another choice can have it."""
        self._set(choosing=True)

    def choose(self, resolution: Resolution) -> None:
        """Someone chose."""
        self._set(resolution=resolution)

    def wake(self, now: float) -> None:
        """The choice is stored: it is due."""
        self._set(parked=False, choosing=False, due=now)

    # The end

    def settle(self) -> None:
        """The ledger holds its outcome."""
        self._enter("settled")

    def _forget_plan(self) -> None:
        """Drop a plan of which nothing was done and no copy may land: it is decided anew, on fresh reads (D11)."""
        if self.plan is not None and not self.plan.results and not self.resent:
            self.drop_plan()

    def _enter(self, state: State, **fields: object) -> None:
        if state not in MAY_FOLLOW[self.state]:
            raise ValueError(f"command {self.id} is {self.state} and cannot be {state} after that")
        self._set(state=state, **fields)

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)


def postponed(job: Job, why: str, blocker: str | None = None) -> Postponed:
    """Return what the ledger is told of a job that waits: until when, why, and what of its plan is done."""
    return Postponed(
        job.id,
        job.due,
        why[:LONGEST_REASON],
        blocker=blocker,
        tries=job.tries,
        crashes=job.crashes,
        alone=job.alone,
        plan=plan_to_json(job.plan) if job.plan else None,
        parked=job.parked,
    )


def names_of_first(job: Job) -> list[str]:
    """Return the names of the command's person; of a call with several people, of the first of them (XB-28)."""
    phones, booking = job.command.person.phones, job.command.booking
    if booking is not None and booking.guests:
        alone = replace(job.command, booking=replace(booking, guests=()))
        return person_names(person_keys(alone, region_of(job.settings, "US")))
    if job.call is None or len(phones) < 2:
        return person_names(job.keys)
    return [phone_name(phones[0])]


def phone_name(number: str) -> str:
    """Return the key that a number in E.164 is claimed by."""
    return f"phone:{number}"


def person_names(keys: Iterable[str]) -> list[str]:
    """Return those of a command's keys that are names of its person: e-mails and numbers."""
    return sorted(key for key in keys if key.startswith(("email:", "phone:")))
