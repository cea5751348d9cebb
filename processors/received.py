"""
An outcome as the sinks hold it: the value, and where it was read.

Rule of this file: the one value that passes between the sinks' shell, the handlers and the audit's store.
"""

from dataclasses import dataclass

from schemas.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Received:
    """One outcome and the place of its message."""

    outcome: Outcome
    topic: str
    partition: int
    offset: int
