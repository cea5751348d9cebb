"""
How a record and an activity of a field sales application are read.

In: a value as its contract says it.  Out: a `FieldRecord` or a `FieldActivity`.
Rule of this file: the identity of an event is named here alone.
"""

from processors.sources.source import Reader
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord

RECORD = Reader(FieldRecord, FieldRecord.from_avro, identity=("event_id", "record_id"), time="changed")
ACTIVITY = Reader(FieldActivity, FieldActivity.from_avro, identity=("event_id", "activity_id"), time="changed")
