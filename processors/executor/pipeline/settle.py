"""
Stage *settle*: what came back becomes the one outcome of each command.

In: a command, its plan with the answers.  Out: an `Outcome`.  Pure.
Rule of this file: an outcome tells everything that was done, also where the end is an error (a partial success
is `error.salesforce_refused` that lists what was done; design section 3, "Decided").
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import Delayed, Ended, NeedsChoice, Progress
from processors.matching.queries import OWNER_NAME
from processors.model.decision import Step
from processors.model.plan import Ending, Plan
from processors.model.record import Record
from processors.model.requests import Written
from schemas.outcome import (
    Candidate,
    ConformedField,
    DroppedField,
    Outcome,
    OutcomeKind,
    Reason,
    RecordOperation,
    Refusal,
    Touched,
)


def finished(jobs: Iterable[Job]) -> list[Progress]:
    """Return what becomes of the jobs whose plans are done: they end, or wait for a choice or for a later look."""
    progress: list[Progress] = []
    for job in jobs:
        plan = job.plan
        if plan is None or plan.step is not None:
            continue
        if (wait := plan.decision.wait_seconds) is not None:
            progress.append(Delayed(job, plan.decision.detail or "", tries=job.tries, delay=wait))
        elif plan.decision.park:
            progress.append(NeedsChoice(job, plan.decision))
        else:
            progress.append(Ended(job, plan))
    return progress


def settle(job: Job, plan: Plan | None, digest: str, now: datetime, ending: Ending | None = None) -> Outcome:
    """
    Return the outcome of *job*.

    Args:
        digest: Of the settings that decided.
        ending: Given where the command did not end as its decision meant.
    """
    command = job.command
    decision = plan.decision if plan else None
    kind, reason = _end(plan, ending)
    unfit = decision.unfit if decision else ()
    return Outcome(
        outcome_id=command.command_id,
        kind=kind,
        reason=reason,
        integration=command.integration,
        org=command.org,
        contract=command.contract,
        event_ids=job.event_ids or (command.event_id,),
        source_id=command.source_id,
        event_time=command.event_time,
        command_time=command.command_time,
        settled_time=now,
        intake_digest=command.settings_digest,
        executor_digest=digest,
        person=command.person,
        attempt=command.attempt,
        agent=command.agent,
        action=job.settings.action_name if job.settings else None,
        rule_ids=tuple(dict.fromkeys((*command.rule_ids, *(decision.rule_ids if decision else ())))),
        match_step=plan.match_step if plan else None,
        salesforce_id_ignored=plan.ignored_id if plan else None,
        records=_touched(plan, ending),
        candidates=tuple(candidate(record) for record in decision.candidates) if decision else (),
        refusals=_refusals(plan, ending),
        missing_fields=decision.missing_fields if decision else (),
        discarded_fields=decision.discarded_fields if decision else (),
        detail=_detail(plan, ending),
        api_calls=plan.calls if plan else (),
        trace_id=command.trace_id,
        tie_break=decision.tie_break if decision else None,
        flags=tuple(
            dict.fromkeys((*(decision.flags if decision else ()), *(f"shortened:{text}" for text in command.shortened)))
        ),
        stale_fields=decision.stale_fields if decision else (),
        own_record=decision.own_record if decision else None,
        conformed_fields=tuple(
            ConformedField(item.field, item.sent, item.kept, item.why) for item in unfit if not item.dropped
        ),
        dropped_fields=tuple(DroppedField(item.field, item.sent, item.why) for item in unfit if item.dropped),
    )


def _detail(plan: Plan | None, ending: Ending | None) -> str | None:
    """Return what the ending or the decision says, and what stands although the rest was refused."""
    said = (ending.detail if ending else None) or (plan.decision.detail if plan else None)
    if plan is None or ending is None or ending.reason != "salesforce_refused":
        return said
    done = zip(plan.decision.steps, plan.results, strict=False)
    made = ", ".join(f"{step.object} {result.id}" for step, result in done if step.operation == "create" and result.id)
    stands = (
        f"{made} was made before the refusal and stands: the event, sent under a new event_id, uses it"
        if made
        else None
    )
    return "; ".join(text for text in (said, stands) if text) or None


def reused(job: Job, digest: str, now: datetime) -> Outcome:
    """Return the error of an event ID that came again with other content (D21): it is named apart from `event_ids`."""
    command = job.command
    ending = Ending("error", "id_reused", f"event {command.event_id} was delivered before with other content")
    outcome = settle(job, None, digest, now, ending)
    return replace(outcome, event_ids=(), reused_event_id=command.event_id)


def _end(plan: Plan | None, ending: Ending | None) -> tuple[OutcomeKind, Reason]:
    if ending is not None:
        return ending.kind, ending.reason
    if plan is None:
        raise ValueError("a command without a plan needs an ending")
    decision = plan.decision
    if decision.kind == "created" and plan.results and not any(result.created for result in plan.results):
        # The same source entity had created it before (its effect key was known): nothing new came to be.
        return "updated", decision.reason
    if decision.reason == "activity_created" and plan.results and not any(result.created for result in plan.results):
        return decision.kind, "activity_updated"
    return decision.kind, decision.reason


def _touched(plan: Plan | None, ending: Ending | None) -> tuple[Touched, ...]:
    if plan is None:
        return ()
    done = [_written(plan, step, result) for step, result in zip(plan.decision.steps, plan.results, strict=False)]
    linked = [Touched(record.object, record.id, "unchanged") for record in plan.decision.linked]
    failed = []
    if ending is not None and ending.errors and plan.step is not None:
        failed = [Touched(plan.step.object, plan.target(plan.step), "failed", fields=plan.fields(plan.step))]
    return tuple(
        _named(touched, plan) for touched in (*(touched for group in done for touched in group), *linked, *failed)
    )


def _named(touched: Touched, plan: Plan) -> Touched:
    """Return the record with its name as it was read, else as it was made, and the name of its owner."""
    decided, id_ = plan.decision, touched.id or ""
    name = decided.names.get(id_) or (_made_name(touched) if touched.operation != "updated" else None)
    return replace(touched, name=name, owner=decided.owner_names.get(id_), owner_id=decided.owner_ids.get(id_))


def _made_name(touched: Touched) -> str | None:
    """Return the name of a record that was made: a person's, else its name or subject."""
    values = touched.fields
    person = " ".join(str(values[field_name]) for field_name in ("FirstName", "LastName") if values.get(field_name))
    return person or str(values.get("Name") or values.get("Subject") or "") or None


