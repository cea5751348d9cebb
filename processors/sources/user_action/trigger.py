"""
Which integration a user's action fires.

In: a `UserAction` and the integrations.  Out: one integration, or None; the field of an unknown word.
Rule of this file: an action names its integration, of whatever source that is.
"""

from processors.integration.catalog import Integrations
from processors.integration.filters import unmet
from processors.integration.model import Integration
from processors.integration.paths import PATHS_BY_HAND
from processors.sources.source import Trigger
from schemas.user_action import UserAction


def _fires(event: UserAction, integrations: Integrations) -> Integration | None:
    named = integrations.by_name.get(event.integration.strip())
    return named if named is not None and named.enabled else None


def _condition(event: UserAction, settings: Integration) -> str | None:
    found = unmet(settings.filters, event, PATHS_BY_HAND)
    return found.name if found else None


def _unknown(event: UserAction) -> str | None:
    return "action" if event.action == "other" else None


TRIGGER = Trigger(fires=_fires, condition=_condition, unknown=_unknown)
