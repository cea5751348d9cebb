"""
What a step that was written leaves in the history of its fields, and where each value came from.

In: a command, its plan, the step.  Out: plain entries by field (`processors/model/field_history.py`).
Rule of this file: pure; only what the org has taken comes here.
"""

from collections.abc import Mapping
from typing import Any

from processors.executor.jobs.job import Job
from processors.integration.model import Integration
from processors.model.decision import Step
from processors.model.field_history import LastWrite, entries, restricted_to
from processors.model.normalise import is_blank
from processors.model.parents import likely_field
from processors.model.plan import Plan
from processors.sources.registry import source_of
from schemas.command import Command


def history_of_step(job: Job, plan: Plan, step: Step) -> dict[str, Any]:
    """
    Return the entries of all fields that the step wrote to a person, an account or an opportunity, or to the activity
    of a field sales application: those of bookings and calls have an order of their own.

    A conversion writes the contact: what it took over from the lead, with what this command wrote to the lead before.
    """
    activity = (
        step.role in ("activity", "other_activity") and not source_of(job.command.contract).related.activity_history
    )
    if activity or step.operation == "delete":
        return {}
    if step.operation == "convert":
        own = [_entries(job, plan, item) for item in plan.decision.steps if item.role == "lead"]
        return {**plan.decision.carried, **{name: item for some in own for name, item in _taken(job, some).items()}}
    return _entries(job, plan, step)


def status_of_converted_lead(job: Job, plan: Plan, step: Step) -> dict[str, Any]:
    """Return the entry of the status that a conversion gives its lead: whoever reads changes knows it as our own."""
    if step.operation != "convert" or not step.status:
        return {}
    return entries(_event(job, plan), (("Status", step.status, None, "convert.status"),))


def _taken(job: Job, made: dict[str, Any]) -> Mapping[str, Any]:
    return restricted_to(made, {likely_field(name) for name in job.command.contact})


def _entries(job: Job, plan: Plan, step: Step) -> dict[str, Any]:
    command, settings = job.command, job.settings
    return entries(
        _event(job, plan),
        [
            (name, value, step.before.get(name), origin_of(command, settings, step.object, name))
            for name, value in plan.fields(step).items()
        ],
    )


def _event(job: Job, plan: Plan) -> LastWrite:
    command, decision = job.command, plan.decision
    return LastWrite(
        decision.at,
        command.event_id,
        command.command_id,
        command.integration,
        command.contract,
        decision.rule_ids,
    )


def origin_of(command: Command, settings: Integration | None, object_name: str, name: str) -> str | None:
    """
    Return where a field's value came from, as the integration's file names it; None where it is no setting's.

    A link to another record, say, is made by the decision itself.
    """
    if settings is None:
        return None
    kind = object_name.lower()
    fields = getattr(settings.map, kind, {})
    name = next((field for field in fields if likely_field(field) == name), name)
    mapped = fields.get(name)
    if mapped is not None:
        origin = mapped.source if mapped.source is not None else f"constant {mapped.constant!r}"
        empty = ", which came empty: the default of 'mandatory'" if is_blank(getattr(command, kind).get(name)) else ""
        return f"map.{kind}.{name}: {origin}{empty}"
    link = settings.record_link
    return {link.id_field: "link.id_field", link.synced_field: "link.synced_field"}.get(name)
