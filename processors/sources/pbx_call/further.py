"""
Who else outside the network was in a call: in a conference, or since the call was passed on to them (XB-28).

In: the steps of a call in time order.  Out: the further people, by number.
Rule of this file: pure; who was only rung was not in the call, and our own number at the end of a leg is nobody.
"""

from collections.abc import Iterator, Sequence

from processors.model.call import FurtherPerson
from processors.model.phone_numbers import dialled
from processors.sources.pbx_call.answers import SPEAKING, TRANSFERS
from processors.sources.pbx_call.parties import is_external, known_as
from schemas.pbx_call_event import CallDirection, CallStep, Party


def further_people(
    course: Sequence[CallStep],
    direction: CallDirection,
    outside: Party | None,
    participants: Sequence[Party],
    region: str,
) -> tuple[FurtherPerson, ...]:
    """Return the people outside who were in the call beside *outside*, in the order in which they came, each once."""
    own = dialled(outside.number, region) if outside else None
    found: dict[str, FurtherPerson] = {}
    for party, seen in _in_the_call(course, direction, region):
        number = dialled(party.number, region)
        if number is not None and number != own and number not in found:
            known = known_as(party, participants, region) or party
            found[number] = FurtherPerson(number, known, seen)
    return tuple(found.values())


def _in_the_call(
    course: Sequence[CallStep], direction: CallDirection, region: str
) -> Iterator[tuple[Party, CallDirection]]:
    """Yield everyone outside at the end of a leg that was answered, and whom the call was passed on to."""
    spoken = {step.leg for step in course if step.step in SPEAKING}
    passed_on = {step.to_leg for step in course if step.to_leg}
    for step in course:
        if step.step in TRANSFERS and step.transfer_to and step.to_leg in (None, *spoken):
            yield from _outside(step.transfer_to, "outbound", region)
        if step.leg not in spoken:
            continue
        ends = [item for item in (step.caller, step.callee) if item is not None and is_external(item, region)]
        if len(ends) == 2:
            # One of them is our own number, or who was passed on.
            went = step.direction if step.direction in ("inbound", "outbound") else direction
            ends = [ends[0] if went == "inbound" and step.leg not in passed_on else ends[1]]
        for party in ends:
            yield party, "inbound" if party is step.caller else "outbound"


def _outside(party: Party, direction: CallDirection, region: str) -> Iterator[tuple[Party, CallDirection]]:
    if is_external(party, region):
        yield party, direction
