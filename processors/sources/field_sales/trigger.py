"""
Which integration a record or an activity of a field sales application fires.

In: a `FieldRecord` or a `FieldActivity`, and the integrations.  Out: one integration, or None; what keeps it back.
Rule of this file: the workspace fires one integration at most; the sync to Salesforce has a switch of its own (SP-18).
"""

from datetime import datetime

from processors.integration.catalog import Integrations, code_key
from processors.integration.filters import unmet
from processors.integration.model import Integration
from processors.sources.field_sales.settings import PATHS_OF_ACTIVITIES, PATHS_OF_RECORDS, FieldSalesIntegration
from processors.sources.source import Trigger
from schemas.command import ENDED
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.outcome import Reason


def _fires(event: FieldRecord | FieldActivity, integrations: Integrations) -> Integration | None:
    return integrations.find("field_sales", event.workspace)


def _refused(_event: FieldRecord | FieldActivity, settings: Integration) -> tuple[Reason, str] | None:
    return None if FieldSalesIntegration.of(settings).field_sales.to_salesforce else ("direction_off", "SP-18")


def _record_condition(event: FieldRecord, settings: Integration) -> str | None:
    """
    Return the filter that the record does not meet, or the condition on stages where it is at none (SP-20).

    One that is no more at the source may have lost what they ask for: it meets them all.
    """
    if event.occasion in ENDED:
        return None
    found = unmet(settings.filters, event, PATHS_OF_RECORDS)
    if found is not None:
        return found.name
    own = FieldSalesIntegration.of(settings).field_sales
    stages = {code_key(stage) for stage in own.stages}
    return own.stages_name if stages and code_key(event.stage or "") not in stages else None


def _activity_condition(event: FieldActivity, settings: Integration) -> str | None:
    found = unmet(settings.filters, event, PATHS_OF_ACTIVITIES)
    return found.name if found else None


def _made_at(event: FieldActivity) -> datetime:
    """Return when the activity was made: a change does not make it younger (SP-35)."""
    return event.created or event.event_time


def _unknown(event: FieldActivity) -> str | None:
    return "kind" if event.kind == "other" else None


RECORD: Trigger[FieldRecord] = Trigger(fires=_fires, refused=_refused, condition=_record_condition)
ACTIVITY: Trigger[FieldActivity] = Trigger(
    fires=_fires, happened=_made_at, refused=_refused, condition=_activity_condition, unknown=_unknown
)
