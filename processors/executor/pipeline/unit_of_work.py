"""
One ledger transaction, from what became of a batch; and who follows it in memory once it is stored.

In: entries of `progress.py`, in order.  Out: a `LedgerTransaction`, and the jobs that leave or wait again.
Rule of this file: nothing is stored, sent or let go here; a job's wait begins here, its end only when it is stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from processors.executor.dependencies import OrgDependencies
from processors.executor.jobs import progress as becomes
from processors.executor.jobs.job import LONGEST_REASON, Job, postponed
from processors.executor.jobs.notices import job_notice, ledger_row
from processors.executor.jobs.progress import Progress
from processors.executor.pipeline.ledger_facts import LedgerFacts
from processors.executor.pipeline.outcome_bytes import outcome_bytes, outcome_of
from processors.executor.pipeline.settle import candidate
from processors.model.field_history import fields_to_json, stamp
from processors.model.ledger import LANE_NAMES, LedgerTransaction, Noticed, Postponed, Resumed, Settled
from processors.model.plan import ApiCall, resolution_to_json
from schemas.notice import NoticeKind
from schemas.outcome import Candidate, Outcome


def unit_of_work(
    progress: Iterable[Progress], deps: OrgDependencies, call: ApiCall | None, plans: Mapping[str, bytes]
) -> tuple[LedgerTransaction, "UnitOfWork"]:
    """Return what these entries come to, with the next call's intents and the plans that share in it."""
    work = UnitOfWork(deps)
    for entry in progress:
        work.add(entry)
    return work.transaction(call, plans), work


