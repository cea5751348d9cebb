"""
Courses of telephone calls, as a PBX tells them: three to six steps each.

In: how long it is talked.  Out: a `Course`; with a line, the events of one call.  Pure.
Rule of this file: a course says what happens on which leg and when; who calls whom is the line's.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas.pbx_call_event import CallDirection, Party, PbxCallEvent, StepName
from schemas.values import Agent

NETWORK = "Main office"
FIRST, SECOND = Agent("agent1@example.com", "Agent One"), Agent("agent2@example.com", "Agent Two")
STRANGER = Agent("contractor@example.com", "A contractor")
"""Someone who is no user of the org: the Task goes to the user whom the integration names (XB-4)."""
_EXTENSIONS = {FIRST: "201", SECOND: "202", STRANGER: "203"}


@dataclass(frozen=True, slots=True)
class LegStep:
    """What happens *at* seconds after the call began; `inner`: on a leg between two users of the network."""

    name: StepName
    at: int
    user: Agent = FIRST
    leg: str = "1"
    to_leg: str | None = None
    transfer_to: Agent | None = None
    cause: str | None = None
    recording: str | None = None
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """The steps of a call, and how many seconds it is talked."""

    steps: tuple[LegStep, ...]
    talk: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """Who is at the other end: a number (None: withheld), called by us or calling; `inside`: a colleague."""

    number: str | None
    outbound: bool = False
    inside: bool = False


def answered(talk: int, user: Agent = FIRST) -> Course:
    """Return a call that rings and is answered after five seconds."""
    steps = (LegStep("started", 0, user), LegStep("ringing", 1, user), LegStep("answered", 5, user))
    return Course((*steps, LegStep("ended", 5 + talk, user, cause="normal")), talk)


def outbound(talk: int) -> Course:
    """Return a call of ours that is answered after nine seconds."""
    return Course((LegStep("started", 0), LegStep("answered", 9), LegStep("ended", 9 + talk, cause="normal")), talk)


def missed() -> Course:
    """Return a call that nobody answers."""
    return Course((LegStep("started", 0), LegStep("ringing", 1), LegStep("ended", 21, cause="no_answer")))


def unanswered(seconds: int) -> Course:
    """Return a call of ours that is given up after so many seconds."""
    return Course((LegStep("started", 0), LegStep("ringing", 1), LegStep("ended", seconds, cause="cancelled")))


def recorded(talk: int) -> Course:
    """Return a call whose recording is told when it is over."""
    link = "https://pbx.example.com/recordings/1"
    return Course((*answered(talk).steps, LegStep("recorded", 30 + talk, recording=link)), talk)


def transferred_blind(talk: int) -> Course:
    """Return a call that is passed on after ten seconds without asking."""
    steps = (
        LegStep("started", 0),
        LegStep("answered", 4),
        LegStep("transferred_blind", 14, to_leg="2", transfer_to=SECOND),
        LegStep("ended", 14, cause="transferred"),
        LegStep("answered", 19, SECOND, "2"),
        LegStep("ended", 4 + talk, SECOND, "2", cause="normal"),
    )
    return Course(steps, talk)


def transferred_attended(talk: int) -> Course:
    """Return a call that is passed on after twenty seconds to a colleague who was asked first."""
    steps = (
        LegStep("started", 0),
        LegStep("answered", 4),
        LegStep("answered", 18, SECOND, "2", inner=True),
        LegStep("transferred_attended", 24, to_leg="2", transfer_to=SECOND),
        LegStep("ended", 24, cause="transferred"),
        LegStep("ended", 4 + talk, SECOND, "2", cause="normal", inner=True),
    )
    return Course(steps, talk)


@dataclass(slots=True)
class Dial:
    """Numbers the calls of one network; each begins a minute after the one before, the first an hour ago."""

    start: datetime
    _calls: int = field(default=0)

    def call(self, course: Course, line: Line) -> list[PbxCallEvent]:
        """Return the events of one more call."""
        self._calls += 1
        began = self.start - timedelta(hours=1) + timedelta(minutes=self._calls)
        return [self._event(place, step, line, began) for place, step in enumerate(course.steps, start=1)]

    def _event(self, place: int, step: LegStep, line: Line, began: datetime) -> PbxCallEvent:
        call = f"pbx-{self._calls:04d}"
        ours = _user(step.user)
        theirs = _user(SECOND) if line.inside else _user(FIRST) if step.inner else Party("external", line.number)
        direction: CallDirection = (
            "internal" if line.inside or step.inner else "outbound" if line.outbound else "inbound"
        )
        caller, callee = (ours, theirs) if line.outbound else (theirs, ours)
        return PbxCallEvent(
            event_id=f"{call}-{place}",
            call_id=call,
            network=NETWORK,
            step=step.name,
            at=began + timedelta(seconds=step.at),
            leg=step.leg,
            direction=direction,
            caller=caller,
            callee=callee,
            user=step.user,
            to_leg=step.to_leg,
            transfer_to=_user(step.transfer_to) if step.transfer_to else None,
            cause=step.cause,
            recording=step.recording,
            zone="Europe/Berlin",
        )


def _user(agent: Agent) -> Party:
    return Party("internal", extension=_EXTENSIONS[agent], name=agent.name)
