"""
What the sinks hold: an outcome, or a notice, and where it was read.

Rule of this file: the one value that passes between the sinks' loop, the handlers and the audit's store.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from schemas.outcome import Outcome

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class ReceivedOf(Generic[T_co]):
    """One outcome or notice and the place of its message."""

    outcome: T_co
    topic: str
    partition: int
    offset: int


Received = ReceivedOf[Outcome]
