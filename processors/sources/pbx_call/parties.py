"""
Who took part in a call: inside the network, outside of it, and which way the call went.

In: the steps of a call in time order.  Out: direction, the person outside, participants.
Rule of this file: pure; where a step does not say what a party is, its number tells (XB-13, XB-16).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from processors.model.phone_numbers import dialled, is_inside, is_withheld
from processors.sources.pbx_call.answers import MACHINES, is_machine
from schemas.pbx_call_event import CallDirection, CallStep, Party, PartyKind


def is_internal(party: Party, region: str) -> bool:
    """Return whether the party is inside the network: by its kind, an extension alone, or an extension's number."""
    if is_machine(party):
        return True
    if party.kind in ("internal", "external"):
        return party.kind == "internal"
    return is_inside(party.number, region) if party.number else bool(party.extension)


def is_external(party: Party, region: str) -> bool:
    """Return whether the party is outside the network: by its kind, or by a number that is no extension's."""
    return party.kind == "external" or (bool(party.number) and not is_internal(party, region))


def direction_of(course: Sequence[CallStep], region: str) -> CallDirection:
    """
    Return which way the call went: as its first step that says so, else as its parties tell.

    A call in which nobody is outside, and both ends are known, is internal whatever its legs call themselves: each
    end of such a call sees it come in or go out (XB-16).
    """
    told = next((step.direction for step in course if step.direction in ("inbound", "outbound")), None)
    if any(is_external(party, region) for step in course for party in _of(step)):
        return told or _by_parties(course, region)
    if any(_both_inside(step, region) for step in course):
        return "internal"
    if told is not None:
        return told
    return "internal" if any(step.direction == "internal" for step in course) else "unknown"


def outside_of(course: Sequence[CallStep], direction: CallDirection, region: str) -> Party | None:
    """
    Return the person outside: who called in or was called first, with a number rather than without.

    Whoever else is outside (a call passed on to another company) is a participant, and not the one it is logged for.
    """
    if direction == "inbound":
        near = [step.caller for step in course if step.caller]
    else:
        near = [step.callee for step in course if step.callee]
    rest = [party for step in course for party in _of(step)]
    for candidates in (near, rest):
        outside = [candidate for candidate in candidates if is_external(candidate, region)]
        best = next((party for party in outside if dialled(party.number, region)), None) or next(iter(outside), None)
        if best is not None:
            return _told_by_all(best, rest, region)
    return None


def participants_of(course: Sequence[CallStep], region: str) -> tuple[Party, ...]:
    """Return everyone who took part, in the order in which they came, each once with all that is known of them."""
    names = _names(course, region)
    known: list[Party] = []
    for step in course:
        for party in _named(step, names, region):
            _take_in(party, known, region)
    return tuple(known)


def known_as(party: Party | None, participants: Sequence[Party], region: str) -> Party | None:
    """Return the party with all that is known of it from the whole call."""
    if party is None:
        return None
    return next((participant for participant in participants if _same(party, participant, region)), party)


def target_of(step: CallStep, course: Sequence[CallStep]) -> Party | None:
    """Return to whom a transfer went: whom its step names, else who was called on the leg that it led to."""
    if step.transfer_to is not None or step.to_leg is None:
        return step.transfer_to
    leg = [call_step for call_step in course if call_step.leg == step.to_leg]
    called = next((call_step.callee for call_step in leg if call_step.callee), None)
    user = next((call_step.user for call_step in leg if call_step.user), None)
    return called or (Party("internal", name=user.name or user.email) if user else None)


def _by_parties(course: Sequence[CallStep], region: str) -> CallDirection:
    for step in course:
        if step.caller and is_external(step.caller, region):
            return "inbound"
        if any(is_external(party, region) for party in _of(step)):
            return "outbound"
    return "unknown"


def _both_inside(step: CallStep, region: str) -> bool:
    ends = (step.caller, step.callee)
    return all(end is not None and is_internal(end, region) for end in ends)


def _of(step: CallStep) -> tuple[Party, ...]:
    return tuple(party for party in (step.caller, step.callee, step.transfer_to) if party is not None)


def _names(course: Sequence[CallStep], region: str) -> dict[str, str]:
    """Return users' names by extension: from legs with one user of the network, then from what these leave open."""
    names: dict[str, str] = {}
    legs = [(_user(step), [party.extension for party in _inside(step, region) if party.extension]) for step in course]
    for user, extensions in legs:
        if user and len(extensions) == 1:
            names.setdefault(extensions[0], user)
    for user, extensions in legs:
        unnamed = [extension for extension in extensions if extension not in names]
        if user and len(unnamed) == 1 and user not in names.values():
            names[unnamed[0]] = user
    return names


def _named(step: CallStep, names: Mapping[str, str], region: str) -> Iterator[Party]:
    """Return the parties of a step; users of the network have their names."""
    inside, user = _inside(step, region), _user(step)
    for party in _of(step):
        name = names.get(party.extension or "") if is_internal(party, region) else None
        if party in inside and len(inside) == 1:
            name = name or user
        yield replace(party, name=party.name or name)
    if user and not inside:
        yield Party("internal", name=user)


def _inside(step: CallStep, region: str) -> list[Party]:
    """Return the users of the network at the two ends of the step's leg."""
    ends = (step.caller, step.callee)
    return [end for end in ends if end and is_internal(end, region) and not is_machine(end)]


def _user(step: CallStep) -> str | None:
    return (step.user.name or step.user.email) if step.user else None


def _take_in(party: Party, known: list[Party], region: str) -> None:
    empty = not (party.number or party.extension or party.name)
    if empty and party.kind != "external":
        return
    for place, other in enumerate(known):
        if _same(party, other, region):
            known[place] = _merged(other, party)
            return
    known.append(party)


def _same(party: Party, other: Party, region: str) -> bool:
    if is_internal(party, region) != is_internal(other, region):
        return False
    if party.extension and other.extension:
        return party.extension == other.extension
    first, second = _number(party, region), _number(other, region)
    if first and second:
        return first == second
    if party.name and other.name:
        return party.name.casefold() == other.name.casefold()
    # Somebody outside whose number is withheld is one person as long as nothing tells two apart.
    return not first and not second and is_external(party, region) and is_external(other, region)


def _merged(party: Party, other: Party) -> Party:
    return Party(
        _kind(party, other),
        party.number or other.number,
        party.extension or other.extension,
        party.name or other.name,
    )


def _kind(item: Party, other: Party) -> PartyKind:
    machine = next((party.kind for party in (item, other) if party.kind in MACHINES), None)
    return machine or (item.kind if item.kind in ("internal", "external") else other.kind)


def _told_by_all(party: Party, others: Sequence[Party], region: str) -> Party:
    """Return the party with the name that any step gives the same number."""
    number = dialled(party.number, region)
    names = (other.name for other in others if other.name and number and dialled(other.number, region) == number)
    return party if party.name else replace(party, name=next(names, None))


def _number(party: Party, region: str) -> str | None:
    return None if is_withheld(party.number) else dialled(party.number, region) or party.number
