"""
What commands leave in the ledger for those that come later: links, states of the sources, the history of fields.

In: steps that were written, decisions that were carried out.  Out: the parts of a `LedgerTransaction` about them.
Rule of this file: only gathered here, in the order in which it happened; what the org did not take is not kept.
"""

from dataclasses import dataclass, field
from typing import Any

from processors.executor.jobs.job import Job, names_of_first
from processors.executor.pipeline.field_history import history_of_step, status_of_converted_lead
from processors.matching.own import own_records
from processors.model.decision import EVERY_NAME
from processors.model.field_history import seen, with_order
from processors.model.plan import Plan
from processors.model.record import OwnRecord
from processors.model.requests import Written
from processors.sources.registry import source_of


@dataclass(slots=True)
class LedgerFacts:
    """Links by kind and source ID, states by integration and source ID, field history by record ID, own records."""

    links: dict[tuple[str, str], str] = field(default_factory=dict)
    unlinked: list[tuple[str, str]] = field(default_factory=list)
    source_states: dict[tuple[str, str], bytes] = field(default_factory=dict)
    field_history: dict[str, dict[str, Any]] = field(default_factory=dict)
    own_records: list[OwnRecord] = field(default_factory=list)
    disowned: list[tuple[str, str]] = field(default_factory=list)

    def step_done(self, job: Job, plan: Plan, written: Written) -> None:
        """Keep what the present step of *plan* wrote (EG): it is in the org now, whatever follows."""
        step = plan.step
        if step is None:
            return
        self.own_records += own_records(job.command, step, written)
        record_id = written.contact_id if step.operation == "convert" else plan.target(step) or written.id
        histories = (
            (record_id, history_of_step(job, plan, step)),
            (plan.target(step), status_of_converted_lead(job, plan, step)),
        )
        received = plan.decision.received
        for whose, entries in histories:
            if whose and entries:
                kept = entries if received is None else with_order(entries, received.get(whose, {}))
                self.field_history.setdefault(whose, {}).update(kept)
        after = plan.answered(written)
        contact = after.record_id("contact") or after.fields(step).get("ContactId")
        if step.role == "opportunity" and written.id and contact:
            self.links["opportunity", str(contact)] = written.id
        if step.role == "activity" and written.id and step.effect:
            self.links["activity", step.effect] = written.id

    def made_before(self, job: Job, plan: Plan, written: Written) -> None:
        """Keep the record that has the key of the present step's create: the next match finds it by its ID."""
        step = plan.step
        if step is None:
            return
        self.own_records += own_records(job.command, step, written)
        if step.role == "activity" and written.id and step.effect:
            self.links["activity", step.effect] = written.id

    def carried_out(self, job: Job, plan: Plan) -> None:
        """Keep what the decision says of the source's records, and the records that it came to."""
        self.states_of(job, plan)
        for record_id, held in plan.decision.seen.items():
            fields = self.field_history.setdefault(record_id, {})
            # A time of receipt does not say that a value held then is the newest.
            for name in held if plan.decision.received is None else ():
                fields.update(seen(name, plan.decision.at, job.command.event_id))
        self.disowned += [(job.command.integration, record_id) for record_id in plan.decision.disowned]
        self.unlinked += [(link.kind, link.source_id) for link in plan.decision.unlinked]
        for link in plan.decision.links:
            record = link.record_id or (plan.record_id(link.role) if link.role else None)
            names = names_of_first(job) if link.source_id == EVERY_NAME else [link.source_id]
            if record is not None:
                self.links.update({(link.kind, name): record for name in names})

    def left_out(self, job: Job) -> None:
        """Keep that the intake left the command's entity out, where its source asks for it later."""
        for source_id, body in source_of(job.command.contract).related.left_out(job.command).items():
            self.source_states[job.command.integration, source_id] = body

    def states_of(self, job: Job, plan: Plan) -> None:
        """Keep the states of the source's records that the decision names."""
        for source_id, body in plan.decision.source_states.items():
            self.source_states[job.command.integration, source_id] = body
