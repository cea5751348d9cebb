"""
Which integration a step of a telephone call fires.

In: a `PbxCallEvent` and the integrations.  Out: one integration, or None.
Rule of this file: the network fires one integration at most. Conditions are not asked of a step but of its whole call,
once that is known; an unknown kind of step passes, since it is no part of its call's course.
"""

from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.sources.source import Trigger
from schemas.pbx_call_event import PbxCallEvent


def _fires(event: PbxCallEvent, integrations: Integrations) -> Integration | None:
    return integrations.find("pbx_call", event.network)


def _not_asked(_event: PbxCallEvent, _settings: Integration) -> str | None:
    return None


TRIGGER = Trigger(fires=_fires, condition=_not_asked)
