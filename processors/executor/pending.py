"""
What a batch has come to, between two ledger transactions: ends, waits, answers, and who follows them in memory.

In: commands with what became of their steps.  Out: one `Change`.
Rule of this file: everything is only gathered here; nothing is stored, sent or let go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from processors.executor.claim import Item
from processors.executor.context import Context
from processors.executor.plan import ApiCall, Plan, plan_to_json
from processors.executor.settle import Ending, reused, settle
from processors.ledger import Change, Postponed, Settled
from processors.values import Written
from schemas.outcome import Outcome


@dataclass(slots=True)
class Pending:
    """What the next ledger transaction will hold, and what memory will follow it with."""

    context: Context
    settled: list[Settled] = field(default_factory=list)
    postponed: list[Postponed] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    alive: list[ApiCall] = field(default_factory=list)
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    left: list[Item] = field(default_factory=list)
    back: list[Item] = field(default_factory=list)
    dead: list[ApiCall] = field(default_factory=list)

    def change(self, call: ApiCall | None = None, plans: Mapping[str, bytes] | None = None) -> Change:
        """Return it as one change, with the next call's intents."""
        return Change(
            intended=[call] if call else (),
            plans=plans or {},
            answered=self.answered,
            alive=self.alive,
            settled=self.settled,
            postponed=self.postponed,
            links=self.links,
        )

    def advance(self, members: Iterable[Item], written: Written) -> None:
        """Answer the present step of each command."""
        for item in members:
            if item.plan is None or item.plan.step is None:
                continue
            step = item.plan.step
            item.plan = item.plan.answered(written)
            item.tries = item.resent = 0
            contact = item.plan.record_id("contact") or item.plan.fields(step).get("ContactId")
            if step.role == "opportunity" and written.id and contact:
                self.links["opportunity", str(contact)] = written.id

    def settle(self, item: Item, plan: Plan | None, ending: Ending | None) -> None:
        """End a command: its outcome goes into the next transaction."""
        context = self.context
        decider = context.deciders.get(item.command.integration)
        digest = decider.digest if decider else ""
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
            )
        )
        self.left.append(item)
        self._measure(outcome)

    def postpone(self, item: Item, why: str, *, tries: int | None = None, delay: float | None = None) -> None:
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

    def _measure(self, outcome: Outcome) -> None:
        metrics = self.context.metrics
        metrics.count(
            "outcomes_total", org=outcome.org, integration=outcome.integration, kind=outcome.kind, reason=outcome.reason
        )
        age = max(0.0, self.context.clock() - outcome.event_time.timestamp())
        metrics.observe("event_age_at_outcome_seconds", age, org=outcome.org)
