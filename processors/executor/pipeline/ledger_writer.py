"""
Writes one org's ledger transactions, and lets memory follow: stages *settle* and *publish* meet here.

In: what became of a batch, the next call's intents.  Out: rows in the ledger, outcomes at hand for Kafka.
Rule of this file: the ledger changes first, memory follows; what is not known to be stored is not told.
"""

import threading
from collections.abc import Iterable, Sequence

from processors.executor.dependencies import OrgDependencies
from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import Progress
from processors.executor.org_queue.scheduler import Scheduler
from processors.executor.pipeline.outbox import Outbox
from processors.executor.pipeline.unit_of_work import unit_of_work
from processors.model.ledger import Lease, LedgerTransaction
from processors.model.plan import ApiCall, plan_to_json


class LedgerWriter:
    """The one writer of an org's ledger. Methods run in several threads at once."""

    def __init__(self, deps: OrgDependencies, lease: Lease, scheduler: Scheduler) -> None:
        self._deps = deps
        self._lease = lease
        self._scheduler = scheduler
        self._turn = threading.Lock()
        self._last_sequence = lease.last_sequence
        self.outbox = Outbox()

    @property
    def last_sequence(self) -> int:
        """The last sequence number that the ledger gave out for this org."""
        return self._last_sequence

    def _given_out(self, number: int) -> None:
        # Threads whose transactions end out of order must not take a later number back.
        with self._turn:
            self._last_sequence = max(self._last_sequence, number)

    def tell(self, transaction: LedgerTransaction) -> None:
        """Store a transaction that is about no call of ours, and let its notices be published."""
        applied = self._deps.ledger.apply(self._lease, transaction)
        self.outbox.put((), applied.numbers, transaction.noticed)
        self._given_out(applied.last_sequence)

    def store(
        self,
        holder: str,
        progress: Iterable[Progress],
        call: ApiCall | None = None,
        jobs: Sequence[Job] = (),
        others: Sequence[Job] = (),
    ) -> None:
        """
        Write what became of a batch, with the next call's intents, in one transaction; then let memory follow.

        Args:
            jobs: Those that share in *call*.
            others: Those whose next steps go in other calls: what was done of their plans is kept by this transaction,
                for it also forgets the call that did it.
        """
        plans = {job.id: plan_to_json(job.plan) for job in others if job.plan is not None and job.plan.results}
        if call is not None:
            plans |= {job.id: plan_to_json(job.intend(call.id, call.intended_at)) for job in jobs}
        transaction, work = unit_of_work(progress, self._deps, call, plans)
        if transaction != LedgerTransaction():
            applied = self._deps.ledger.apply(self._lease, transaction)
            self.outbox.put(work.settled, applied.numbers, work.noticed)
            self._given_out(applied.last_sequence)
        self._deps.probe("after_settle" if work.settled else "after_ledger")
        for over in work.over:
            self._scheduler.calls.over(over)
        self._scheduler.woken(work.woken, self._deps.clock())
        self._scheduler.leave(holder, work.left)
        self._scheduler.give_back(holder, work.back)
