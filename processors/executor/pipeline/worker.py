"""
The work of one batch: match → decide → pack → execute → settle, each step's intents in the ledger before it leaves.

In: commands whose claims are taken.  Out: outcomes in the ledger, or commands back in the queue.  I/O through ports.
Rule of this file: the ledger changes first, memory follows; what is not known to be stored is not told.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import get_args

from processors.executor.connection.monitor import ConnectionMonitor
from processors.executor.connection.org_facts import OrgMetadataCache
from processors.executor.dependencies import OrgDependencies
from processors.executor.in_doubt.answers import as_it_counts, names_gone, told, unsure
from processors.executor.in_doubt.verify import verification_questions, verify_rows
from processors.executor.org_queue.claims import Job
from processors.executor.org_queue.pace import Pace
from processors.executor.org_queue.priority import LIVE
from processors.executor.org_queue.scheduler import Scheduler
from processors.executor.pipeline.decide_batch import Batch
from processors.executor.pipeline.execute import execute
from processors.executor.pipeline.outbox import Outbox
from processors.executor.pipeline.pack import pack
from processors.executor.pipeline.read import look_up
from processors.executor.pipeline.unit_of_work import UnitOfWork
from processors.matching.manual_choice import resolution_of
from processors.model.errors import InDoubt, OrgDown, RequestRefused, TooLate, Transient
from processors.model.ledger import Lease, LedgerTransaction
from processors.model.plan import ApiCall, CallRow, Ending, plan_to_json
from processors.model.values import RowError, Written
from schemas.command import Command
from schemas.outcome import Reason

CRASHES = 3
"""How often a command may crash the executor, decided alone and without intents, before it is `error.internal`."""


class BatchPipeline:
    """Carries batches of one org out. Methods run in several threads at once; the desk keeps them apart."""

    def __init__(
        self, deps: OrgDependencies, lease: Lease, scheduler: Scheduler, spread: Callable[[str, list[Job]], None]
    ) -> None:
        """
        Args:
            spread: Carries a batch that was split off out, beside the one that it came from.
        """
        self._deps = deps
        self._lease = lease
        self._scheduler = scheduler
        self._spread = spread
        self.last_sequence = lease.last_sequence
        self.outbox = Outbox()
        self.watch = ConnectionMonitor(deps, lease, scheduler, self.tell)
        self.known = OrgMetadataCache(deps, self.watch)
        self._worked: Counter[str] = Counter()
        self._worked_lock = threading.Lock()
        self.pace = Pace()

    def defer(self, job: Job, why: str) -> None:
        """Tell that this command, and all of its lane, wait for the org's next API calls; once a pause."""
        work = UnitOfWork(self._deps)
        work.notice(job, "deferred", why)
        self.tell(work.change())
        self._deps.metrics.count("lanes_deferred_total", org=self._deps.org)

    def process(self, holder: str, jobs: list[Job]) -> None:
        """Do the work of one batch."""
        with self._worked_lock:
            self._worked.update(job.command.integration for job in jobs)
        choices = [job for job in jobs if _is_choice(job.command)]
        if choices:
            self._choose(holder, choices)
        jobs = [job for job in jobs if not _is_choice(job.command)]
        work = UnitOfWork(self._deps)
        ready = [job for job in jobs if job.plan is not None]
        fresh = [job for job in jobs if job.plan is None]
        wanting = []
        for job in fresh:
            ending = self._without_org(job)
            if ending is None:
                wanting.append(job)
            else:
                work.settle(job, None, ending)
        if wanting:
            ready += self._decide(holder, wanting, work)
        self.carry_out(holder, ready, work)

    def _without_org(self, job: Job) -> Ending | None:
        """Return how a command ends that needs no look at the org, or None."""
        command = job.command
        if command.kind == "skip":
            return _skip_ending(command.skip_reason or "other")
        if job.settings is None:
            detail = f"integration {command.integration} is not in the executor's settings; add its file and replay"
            return Ending("error", "settings_missing", detail)
        return None

    def _choose(self, holder: str, choices: Iterable[Job]) -> None:
        """Let the parked commands that these choices are about go on; the first choice wins, once (attack D16)."""
        work = UnitOfWork(self._deps)
        for job in choices:
            choice = resolution_of(job.command)
            if isinstance(choice, Ending):
                work.settle(job, None, choice)
                continue
            about = (job.command.request.about if job.command.request else None) or ""
            parked = self._scheduler.choose(about)
            if parked is None:
                detail = f"nothing waits for a choice under {about}: it was chosen for before, or its time was up"
                work.settle(job, None, Ending("skipped", "already_resolved", detail))
                continue
            parked.resolution = choice
            work.resume(parked, choice)
            work.settle(job, None, Ending("updated", "resolved", f"command {about} goes on with it"))
        self.store(holder, work, None)

    def _decide(self, holder: str, jobs: list[Job], work: UnitOfWork) -> list[Job]:
        salesforce, facts = self.known.org()
        jobs = [job for job in self.known.held_back(jobs, work) if not job.suspect or self._suspect(job, work)]
        if not jobs:
            return []
        self._deps.probe("after_claim")
        began = self._deps.clock()
        try:
            batch = look_up(jobs, self._deps, self._lease, salesforce, facts)
        except RequestRefused as refused:
            self._unread(jobs, refused, work)
            return []
        self._deps.probe("after_match")
        for job in jobs:
            # It has been decided and the process still runs: whatever ended it before was something else (D20).
            job.suspect, job.crashes = False, 0
        self._faults(jobs, batch, work)
        work.back += batch.waiting
        planned = [job for job in jobs if job.id in batch.plans]
        going, waiting = self._scheduler.widen(holder, planned, batch.wanted, self._deps.clock() - began)
        for job in waiting:
            job.plan = None
        for job in going:
            job.plan = batch.plans[job.id]
        return going

    def _suspect(self, job: Job, work: UnitOfWork) -> bool:
        """Count a command that was at work at a crash before it is decided, alone; give up after `CRASHES`."""
        if job.crashes >= CRASHES:
            detail = f"deciding this command ended the executor {CRASHES} times; please report it with this outcome"
            work.settle(job, None, Ending("error", "internal", detail))
            return False
        job.crashes = self._deps.ledger.mark_crashing(self._lease, job.id)
        return True

    def _unread(self, jobs: list[Job], refused: RequestRefused, work: UnitOfWork) -> None:
        """
        The org refuses what was asked about these commands: each alone; one that is refused alone ends.

        Where it says that a field is gone, describe is read once, and those that map it wait (LL-18).
        """
        if refused.gone is None:
            self.known.forget()
        elif self.known.all_held(refused.gone, jobs, work):
            return
        for job in jobs:
            if job.alone and job.tries:
                error = RowError(type(refused).__name__, str(refused))
                work.settle(job, None, Ending("error", "salesforce_refused", str(refused), (error,)))
            else:
                job.alone = True
                work.postpone(job, str(refused))

    def _faults(self, jobs: Iterable[Job], batch: Batch, work: UnitOfWork) -> None:
        for job in jobs:
            fault = batch.faults.get(job.id)
            if fault is None:
                continue
            job.tries += 1
            if job.tries >= CRASHES:
                detail = f"deciding this command failed {job.tries} times: {type(fault).__name__}: {fault}"
                work.settle(job, None, Ending("error", "internal", detail))
            else:
                work.postpone(job, f"{type(fault).__name__}: {fault}")

    def take_worked(self) -> Mapping[str, int]:
        """Return how many commands of each integration were worked on since this was asked last (LL-1)."""
        with self._worked_lock:
            worked, self._worked = self._worked, Counter()
            return worked

    def tell(self, change: LedgerTransaction) -> None:
        """Store a change that is about no call of ours, and let its notices be published."""
        applied = self._deps.ledger.apply(self._lease, change)
        self.outbox.put((), applied.numbers, change.noticed)
        self.last_sequence = max(self.last_sequence, applied.last_sequence)

    def carry_out(self, holder: str, jobs: list[Job], work: UnitOfWork) -> None:
        """Send the plans' steps until each is done, postponed or in doubt; what needs other calls goes beside them."""
        while True:
            finished = [job for job in jobs if job.plan is not None and job.plan.step is None]
            for job in finished:
                if job.plan is not None and (wait := job.plan.decision.wait_seconds) is not None:
                    work.postpone(job, job.plan.decision.detail or "", tries=job.tries, delay=wait)
                elif job.plan is not None and job.plan.decision.park:
                    work.park(job, job.plan.decision)
                else:
                    work.settle(job, job.plan, None)
            jobs = [job for job in jobs if job.plan is not None and job.plan.step is not None]
            try:
                calls = self._calls(jobs)
            except (RequestRefused, Transient):
                self.store(holder, work, None, (), jobs)
                raise
            call_now = calls[0] if calls else None
            members = set(call_now.commands) if call_now else set()
            others = [job for job in jobs if job.id not in members]
            jobs = [job for job in jobs if job.id in members]
            self.store(holder, work, call_now, jobs, others)
            for call in calls[1:]:
                apart = [job for job in others if job.id in set(call.commands)]
                self._spread(self._scheduler.split(holder, apart), apart)
            if call_now is None:
                return
            work = UnitOfWork(self._deps)
            jobs = self._send(holder, call_now, jobs, work)

    def _calls(self, jobs: list[Job]) -> list[ApiCall]:
        if not jobs:
            return []
        deps = self._deps
        _, facts = self.known.org()
        return pack(jobs, facts.external_field, deps.terms, deps.clock(), deps.new_id)

    def store(
        self,
        holder: str,
        work: UnitOfWork,
        call: ApiCall | None,
        jobs: Sequence[Job] = (),
        others: Sequence[Job] = (),
    ) -> None:
        """
        Write what is pending, with the next call's intents, in one transaction; then let memory follow.

        Args:
            items: The commands that share in *call*.
            others: Those whose next steps go in other calls: what was done of their plans is kept by this transaction,
                for it also forgets the call that did it.
        """
        plans = {job.id: plan_to_json(job.plan) for job in others if job.plan is not None and job.plan.results}
        if call is not None:
            for job in jobs:
                if job.plan is not None:
                    job.plan = replace(job.plan, calls=(*job.plan.calls, call.id))
                    plans[job.id] = plan_to_json(job.plan)
        change = work.change(call, plans)
        if change != LedgerTransaction():
            applied = self._deps.ledger.apply(self._lease, change)
            self.outbox.put(work.settled, applied.numbers, work.noticed)
            self.last_sequence = max(self.last_sequence, applied.last_sequence)
        self._deps.probe("after_settle" if work.settled else "after_ledger")
        for dead in work.dead:
            self._scheduler.dead(dead)
        self._scheduler.woken(work.woken, self._deps.clock())
        self._scheduler.leave(holder, work.left)
        self._scheduler.give_back(holder, work.back)

    def _send(self, holder: str, call: ApiCall, jobs: list[Job], work: UnitOfWork) -> list[Job]:
        """Send one call; return the commands that go on at once."""
        deps = self._deps
        deps.probe("after_intents")
        began = deps.clock()
        try:
            answers = execute(self.known.org()[0], call)
        except InDoubt:
            deps.metrics.count("api_calls_in_doubt_total", org=deps.org)
            deps.probe("in_doubt")
            self._scheduler.doubt(holder, call, jobs, deps.clock() + deps.look_every * 0.2)
            return []
        except (RequestRefused, Transient) as failure:
            self._not_applied(call, jobs, failure, work)
            if isinstance(failure, OrgDown):
                self.store(holder, work, None)
                raise
            return []
        try:
            checked = self._checked(call, answers)
        except (RequestRefused, Transient):
            # What the refusals mean is not known, and the ledger still says that the call may land.
            self._scheduler.doubt(holder, call, jobs, deps.clock() + deps.look_every)
            return []
        took = deps.clock() - began
        self._scheduler.answered(took, jobs[0].lane if jobs else LIVE)
        self.pace.learn(len(call.rows), took)
        deps.metrics.observe("stage_duration_seconds", took, stage="execute")
        deps.probe("after_write")
        work.answered.append(call.id)
        return self._take(call, checked, jobs, work)

    def _not_applied(
        self, call: ApiCall, jobs: list[Job], failure: RequestRefused | Transient, work: UnitOfWork
    ) -> None:
        """Nothing of a call was applied: its commands wait again, by what it was that failed."""
        work.answered.append(call.id)
        if isinstance(failure, RequestRefused):
            if failure.gone is None:
                self.known.forget()
            elif self.known.all_held(failure.gone, jobs, work):
                return
            if len(jobs) == 1 and jobs[0].alone:
                error = RowError(type(failure).__name__, str(failure))
                work.settle(jobs[0], jobs[0].plan, Ending("error", "salesforce_refused", None, (error,)))
                return
        why = str(failure)
        for job in jobs:
            if isinstance(failure, RequestRefused):
                # One row's content made the org refuse the whole request, and it is not known whose.
                job.alone = True
            if isinstance(failure, OrgDown | TooLate):
                work.postpone(job, why, tries=job.tries, delay=0.0)
            else:
                work.postpone(job, why)

    def _take(self, call: ApiCall, checked: Sequence[Written], jobs: list[Job], work: UnitOfWork) -> list[Job]:
        """Read a call's answers: who goes on, who waits for a lock, whose write was refused."""
        by_id = {job.id: job for job in jobs}
        onward: list[Job] = []
        for row, written in zip(call.rows, checked, strict=True):
            members = [by_id[part.command_id] for part in row.parts]
            if written.success:
                work.advance(members, written)
                onward += members
            elif (gone := names_gone(written)) is not None and self.known.all_held(gone, members, work):
                continue
            elif any(error.transient for error in written.errors):
                for job in members:
                    work.postpone(job, told(written.errors))
            elif len(members) > 1:
                # One of the merged writes is refused, and it is not known which: each goes alone, in order.
                for job in members:
                    job.alone = True
                    work.postpone(job, "its write was merged with another and refused", delay=0.0)
            else:
                ending = Ending("error", "salesforce_refused", None, written.errors)
                work.settle(members[0], members[0].plan, ending)
        return onward

    def _checked(self, call: ApiCall, answers: Sequence[Written]) -> list[Written]:
        """What the answer to a resend does not say is read before it counts: a refusal (D7), who created it."""
        answers = [as_it_counts(row, written) for row, written in zip(call.rows, answers, strict=True)]
        doubtful = [row for row, written in zip(call.rows, answers, strict=True) if unsure(row, written)]
        if not call.resent or not doubtful:
            return list(answers)
        seen = dict(zip((row.parts for row in doubtful), self.look(doubtful, call.intended_at), strict=True))
        return [seen.get(row.parts) or written for row, written in zip(call.rows, answers, strict=True)]

    def look(self, rows: Sequence[CallRow], intended_at: float) -> list[Written | None]:
        """Read what the rows wrote; return for each the answer that it must have got, or None where it is not seen."""
        salesforce, facts = self.known.org()
        found = salesforce.find(verification_questions(rows))
        records = [record for answer in found.rows for record in answer]
        return verify_rows(rows, records, facts.user_id, intended_at)


def _is_choice(command: Command) -> bool:
    """Whether it is a choice about a parked command; without one it is a change of the match for what follows."""
    return command.kind == "resolve" and bool(command.request and command.request.about)


def _skip_ending(reason: str) -> Ending:
    """
    Return the ending of a command that the intake left out; a reason that this build does not know is told as
    detail.
    """
    known = next((one for one in get_args(Reason) if one == reason), None)
    return Ending("skipped", known or "other", None if known else reason)
