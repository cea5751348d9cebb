"""The contracts `field_record` and `field_activity`, for the registry."""

from processors.sources.field_sales import left_out, mapping, reader, trigger, words
from processors.sources.field_sales.activity import decide_field_activity, effects
from processors.sources.field_sales.decide import decide_field_record
from processors.sources.field_sales.rules import TABLES
from processors.sources.field_sales.settings import FieldSalesIntegration
from processors.sources.source import Related, Source

RECORD = Source(
    "field_record",
    FieldSalesIntegration,
    decide_field_record,
    reader.RECORD,
    trigger.RECORD,
    mapping.RECORD,
    Related(left_out.left_out_states, owned=True, left_out=left_out.left_out),
    TABLES,
    words=words.RECORD,
)
ACTIVITY = Source(
    "field_activity",
    FieldSalesIntegration,
    decide_field_activity,
    reader.ACTIVITY,
    trigger.ACTIVITY,
    mapping.ACTIVITY,
    Related(left_out.left_out_states, effects=effects, activity_history=True),
    words=words.ACTIVITY,
)
