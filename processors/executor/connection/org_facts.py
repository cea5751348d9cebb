"""
OrgMetadataCache: what is known of the org, and what the org says is not there after all (LL-18).

In: the port, refusals that name a field.  Out: facts; commands that wait for their integration's fields.  I/O through
ports.
Rule of this file: a refusal reads describe anew once for each thing that it names; what describe confirms is gone
holds those who map it, everything else is the refusal that it was.
"""

import threading
from collections.abc import Sequence

from processors.executor.connection.monitor import ConnectionMonitor
from processors.executor.dependencies import OrgDependencies
from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import Delayed, FieldMissing, Progress
from processors.integration.references import mapped_names
from processors.model.errors import OrgDown, RequestRefused, Transient
from processors.model.org_facts import OrgFacts
from processors.model.ports import Salesforce

FACTS_SECONDS = 900.0
"""How long describe is believed; a refusal that contradicts it ends that sooner."""


class OrgMetadataCache:
    """The facts of one org, read when they are needed. Methods run in several threads at once."""

    def __init__(self, deps: OrgDependencies, monitor: ConnectionMonitor) -> None:
        self._deps = deps
        self._monitor = monitor
        self._lock = threading.Lock()
        self._facts: OrgFacts | None = None
        self._read_at = 0.0
        self._asked_again: dict[str, float] = {}

    def org(self) -> tuple[Salesforce, OrgFacts]:
        """Return the org's port and what is known of it; raises `OrgDown` where it has none, or does not answer."""
        salesforce = self._deps.salesforce
        if salesforce is None:
            raise OrgDown(f"org {self._deps.org} has commands to apply, but no connection is configured for it")
        with self._lock:
            facts, now = self._facts, self._deps.clock()
            if facts is None or now - self._read_at > FACTS_SECONDS:
                facts = self._read(salesforce)
            return salesforce, facts

    def prove(self) -> None:
        """Ask the org for its describe anew, whatever is known of it; raises what `org` raises."""
        salesforce = self._deps.salesforce
        if salesforce is not None:
            with self._lock:
                self._read(salesforce, fresh=True)

    def forget(self) -> None:
        """Read the org's facts anew before the next batch: it refused something that they promise."""
        with self._lock:
            self._facts = None

    def held_back(self, jobs: Sequence[Job]) -> tuple[list[Job], list[Progress]]:
        """Return the jobs that need no field that is gone, and the wait of the others."""
        going = [job for job in jobs if not self._monitor.holds(job)]
        waiting: list[Progress] = [FieldMissing(job, self._monitor.why(job)) for job in jobs if job not in going]
        return going, waiting

    def all_held(self, absent: str, jobs: Sequence[Job]) -> list[Progress] | None:
        """
        Return what becomes of the jobs where what is *absent* explains the refusal; None where it does not.

        Who maps it waits for it, the others go on at once. Describe is read for it once; where it cannot be read now,
        all of them wait a moment, as after any failure of the org.
        """
        try:
            self._ask_again(absent)
        except (RequestRefused, Transient) as failure:
            return [Delayed(job, str(failure)) for job in jobs]
        going, progress = self.held_back(jobs)
        if len(going) == len(jobs):
            return None
        others = f"{absent} is gone, which others of its call map"
        return [*progress, *(Delayed(job, others, tries=job.tries, delay=0.0) for job in going)]

    def _ask_again(self, absent: str) -> None:
        salesforce, now = self._deps.salesforce, self._deps.clock()
        with self._lock:
            last = self._asked_again.get(absent)
            if salesforce is not None and (last is None or now - last > FACTS_SECONDS):
                self._read(salesforce, fresh=True)
                self._asked_again[absent] = self._read_at

    def _read(self, salesforce: Salesforce, *, fresh: bool = False) -> OrgFacts:
        facts = salesforce.facts(fresh=fresh, mapped=mapped_names(self._monitor.integrations))
        self._monitor.seen(facts)
        self._facts, self._read_at = facts, self._deps.clock()
        return facts