@dataclass(slots=True)
class UnitOfWork:
    """What the next ledger transaction holds, and what memory follows it with: `left`, `back`, `woken`, `over`."""

    deps: OrgDependencies
    facts: LedgerFacts = field(default_factory=LedgerFacts)
    settled: list[Settled] = field(default_factory=list)
    postponed: list[Postponed] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    alive: list[ApiCall] = field(default_factory=list)
    resumed: list[Resumed] = field(default_factory=list)
    noticed: list[Noticed] = field(default_factory=list)
    woken: list[Job] = field(default_factory=list)
    left: list[Job] = field(default_factory=list)
    back: list[Job] = field(default_factory=list)
    over: list[ApiCall] = field(default_factory=list)

    def transaction(self, call: ApiCall | None, plans: Mapping[str, bytes]) -> LedgerTransaction:
        """Return the transaction, with the next call's intents and the plans that share in it."""
        facts = self.facts
        return LedgerTransaction(
            intended=[call] if call else (),
            plans=plans,
            answered=self.answered,
            alive=self.alive,
            settled=self.settled,
            postponed=self.postponed,
            links=facts.links,
            unlinked=facts.unlinked,
            source_states=facts.source_states,
            resumed=self.resumed,
            noticed=self.noticed,
            own_records=facts.own_records,
            disowned=facts.disowned,
            field_history={record_id: fields_to_json(fields) for record_id, fields in facts.field_history.items()},
        )

    def add(self, entry: Progress) -> None:
        """Take one entry in."""
        match entry:
            case becomes.StepDone(job, plan, written):
                self.facts.step_done(job, plan, written)
            case becomes.MadeBefore(job, plan, written):
                self.facts.made_before(job, plan, written)
            case becomes.Ended():
                self._end(entry)
            case becomes.Delayed() | becomes.FieldMissing() | becomes.NeedsRead():
                self._wait(entry)
            case becomes.NeedsChoice():
                self._park(entry)
            case becomes.ChoiceMade():
                self._resume(entry)
            case becomes.CallAnswered(call):
                self.answered.append(call.id)
            case becomes.CallOver(call):
                self.answered.append(call.id)
                self.over.append(call)
            case becomes.CallAlive(call):
                self.alive.append(call)

    def _end(self, end: becomes.Ended) -> None:
        """End a command: its outcome goes into the transaction."""
        deps, job = self.deps, end.job
        decider = deps.deciders.get(job.command.integration)
        digest = decider.digest if decider else ""
        outcome, body = outcome_bytes(outcome_of(end, digest, deps.now()), deps.codec)
        self.settled.append(
            Settled(
                command_id=job.id,
                outcome=body,
                kind=outcome.kind,
                reason=outcome.reason,
                key=outcome.key,
                headers=orjson.dumps({name: value.decode() for name, value in deps.headers(outcome)}),
                absorbed=job.members,
            )
        )
        self._keep_facts(end)
        self.left.append(job)
        self._measure(end, outcome)

    def _keep_facts(self, end: becomes.Ended) -> None:
        job, plan = end.job, end.plan
        if plan is None:
            if job.command.kind == "skip" and job.command.skip_reason != "id_reused":
                self.facts.left_out(job)
            return
        creates = plan.step is not None and plan.step.operation == "create"
        if end.ending is None:
            self.facts.carried_out(job, plan)
        elif job.call is not None and not plan.results and creates:
            # The steps of a call that could not be logged are kept: a later one may log it whole.
            self.facts.states_of(job, plan)

    def _wait(self, entry: becomes.Delayed | becomes.FieldMissing | becomes.NeedsRead) -> None:
        """Send a command back to the queue: it keeps its place, and its plan only where something of it is done."""
        job, deps = entry.job, self.deps
        if isinstance(entry, becomes.Delayed):
            tries = job.tries + 1 if entry.tries is None else entry.tries
            delay = deps.row_retry.delay(tries) if entry.delay is None else entry.delay
            job.postpone(deps.clock() + delay, tries)
            self.postponed.append(postponed(job, entry.why))
        elif isinstance(entry, becomes.FieldMissing):
            job.wait_anew()
            self.postponed.append(postponed(job, entry.why, "field_removed"))
        self.back.append(job)

    def _park(self, entry: becomes.NeedsChoice) -> None:
        """Let a command wait for someone's choice, and tell who listens what there is to choose from."""
        deps, job, decision = self.deps, entry.job, entry.decision
        hours = job.settings.match.park_hours if job.settings else 0.0
        found = tuple(candidate(record) for record in decision.candidates)
        job.park(deps.clock() + hours * 3600, found)
        why = decision.detail or "several records match; someone has to choose"
        self.postponed.append(Postponed(job.id, job.due, why[:LONGEST_REASON], blocker="parked", parked=True))
        self._notice(job, "parked", why, found, datetime.fromtimestamp(job.due, UTC))
        deps.metrics.count("commands_parked_total", org=deps.org, integration=job.command.integration)
        self.back.append(job)

    def _resume(self, entry: becomes.ChoiceMade) -> None:
        """Let a parked command go on with the choice that someone made."""
        job, made = entry.job, entry.resolution
        self.resumed.append(Resumed(job.id, self.deps.clock(), resolution_to_json(made)))
        chosen = tuple(item for item in job.offered if made.record_id and item.id[:15] == made.record_id[:15])
        named = [f"{item.object} {item.name} ({item.id})" for item in chosen if item.name]
        what = next(iter(named), made.record_id or "a new record")
        self._notice(job, "resumed", f"{made.by or 'someone'} chose {what}"[:LONGEST_REASON], chosen)
        self.woken.append(job)

    def _notice(
        self,
        job: Job,
        kind: NoticeKind,
        reason: str,
        candidates: tuple[Candidate, ...] = (),
        until: datetime | None = None,
    ) -> None:
        deps = self.deps
        notice = job_notice(job, kind, reason, deps.now(), candidates, until)
        self.noticed.append(ledger_row(notice, deps.codec, deps.notice_headers))

    def _measure(self, end: becomes.Ended, outcome: Outcome) -> None:
        metrics, plan = self.deps.metrics, end.plan
        metrics.count(
            "outcomes_total", org=outcome.org, integration=outcome.integration, kind=outcome.kind, reason=outcome.reason
        )
        for how, unfit in (("conformed", outcome.conformed_fields), ("dropped", outcome.dropped_fields)):
            for conformed_field in unfit:
                metrics.count(
                    "values_unfit_total",
                    org=outcome.org,
                    integration=outcome.integration,
                    field=conformed_field.field,
                    how=how,
                )
        age = max(0.0, self.deps.clock() - outcome.event_time.timestamp())
        metrics.observe("event_age_at_outcome_seconds", age, org=outcome.org, lane=LANE_NAMES[end.job.lane])
        if plan is not None and plan.decision.at and plan.decision.at < stamp(end.job.command.event_time):
            metrics.count("events_ahead_total", org=self.deps.org, integration=outcome.integration)
