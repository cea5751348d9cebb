"""
The audit's process: it stores each outcome once, where people can search it (SP-32).

In: all outcome topics.  Out: rows.
Rule of this file: rows are stored before offsets are committed; a repeated delivery finds its row and changes nothing.
"""

from collections import Counter
from collections.abc import Sequence

from processors.audit.ports import AuditStore
from processors.model.ports import Metrics
from processors.model.received import Received
from schemas.topics import OUTCOME_KINDS, outcome_topic

GROUP = "signalbox-audit"
TOPICS = tuple(map(outcome_topic, OUTCOME_KINDS))


class Audit:
    """Handler of a `Sink`."""

    def __init__(self, store: AuditStore, *, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    def __call__(self, batch: Sequence[Received]) -> bool:
        """Keep the batch; raises `Transient` where the database does not answer."""
        new = set(self._store.add(batch))
        kinds = {received.outcome.outcome_id: received.outcome.kind for received in batch}
        for kind, amount in Counter(kinds[outcome_id] for outcome_id in new).items():
            self._metrics.count("outcomes_audited_total", amount, kind=kind)
        return True
