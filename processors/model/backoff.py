"""
How long to wait after a failure, as a pure value: doubled from a base to a cap, with jitter.

In: how many attempts failed in a row.  Out: seconds.
Rule of this file: nothing here waits; whoever does the I/O does.
"""

from collections.abc import Callable
from dataclasses import dataclass

MOST_DOUBLINGS = 20
"""A power beyond this adds nothing under any cap, and would overflow in the end."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """
    Seconds to wait, from *base* to *cap*.

    `jitter` returns a number from 0 to 1; the wait is between half of the delay and all of it, so that processes that
    failed together do not come back together.
    """

    base: float
    cap: float
    jitter: Callable[[], float]

    def delay(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row (from 1)."""
        doubled = self.base * 2.0 ** min(failures - 1, MOST_DOUBLINGS)
        return min(self.cap, doubled) * (0.5 + self.jitter() / 2)
