"""
Which lanes may go by what is used of the org's daily API calls, and the notice where lower ones begin to wait (LL-4).

In: the org's use as last answered, the clock's reading.  Out: the lowest lane that may go.
Rule of this file: while lanes wait they let one batch pass now and then: only an answer says that a new day has begun.
"""

from collections.abc import Callable

from processors.executor.dependencies import OrgDependencies
from processors.executor.jobs.job import Job
from processors.executor.jobs.notices import job_notice, ledger_row
from processors.executor.jobs.priority import BULK, LIVE
from processors.executor.org_queue.scheduler import Scheduler
from processors.model.ledger import LedgerTransaction


class ApiBudget:
    """The lanes of one org. Used by its thread alone, but for `defer`."""

    def __init__(
        self,
        deps: OrgDependencies,
        scheduler: Scheduler,
        tell: Callable[[LedgerTransaction], None],
        submit: Callable[..., None],
    ) -> None:
        """
        Args:
            tell: Stores a transaction in the ledger and lets its notices be published.
            submit: Lets another thread do something.
        """
        self._deps = deps
        self._scheduler = scheduler
        self._tell = tell
        self._submit = submit
        self._held_since: float | None = None
        self.lowest = BULK

    def lowest_lane(self, now: float) -> int:
        """Return the lowest lane that may go now."""
        salesforce = self._deps.salesforce
        usage = salesforce.usage() if salesforce is not None else None
        self.lowest = lowest = self._deps.budget.lowest(usage)
        if lowest == BULK:
            self._held_since = None
            return lowest
        first = self._scheduler.first_deferred(now, lowest)
        if first is None or usage is None:
            return lowest
        if self._held_since is None:
            self._held_since = now
            going = "live and retried" if lowest > LIVE else "live"
            why = f"{usage[0]} of {usage[1]} daily API calls are used: {going} commands alone go on"
            self._submit(self._defer, first, why)
        return BULK if now - self._held_since >= self._deps.probe_every else lowest

    def passed(self, lane: int, now: float) -> None:
        """A batch of this lane goes: where its lane waits, the next one passes later."""
        if lane > self.lowest:
            self._held_since = now

    def _defer(self, job: Job, why: str) -> None:
        """Tell that this command, and all of its lane, wait for the org's next API calls; once a pause."""
        deps = self._deps
        notice = job_notice(job, "deferred", why, deps.now())
        self._tell(LedgerTransaction(noticed=[ledger_row(notice, deps.codec, deps.notice_headers)]))
        deps.metrics.count("lanes_deferred_total", org=deps.org)
