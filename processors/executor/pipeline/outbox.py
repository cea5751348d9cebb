"""
Outcomes that were settled just now, at hand for the next Kafka transaction without asking the database.

In: what a ledger transaction settled, with its numbers.  Out: the next outcomes in sequence, or none.
Rule of this file: a convenience; whatever is missing here is read from the ledger, which alone is true.
"""

import threading
from collections.abc import Mapping, Sequence

from processors.model.ledger import Noticed, Settled, Unpublished

MOST = 20_000
"""Outcomes kept at the most; while Kafka takes none, the rest stays in the ledger alone."""


class Outbox:
    """Settled outcomes of one org by sequence number. Threads that settle put, the loop takes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[int, Unpublished] = {}

    def put(self, settled: Sequence[Settled], numbers: Mapping[str, int], noticed: Sequence[Noticed] = ()) -> None:
        """Keep what was settled, and what is to be told on the way, under the numbers that the ledger gave out."""
        with self._lock:
            if len(self._rows) > MOST:
                return
            for item in settled:
                number = numbers.get(item.command_id)
                if number is not None:
                    self._rows[number] = Unpublished(
                        number, item.command_id, item.kind, item.outcome, item.key, item.headers
                    )
            for note in noticed:
                number = numbers.get(note.notice_id)
                if number is not None:
                    self._rows[number] = Unpublished(
                        number, note.notice_id, "notice", note.notice, note.key, note.headers
                    )

    def take(self, after: int, limit: int) -> list[Unpublished]:
        """Return the outcomes that follow *after* without a gap, at most *limit*."""
        taken: list[Unpublished] = []
        with self._lock:
            while len(taken) < limit and (row := self._rows.get(after + len(taken) + 1)) is not None:
                taken.append(row)
        return taken

    def forget(self, through: int) -> None:
        """Drop what is published."""
        with self._lock:
            for number in [number for number in self._rows if number <= through]:
                del self._rows[number]
