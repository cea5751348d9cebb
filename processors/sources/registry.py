"""
Every contract that the stages know, each as its folder describes it.

In: the name of a contract, or an event.  Out: its `Source`.
Rule of this file: a table and nothing else; a new source is a new import and a new row (docs/add-a-source.md).
"""

from collections.abc import Mapping
from typing import Any

from processors.deciding.case import Case
from processors.integration.model import Integration
from processors.model.decision import Decision
from processors.sources.booking import source as booking
from processors.sources.call_result import source as call_result
from processors.sources.field_sales import source as field_sales
from processors.sources.pbx_call import source as pbx_call
from processors.sources.prospect import source as prospect
from processors.sources.salesforce_change import source as salesforce_change
from processors.sources.source import Event, Source
from processors.sources.user_action import source as user_action

ROWS: tuple[Source[Any], ...] = (
    call_result.SOURCE,
    booking.SOURCE,
    pbx_call.SOURCE,
    prospect.SOURCE,
    field_sales.RECORD,
    field_sales.ACTIVITY,
    user_action.SOURCE,
    salesforce_change.SOURCE,
)

SOURCES: Mapping[str, Source[Any]] = {row.contract: row for row in ROWS}
"""By contract."""

_BY_EVENT: Mapping[type, Source[Any]] = {row.reader.event: row for row in ROWS if row.reader}


def _no_rules(case: Case) -> Decision:
    return Decision("error", "internal", detail=f"no rules for {case.command.contract}")


_UNKNOWN: Source[Any] = Source("", Integration, _no_rules)


def source_of(contract: str) -> Source[Any]:
    """Return what is known of a contract; one that keeps nothing where it has no row."""
    return SOURCES.get(contract, _UNKNOWN)


def source_of_event(event: Event) -> Source[Any]:
    """Return what is known of the contract of an event; KeyError where no contract has such events."""
    return _BY_EVENT[type(event)]
