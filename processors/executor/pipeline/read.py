"""
Stages *match* and *decide* of a batch: ask the org, at most two rounds of one composite call each, then decide in
order.

In: commands, the port, facts.  Out: plans, waits, faults (`group.Batch`).  I/O through ports.
Rule of this file: all reads of a decision happen here, after its claims were taken and before its intents are written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from processors.deciding.source_record import resumed
from processors.executor.dependencies import OrgDependencies
from processors.executor.org_queue.call_buffer import renewed
from processors.executor.org_queue.claims import Job
from processors.executor.pipeline import related_data
from processors.executor.pipeline.decide_batch import Batch, decide_batch
from processors.matching.links import by_link
from processors.matching.manual_choice import narrowed
from processors.matching.match import Index, follow_up, questions, resolve
from processors.matching.phone_search import searched
from processors.matching.queries import Asked
from processors.model.field_history import Fields, fields_from_json
from processors.model.ledger import Lease
from processors.model.ports import Salesforce
from processors.model.values import Match, OrgFacts, Question, Record
from processors.sources.decide import decide

_CLOCKED = ("Lead", "Contact", "Account", "Opportunity")


def look_up(
    items: Sequence[Job], context: OrgDependencies, lease: Lease, salesforce: Salesforce, facts: OrgFacts
) -> Batch:
    """Return what each command of the batch does, on fresh reads."""
    began = context.clock()
    kept = related_data.read(items, context.ledger, lease)
    for item in items:
        renewed(item, kept.things_of(item), context.region)
        item.command = resumed(item.command, kept.things_of(item))
    asked: list[Asked] = [(item.command, item.settings) for item in items]
    people = questions(asked, facts, context.region, kept.chosen(items))
    records = _find(salesforce, (*people, *related_data.questions(items, kept, facts)))
    records += searched(items, records, salesforce, facts, context.region)
    opportunities = _opportunities(items, records, context, lease)
    records += _find(salesforce, follow_up(asked, facts, records, opportunities))
    index = Index(records, context.region)
    clocks = _clocks(items, records, context, lease)
    matched = context.clock()
    context.metrics.observe("stage_duration_seconds", matched - began, stage="match")
    now = context.now()

    def match(item: Job) -> Match:
        if item.settings is None:
            return Match()
        found = resolve(item.command, item.settings, index, opportunities)
        found = by_link(found, kept.linked_to(item), item.settings, index) if not item.resolution else found
        found = narrowed(found, item.resolution, kept.assigned_to(item), item.settings, index)
        found = related_data.joined_to(found, item, kept, records, facts)
        return replace(found, clocks={one: clocks[one] for one in found.record_ids if one in clocks})

    batch = decide_batch(
        items,
        match,
        lambda item, found: decide(
            item.command, found, item.settings, facts, now, call=item.call, resolution=item.resolution
        ),
        facts.external_field,
        context.region,
    )
    context.metrics.observe("stage_duration_seconds", context.clock() - matched, stage="decide")
    return batch


def _clocks(
    items: Sequence[Job], records: Sequence[Record], context: OrgDependencies, lease: Lease
) -> Mapping[str, Fields]:
    """Return what is kept of the fields of each record in sight, by one query."""
    activities = any(item.command.contract == "field_activity" for item in items)
    clocked = (*_CLOCKED, *(("Task", "Event") if activities else ()))
    ids = dict.fromkeys(record.id for record in records if record.object in clocked)
    kept = context.ledger.clocks(lease, list(ids)) if ids else {}
    return {record_id: fields_from_json(body) for record_id, body in kept.items()}


def _find(salesforce: Salesforce, asked: Sequence[Question]) -> list[Record]:
    if not asked:
        return []
    return [record for rows in salesforce.find(asked).rows for record in rows]


def _opportunities(
    items: Sequence[Job], records: Sequence[Record], context: OrgDependencies, lease: Lease
) -> Mapping[str, str]:
    """Return the opportunity kept for each contact in sight (1G: one open opportunity a contact)."""
    if not any(item.settings is not None and item.settings.opportunity.enabled for item in items):
        return {}
    contacts = [record.id for record in records if record.object == "Contact"]
    followed = [record.fields.get("ConvertedContactId") for record in records if record.object == "Lead"]
    wanted = dict.fromkeys([*contacts, *(str(one) for one in followed if one)])
    return context.ledger.links(lease, "opportunity", list(wanted))
