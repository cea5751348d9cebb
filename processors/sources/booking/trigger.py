"""
Which integration a booking fires.

In: a `Booking` and the integrations.  Out: one integration, or None; the field of an unknown word.
Rule of this file: the workspace fires one integration at most; a status of a later version is told, never guessed.
"""

from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.sources.source import Trigger
from schemas.booking import Booking


def _fires(event: Booking, integrations: Integrations) -> Integration | None:
    return integrations.find("booking", event.workspace)


def _unknown(event: Booking) -> str | None:
    return "status" if event.status == "other" else None


TRIGGER = Trigger(fires=_fires, unknown=_unknown)
