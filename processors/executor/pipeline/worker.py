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
from processors.executor.in_doubt.verify import questions, verdicts
from processors.executor.org_queue.claims import Job
from processors.executor.org_queue.pace import Pace
from processors.executor.org_queue.priority import LIVE
from processors.executor.org_queue.scheduler import Scheduler
from processors.executor.pipeline.decide_batch import Batch
from processors.executor.pipeline.execute import execute
from processors.executor.pipeline.outbox import Outbox
from processors.executor.pipeline.pack import pack
from processors.executor.pipeline.read import look_up
from processors.executor.pipeline.settle import Ending
from processors.executor.pipeline.unit_of_work import UnitOfWork
from processors.matching.manual_choice import resolution_of
from processors.model.errors import InDoubt, OrgDown, RequestRefused, TooLate, Transient
from processors.model.ledger import Lease, LedgerTransaction
from processors.model.plan import ApiCall, Row, plan_to_json
from processors.model.values import RowError, Written
from schemas.command import Command
from schemas.outcome import Reason

CRASHES = 3
"""How often a command may crash the executor, decided alone and without intents, before it is `error.internal`."""


class BatchPipeline:
    """Carries batches of one org out. Methods run in several threads at once; the desk keeps them apart."""

    def __init__(
        self, context: OrgDependencies, lease: Lease, desk: Scheduler, spread: Callable[[str, list[Job]], None]
    ) -> None:
        """
        Args:
            spread: Carries a batch that was split off out, beside the one that it came from.
        """
        self._context = context
        self._lease = lease
        self._desk = desk
        self._spread = spread
        self.last_sequence = lease.last_sequence
        self.outbox = Outbox()
        self.watch = ConnectionMonitor(context, lease, desk, self.tell)
        self.known = OrgMetadataCache(context, self.watch)
        self._worked: Counter[str] = Counter()
        self._worked_lock = threading.Lock()
        self.pace = Pace()

    def defer(self, item: Job, why: str) -> None:
        """Tell that this command, and all of its lane, wait for the org's next API calls; once a pause."""
        pending = UnitOfWork(self._context)
        pending.notice(item, "deferred", why)
        self.tell(pending.change())
        self._context.metrics.count("lanes_deferred_total", org=self._context.org)

    def process(self, holder: str, items: list[Job]) -> None:
        """Do the work of one batch."""
        with self._worked_lock:
            self._worked.update(item.command.integration for item in items)
        choices = [item for item in items if _is_choice(item.command)]
        if choices:
            self._choose(holder, choices)
        items = [item for item in items if not _is_choice(item.command)]
        pending = UnitOfWork(self._context)
        ready = [item for item in items if item.plan is not None]
        fresh = [item for item in items if item.plan is None]
        wanting = []
        for item in fresh:
            ending = self._without_org(item)
            if ending is None:
                wanting.append(item)
            else:
                pending.settle(item, None, ending)
        if wanting:
            ready += self._decide(holder, wanting, pending)
        self.carry_out(holder, ready, pending)

    def _without_org(self, item: Job) -> Ending | None:
        """Return how a command ends that needs no look at the org, or None."""
        command = item.command
        if command.kind == "skip":
            return _skip_ending(command.skip_reason or "other")
        if item.settings is None:
            detail = f"integration {command.integration} is not in the executor's settings; add its file and replay"
            return Ending("error", "settings_missing", detail)
        return None

    def _choose(self, holder: str, choices: Iterable[Job]) -> None:
        """Let the parked commands that these choices are about go on; the first choice wins, once (attack D16)."""
        pending = UnitOfWork(self._context)
        for item in choices:
            choice = resolution_of(item.command)
            if isinstance(choice, Ending):
                pending.settle(item, None, choice)
                continue
            about = (item.command.request.about if item.command.request else None) or ""
            parked = self._desk.choose(about)
            if parked is None:
                detail = f"nothing waits for a choice under {about}: it was chosen for before, or its time was up"
                pending.settle(item, None, Ending("skipped", "already_resolved", detail))
                continue
            parked.resolution = choice
            pending.resume(parked, choice)
            pending.settle(item, None, Ending("updated", "resolved", f"command {about} goes on with it"))
        self.store(holder, pending, None)

    def _decide(self, holder: str, items: list[Job], pending: UnitOfWork) -> list[Job]:
        salesforce, facts = self.known.org()
        items = [
            item for item in self.known.held_back(items, pending) if not item.suspect or self._suspect(item, pending)
        ]
        if not items:
            return []
        self._context.probe("after_claim")
        began = self._context.clock()
        try:
            batch = look_up(items, self._context, self._lease, salesforce, facts)
        except RequestRefused as refused:
            self._unread(items, refused, pending)
            return []
        self._context.probe("after_match")
        for item in items:
            # It has been decided and the process still runs: whatever ended it before was something else (D20).
            item.suspect, item.crashes = False, 0
        self._faults(items, batch, pending)
        pending.back += batch.waiting
        planned = [item for item in items if item.id in batch.plans]
        going, waiting = self._desk.widen(holder, planned, batch.wanted, self._context.clock() - began)
        for item in waiting:
            item.plan = None
        for item in going:
            item.plan = batch.plans[item.id]
        return going

    def _suspect(self, item: Job, pending: UnitOfWork) -> bool:
        """Count a command that was at work at a crash before it is decided, alone; give up after `CRASHES`."""
        if item.crashes >= CRASHES:
            detail = f"deciding this command ended the executor {CRASHES} times; please report it with this outcome"
            pending.settle(item, None, Ending("error", "internal", detail))
            return False
        item.crashes = self._context.ledger.mark_crashing(self._lease, item.id)
        return True

    def _unread(self, items: list[Job], refused: RequestRefused, pending: UnitOfWork) -> None:
        """
        The org refuses what was asked about these commands: each alone; one that is refused alone ends.

        Where it says that a field is gone, describe is read once, and those that map it wait (LL-18).
        """
        if refused.gone is None:
            self.known.forget()
        elif self.known.all_held(refused.gone, items, pending):
            return
        for item in items:
            if item.alone and item.tries:
                error = RowError(type(refused).__name__, str(refused))
                pending.settle(item, None, Ending("error", "salesforce_refused", str(refused), (error,)))
            else:
                item.alone = True
                pending.postpone(item, str(refused))

    def _faults(self, items: Iterable[Job], batch: Batch, pending: UnitOfWork) -> None:
        for item in items:
            fault = batch.faults.get(item.id)
            if fault is None:
                continue
            item.tries += 1
            if item.tries >= CRASHES:
                detail = f"deciding this command failed {item.tries} times: {type(fault).__name__}: {fault}"
                pending.settle(item, None, Ending("error", "internal", detail))
            else:
                pending.postpone(item, f"{type(fault).__name__}: {fault}")

    def take_worked(self) -> Mapping[str, int]:
        """Return how many commands of each integration were worked on since this was asked last (LL-1)."""
        with self._worked_lock:
            worked, self._worked = self._worked, Counter()
            return worked

    def tell(self, change: LedgerTransaction) -> None:
        """Store a change that is about no call of ours, and let its notices be published."""
        applied = self._context.ledger.apply(self._lease, change)
        self.outbox.put((), applied.numbers, change.noticed)
        self.last_sequence = max(self.last_sequence, applied.last_sequence)

    def carry_out(self, holder: str, items: list[Job], pending: UnitOfWork) -> None:
        """Send the plans' steps until each is done, postponed or in doubt; what needs other calls goes beside them."""
        while True:
            finished = [item for item in items if item.plan is not None and item.plan.step is None]
            for item in finished:
                if item.plan is not None and (wait := item.plan.decision.wait_seconds) is not None:
                    pending.postpone(item, item.plan.decision.detail or "", tries=item.tries, delay=wait)
                elif item.plan is not None and item.plan.decision.park:
                    pending.park(item, item.plan.decision)
                else:
                    pending.settle(item, item.plan, None)
            items = [item for item in items if item.plan is not None and item.plan.step is not None]
            try:
                calls = self._calls(items)
            except (RequestRefused, Transient):
                self.store(holder, pending, None, (), items)
                raise
            call_now = calls[0] if calls else None
            members = set(call_now.commands) if call_now else set()
            others = [item for item in items if item.id not in members]
            items = [item for item in items if item.id in members]
            self.store(holder, pending, call_now, items, others)
            for call in calls[1:]:
                apart = [item for item in others if item.id in set(call.commands)]
                self._spread(self._desk.split(holder, apart), apart)
            if call_now is None:
                return
            pending = UnitOfWork(self._context)
            items = self._send(holder, call_now, items, pending)

    def _calls(self, items: list[Job]) -> list[ApiCall]:
        if not items:
            return []
        context = self._context
        _, facts = self.known.org()
        return pack(items, facts.external_field, context.terms, context.clock(), context.new_id)

    def store(
        self,
        holder: str,
        pending: UnitOfWork,
        call: ApiCall | None,
        items: Sequence[Job] = (),
        others: Sequence[Job] = (),
    ) -> None:
        """
        Write what is pending, with the next call's intents, in one transaction; then let memory follow.

        Args:
            items: The commands that share in *call*.
            others: Those whose next steps go in other calls: what was done of their plans is kept by this transaction,
                for it also forgets the call that did it.
        """
        plans = {item.id: plan_to_json(item.plan) for item in others if item.plan is not None and item.plan.results}
        if call is not None:
            for item in items:
                if item.plan is not None:
                    item.plan = replace(item.plan, calls=(*item.plan.calls, call.id))
                    plans[item.id] = plan_to_json(item.plan)
        change = pending.change(call, plans)
        if change != LedgerTransaction():
            applied = self._context.ledger.apply(self._lease, change)
            self.outbox.put(pending.settled, applied.numbers, pending.noticed)
            self.last_sequence = max(self.last_sequence, applied.last_sequence)
        self._context.probe("after_settle" if pending.settled else "after_ledger")
        for dead in pending.dead:
            self._desk.dead(dead)
        self._desk.woken(pending.woken, self._context.clock())
        self._desk.leave(holder, pending.left)
        self._desk.give_back(holder, pending.back)

    def _send(self, holder: str, call: ApiCall, items: list[Job], pending: UnitOfWork) -> list[Job]:
        """Send one call; return the commands that go on at once."""
        context = self._context
        context.probe("after_intents")
        began = context.clock()
        try:
            answers = execute(self.known.org()[0], call)
        except InDoubt:
            context.metrics.count("api_calls_in_doubt_total", org=context.org)
            context.probe("in_doubt")
            self._desk.doubt(holder, call, items, context.clock() + context.look_every * 0.2)
            return []
        except (RequestRefused, Transient) as failure:
            self._not_applied(call, items, failure, pending)
            if isinstance(failure, OrgDown):
                self.store(holder, pending, None)
                raise
            return []
        try:
            checked = self._checked(call, answers)
        except (RequestRefused, Transient):
            # What the refusals mean is not known, and the ledger still says that the call may land.
            self._desk.doubt(holder, call, items, context.clock() + context.look_every)
            return []
        took = context.clock() - began
        self._desk.answered(took, items[0].lane if items else LIVE)
        self.pace.learn(len(call.rows), took)
        context.metrics.observe("stage_duration_seconds", took, stage="execute")
        context.probe("after_write")
        pending.answered.append(call.id)
        return self._take(call, checked, items, pending)

    def _not_applied(
        self, call: ApiCall, items: list[Job], failure: RequestRefused | Transient, pending: UnitOfWork
    ) -> None:
        """Nothing of a call was applied: its commands wait again, by what it was that failed."""
        pending.answered.append(call.id)
        if isinstance(failure, RequestRefused):
            if failure.gone is None:
                self.known.forget()
            elif self.known.all_held(failure.gone, items, pending):
                return
            if len(items) == 1 and items[0].alone:
                error = RowError(type(failure).__name__, str(failure))
                pending.settle(items[0], items[0].plan, Ending("error", "salesforce_refused", None, (error,)))
                return
        why = str(failure)
        for item in items:
            if isinstance(failure, RequestRefused):
                # One row's content made the org refuse the whole request, and it is not known whose.
                item.alone = True
            if isinstance(failure, OrgDown | TooLate):
                pending.postpone(item, why, tries=item.tries, delay=0.0)
            else:
                pending.postpone(item, why)

    def _take(self, call: ApiCall, checked: Sequence[Written], items: list[Job], pending: UnitOfWork) -> list[Job]:
        """Read a call's answers: who goes on, who waits for a lock, whose write was refused."""
        by_id = {item.id: item for item in items}
        onward: list[Job] = []
        for row, written in zip(call.rows, checked, strict=True):
            members = [by_id[part.command_id] for part in row.parts]
            if written.success:
                pending.advance(members, written)
                onward += members
            elif (gone := names_gone(written)) is not None and self.known.all_held(gone, members, pending):
                continue
            elif any(error.transient for error in written.errors):
                for item in members:
                    pending.postpone(item, told(written.errors))
            elif len(members) > 1:
                # One of the merged writes is refused, and it is not known which: each goes alone, in order.
                for item in members:
                    item.alone = True
                    pending.postpone(item, "its write was merged with another and refused", delay=0.0)
            else:
                ending = Ending("error", "salesforce_refused", None, written.errors)
                pending.settle(members[0], members[0].plan, ending)
        return onward

    def _checked(self, call: ApiCall, answers: Sequence[Written]) -> list[Written]:
        """What the answer to a resend does not say is read before it counts: a refusal (D7), who created it."""
        answers = [as_it_counts(row, written) for row, written in zip(call.rows, answers, strict=True)]
        doubtful = [row for row, written in zip(call.rows, answers, strict=True) if unsure(row, written)]
        if not call.resent or not doubtful:
            return list(answers)
        seen = dict(zip((row.parts for row in doubtful), self.look(doubtful, call.intended_at), strict=True))
        return [seen.get(row.parts) or written for row, written in zip(call.rows, answers, strict=True)]

    def look(self, rows: Sequence[Row], intended_at: float) -> list[Written | None]:
        """Read what the rows wrote; return for each the answer that it must have got, or None where it is not seen."""
        salesforce, facts = self.known.org()
        found = salesforce.find(questions(rows))
        records = [record for answer in found.rows for record in answer]
        return verdicts(rows, records, facts.user_id, intended_at)


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
