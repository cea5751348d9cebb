"""
How many of a topic's messages may become dead letters before the topic pauses.

In: whether each message became one.  Out: whether their share is above the limit.  Pure.
Rule of this file: the headers of a dead letter are in `processors/model/dead_letter.py`.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class ShareLimit:
    """
    Pauses a topic of which too many messages become dead letters: then the fault may be ours, not theirs.

    Counted over the last `window` messages, and only once `least` dead letters are among them.
    """

    share: float
    window: int = 1000
    least: int = 20
    seen: int = 0
    dead: float = 0.0

    def anew(self) -> "ShareLimit":
        """Return the same limit with nothing counted."""
        return ShareLimit(self.share, self.window, self.least)

    def exceeded(self, dead: bool) -> bool:
        """Count one message; return whether the share is now above the limit."""
        self.seen += 1
        self.dead += dead
        if self.seen > self.window:
            # Halving both keeps the share and forgets slowly, without a list of the last messages.
            self.seen, self.dead = self.seen // 2, self.dead / 2
        return self.dead >= self.least and self.dead / self.seen > self.share
