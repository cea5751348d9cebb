"""
Who answered a call: a person, or a machine of the network (a queue, a menu, a ring group, a mailbox).

In: the steps of a call in time order.  Out: the answers, and from when to when somebody spoke with the person outside.
Rule of this file: pure; a machine's answer is no talk, and who is on a leg is whom its steps named last.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from processors.model.call import AnsweredBy
from schemas.pbx_call_event import CallStep, Party
from schemas.values import Agent

SPEAKING = frozenset({"answered", "held", "retrieved", "transferred_attended", "conference_joined"})
"""Steps that only a call which was answered has: they stand in for the answer where its step is missing."""
TRANSFERS: Mapping[str, Literal["blind", "attended"]] = {
    "transferred_blind": "blind",
    "transferred_attended": "attended",
}
"""Steps that pass a call on, and how."""
MACHINES: frozenset[str] = frozenset({"queue", "ivr", "ring_group", "voicemail"})
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """One step that tells that a leg was answered, and who did: a person or a kind of machine."""

    step: CallStep
    by: AnsweredBy


@dataclass(frozen=True, slots=True)
class Talk:
    """
    When somebody spoke with the person outside (None: nobody did), until when, and who answered.

    `until` None: until the call ended. `by` is `person`, or the machine that answered last where no person did.
    `machine_since` is when that machine answered.
    """

    since: datetime | None = None
    until: datetime | None = None
    by: AnsweredBy | None = None
    machine_since: datetime | None = None


def is_machine(party: Party | None) -> bool:
    """Return whether the party is a machine of the network."""
    return party is not None and party.kind in MACHINES


def machine_of(course: Sequence[CallStep]) -> AnsweredBy | None:
    """Return the kind of the machine that was called last, or None where it was none."""
    called = next((step.callee for step in reversed(course) if step.callee is not None), None)
    return _kind_of(called)


def call_answers(course: Sequence[CallStep]) -> list[CallAnswer]:
    """Return every step that tells of an answer, with who is on its leg then."""
    return [CallAnswer(step, _by(step, party)) for step, party in _on_leg(course) if step.step in SPEAKING]


def talk_of(course: Sequence[CallStep]) -> Talk:
    """
    Return when somebody spoke with the person outside: from the first answer of a person.

    It ends with the call, or when a machine took over from the last person (a mailbox after a transfer).
    """
    told = call_answers(course)
    people = [call_answer for call_answer in told if call_answer.by == "person"]
    if not people:
        last = told[-1] if told else None
        return Talk(by=last.by, machine_since=last.step.at) if last else Talk()
    left = max(_left(person, course, told) for person in people)
    taken_over = [
        call_answer.step.at for call_answer in told if call_answer.by != "person" and call_answer.step.at >= left
    ]
    return Talk(people[0].step.at, min(taken_over, default=None), "person")


def _on_leg(course: Sequence[CallStep]) -> Iterator[tuple[CallStep, Party | None]]:
    """Yield each step with who is called on its leg: whom it names, or the last one named before it."""
    called: dict[str, Party] = {}
    for step in reversed(course):
        if step.callee is not None:
            called[step.leg] = step.callee
    for step in course:
        if step.callee is not None:
            called[step.leg] = step.callee
        yield step, called.get(step.leg)
        if step.step in TRANSFERS and step.transfer_to is not None:
            # Without a leg of its own the call goes on where it is.
            leg = step.to_leg or step.leg
            called[leg] = called.get(leg, step.transfer_to) if step.to_leg else step.transfer_to


def _by(step: CallStep, party: Party | None) -> AnsweredBy:
    if party is None or (step.user is not None and _is_somebody(step.user, party)):
        return "person"
    return _kind_of(party) or "person"


def _kind_of(party: Party | None) -> AnsweredBy | None:
    match party.kind if party is not None else None:
        case "queue" | "ivr" | "ring_group" | "voicemail" as kind:
            return kind
    return None


def _is_somebody(user: Agent, machine: Party) -> bool:
    """Whether the user is a person and not the machine by its own name or extension."""
    if user.email or user.user_id:
        return True
    if user.extension:
        return user.extension != machine.extension
    return bool(user.name) and user.name != machine.name


def _left(answer: CallAnswer, course: Sequence[CallStep], told: Sequence[CallAnswer]) -> datetime:
    """Return when the person of this answer left the leg: it ended, was passed on, or a machine answered on it."""
    step, place = answer.step, next(number for number, call_step in enumerate(course) if call_step is answer.step)
    machines = [
        call_answer.step
        for call_answer in told
        if call_answer.by != "person" and call_answer.step.leg == step.leg and call_answer.step.at > step.at
    ]
    ends = [
        call_step
        for call_step in course[place + 1 :]
        if call_step.leg == step.leg and (call_step.step == "ended" or call_step.step in TRANSFERS)
    ]
    return min((machine.at for machine in (*machines, *ends)), default=_NEVER)
