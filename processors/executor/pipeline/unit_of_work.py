"""
What a batch has come to, between two ledger transactions: ends, waits, answers, and who follows them in memory.

In: commands with what became of their steps.  Out: one `LedgerTransaction`.
Rule of this file: everything is only gathered here; nothing is stored, sent or let go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from processors.executor.dependencies import OrgDependencies
from processors.executor.org_queue.claims import Job, person_names
from processors.executor.pipeline.field_history import clocks_of, of_the_lead
from processors.executor.pipeline.settle import candidate, reused, settle
from processors.model.field_history import fields_to_json, seen, stamp
from processors.model.ledger import LedgerTransaction, Noticed, Postponed, Resumed, Settled
from processors.model.plan import ApiCall, Ending, Plan, plan_to_json, resolution_to_json
from processors.model.values import EVERY_NAME, Decision, Resolution, Step, Written
from schemas.identity import notice_id
from schemas.notice import Notice, NoticeKind
from schemas.outcome import Candidate, Outcome


@dataclass(slots=True)
class UnitOfWork:
    """What the next ledger transaction will hold, and what memory will follow it with."""

    deps: OrgDependencies
    settled: list[Settled] = field(default_factory=list)
    postponed: list[Postponed] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    alive: list[ApiCall] = field(default_factory=list)
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    unlinked: list[tuple[str, str]] = field(default_factory=list)
    source_states: dict[tuple[str, str], bytes] = field(default_factory=dict)
    clocks: dict[str, dict[str, Any]] = field(default_factory=dict)
    resumed: list[Resumed] = field(default_factory=list)
    noticed: list[Noticed] = field(default_factory=list)
    woken: list[Job] = field(default_factory=list)
    left: list[Job] = field(default_factory=list)
    back: list[Job] = field(default_factory=list)
    dead: list[ApiCall] = field(default_factory=list)

    def change(self, call: ApiCall | None = None, plans: Mapping[str, bytes] | None = None) -> LedgerTransaction:
        """Return it as one change, with the next call's intents."""
        return LedgerTransaction(
            intended=[call] if call else (),
            plans=plans or {},
            answered=self.answered,
            alive=self.alive,
            settled=self.settled,
            postponed=self.postponed,
            links=self.links,
            unlinked=self.unlinked,
            source_states=self.source_states,
            resumed=self.resumed,
            noticed=self.noticed,
            clocks={record_id: fields_to_json(fields) for record_id, fields in self.clocks.items()},
        )

    def advance(self, members: Iterable[Job], written: Written) -> None:
        """Answer the present step of each command."""
        for job in members:
            if job.plan is None or job.plan.step is None:
                continue
            step = job.plan.step
            self._clock(job, job.plan, step, written)
            job.plan = job.plan.answered(written)
            job.tries = job.resent = 0
            contact = job.plan.record_id("contact") or job.plan.fields(step).get("ContactId")
            if step.role == "opportunity" and written.id and contact:
                self.links["opportunity", str(contact)] = written.id
            if step.role == "activity" and written.id and step.effect:
                self.links["activity", step.effect] = written.id

    def _clock(self, job: Job, plan: Plan, step: Step, written: Written) -> None:
        """Keep which event wrote the fields of this step (EG): they are in the org now, whatever follows."""
        record_id = written.contact_id if step.operation == "convert" else plan.target(step) or written.id
        fields = clocks_of(job, plan, step)
        for whose, entries in ((record_id, fields), (plan.target(step), of_the_lead(job, plan, step))):
            if whose and entries:
                self.clocks.setdefault(whose, {}).update(entries)

    def settle(self, job: Job, plan: Plan | None, ending: Ending | None) -> None:
        """End a command: its outcome goes into the next transaction."""
        deps = self.deps
        digest = self._digest(job)
        if job.command.skip_reason == "id_reused":
            outcome = reused(job, digest, deps.now())
        else:
            outcome = settle(job, plan, digest, deps.now(), ending)
        self.settled.append(
            Settled(
                command_id=job.id,
                outcome=deps.codec.encode("outcome", outcome.to_avro()),
                kind=outcome.kind,
                reason=outcome.reason,
                key=outcome.key,
                headers=orjson.dumps({name: value.decode() for name, value in deps.headers(outcome)}),
                absorbed=job.members,
            )
        )
        if plan is not None and ending is None:
            self._keep(job, plan)
        elif plan is not None and job.call is not None and not plan.results and _creates(plan):
            # The steps of a call that could not be logged are kept: a later one may log it whole.
            self._keep_source_states(job, plan)
        self.left.append(job)
        self._measure(outcome)
        if plan is not None and plan.decision.at and plan.decision.at < stamp(job.command.event_time):
            deps.metrics.count("events_ahead_total", org=deps.org, integration=outcome.integration)

    def _digest(self, job: Job) -> str:
        decider = self.deps.deciders.get(job.command.integration)
        return decider.digest if decider else ""

    def _keep(self, job: Job, plan: Plan) -> None:
        """Keep what the decision says of the source's things, and the records that it came to."""
        self._keep_source_states(job, plan)
        for record_id, held in plan.decision.seen.items():
            fields = self.clocks.setdefault(record_id, {})
            for name in held:
                fields.update(seen(name, plan.decision.at, job.command.event_id))
        self.unlinked += [(link.kind, link.source_id) for link in plan.decision.unlinked]
        for link in plan.decision.links:
            record = link.record_id or (plan.record_id(link.role) if link.role else None)
            names = person_names(job.keys) if link.source_id == EVERY_NAME else [link.source_id]
            if record is not None:
                self.links.update({(link.kind, name): record for name in names})

    def _keep_source_states(self, job: Job, plan: Plan) -> None:
        for source_id, body in plan.decision.source_states.items():
            self.source_states[job.command.integration, source_id] = body

    def park(self, job: Job, decision: Decision) -> None:
        """Let a command wait for someone's choice, and tell who listens what there is to choose from."""
        deps = self.deps
        hours = job.settings.match.park_hours if job.settings else 0.0
        job.parked, job.due, job.plan = True, deps.clock() + hours * 3600, None
        why = decision.detail or "several records match; someone has to choose"
        self.postponed.append(Postponed(job.id, job.due, why[:500], blocker="parked", parked=True))
        found = tuple(candidate(record) for record in decision.candidates)
        self.notice(job, "parked", why, found, datetime.fromtimestamp(job.due, UTC))
        deps.metrics.count("commands_parked_total", org=deps.org, integration=job.command.integration)
        self.back.append(job)

    def resume(self, job: Job, resolution: Resolution) -> None:
        """Let a parked command go on with the choice that someone made."""
        self.resumed.append(Resumed(job.id, self.deps.clock(), resolution_to_json(resolution)))
        self.notice(job, "resumed", f"{resolution.by or 'someone'} chose {resolution.record_id or 'a new record'}")
        self.woken.append(job)

    def notice(
        self,
        job: Job,
        kind: NoticeKind,
        reason: str,
        candidates: tuple[Candidate, ...] = (),
        until: datetime | None = None,
    ) -> None:
        """Tell something about a waiting command (once for each command and kind)."""
        command = job.command
        notice = Notice(
            command_id=job.id,
            kind=kind,
            integration=command.integration,
            org=command.org,
            event_id=command.event_id,
            person=command.person,
            reason=reason,
            time=self.deps.now(),
            candidates=candidates,
            until=until,
            trace_id=command.trace_id,
        )
        self.noticed.append(
            Noticed(
                notice_id=notice_id(notice.command_id, notice.kind),
                command_id=notice.command_id,
                notice=self.deps.codec.encode("notice", notice.to_avro()),
                key=notice.command_id,
                headers=orjson.dumps({name: value.decode() for name, value in self.deps.notice_headers(notice)}),
            )
        )

    def postpone(self, job: Job, why: str, *, tries: int | None = None, delay: float | None = None) -> None:
        """Send a command back to waiting: it keeps its place, and its plan only where something of it is done."""
        deps = self.deps
        job.tries = job.tries + 1 if tries is None else tries
        job.due = deps.clock() + (deps.row_retry.delay(job.tries) if delay is None else delay)
        if job.plan is not None:
            job.wants = frozenset(job.plan.keys) - job.keys
        job.forget_plan()
        plan = job.plan
        self.postponed.append(
            Postponed(
                job.id,
                job.due,
                why[:500],
                tries=job.tries,
                crashes=job.crashes,
                alone=job.alone,
                plan=plan_to_json(plan) if plan else None,
            )
        )
        self.back.append(job)

    def hold(self, job: Job, why: str) -> None:
        """Send a command back to wait until its integration's fields are there (LL-18); nothing of it was refused."""
        if job.plan is not None:
            job.wants = frozenset(job.plan.keys) - job.keys
        job.forget_plan()
        self.postponed.append(held(job, why))
        self.back.append(job)

    def _measure(self, outcome: Outcome) -> None:
        metrics = self.deps.metrics
        metrics.count(
            "outcomes_total", org=outcome.org, integration=outcome.integration, kind=outcome.kind, reason=outcome.reason
        )
        age = max(0.0, self.deps.clock() - outcome.event_time.timestamp())
        metrics.observe("event_age_at_outcome_seconds", age, org=outcome.org)


def held(job: Job, why: str) -> Postponed:
    """Return what the ledger is told of a command that waits for a field: it keeps its place and what of it is done."""
    return Postponed(
        job.id,
        job.due,
        why[:500],
        blocker="field_removed",
        tries=job.tries,
        crashes=job.crashes,
        alone=job.alone,
        plan=plan_to_json(job.plan) if job.plan else None,
        parked=job.parked,
    )


def _creates(plan: Plan) -> bool:
    return plan.step is not None and plan.step.operation == "create"
