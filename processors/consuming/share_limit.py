"""
How many of a process's messages may become dead letters before the process stops.

In: whether each message became one.  Out: whether their share is above the limit.  Pure.
Rule of this file: the headers of a dead letter are in `processors/model/dead_letter.py`.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class ShareLimit:
    """
    Stops a process that makes dead letters of too many of its messages: then the fault is ours, not theirs.

    Counted over the last `window` messages, and only once `least` dead letters are among them.
    """

    share: float
    window: int = 1000
    least: int = 20
    seen: int = 0
    dead: float = 0.0

    def exceeded(self, dead: bool) -> bool:
        """Count one message; return whether the share is now above the limit."""
        self.seen += 1
        self.dead += dead
        if self.seen > self.window:
            # Halving both keeps the share and forgets slowly, without a list of the last messages.
            self.seen, self.dead = self.seen // 2, self.dead / 2
        return self.dead >= self.least and self.dead / self.seen > self.share
