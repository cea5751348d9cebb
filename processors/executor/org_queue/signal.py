"""
The one lock of an org's memory, and the count of its changes for whoever waits for one.

In: changes.  Out: a wake-up.
Rule of this file: whoever reads or changes the memory of an org does it inside `with signal`; the lock may be taken
again by the thread that has it.
"""

import threading
from collections.abc import Callable
from types import TracebackType


class Signal:
    """A lock with a count of changes."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._changes = 0

    def __enter__(self) -> None:
        self._condition.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._condition.release()

    @property
    def changes(self) -> int:
        """How often something has changed that may let somebody go; for `wait`."""
        with self:
            return self._changes

    def changed(self) -> None:
        """Count a change, and let whoever waits look again."""
        with self:
            self._changes += 1
            self._condition.notify_all()

    def wait(self, seconds: float, seen: int) -> None:
        """Wait until something changes after the change *seen*, at most *seconds*."""
        with self:
            self._condition.wait_for(lambda: self._changes != seen, seconds)

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait until *condition* holds, at most *seconds*; others may have the lock meanwhile."""
        with self:
            self._condition.wait_for(condition, seconds)
