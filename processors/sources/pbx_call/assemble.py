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
from processors.sources.pbx_call.answers import TRANSFERS
from processors.sources.pbx_call.attribution import agent_of, user_of
from processors.sources.pbx_call.directory import NOBODY, Directory
from processors.sources.pbx_call.further import further_people
from processors.sources.pbx_call.parties import direction_of, known_as, outside_of, participants_of, target_of
from processors.sources.pbx_call.times import begins, times_of
from schemas.pbx_call_event import CallStep, Party, StepName
from schemas.values import plain

_RANK: dict[str, int] = {name: place for place, name in enumerate(get_args(StepName))}
"""Steps of one moment: the contract names them in the order in which they follow in a call."""
_LATE = frozenset({"recorded", "other"})
"""Steps that tell about a call but are no part of its course: they do not reopen it."""


def over(steps: Sequence[CallStep]) -> bool:
    """Return whether the call is over: every leg seen, or named by a transfer, has ended. No leg: not over."""
    legs = {step.leg for step in steps if step.step not in _LATE}
    legs |= {step.to_leg for step in steps if step.to_leg}
    return bool(legs) and legs <= {step.leg for step in steps if step.step == "ended"}


def complete(steps: Sequence[CallStep]) -> bool:
    """
    Return whether the call is over and its beginning is known, so that it can be logged.

    The end may come first: then every leg must be known by a party, a transfer or its beginning, and something before
    the end must be told, or the end itself must say how long the call was.
    """
    named = {step.leg for step in steps if step.caller or step.callee or step.step in ("started", "ringing")}
    named |= {step.to_leg for step in steps if step.to_leg}
    named |= {step.leg for step in steps if step.duration is not None or step.talk is not None}
    legs = {step.leg for step in steps if step.step not in _LATE}
    return over(steps) and begins(steps) and legs <= named


def assemble(
    call_id: str,
    steps: Iterable[CallStep],
    region: str,
    *,
    timed_out: bool = False,
    outside_prefixes: tuple[str, ...] = (),
    directory: Directory = NOBODY,
) -> Call:
    """
    Return the call that *steps* tell of, as far as they do (XB-13).

    Args:
        steps: At least one; in any order, and any of them more than once.
        region: The country (ISO 3166 alpha-2) of telephone numbers that name none.
        timed_out: It is closed although it did not end for us.
        outside_prefixes: Digits that users dial for an outside line; numbers are read without them.
        directory: Who has which extension.

    Raises:
        ValueError: There is no step.
    """
    ordered = _in_order(steps)
    if not ordered:
        raise ValueError(f"call {call_id} has no step: nothing can be assembled")
    read = [_without_prefixes(step, region, outside_prefixes) for step in directory.read(ordered)]
    course = [step for step in read if step.step not in _LATE] or read
    direction = direction_of(course, region)
    ended = max(step.at for step in course if step.step == "ended") if over(ordered) else None
    times = times_of(course, ordered, ended)
    participants = participants_of(course, region)
    outside = outside_of(course, direction, region)
    return Call(
        call_id,
        direction,
        outside,
        participants,
        times.started,
        times.answered,
        ended,
        talk=times.talk,
        ring=times.ring,
        duration=times.duration,
        cause=_cause(course),
        agent=agent_of(course, region),
        transfers=_transfers(course, participants, region),
        conference=any(step.step == "conference_joined" for step in course),
        recording=next((step.recording for step in reversed(ordered) if step.recording), None),
        zone=next((step.zone for step in ordered if step.zone), None),
        timed_out=timed_out,
        fields={name: value for step in ordered for name, value in step.fields.items()},
        steps=ordered,
        answered_by=times.answered_by,
        further=further_people(course, direction, outside, participants, region) if direction != "internal" else (),
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
    for call_step in steps:
        step = call_step if call_step.at.tzinfo is UTC else replace(call_step, at=call_step.at.astimezone(UTC))
        places.setdefault((step.at, _RANK.get(step.step, len(_RANK))), []).append(step)
    return tuple(step for place in sorted(places) for step in _each_once(places[place]))


def _each_once(steps: list[CallStep]) -> list[CallStep]:
    """Return steps of one kind and moment, each once, in an order that they alone settle."""
    if len(steps) == 1:
        return steps
    known = {json.dumps(plain(step), sort_keys=True, default=str): step for step in steps}
    return [known[text] for text in sorted(known)]


def _cause(course: Sequence[CallStep]) -> str | None:
    """Return why it ended: what the last leg to end says."""
    ends = [step.cause for step in course if step.step == "ended" and step.cause]
    others = [step.cause for step in course if step.cause]
    return next(reversed(ends or others), None)


def _transfers(course: Sequence[CallStep], participants: Sequence[Party], region: str) -> tuple[Transfer, ...]:
    return tuple(
        Transfer(
            TRANSFERS[step.step],
            step.at,
            step.user or user_of(step.leg, course),
            known_as(target_of(step, course), participants, region),
        )
        for step in course
        if step.step in TRANSFERS
    )
