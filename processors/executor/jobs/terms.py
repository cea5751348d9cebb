"""
The terms of an API call: how much it may hold, until when it may leave, and how long the org may take over it.

In: nothing.  Out: numbers.
Rule of this file: the limits of a call that more rooms than one need; they are Salesforce's (sObject Collections: 200
records, 5 collections a composite; LL-3, LL-23).
"""

from dataclasses import dataclass

COLLECTION = 200
"""Records that a collection may hold at all (fact sheet 0.2)."""

COLLECTIONS = 5
"""Collections that a composite may hold."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What one call may take, in records and seconds: send-by from now on, and the org's request limit after that."""

    max_rows: int = COLLECTION * COLLECTIONS
    send_within: float = 5.0
    request_limit: float = 600.0
