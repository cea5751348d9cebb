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
from processors.executor.pipeline.settle import Ending, candidate, reused, settle
from processors.model.field_history import fields_to_json, seen, stamp
from processors.model.ledger import LedgerTransaction, Noticed, Postponed, Resumed, Settled
from processors.model.plan import ApiCall, Plan, plan_to_json, resolution_to_json
from processors.model.values import EVERY_NAME, Decision, Resolution, Step, Written
from schemas.identity import notice_id
from schemas.notice import Notice, NoticeKind
from schemas.outcome import Candidate, Outcome


@dataclass(slots=True)
class UnitOfWork:
    """What the next ledger transaction will hold, and what memory will follow it with."""

    context: OrgDependencies
    settled: list[Settled] = field(default_factory=list)
    postponed: list[Postponed] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    alive: list[ApiCall] = field(default_factory=list)
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    unlinked: list[tuple[str, str]] = field(default_factory=list)
    things: dict[tuple[str, str], bytes] = field(default_factory=dict)
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
            things=self.things,
            resumed=self.resumed,
            noticed=self.noticed,
            clocks={record_id: fields_to_json(fields) for record_id, fields in self.clocks.items()},
        )

    def advance(self, members: Iterable[Job], written: Written) -> None:
        """Answer the present step of each command."""
        for item in members:
            if item.plan is None or item.plan.step is None:
                continue
            step = item.plan.step
            self._clock(item, item.plan, step, written)
            item.plan = item.plan.answered(written)
            item.tries = item.resent = 0
            contact = item.plan.record_id("contact") or item.plan.fields(step).get("ContactId")
            if step.role == "opportunity" and written.id and contact:
                self.links["opportunity", str(contact)] = written.id
            if step.role == "activity" and written.id and step.effect:
                self.links["activity", step.effect] = written.id

    def _clock(self, item: Job, plan: Plan, step: Step, written: Written) -> None:
        """Keep which event wrote the fields of this step (EG): they are in the org now, whatever follows."""
        record_id = written.contact_id if step.operation == "convert" else plan.target(step) or written.id
        fields = clocks_of(item, plan, step)
        for whose, entries in ((record_id, fields), (plan.target(step), of_the_lead(item, plan, step))):
            if whose and entries:
                self.clocks.setdefault(whose, {}).update(entries)

    def settle(self, item: Job, plan: Plan | None, ending: Ending | None) -> None:
        """End a command: its outcome goes into the next transaction."""
        context = self.context
        digest = self._digest(item)
        if item.command.skip_reason == "id_reused":
            outcome = reused(item, digest, context.now())
        else:
            outcome = settle(item, plan, digest, context.now(), ending)
        self.settled.append(
            Settled(
                command_id=item.id,
                outcome=context.codec.encode("outcome", outcome.to_avro()),
                kind=outcome.kind,
                reason=outcome.reason,
                key=outcome.key,
                headers=orjson.dumps({name: value.decode() for name, value in context.headers(outcome)}),
                absorbed=item.members,
            )
        )
        if plan is not None and ending is None:
            self._keep(item, plan)
        elif plan is not None and item.call is not None and not plan.results and _creates(plan):
            # The steps of a call that could not be logged are kept: a later one may log it whole.
            self._keep_things(item, plan)
        self.left.append(item)
        self._measure(outcome)
        if plan is not None and plan.decision.at and plan.decision.at < stamp(item.command.event_time):
            context.metrics.count("events_ahead_total", org=context.org, integration=outcome.integration)

    def _digest(self, item: Job) -> str:
        decider = self.context.deciders.get(item.command.integration)
        return decider.digest if decider else ""

    def _keep(self, item: Job, plan: Plan) -> None:
        """Keep what the decision says of the source's things, and the records that it came to."""
        self._keep_things(item, plan)
        for record_id, held in plan.decision.seen.items():
            fields = self.clocks.setdefault(record_id, {})
            for name in held:
                fields.update(seen(name, plan.decision.at, item.command.event_id))
        self.unlinked += [(link.kind, link.source_id) for link in plan.decision.unlinked]
        for link in plan.decision.links:
            record = link.record_id or (plan.record_id(link.role) if link.role else None)
            names = person_names(item.keys) if link.source_id == EVERY_NAME else [link.source_id]
            if record is not None:
                self.links.update({(link.kind, name): record for name in names})

    def _keep_things(self, item: Job, plan: Plan) -> None:
        for source_id, body in plan.decision.things.items():
            self.things[item.command.integration, source_id] = body

    def park(self, item: Job, decision: Decision) -> None:
        """Let a command wait for someone's choice, and tell who listens what there is to choose from."""
        context = self.context
        hours = item.settings.match.park_hours if item.settings else 0.0
        item.parked, item.due, item.plan = True, context.clock() + hours * 3600, None
        why = decision.detail or "several records match; someone has to choose"
        self.postponed.append(Postponed(item.id, item.due, why[:500], blocker="parked", parked=True))
        found = tuple(candidate(record) for record in decision.candidates)
        self.notice(item, "parked", why, found, datetime.fromtimestamp(item.due, UTC))
        context.metrics.count("commands_parked_total", org=context.org, integration=item.command.integration)
        self.back.append(item)

    def resume(self, item: Job, resolution: Resolution) -> None:
        """Let a parked command go on with the choice that someone made."""
        self.resumed.append(Resumed(item.id, self.context.clock(), resolution_to_json(resolution)))
        self.notice(item, "resumed", f"{resolution.by or 'someone'} chose {resolution.record_id or 'a new record'}")
        self.woken.append(item)

    def notice(
        self,
        item: Job,
        kind: NoticeKind,
        reason: str,
        candidates: tuple[Candidate, ...] = (),
        until: datetime | None = None,
    ) -> None:
        """Tell something about a waiting command (once for each command and kind)."""
        command = item.command
        notice = Notice(
            command_id=item.id,
            kind=kind,
            integration=command.integration,
            org=command.org,
            event_id=command.event_id,
            person=command.person,
            reason=reason,
            time=self.context.now(),
            candidates=candidates,
            until=until,
            trace_id=command.trace_id,
        )
        self.noticed.append(
            Noticed(
                notice_id=notice_id(notice.command_id, notice.kind),
                command_id=notice.command_id,
                notice=self.context.codec.encode("notice", notice.to_avro()),
                key=notice.command_id,
                headers=orjson.dumps({name: value.decode() for name, value in self.context.notice_headers(notice)}),
            )
        )

    def postpone(self, item: Job, why: str, *, tries: int | None = None, delay: float | None = None) -> None:
        """Send a command back to waiting: it keeps its place, and its plan only where something of it is done."""
        context = self.context
        item.tries = item.tries + 1 if tries is None else tries
        item.due = context.clock() + (context.row_retry.delay(item.tries) if delay is None else delay)
        if item.plan is not None:
            item.wants = frozenset(item.plan.keys) - item.keys
        item.forget_plan()
        plan = item.plan
        self.postponed.append(
            Postponed(
                item.id,
                item.due,
                why[:500],
                tries=item.tries,
                crashes=item.crashes,
                alone=item.alone,
                plan=plan_to_json(plan) if plan else None,
            )
        )
        self.back.append(item)

    def hold(self, item: Job, why: str) -> None:
        """Send a command back to wait until its integration's fields are there (LL-18); nothing of it was refused."""
        if item.plan is not None:
            item.wants = frozenset(item.plan.keys) - item.keys
        item.forget_plan()
        self.postponed.append(held(item, why))
        self.back.append(item)

    def _measure(self, outcome: Outcome) -> None:
        metrics = self.context.metrics
        metrics.count(
            "outcomes_total", org=outcome.org, integration=outcome.integration, kind=outcome.kind, reason=outcome.reason
        )
        age = max(0.0, self.context.clock() - outcome.event_time.timestamp())
        metrics.observe("event_age_at_outcome_seconds", age, org=outcome.org)


def held(item: Job, why: str) -> Postponed:
    """Return what the ledger is told of a command that waits for a field: it keeps its place and what of it is done."""
    return Postponed(
        item.id,
        item.due,
        why[:500],
        blocker="field_removed",
        tries=item.tries,
        crashes=item.crashes,
        alone=item.alone,
        plan=plan_to_json(item.plan) if item.plan else None,
        parked=item.parked,
    )


def _creates(plan: Plan) -> bool:
    return plan.step is not None and plan.step.operation == "create"
