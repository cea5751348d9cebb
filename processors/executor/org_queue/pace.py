"""
The org's pace: how many rows a call may hold by the time that it takes over one, and until when the whole org rests.

In: answers with their times, failures of the whole org.  Out: a number of rows, a time.
Rule of this file: the pace is one number, learnt from calls of many rows; small ones say more of the way there than of
the org.
"""

from dataclasses import dataclass

CALL_SECONDS = 10.0
"""How long a call may take by the pace as measured (design section 4, pack)."""

LEAST_ROWS = 100
"""Rows that a call may hold however slow the org is; half as many are the fewest by which a pace is believed."""

FIRST_ROW_SECONDS = 1 / 30
"""Seconds a row that are assumed before the first answer: a little more than the slowest pace published of an org."""


class RowPace:
    """Seconds a row, as a moving average. Threads may share it: it is one number, and the last word counts."""

    def __init__(self) -> None:
        self._row_seconds = FIRST_ROW_SECONDS

    def learn(self, rows: int, seconds: float) -> None:
        """Take over how long a call of so many rows took."""
        if rows >= LEAST_ROWS // 2:
            self._row_seconds += 0.5 * (seconds / rows - self._row_seconds)

    def rows(self, most: int) -> int:
        """Return how many rows a call may hold, at most *most*."""
        if self._row_seconds <= 0:
            return most
        return int(min(most, max(LEAST_ROWS, CALL_SECONDS / self._row_seconds)))


@dataclass(slots=True)
class OrgPause:
    """Until when nothing is started, since the org does not answer; and how often in a row it did not."""

    until: float = 0.0
    in_a_row: int = 0

    def pause(self, until: float) -> None:
        """Start nothing before *until*."""
        self.until = max(self.until, until)
        self.in_a_row += 1

    def resume(self) -> bool:
        """The org answered: forget the pauses. Return whether there were any."""
        had, self.in_a_row = self.in_a_row > 0, 0
        return had
