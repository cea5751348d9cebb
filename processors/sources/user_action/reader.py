"""
How an action of a user is read.

In: a value as its contract says it.  Out: a `UserAction`.
Rule of this file: the identity of an event is named here alone.
"""

from processors.sources.source import Reader
from schemas.user_action import UserAction

READER = Reader(UserAction, UserAction.from_avro, identity=("event_id",), time="at")
