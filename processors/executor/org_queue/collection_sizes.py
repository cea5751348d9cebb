"""
How many records of an object one collection may hold in this org, as learnt from its refusals.

In: collections that passed, and that were too much for a trigger, a flow or a limit.  Out: a number of records.
Rule of this file: half as many after each refusal, a tenth more after several full collections that passed.
"""

import threading
from collections.abc import Mapping

from processors.executor.jobs.terms import COLLECTION

GROW_AFTER = 5
"""Full collections in a row that pass before the size grows."""


class CollectionSizes:
    """The sizes of one org, by object. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._passed: dict[str, int] = {}

    def __call__(self, kind: str) -> int:
        """Return how many records of the object a collection may hold."""
        return self._sizes.get(kind, COLLECTION)

    def failed(self, kind: str, records: int) -> None:
        """So many records were too much; a smaller size that was learnt meanwhile stays."""
        with self._lock:
            self._sizes[kind] = min(self(kind), max(1, records // 2))
            self._passed[kind] = 0

    def passed(self, kind: str, records: int) -> None:
        """So many records passed."""
        with self._lock:
            size = self._sizes.get(kind)
            if size is None or records < size:
                return
            self._passed[kind] = self._passed.get(kind, 0) + 1
            if self._passed[kind] < GROW_AFTER:
                return
            self._passed[kind] = 0
            grown = size + max(1, size // 10)
            if grown >= COLLECTION:
                del self._sizes[kind]
            else:
                self._sizes[kind] = grown

    def learnt(self) -> Mapping[str, int]:
        """Return the sizes that are smaller than what Salesforce takes."""
        with self._lock:
            return dict(self._sizes)
