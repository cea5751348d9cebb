"""
Which integration a prospect fires.

In: a `Prospect` and the integrations.  Out: one integration, or None; whether it is part of an initial import.
Rule of this file: the workspace fires one integration at most; an initial import is older than any activation, and
asked for all the same (LL-6).
"""

from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.sources.source import Trigger, filters_unmet
from schemas.command import ENDED
from schemas.prospect import Prospect


def _fires(event: Prospect, integrations: Integrations) -> Integration | None:
    return integrations.find("prospect", event.workspace)


def _initial(event: Prospect) -> bool:
    return event.occasion == "initial"


def _condition(event: Prospect, settings: Integration) -> str | None:
    """Return the filter that the prospect does not meet; one that is no more may have lost what filters ask for."""
    return None if event.occasion in ENDED else filters_unmet(event, settings)


TRIGGER = Trigger(fires=_fires, initial=_initial, condition=_condition)
