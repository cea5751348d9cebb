"""
Route: which integration wants this event, and whether it is to be applied.

In: an event and the integrations. Out: one `Route`; at most one integration wants it (VS-4).
Rule of this file: a decision and its rule ID, in this order: nobody, not yet active, filtered, apply.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from processors.intake.decode import Event
from processors.integration.catalog import Integrations, code_key
from processors.integration.filters import unmet
from processors.integration.model import Integration
from processors.integration.paths import Kind
from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.pbx_call_event import PbxCallEvent
from schemas.prospect import Prospect
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
    """
    Return the one route of *event* (VS-2, VS-3).

    Nothing runs until the integration is enabled (1G-off, SP-30). What happened before its activation is skipped
    (1F-history, SP-15, SP-19), an initial load excepted.
    """
    wanted = _wanted(event, integrations)
    if wanted is None:
        # A disabled integration is as none: it wants nothing.
        return Route(None, skip_reason="no_integration", rule_ids=("VS-5",))
    digest = integrations.digest(wanted.name)
    if wanted.active_from is not None and _happened(event) < wanted.active_from and not _first_load(event):
        return Route(wanted, digest, "before_activation", ("1G",))
    if isinstance(event, FieldRecord | FieldActivity) and not wanted.field_sales.to_salesforce:
        return Route(wanted, digest, "direction_off", ("SP-18",))
    condition = _unmet(wanted, event) or _stage_unmet(wanted, event)
    if condition is not None:
        return Route(wanted, digest, "filtered", (f"filter:{condition}",))
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
    if isinstance(event, Prospect):
        return integrations.find("prospect", event.workspace)
    if isinstance(event, FieldRecord | FieldActivity):
        return integrations.find("field_sales", event.workspace)
    named = integrations.by_name.get(event.integration.strip())
    return named if named is not None and named.enabled else None


def _happened(event: Event) -> datetime:
    """Return the moment that must not lie before the activation: of an activity when it was made (SP-35)."""
    return (event.created if isinstance(event, FieldActivity) else None) or event.event_time


def _first_load(event: Event) -> bool:
    """Whether it is part of a first load: that is older than any activation, and asked for all the same (LL-6)."""
    return isinstance(event, Prospect) and event.occasion == "initial"


def _unknown_word(event: Event) -> str | None:
    """Return the field that holds a word unknown here. Steps pass: an unknown one is no part of its call's course."""
    if isinstance(event, Booking) and event.status == "other":
        return "status"
    if isinstance(event, FieldActivity) and event.kind == "other":
        return "kind"
    return "action" if isinstance(event, UserAction) and event.action == "other" else None


def _unmet(wanted: Integration, event: Event) -> str | None:
    """Return the condition that leaves the event out. Steps pass: their whole call is asked once it is known."""
    if isinstance(event, PbxCallEvent):
        return None
    found = unmet(wanted.filters, event, _KINDS.get(type(event), "event"))
    return found.name if found else None


def _stage_unmet(wanted: Integration, event: Event) -> str | None:
    """Return the name of the condition on stages where a field record stands at none of them (SP-20)."""
    if not isinstance(event, FieldRecord) or not wanted.field_sales.stages:
        return None
    stages = {code_key(stage) for stage in wanted.field_sales.stages}
    return None if code_key(event.stage or "") in stages else wanted.field_sales.stages_name


_KINDS: Mapping[type, Kind] = {UserAction: "by_hand", FieldRecord: "field_record", FieldActivity: "activity"}
"""What a condition is asked of, where an integration carries out more than one kind."""
