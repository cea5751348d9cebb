"""
What differs by contract: which things the ledger keeps of it, which activities it may have, who decides.

In: a command.  Out: the answers of the file that knows that contract.
Rule of this file: a table and nothing else; a new source is a new row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from processors.deciding import source_record
from processors.deciding.case import Case
from processors.model.values import Decision
from processors.sources.booking import decide as booking_decide
from processors.sources.call_result import activity as call_result_activity
from processors.sources.field_sales import activity as field_sales_activity
from processors.sources.pbx_call import decide as pbx_call_decide
from processors.sources.salesforce_change import decide as salesforce_change_decide
from processors.sources.user_action import decide as user_action_decide
from schemas.command import Command

States = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Source:
    """
    One contract's answers: its decision (None: the four actions decide), the source's things to read of a command,
    those that what was read leads to, and the effect keys of the activities that the command may have.
    """

    decide: Callable[[Case], Decision] | None = None
    source_states: Callable[[Command], tuple[str, ...]] = lambda _command: ()
    further: Callable[[States], tuple[str, ...]] = lambda _states: ()
    effects: Callable[[Command, States], tuple[str, ...]] = lambda _command, _states: ()


SOURCES: Mapping[str, Source] = {
    "call_result": Source(effects=call_result_activity.effects),
    "booking": Source(
        booking_decide.decide_booking,
        booking_decide.wanted_source_ids,
        booking_decide.further_source_ids,
        booking_decide.effects,
    ),
    "pbx_call_event": Source(
        pbx_call_decide.decide_call, source_states=pbx_call_decide.source_states, effects=pbx_call_decide.effects
    ),
    "prospect": Source(source_record.decide_prospect),
    "field_record": Source(source_record.decide_field_record),
    "field_activity": Source(field_sales_activity.decide_field_activity, effects=field_sales_activity.effects),
    "change": Source(salesforce_change_decide.decide_gone),
    "user_action": Source(
        user_action_decide.decide_by_hand, source_states=source_record.source_states, effects=user_action_decide.effects
    ),
}
"""By contract."""

_NONE = Source(lambda case: Decision("error", "internal", detail=f"no rules for {case.command.contract}"))


def source_of(contract: str) -> Source:
    """Return what is known of a contract; one that keeps nothing where it has no row."""
    return SOURCES.get(contract, _NONE)
