"""
Route: which integration wants this event, and whether it is to be applied.

In: an event and the integrations. Out: one `Route`; at most one integration wants it (VS-4).
Rule of this file: a decision and its rule ID, in this order: nobody, not yet active, switched off, filtered, unknown,
apply. What fires an integration is said by each source's `trigger.py`.
"""

from dataclasses import dataclass

from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.model.errors import SignalboxError
from processors.sources.registry import source_of_event
from processors.sources.source import Event

NOBODY = "none"
"""The integration and the org of what nobody wants (VS-5)."""


class IntegrationUnknown(SignalboxError):
    """Nobody wants the event, but the file of an integration that may want it is faulty, and no good text is there."""


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

    Raises:
        IntegrationUnknown: Nobody wants it among the integrations that are known.
    """
    trigger = source_of_event(event).trigger
    wanted = trigger.fires(event, integrations)
    if wanted is None:
        if _may_be_wanted(event, integrations.unknown_sources):
            raise IntegrationUnknown(f"a faulty file may describe the integration that wants event {event.event_id}")
        # A disabled integration is as none: it wants nothing.
        return Route(None, skip_reason="no_integration", rule_ids=("VS-5",))
    digest = integrations.digest(wanted.name)
    if wanted.active_from is not None and trigger.happened(event) < wanted.active_from and not trigger.initial(event):
        return Route(wanted, digest, "before_activation", ("1G",))
    refused = trigger.refused(event, wanted)
    if refused is not None:
        reason, rule = refused
        return Route(wanted, digest, reason, (rule,))
    condition = trigger.condition(event, wanted)
    if condition is not None:
        return Route(wanted, digest, "filtered", (f"filter:{condition}",))
    unknown = trigger.unknown(event)
    if unknown is not None:
        # A word that a later version of the contract knows: told as news, and never guessed.
        return Route(wanted, digest, "other", (f"unknown:{unknown}",))
    return Route(wanted, digest, rule_ids=trigger.rules)


def _may_be_wanted(event: Event, unknown_sources: frozenset[str]) -> bool:
    """Whether an integration of one of these sources may want *event*; what a user does may be of any."""
    source = source_of_event(event).settings.model_fields["source"]
    return bool(unknown_sources) if source.is_required() else source.default in unknown_sources
