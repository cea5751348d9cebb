"""
Route: which integration wants this event, and whether it is to be applied.

In: an event and the integrations. Out: one `Route`; at most one integration wants it (VS-4).
Rule of this file: a decision and its rule ID, in this order: nobody, not yet active, filtered, apply.
"""

from dataclasses import dataclass

from processors.filters import unmet
from processors.intake.decode import Event
from processors.integration import Filter, Integration
from processors.integrations import Integrations
from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.pbx_call_event import PbxCallEvent
from schemas.user_action import UserAction

NOBODY = "none"
"""The integration and the org of what nobody wants (VS-5)."""


@dataclass(frozen=True, slots=True)
class Route:
    """
    Where an event goes. `integration` None: nobody wants it. `skip_reason` None: it is to be applied.

    `rule_ids` name what led here: rules; `filter:<its name>` for a filter, `unknown:<its field>` for an unknown word.
    """

    integration: Integration | None
    digest: str = ""
    skip_reason: str | None = None
    rule_ids: tuple[str, ...] = ()

    @property
    def org(self) -> str:
        """The org whose command topic it goes to."""
        return self.integration.org if self.integration else NOBODY

    @property
    def name(self) -> str:
        """The integration's name; `none` for what nobody wants."""
        return self.integration.name if self.integration else NOBODY


def route(event: Event, integrations: Integrations) -> Route:
    """Return the one route of *event*."""
    wanted = _wanted(event, integrations)
    if wanted is None:
        # A disabled integration is as none: it wants nothing.
        return Route(None, skip_reason="no_integration", rule_ids=("VS-5",))
    digest = integrations.digest(wanted.name)
    if wanted.active_from is not None and event.event_time < wanted.active_from:
        return Route(wanted, digest, "before_activation", ("1G",))
    condition = _unmet(wanted, event)
    if condition is not None:
        return Route(wanted, digest, "filtered", (f"filter:{condition.name}",))
    unknown = _unknown_word(event)
    if unknown is not None:
        # A word that a later version of the contract knows: told as news, and never guessed.
        return Route(wanted, digest, "other", (f"unknown:{unknown}",))
    return Route(wanted, digest, rule_ids=("VS-1",) if isinstance(event, CallResult) else ())


def _wanted(event: Event, integrations: Integrations) -> Integration | None:
    """Return the integration that an event fires: by its scope at the source, or by name (user actions)."""
    if isinstance(event, CallResult):
        return integrations.find("call_result", event.project, event.result_code)
    if isinstance(event, Booking):
        return integrations.find("booking", event.workspace)
    if isinstance(event, PbxCallEvent):
        return integrations.find("pbx_call", event.network)
    named = integrations.by_name.get(event.integration.strip())
    return named if named is not None and named.enabled else None


def _unknown_word(event: Event) -> str | None:
    """Return the field that holds a word unknown here. Steps pass: an unknown one is no part of its call's course."""
    if isinstance(event, Booking) and event.status == "other":
        return "status"
    return "action" if isinstance(event, UserAction) and event.action == "other" else None


def _unmet(wanted: Integration, event: Event) -> Filter | None:
    """Return the condition that leaves the event out. Steps pass: their whole call is asked once it is known."""
    if isinstance(event, PbxCallEvent):
        return None
    return unmet(wanted.filters, event, "by_hand" if isinstance(event, UserAction) else "event")
