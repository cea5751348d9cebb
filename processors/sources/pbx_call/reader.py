"""
How a step of a telephone call is read.

In: a value as its contract says it.  Out: a `PbxCallEvent`.
Rule of this file: the identity of an event is named here alone.
"""

from processors.sources.source import Reader
from schemas.pbx_call_event import PbxCallEvent

READER = Reader(PbxCallEvent, PbxCallEvent.from_avro, identity=("event_id", "call_id"), time="at")
