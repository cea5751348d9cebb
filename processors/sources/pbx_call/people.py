"""
Whom a call is logged for: each person outside who was in it, with a Task of their own (XB-28).

In: a case with its call, the numbers that have a Task by now.  Out: each person, as if the call were theirs alone.
Rule of this file: pure; the first who has a Task has the call's key, every further one a key with their number in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from processors.deciding import shared_activity
from processors.deciding.case import Case
from processors.model.call import Call
from processors.model.match import Match
from processors.model.record import Record
from schemas.command import Command
from schemas.identity import effect_key
from schemas.pbx_call_event import CallStep
from schemas.values import Person

_STEPS = TypeAdapter(tuple[CallStep, ...])
_WITHHELD = ""
"""Stands for the number of somebody who has a Task and whose number is withheld by now."""


@dataclass(frozen=True, slots=True)
class CallState:
    """What the ledger keeps of a call: its steps, and the numbers that have a Task, in order."""

    steps: tuple[CallStep, ...] = ()
    numbers: tuple[str, ...] = ()


_STATE = TypeAdapter(CallState)


@dataclass(frozen=True, slots=True)
class PersonOfCall:
    """
    One person outside: their number (E.164), the call as they see it, and the case with what matches them.

    `first`: the command's own person, whose match may be chosen by hand.
    """

    number: str
    call: Call
    case: Case
    first: bool = True


def call_state_to_json(state: CallState) -> bytes:
    """Return the state as the ledger keeps it: the steps alone, as release 0.1.0 does, where no numbers are known."""
    return _STATE.dump_json(state) if state.numbers else _STEPS.dump_json(state.steps)


def call_state_from_json(body: bytes | None) -> CallState:
    """Return the state that the ledger kept (None: nothing). Raises `pydantic.ValidationError` where it is none."""
    if body is None:
        return CallState()
    return CallState(_STEPS.validate_json(body)) if body.startswith(b"[") else _STATE.validate_json(body)


def key_of_call(command: Command) -> str:
    """Return the effect key of the activity of the first person of a call."""
    return effect_key(command.integration, command.source_id, "activity")


def key_of_further(command: Command, number: str) -> str:
    """Return the effect key of the activity of a further person of a call, who has this number (E.164)."""
    return effect_key(command.integration, command.source_id, f"activity/{number}")


def keys_of(command: Command, numbers: Iterable[str]) -> tuple[str, ...]:
    """Return every key under which somebody in the call may have an activity; *numbers* have one by now."""
    known = tuple(dict.fromkeys((*numbers, *command.person.phones)))
    if len(known) < 2:
        return (key_of_call(command),)
    return (key_of_call(command), *(key_of_further(command, number) for number in known if number))


def people_of(case: Case, call: Call, numbers: Sequence[str]) -> list[PersonOfCall]:
    """Return the people of the call, whom it is with first; then those who have a Task and are not in it any more."""
    phones, further = (
        case.command.person.phones,
        {further_person.number: further_person for further_person in call.further},
    )
    own = next((phone for phone in phones if phone not in further), _WITHHELD)
    if not further and set(numbers) <= {own}:
        return [PersonOfCall(own, call, case)]
    seen = {
        number: replace(call, outside=further_person.party, direction=further_person.direction)
        for number, further_person in further.items()
    }
    calls = {own: call, **seen, **{number: call for number in numbers if number not in seen}}
    return [
        PersonOfCall(number, its, _case_of(case, its, number), first=number == (phones[0] if phones else own))
        for number, its in calls.items()
    ]


def person_key(person: PersonOfCall, numbers: Sequence[str]) -> str:
    """
    Return the effect key of this person's activity where they share it with no other source.

    *numbers* have an activity, in order: the first of them under the call's own key.
    """
    command = person.case.command
    first = next(iter(numbers), person.number)
    return key_of_call(command) if first == person.number else key_of_further(command, person.number)


def who_has_the_first(everybody: Sequence[PersonOfCall]) -> tuple[str, ...]:
    """
    Return the number of the person who has the activity under the call's own key; nothing where there is none.

    Of a call that was with one person, and of release 0.1.0, no numbers are kept: the activity is that of the person on
    whose record it hangs, though an earlier leg that came later may have put somebody else first.
    """
    existing = everybody[0].case.match.activities.get(key_of_call(everybody[0].case.command))
    return () if existing is None else (_owner_of(existing, everybody),)


def _owner_of(existing: Record, everybody: Sequence[PersonOfCall]) -> str:
    where = {existing.fields.get("WhoId"), existing.fields.get("WhatId")}
    for person in everybody:
        match = person.case.match
        if any(lead.id in where for lead in (*match.leads, *match.contacts, *match.accounts)):
            return person.number
    return everybody[0].number


def _case_of(case: Case, call: Call, number: str) -> Case:
    """Return the case as if this person were alone in the call."""
    match, phones = case.match, case.command.person.phones
    theirs = match if phones[:1] == (number,) else match.further.get(number, Match())
    alone = replace(
        match,
        leads=theirs.leads,
        contacts=theirs.contacts,
        accounts=theirs.accounts,
        step=theirs.step,
        followed=theirs.followed,
        also=theirs.also,
        merged=theirs.merged,
        assigned=theirs.assigned,
        unsettled=tuple(text for text in match.unsettled if text == number),
        together=_together(match.together, number),
        further={},
    )
    name = call.outside.name if call.outside else None
    person = Person(last_name=name, phones=(number,) if number else ())
    return replace(case, match=alone, call=call, command=replace(case.command, person=person))


def _together(together: Mapping[str, tuple[bytes, ...]], number: str) -> dict[str, tuple[bytes, ...]]:
    """Return what is kept of this person's interactions."""
    begin = f"{shared_activity.PREFIX}phone:{number}|"
    return {name: bodies for name, bodies in together.items() if number and name.startswith(begin)}
