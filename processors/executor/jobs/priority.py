"""
Which lanes may go, and when a command of a schedule is due.

In: what is used of the org's daily API calls, an integration's schedule.  Out: a lane, a due time.
Rule of this file: pure; `live` goes before all others (LL-24, 1F-timing), and the last API calls of a day are its own.
"""

import math
from dataclasses import dataclass

from processors.integration.model import Integration
from processors.model.ledger import LANES
from schemas.command import Command

LIVE, RETRY, BULK = LANES["live"], LANES["retry"], LANES["bulk"]


@dataclass(frozen=True, slots=True)
class Budget:
    """Shares of the daily API calls: above the first `bulk` waits, above the second `retry` too."""

    bulk: float = 0.8
    retry: float = 0.9

    def lowest(self, usage: tuple[int, int] | None) -> int:
        """Return the lowest lane that may go now; all may where nothing is known of the org's use."""
        if usage is None or usage[1] <= 0:
            return BULK
        share = usage[0] / usage[1]
        if share < self.bulk:
            return BULK
        return RETRY if share < self.retry else LIVE


def first_due(command: Command, settings: Integration | None, now: float) -> float:
    """
    Return when a command that has just arrived is due: at once, or at the next sync interval (LL-5).

    Sync intervals begin at multiples of their length, for all processes at the same moments. An initial import does not
    wait for one (LL-6), nor does a choice about another command, nor what is answered without the org.
    """
    every = settings.schedule.seconds if settings is not None else None
    if every is None or command.kind in ("skip", "resolve"):
        return now
    if command.record is not None and command.record.occasion == "initial":
        return now
    return (math.floor(now / every) + 1) * every


def at_once(bulk: int, in_flight: int, *, live_lately: bool) -> bool:
    """
    Return whether another batch of the lane `bulk` may go beside *bulk* of them, where *in_flight* batches may go.

    A sixth of the places is kept for other lanes, twice that while live commands come in: a batch of theirs never
    waits for one of an initial import.
    """
    kept = max(1, in_flight // 6)
    return bulk < max(1, in_flight - kept * (2 if live_lately else 1))