def _written(plan: Plan, step: Step, result: Written) -> list[Touched]:
    if step.operation == "convert":
        made = [
            Touched(name, id_, "linked")
            for name, id_ in (("Contact", result.contact_id), ("Account", result.account_id))
            if id_
        ]
        return [Touched("Lead", result.id or plan.target(step), "converted"), *made]
    if step.operation == "delete":
        return [Touched(step.object, step.record_id, "deleted")]
    operation: RecordOperation = "created" if step.operation == "create" and result.created else "updated"
    return [Touched(step.object, result.id, operation, fields=plan.fields(step), before=dict(step.before))]


def _refusals(plan: Plan | None, ending: Ending | None) -> tuple[Refusal, ...]:
    if ending is None or plan is None or plan.step is None:
        return ()
    name = plan.step.object
    return tuple(Refusal(name, error.code, error.message, error.fields) for error in ending.errors)


def candidate(record: Record) -> Candidate:
    """Return one of several matches as the outcome tells it."""
    fields = record.fields
    return Candidate(
        object=record.object,
        id=record.id,
        name=fields.get("Name"),
        created=salesforce_time(fields.get("CreatedDate")),
        modified=salesforce_time(fields.get("LastModifiedDate")),
        owner=fields.get(OWNER_NAME),
        owner_id=fields.get("OwnerId"),
    )


def salesforce_time(text: str | None) -> datetime | None:
    """Return the UTC moment of Salesforce's `2026-01-02T03:04:05.000+0000`, or None where there is none."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
