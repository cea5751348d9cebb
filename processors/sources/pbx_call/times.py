"""
When a call began, was answered and ended, and how long somebody spoke.

In: the steps of a call in time order.  Out: `Times`, durations in seconds.
Rule of this file: pure; what the network counts itself (`duration`, `talk`) wins over what its steps add up to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from processors.model.call import AnsweredBy
from processors.sources.pbx_call.answers import Talk, machine_of, talk_of
from schemas.pbx_call_event import CallStep

_UNANSWERED = frozenset(
    {"noanswer", "busy", "userbusy", "cancelled", "canceled", "rejected", "declined", "failed", "missed", "unavailable"}
)
"""Causes of a call that nobody answered, without case, blanks and underscores."""


@dataclass(frozen=True, slots=True)
class Times:
    """The times of a call as `Call` has them."""

    started: datetime
    answered: datetime | None
    answered_by: AnsweredBy | None
    talk: float
    ring: float
    duration: float


def begins(steps: Sequence[CallStep]) -> bool:
    """Return whether the steps tell how the call began: any step before an end, or an end with durations."""
    return any(
        step.step not in ("ended", "recorded", "other") or step.duration is not None or step.talk is not None
        for step in steps
    )


def times_of(course: Sequence[CallStep], steps: Sequence[CallStep], ended: datetime | None) -> Times:
    """
    Return the times of a call.

    Args:
        course: Its steps without those that come late; at least one.
        steps: All of its steps: any of them may carry what the network counted.
        ended: When it ended, None where that is not known.
    """
    duration, spoken = _last(steps, "duration"), _last(steps, "talk")
    until = ended or course[-1].at
    talk = talk_of(course)
    if spoken is None and duration is not None and all(step.step == "ended" for step in course):
        spoken = 0.0 if _unanswered(course) else duration
    began = max((number for number in (duration, spoken) if number is not None), default=0.0)
    started = min(course[0].at, until - timedelta(seconds=began))
    answered, by, seconds = _spoken(talk, spoken, until, course)
    if duration is not None:
        seconds = min(seconds, max(duration, spoken or 0.0))
    whole = _seconds(started, until) if duration is None else duration
    if answered is None:
        mailbox = talk.machine_since if by == "voicemail" else None
        ring = _seconds(started, mailbox) if mailbox else whole
    else:
        ring = _seconds(started, answered) if duration is None else max(0.0, duration - seconds)
    return Times(started, answered, by, seconds, ring, whole)


def _spoken(
    talk: Talk, spoken: float | None, until: datetime, course: Sequence[CallStep]
) -> tuple[datetime | None, AnsweredBy | None, float]:
    """Return when somebody answered, who did, and how long they spoke; *spoken* is what the network says of that."""
    if spoken is None:
        return talk.since, talk.by, _seconds(talk.since, talk.until or until) if talk.since else 0.0
    if spoken > 0:
        return talk.since or until - timedelta(seconds=spoken), "person", spoken
    return None, talk.by if talk.by not in ("person", None) else machine_of(course), 0.0


def _unanswered(course: Sequence[CallStep]) -> bool:
    """Whether a call of which only the end is told was answered by nobody: it says so, or names a machine."""
    cause = next((step.cause for step in reversed(course) if step.cause), "")
    return machine_of(course) is not None or "".join(cause.casefold().split("_")).replace(" ", "") in _UNANSWERED


def _last(steps: Sequence[CallStep], name: str) -> float | None:
    """Return what the latest step says that tells it; nothing below zero."""
    told = [(step.at, value) for step in steps if (value := getattr(step, name)) is not None]
    return max(0.0, max(told)[1]) if told else None


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())
