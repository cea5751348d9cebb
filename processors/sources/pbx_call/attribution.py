"""
Which user of the network a call belongs to: who spoke last with the person outside.

In: the steps of a call in time order.  Out: a user, or None where no step names one.
Rule of this file: pure; someone who was only asked aside (an inner leg that nothing was passed on to) did not speak
with the person outside (XB-3, XB-13).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from processors.sources.pbx_call.answers import TRANSFERS, call_answers
from processors.sources.pbx_call.parties import is_internal
from schemas.pbx_call_event import CallStep
from schemas.values import Agent

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Talk:
    """One user on one leg: from when until when; `aside`: with a colleague alone."""

    user: Agent
    since: datetime
    until: datetime
    leg: str
    aside: bool


def agent_of(course: Sequence[CallStep], region: str) -> Agent | None:
    """Return the user who spoke last with the person outside; nobody spoke: who was called, or called, first."""
    spoken = [answer.step for answer in call_answers(course) if answer.by == "person"]
    legs = dict.fromkeys(step.leg for step in course)
    talks = [talk for leg in legs for talk in _talks(leg, course, spoken, region)]
    talks = [talk for talk in talks if not talk.aside] or talks
    if talks:
        return max(talks, key=lambda talk: (talk.until, talk.since, talk.leg)).user
    return next((step.user for step in course if step.user), None)


def user_of(leg: str, course: Sequence[CallStep]) -> Agent | None:
    """Return the first user whom a step names on the leg."""
    return next((step.user for step in course if step.leg == leg and step.user), None)


def _talks(leg: str, course: Sequence[CallStep], spoken: Sequence[CallStep], region: str) -> list[_Talk]:
    own = [step for step in course if step.leg == leg]
    aside = leg not in {step.to_leg for step in course} and any(_inner(step, region) for step in own)
    talks: dict[Agent, _Talk] = {}
    for step in [call_step for call_step in spoken if call_step.leg == leg]:
        user = step.user or user_of(leg, course)
        if user is not None and user not in talks:
            talks[user] = _Talk(user, step.at, _until(own, user, step.at), leg, aside)
    return list(talks.values())


def _until(own: Sequence[CallStep], user: Agent, since: datetime) -> datetime:
    """Return when the user left the leg: it was passed on by them, another one answered on it, or it ended."""
    for step in own:
        if step.at < since:
            continue
        passed_on = step.step in TRANSFERS and step.user in (None, user)
        taken_over = step.step == "answered" and step.user not in (None, user)
        if passed_on or taken_over or step.step == "ended":
            return step.at
    return _NEVER


def _inner(step: CallStep, region: str) -> bool:
    return all(party is not None and is_internal(party, region) for party in (step.caller, step.callee))
