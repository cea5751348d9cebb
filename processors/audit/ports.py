"""
Ports of the audit: where outcomes are kept.

Rule of this file: protocols only.
"""

from collections.abc import Sequence
from typing import Protocol

from processors.model.received import Received


class AuditStore(Protocol):
    """The audit. Keeps each outcome once, however often it is added."""

    def add(self, batch: Sequence[Received]) -> Sequence[str]:
        """
        Keep the outcomes, all or none; return the IDs of those that were new.

        Raises `Transient` where the database does not answer.
        """
