"""
What only the command of a user's action carries: the request, the record named, and what is to be logged.

In: the command so far and a `UserAction`.  Out: the command; of a choice one of kind `resolve`.
Rule of this file: what the integration maps and the action fills stands over what the action says by itself, and that
over what the map has by default.
"""

from dataclasses import replace

from processors.integration.model import Integration
from processors.model.normalise import is_blank
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
        activity=_logged(event, made, settings.zone),
        request=Request(event.action, event.object, event.about, event.create_new, event.remember),
    )


def _logged(event: UserAction, made: Command, home: str) -> dict[str, Scalar]:
    """Return the fields of an activity that a user logs: defaults of the map, what the action says, what is mapped."""
    day = event.due or event.ended or event.started or event.at
    said: dict[str, Scalar] = {
        "Subject": event.subject,
        "Description": event.description,
        "ActivityDate": zone_of(None, home).day(day),
    }
    filled = {name: value for name, value in made.activity.items() if value is not None}
    defaults = {name: filled[name] for name in filled if f"Activity.{name}" in made.defaulted}
    known = {name: value for name, value in said.items() if not is_blank(value)}
    return {**defaults, **known, **{name: filled[name] for name in filled if name not in defaults}}


def _is_choice(event: UserAction) -> bool:
    """Whether it is a choice about a command that waits: somebody looks on, so it is live (LL-22)."""
    return event.action == "choose_match"


MAPPING = CommandMapping(complete=_complete, live=_is_choice)
