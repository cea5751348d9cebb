"""
How a call result is read.

In: a value as its contract says it.  Out: a `CallResult`.
Rule of this file: the identity of an event is named here alone.
"""

from processors.sources.source import Reader
from schemas.call_result import CallResult

READER = Reader(CallResult, CallResult.from_avro, identity=("event_id", "call_id"), time="resulted")
