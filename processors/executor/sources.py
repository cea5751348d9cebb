"""
What differs by contract: which things the ledger keeps of it, which activities it may have, who decides.

In: a command.  Out: the answers of the file that knows that contract.
Rule of this file: a table and nothing else; a new source is a new row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from processors.executor import bookings, by_hand, calls, field_activities, gone, logged, records
from processors.executor.case import Case
from processors.values import Decision
from schemas.command import Command

States = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Source:
    """
    One contract's answers: its decision (None: the four actions decide), the source's things to read of a command,
    those that what was read leads to, and the effect keys of the activities that the command may have.
    """

    decide: Callable[[Case], Decision] | None = None
    things: Callable[[Command], tuple[str, ...]] = lambda _command: ()
    further: Callable[[States], tuple[str, ...]] = lambda _states: ()
    effects: Callable[[Command, States], tuple[str, ...]] = lambda _command, _states: ()


SOURCES: Mapping[str, Source] = {
    "call_result": Source(effects=logged.effects),
    "booking": Source(bookings.decide_booking, bookings.wanted_things, bookings.further_things, bookings.effects),
    "pbx_call_event": Source(calls.decide_call, things=calls.things, effects=calls.effects),
    "prospect": Source(records.decide_prospect),
    "field_record": Source(records.decide_field_record),
    "field_activity": Source(field_activities.decide_field_activity, effects=field_activities.effects),
    "change": Source(gone.decide_gone),
    "user_action": Source(by_hand.decide_by_hand, things=records.things, effects=by_hand.effects),
}
"""By contract."""

_NONE = Source(lambda case: Decision("error", "internal", detail=f"no rules for {case.command.contract}"))


def source_of(contract: str) -> Source:
    """Return what is known of a contract; one that keeps nothing where it has no row."""
    return SOURCES.get(contract, _NONE)
