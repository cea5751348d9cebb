"""
How a prospect is read.

In: a value as its contract says it.  Out: a `Prospect`.
Rule of this file: the identity of an event is named here alone.
"""

from processors.sources.source import Reader
from schemas.prospect import Prospect

READER = Reader(Prospect, Prospect.from_avro, identity=("event_id", "prospect_id"), time="changed")
