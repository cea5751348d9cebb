"""
Orgs that nobody in the group owns, although everyone is well: seen once after a lost rebalance of static members.

In: who owns what, as the broker tells, and the clock's reading.  Out: `NoOwner`, where it stays like that.
Rule of this file: a group that has settled with a hole does not mend itself; whoever joins it under a new name makes it
share out anew. A process that owns nothing goes first, for it stops nobody's work.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from processors.executor.session.publish import Expelled

LOOK_SECONDS = 15.0
IDLE_LOOKS, BUSY_LOOKS = 2, 4
"""Looks in a row that find the same org without an owner before a process with no org, and one with some, acts."""


class NoOwner(Expelled):
    """An org has no owner in a settled group: join it anew under another name."""


@dataclass(slots=True)
class UnassignedOrgs:
    """Looks now and then. *unowned* returns the command topics that no member of the group owns."""

    unowned: Callable[[], frozenset[str]]
    _next: float | None = None
    _seen: dict[str, int] = field(default_factory=dict)

    def look(self, now: float, *, owns_some: bool) -> None:
        """Look if it is time; raise `NoOwner` where an org has had no owner at several looks in a row."""
        if self._next is None:
            self._next = now + LOOK_SECONDS
        if now < self._next:
            return
        self._next = now + LOOK_SECONDS
        self._seen = {topic: self._seen.get(topic, 0) + 1 for topic in self.unowned()}
        lost = sorted(
            topic for topic, looks in self._seen.items() if looks >= (BUSY_LOOKS if owns_some else IDLE_LOOKS)
        )
        if lost:
            raise NoOwner(f"nobody in the group owns {', '.join(lost)}; joining it anew under another name")
