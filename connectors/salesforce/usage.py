"""
The org's use of its daily API calls.

In: the `Sforce-Limit-Info` of every answer, errors included.  Out: (used, limit), and `OrgDown` above the soft limit.
Rule of this file: the last answer counts; nothing is asked of the org for it (R19, R20).
"""

import re
import threading
from datetime import datetime, timedelta

from processors.model.errors import OrgDown

_USAGE = re.compile(r"(?<![\w-])api-usage=(\d{1,12})/(\d{1,12})")


class Usage:
    """The last answered usage, and the number of API calls that left. Thread-safe."""

    def __init__(self, *, soft_limit: float, pause: float) -> None:
        """*soft_limit* is a share of the daily limit, *pause* the seconds between two probes while above it."""
        self._lock = threading.Lock()
        self._soft_limit = soft_limit
        self._pause = timedelta(seconds=pause)
        self._last: tuple[int, int] | None = None
        self._seen: datetime | None = None
        self._calls = 0

    def sent(self) -> None:
        """Count one API call that left."""
        with self._lock:
            self._calls += 1

    def answered(self, header: str | None, now: datetime) -> None:
        """Take over what the header of an answer says; an answer without one changes nothing."""
        found = _USAGE.search(header or "")
        if found:
            self.counted(int(found[1]), int(found[2]), now)

    def counted(self, used: int, limit: int, now: datetime) -> None:
        """Take over figures that came otherwise (the SOAP header)."""
        with self._lock:
            self._last, self._seen = (used, limit), now

    def check(self, now: datetime) -> None:
        """Raise `OrgDown` above the soft limit; after each pause one call may pass, to see where the usage is."""
        with self._lock:
            if self._last is None or self._seen is None:
                return
            used, limit = self._last
            if limit <= 0 or used < self._soft_limit * limit:
                return
            wait = (self._seen + self._pause - now).total_seconds()
            if wait <= 0:
                self._seen = now
                return
        raise OrgDown(
            f"{used} of {limit} daily API calls are used, more than the soft limit of {self._soft_limit:.0%}: "
            f"no call is made for {wait:.0f} s",
            code="API_SOFT_LIMIT",
            retry_after=wait,
        )

    @property
    def last(self) -> tuple[int, int] | None:
        """(used, limit) as last answered."""
        with self._lock:
            return self._last

    @property
    def calls(self) -> int:
        """API calls that left."""
        with self._lock:
            return self._calls
