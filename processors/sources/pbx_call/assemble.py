"""
assemble: the steps of one telephone call become the call.

In: steps in any order, twice, late, or with some missing.  Out: a `Call`; whether it is over.
Rule of this file: pure; the result depends on which steps there are, never on their order or how often they came. A
conference is one call with everyone in it (XB-28).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from processors.model.call import Call, Transfer
from processors.model.phone_numbers import without_prefix
from processors.sources.pbx_call.attribution import agent_of, user_of
from processors.sources.pbx_call.parties import direction_of, known_as, outside_of, participants_of, target_of
from schemas.pbx_call_event import CallStep, Party, StepName
from schemas.values import plain

_RANK: dict[str, int] = {name: place for place, name in enumerate(get_args(StepName))}
"""Steps of one moment: the contract names them in the order in which they follow in a call."""
_LATE = frozenset({"recorded", "other"})
"""Steps that tell about a call but are no part of its course: they do not reopen it."""
_SPEAKING = frozenset({"answered", "held", "retrieved", "transferred_attended", "conference_joined"})
"""Steps that only a call which was answered has: they stand in for the answer where its step is missing."""
_TRANSFERS = {"transferred_blind": "blind", "transferred_attended": "attended"}


def over(steps: Sequence[CallStep]) -> bool:
    """Return whether the call is over: every leg seen, or named by a transfer, has ended. No leg: not over."""
    legs = {step.leg for step in steps if step.step not in _LATE}
    legs |= {step.to_leg for step in steps if step.to_leg}
    return bool(legs) and legs <= {step.leg for step in steps if step.step == "ended"}


def assemble(
    call_id: str,
    steps: Iterable[CallStep],
    region: str,
    *,
    timed_out: bool = False,
    outside_prefixes: tuple[str, ...] = (),
) -> Call:
    """
    Return the call that *steps* tell of, as far as they do (XB-13).

    Args:
        steps: At least one; in any order, and any of them more than once.
        region: The country (ISO 3166 alpha-2) of telephone numbers that name none.
        timed_out: It is closed although it did not end for us.
        outside_prefixes: Digits that users dial for an outside line; numbers are read without them.

    Raises:
        ValueError: There is no step.
    """
    ordered = _in_order(steps)
    if not ordered:
        raise ValueError(f"call {call_id} has no step: nothing can be assembled")
    read = [_without_prefixes(step, region, outside_prefixes) for step in ordered]
    course = [step for step in read if step.step not in _LATE] or read
    direction = direction_of(course, region)
    started = course[0].at
    answered = next((step.at for step in course if step.step in _SPEAKING), None)
    ended = max(step.at for step in course if step.step == "ended") if over(ordered) else None
    until = ended or course[-1].at
    participants = participants_of(course, region)
    return Call(
        call_id,
        direction,
        outside_of(course, direction, region),
        participants,
        started,
        answered,
        ended,
        talk=_seconds(answered, until),
        ring=_seconds(started, answered or until),
        cause=_cause(course),
        agent=agent_of(course, region),
        transfers=_transfers(course, participants, region),
        conference=any(step.step == "conference_joined" for step in course),
        recording=next((step.recording for step in reversed(ordered) if step.recording), None),
        zone=next((step.zone for step in ordered if step.zone), None),
        timed_out=timed_out,
        fields={name: value for step in ordered for name, value in step.fields.items()},
        steps=ordered,
    )


def _without_prefixes(step: CallStep, region: str, prefixes: tuple[str, ...]) -> CallStep:
    """Return the step with its parties' numbers as the public network knows them."""

    def read(party: Party | None) -> Party | None:
        return party and replace(party, number=without_prefix(party.number, region, prefixes))

    if not prefixes:
        return step
    return replace(step, caller=read(step.caller), callee=read(step.callee), transfer_to=read(step.transfer_to))


def _in_order(steps: Iterable[CallStep]) -> tuple[CallStep, ...]:
    """Return the steps by time, each once; a step of the same moment by what comes first in a call."""
    places: dict[tuple[datetime, int], list[CallStep]] = {}
    for one in steps:
        step = one if one.at.tzinfo is UTC else replace(one, at=one.at.astimezone(UTC))
        places.setdefault((step.at, _RANK.get(step.step, len(_RANK))), []).append(step)
    return tuple(step for place in sorted(places) for step in _each_once(places[place]))


def _each_once(steps: list[CallStep]) -> list[CallStep]:
    """Return steps of one kind and moment, each once, in an order that they alone settle."""
    if len(steps) == 1:
        return steps
    known = {json.dumps(plain(step), sort_keys=True, default=str): step for step in steps}
    return [known[text] for text in sorted(known)]


def _seconds(since: datetime | None, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds()) if since else 0.0


def _cause(course: Sequence[CallStep]) -> str | None:
    """Return why it ended: what the last leg to end says."""
    ends = [step.cause for step in course if step.step == "ended" and step.cause]
    others = [step.cause for step in course if step.cause]
    return next(reversed(ends or others), None)


def _transfers(course: Sequence[CallStep], participants: Sequence[Party], region: str) -> tuple[Transfer, ...]:
    return tuple(
        Transfer(
            "blind" if _TRANSFERS[step.step] == "blind" else "attended",
            step.at,
            step.user or user_of(step.leg, course),
            known_as(target_of(step, course), participants, region),
        )
        for step in course
        if step.step in _TRANSFERS
    )
