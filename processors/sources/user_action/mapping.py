"""
What only the command of a user's action carries: the request, the record named, and what is to be logged.

In: the command so far and a `UserAction`.  Out: the command; of a choice one of kind `resolve`.
Rule of this file: what the integration maps and the action fills stands over what the action says by itself.
"""

from collections.abc import Mapping
from dataclasses import replace

from processors.integration.model import Integration
from processors.model.zones import zone_of
from processors.sources.source import CommandMapping
from schemas.command import Command, Request
from schemas.user_action import UserAction
from schemas.values import Scalar


def _complete(made: Command, event: UserAction, settings: Integration) -> Command:
    return replace(
        made,
        kind="resolve" if _is_choice(event) else "apply",
        salesforce_id=(event.salesforce_id or "").strip() or None,
        started=event.started,
        ended=event.ended,
        activity=_logged(event, made.activity, settings.zone),
        request=Request(event.action, event.object, event.about, event.create_new, event.remember),
    )


def _logged(event: UserAction, mapped: Mapping[str, Scalar], home: str) -> dict[str, Scalar]:
    """Return the fields of an activity that a user logs: what is mapped and filled, over what the action says."""
    day = event.due or event.ended or event.started or event.at
    said: dict[str, Scalar] = {
        "Subject": event.subject,
        "Description": event.description,
        "ActivityDate": zone_of(None, home).day(day),
    }
    filled = {name: value for name, value in mapped.items() if value is not None}
    return {name: value for name, value in {**said, **filled}.items() if value is not None}


def _is_choice(event: UserAction) -> bool:
    """Whether it is a choice about a command that waits: somebody looks on, so it is live (LL-22)."""
    return event.action == "choose_match"


MAPPING = CommandMapping(complete=_complete, live=_is_choice)
