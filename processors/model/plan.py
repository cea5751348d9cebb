"""
A command's plan: its decision, how far it has come, and the API calls that carry its steps.

In: a `Decision` and the answers so far.  Out: the next step with every reference resolved.  Pure.
Rule of this file: plans and calls are stored in the ledger as JSON; nothing else knows that form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import TypeAdapter

from processors.model.decision import Decision, Step
from processors.model.match import Resolution
from processors.model.record import Role
from processors.model.requests import Conversion, RowError, Write, Written
from schemas.outcome import OutcomeKind, Reason
from schemas.values import Scalar

CallKind = Literal["write", "convert"]
CallState = Literal["intended", "alive"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ended where its plan does not say it: kind, reason, and what to tell."""

    kind: OutcomeKind
    reason: Reason
    detail: str | None = None
    errors: Sequence[RowError] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A decision on its way: `results` answers its first steps, in order; `calls` are the API calls that it shared in.

    `members` are the commands of a call's other steps: what was begun with them is ended with them. `intended_at`
    (seconds since the epoch) is when its present step was first intended, whatever call carries it now.
    """

    decision: Decision
    match_step: str = "none"
    ignored_id: str | None = None
    results: tuple[Written, ...] = ()
    calls: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    intended_at: float | None = None

    @property
    def step(self) -> Step | None:
        """The next step to write, or None when all are done."""
        steps = self.decision.steps
        return steps[len(self.results)] if len(self.results) < len(steps) else None

    def answered(self, written: Written) -> "Plan":
        """Return the plan with its present step answered."""
        return replace(self, results=(*self.results, written), intended_at=None)

    def record_id(self, role: Role) -> str | None:
        """Return the ID of the record that *role* stands for, from the answers so far."""
        for step, result in zip(self.decision.steps, self.results, strict=False):
            if step.role == role and role != "convert":
                return result.id
        for step, result in zip(self.decision.steps, self.results, strict=False):
            if step.role == "convert":
                return {
                    "convert": result.contact_id,
                    "contact": result.contact_id,
                    "account": result.account_id,
                }.get(role)
        return None

    def target(self, step: Step) -> str | None:
        """Return the ID of the record that *step* writes to, or None for a create."""
        if step.record_id is not None or step.operation == "create":
            return step.record_id
        return self.record_id(step.target) if step.target else None

    def fields(self, step: Step) -> dict[str, Scalar]:
        """Return the fields of *step* with the references to earlier roles filled in."""
        references = {name: self.record_id(role) for name, role in step.refs.items()}
        return {
            **step.fields,
            **{name: value for name, value in references.items() if value is not None},
        }


@dataclass(frozen=True, slots=True)
class StepRef:
    """Which command's which step one row of an API call carries."""

    command_id: str
    step: int


@dataclass(frozen=True, slots=True)
class CallRow:
    """
    One row of an API call: what is written, for which commands (several where writes were merged).

    `since` (seconds since the epoch) is when it was first intended; None in calls of release 0.1.0.
    """

    parts: tuple[StepRef, ...]
    write: Write | None = None
    conversion: Conversion | None = None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class ApiCall:
    """
    One request that writes: its rows, the claims that it holds while it may land, and until when that is.

    Times are seconds since the epoch. `resent` counts how often its rows had been sent before.
    """

    id: str
    kind: CallKind
    rows: tuple[CallRow, ...]
    claims: tuple[str, ...]
    intended_at: float
    send_by: float
    alive_until: float
    resent: int = 0
    state: CallState = "intended"

    @property
    def commands(self) -> tuple[str, ...]:
        """The IDs of the commands that share in the call, each once."""
        return tuple(dict.fromkeys(part.command_id for row in self.rows for part in row.parts))


@dataclass(frozen=True, slots=True)
class _OldDecision:
    things: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _OldPlan:
    decision: _OldDecision


_PLAN = TypeAdapter(Plan)
_STATES = TypeAdapter(_OldPlan)
_RESOLUTION = TypeAdapter(Resolution)
_CALL = TypeAdapter(ApiCall)


def plan_to_json(plan: Plan) -> bytes:
    """Return the plan as the ledger stores it."""
    return _PLAN.dump_json(plan)


def plan_from_json(data: bytes) -> Plan:
    """Return a plan that the ledger stored; release 0.1.0 called the states of a decision `things`."""
    plan = _PLAN.validate_json(data)
    if b'"things":{"' not in data:
        return plan
    states = _STATES.validate_json(data).decision.things
    return replace(plan, decision=replace(plan.decision, source_states=states))


def resolution_to_json(resolution: Resolution) -> bytes:
    """Return a choice as the ledger stores it."""
    return _RESOLUTION.dump_json(resolution)


def resolution_from_json(data: bytes) -> Resolution:
    """Return a choice that the ledger stored."""
    return _RESOLUTION.validate_json(data)


def call_to_json(call: ApiCall) -> bytes:
    """Return the call as the ledger stores it."""
    return _CALL.dump_json(call)


def call_from_json(data: bytes) -> ApiCall:
    """Return a call that the ledger stored."""
    return _CALL.validate_json(data)
