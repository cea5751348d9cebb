"""
The way of one batch: claim → match → decide → pack → execute → settle; what a step intends is in the ledger first.

In: jobs whose claims are taken.  Out: outcomes in the ledger, or jobs back in the queue.  I/O through ports.
Rule of this file: it calls the stages in their order and stores what they return; what they mean is decided there.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from processors.executor.connection.org_facts import OrgMetadataCache
from processors.executor.dependencies import OrgDependencies
from processors.executor.jobs.job import Job
from processors.executor.jobs.priority import LIVE
from processors.executor.jobs.progress import CallAnswered, Delayed, NeedsRead, Progress
from processors.executor.org_queue.collection_sizes import CollectionSizes
from processors.executor.org_queue.pace import RowPace
from processors.executor.org_queue.scheduler import Scheduler
from processors.executor.pipeline.answers import take_answers, verified
from processors.executor.pipeline.claim import choose, claim, without_crashing
from processors.executor.pipeline.decide import DecidedBatch, decide_batch
from processors.executor.pipeline.execute import execute
from processors.executor.pipeline.failures import not_applied, not_decided, not_read, whole_org
from processors.executor.pipeline.ledger_writer import LedgerWriter
from processors.executor.pipeline.match import match_batch
from processors.executor.pipeline.pack import pack
from processors.executor.pipeline.settle import finished
from processors.matching.lookup import Lookup
from processors.model.errors import InDoubt, OrgDown, RequestRefused, Transient
from processors.model.ledger import Lease
from processors.model.match import Match
from processors.model.org_facts import OrgFacts
from processors.model.plan import ApiCall
from processors.model.ports import Salesforce
from processors.sources.decide import decide


class BatchPipeline:
    """Carries batches of one org out. Methods run in several threads at once; the scheduler keeps them apart."""

    def __init__(
        self,
        deps: OrgDependencies,
        lease: Lease,
        scheduler: Scheduler,
        writer: LedgerWriter,
        org: OrgMetadataCache,
        spread: Callable[[str, list[Job]], None],
    ) -> None:
        """
        Args:
            spread: Carries a batch that was split off out, beside the one that it came from.
        """
        self._deps = deps
        self._lease = lease
        self._scheduler = scheduler
        self._writer = writer
        self._org = org
        self._spread = spread
        self._worked: Counter[str] = Counter()
        self._worked_lock = threading.Lock()
        self.pace = RowPace()
        self.sizes = CollectionSizes()

    def take_worked(self) -> Mapping[str, int]:
        """Return how many commands of each integration were worked on since this was asked last (LL-1)."""
        with self._worked_lock:
            worked, self._worked = self._worked, Counter()
            return worked

    def process(self, holder: str, jobs: Sequence[Job]) -> None:
        """Do the work of one batch."""
        with self._worked_lock:
            self._worked.update(job.command.integration for job in jobs)
        claimed = claim(jobs)
        if claimed.choices:
            self._writer.store(holder, choose(claimed.choices, self._scheduler))
        progress, ready = claimed.progress, claimed.planned
        if claimed.undecided:
            ready += self._plan(holder, claimed.undecided, progress)
        self.carry_out(holder, ready, progress)

    def _plan(self, holder: str, jobs: list[Job], progress: list[Progress]) -> list[Job]:
        """Match and decide; return the jobs that have a plan and the claims that it needs."""
        salesforce, facts = self._org.org()
        lookup = Lookup.of((decider.integration for decider in self._deps.deciders.values()), self._deps.region)
        facts = replace(facts, looked_up=lookup.to_read())
        jobs, waiting = self._org.held_back(jobs)
        progress += waiting
        jobs = without_crashing(jobs, lambda command: self._deps.ledger.mark_crashing(self._lease, command), progress)
        if not jobs:
            return []
        deps = self._deps
        deps.probe("after_claim")
        began = deps.clock()
        jobs, match = self._match(jobs, salesforce, facts, progress)
        if match is None:
            return []
        matched, now = deps.clock(), deps.now()
        deps.metrics.observe("stage_duration_seconds", matched - began, stage="match")
        decided = decide_batch(
            jobs,
            match,
            lambda job, found: decide(
                job.command, found, job.settings, facts, now, call=job.call, resolution=job.resolution
            ),
            facts,
            lookup,
            deps.region,
        )
        deps.metrics.observe("stage_duration_seconds", deps.clock() - matched, stage="decide")
        deps.probe("after_match")
        return self._claim_found(holder, jobs, decided, progress, began)

    def _match(
        self, jobs: list[Job], salesforce: Salesforce, facts: OrgFacts, progress: list[Progress]
    ) -> tuple[list[Job], Callable[[Job], Match] | None]:
        """
        Return the jobs that are matched, and their matches.

        Reads that are refused as a whole are halved until those pass that can, or the job that spoils them is alone;
        the others of the batch come again at once.
        """
        while True:
            try:
                return jobs, match_batch(jobs, self._deps, self._lease, salesforce, facts)
            except RequestRefused as refused:
                if refused.absent is not None or len(jobs) == 1:
                    progress += not_read(jobs, refused, self._org)
                    return [], None
                half = len(jobs) // 2
                progress += [Delayed(job, str(refused), tries=job.tries, delay=0.0) for job in jobs[half:]]
                jobs = jobs[:half]

    def _claim_found(
        self, holder: str, jobs: Sequence[Job], decided: DecidedBatch, progress: list[Progress], began: float
    ) -> list[Job]:
        """Claim what the plans touch; those that cannot have it wait and match again."""
        for job in jobs:
            job.clear_of_crash()
        progress += not_decided(jobs, decided.faults)
        progress += [NeedsRead(job) for job in decided.waiting]
        planned = [job for job in jobs if job.id in decided.plans]
        going, _ = self._scheduler.widen(holder, planned, decided.wanted, self._deps.clock() - began, decided.reads)
        for job in going:
            job.decide(decided.plans[job.id])
        return going

    def carry_out(self, holder: str, jobs: Sequence[Job], progress: Sequence[Progress]) -> None:
        """Send the plans' steps until each is done, waits or is in doubt; what needs other calls goes beside them."""
        progress = list(progress)
        most: int | None = None
        while True:
            if done := [job for job in jobs if job.plan is not None and job.plan.step is None]:
                progress += finished(done)
            jobs = [job for job in jobs if job.plan is not None and job.plan.step is not None]
            calls = self._pack(holder, jobs, progress, most)
            first = calls[0] if calls else None
            members = set(first.commands) if first else set()
            others = [job for job in jobs if job.id not in members]
            jobs = [job for job in jobs if job.id in members]
            self._writer.store(holder, progress, first, jobs, others)
            for call in calls[1:]:
                apart = [job for job in others if job.id in set(call.commands)]
                self._spread(self._scheduler.split(holder, apart), apart)
            if first is None:
                return
            jobs, progress, most = self._send(holder, first, jobs)

    def _pack(self, holder: str, jobs: list[Job], progress: list[Progress], most: int | None) -> list[ApiCall]:
        if not jobs:
            return []
        deps = self._deps
        try:
            _, facts = self._org.org()
        except (RequestRefused, Transient):
            self._writer.store(holder, progress, None, (), jobs)
            raise
        terms = deps.terms if most is None else replace(deps.terms, max_rows=min(most, deps.terms.max_rows))
        return pack(jobs, facts.external_field, terms, deps.clock(), deps.new_id, self.sizes)

    def _send(self, holder: str, call: ApiCall, jobs: list[Job]) -> tuple[list[Job], list[Progress], int | None]:
        """
        Send one call; return the jobs that go on at once, what became of the others, and how many rows may go next.

        A request that is refused as a whole is halved until the row that spoils it stands alone.
        """
        deps = self._deps
        deps.probe("after_intents")
        began = deps.clock()
        try:
            answers = execute(self._org.org()[0], call)
        except InDoubt:
            deps.metrics.count("api_calls_in_doubt_total", org=deps.org)
            deps.probe("in_doubt")
            self._scheduler.unanswered(holder, call, jobs, deps.clock() + deps.look_every * 0.2)
            return [], [], None
        except (RequestRefused, Transient) as failure:
            if isinstance(failure, RequestRefused) and failure.absent is None and len(call.rows) > 1:
                return jobs, [CallAnswered(call)], len(call.rows) // 2
            progress = [CallAnswered(call), *not_applied(jobs, failure, self._org)]
            if isinstance(failure, OrgDown):
                self._writer.store(holder, progress)
                raise
            return [], progress, None
        try:
            answers = verified(call, answers, self._org)
        except (RequestRefused, Transient):
            # What the refusals mean is not known, and the ledger still says that the call may land.
            self._scheduler.unanswered(holder, call, jobs, deps.clock() + deps.look_every)
            return [], [], None
        self._answered(call, jobs, deps.clock() - began)
        onward, progress = take_answers(call, answers, jobs, self._org, self.sizes)
        if (down := whole_org(answers)) is not None:
            self._writer.store(holder, [CallAnswered(call), *progress], None, (), onward)
            raise down
        return onward, [CallAnswered(call), *progress], None

    def _answered(self, call: ApiCall, jobs: Sequence[Job], took: float) -> None:
        """Learn how long an answer takes."""
        self._scheduler.answered(took, jobs[0].lane if jobs else LIVE)
        self.pace.learn(len(call.rows), took)
        self._deps.metrics.observe("stage_duration_seconds", took, stage="execute")
        self._deps.probe("after_write")
