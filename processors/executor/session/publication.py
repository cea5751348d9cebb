"""
Stage *publish*, org by org: which outcomes are next, and what becomes of those that Kafka refuses.

In: outcomes at hand or in the ledger, the positions of the orgs.  Out: Kafka transactions (`publish.py`).
Rule of this file: an org whose outcomes are refused waits alone (attack D23); its rows stay in the ledger.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from processors.executor.dependencies import SessionDependencies
from processors.executor.pipeline.outcome_bytes import fitting
from processors.executor.session.ownership import Owned, Ownership
from processors.executor.session.publish import NotPublished, Position, Publisher, next_positions
from processors.model.errors import Transient
from processors.model.ledger import Unpublished

log = structlog.get_logger()

OUTCOMES = 1_000
COMMIT_EVERY = 1.0
FIRST_COMMIT_EVERY = 0.05


class Publication:
    """Publishes for the orgs of one process; used by its loop's thread only. `committed` is what Kafka has."""

    def __init__(self, deps: SessionDependencies, owners: Ownership, publisher: Publisher) -> None:
        self._deps = deps
        self._owners = owners
        self._publisher = publisher
        self._last_commit = 0.0
        self.committed: dict[str, Position] = {}

    def begin(self) -> None:
        """Fence whoever had this producer's name before."""
        self._publisher.begin()

    def publish(self, *, force: bool = False) -> None:
        """Publish what is next of every org; an org whose outcomes are refused waits alone (D23)."""
        now = self._deps.clock()
        rows = {
            owned.org: some
            for owned in self._owners.running()
            if owned.publish_after <= now and (some := self._unpublished(owned))
        }
        every = FIRST_COMMIT_EVERY if any(owned.unmarked for owned in self._owners.running()) else COMMIT_EVERY
        moved = self._positions() != self.committed and now - self._last_commit >= every
        if not rows and not moved and not force:
            return
        try:
            self._transaction(rows)
        except NotPublished as refused:
            self._last_commit = now
            if len(rows) > 1:
                for org, some in rows.items():
                    self._alone(org, some)
            else:
                self._refused(next(iter(rows), ""), refused)

    def _positions(self) -> dict[str, Position]:
        return {owned.org: owned.position for owned in self._owners.running() if owned.position is not None}

    def left(self) -> bool:
        """Return whether an org has outcomes that are not published, and that were not refused just now (D23)."""
        willing = [owned for owned in self._owners.running() if owned.publish_after <= self._deps.clock()]
        return any(self._unpublished(owned) for owned in willing)

    def _unpublished(self, owned: Owned) -> Sequence[Unpublished]:
        executor, position = owned.executor, owned.position
        if executor is None or position is None or executor.last_sequence <= position.sequence:
            return ()
        at_hand = executor.writer.outbox.take(position.sequence, OUTCOMES)
        if at_hand:
            return at_hand
        try:
            rows = executor.deps.ledger.unpublished(owned.org, position.sequence, OUTCOMES)
            codec = executor.deps.codec
            return [row if row.kind == "notice" else replace(row, outcome=fitting(row.outcome, codec)) for row in rows]
        except Transient as transient:
            log.warning("outcomes cannot be read yet", org=owned.org, why=transient.reason)
            owned.publish_after = self._deps.clock() + 1.0
            return ()

    def _alone(self, org: str, rows: Sequence[Unpublished]) -> None:
        try:
            self._transaction({org: rows})
        except NotPublished as refused:
            self._refused(org, refused)

    def _refused(self, org: str, refused: NotPublished) -> None:
        owned = self._owners.orgs.get(org)
        self._deps.metrics.count("publish_failures_total", org=org)
        log.error("outcomes are refused; they stay in the ledger and are tried again", org=org, why=str(refused))
        if owned is not None:
            owned.publish_after = self._deps.clock() + 2.0

    def _transaction(self, rows: dict[str, Sequence[Unpublished]]) -> None:
        positions = self._positions()
        if not positions:
            return
        after = next_positions(positions, rows)
        self._publisher.publish(after, rows)
        self._last_commit = self._deps.clock()
        if any(rows.values()):
            self._deps.metrics.gauge("last_success_timestamp_seconds", self._last_commit)
        self.committed = after
        for org, position in after.items():
            owned = self._owners.orgs[org]
            self._owners.committed(owned, position)
            if owned.executor is not None:
                owned.executor.writer.outbox.forget(position.sequence)
        for org, some in rows.items():
            notices = sum(row.kind == "notice" for row in some)
            self._deps.metrics.count("outcomes_published_total", len(some) - notices, org=org)
            self._deps.metrics.count("notices_published_total", notices, org=org)
