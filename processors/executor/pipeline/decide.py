"""
Stage *decide* over a batch: commands of one person see what the ones before them do.

In: commands in order, what was found.  Out: plans, the keys that each will touch, and who must wait for a fresh
read.  Pure.
Rule of this file: inside a batch, updates of one record may go together (they are merged in order); whatever creates or
converts is alone with its keys, and all later commands that share one wait and match again (D9, D11).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from processors.executor.jobs.job import Job
from processors.executor.jobs.mapped_values import mapped_values
from processors.executor.pipeline.touched import after_step, touched_keys
from processors.matching.links import KIND
from processors.matching.lookup import PEOPLE, Lookup
from processors.matching.own import is_matched_by_own
from processors.matching.parents import PARENT, parent_names
from processors.matching.queries import region_of
from processors.model.decision import Decision, Step
from processors.model.field_history import LastWrite, entries, with_order
from processors.model.match import Match
from processors.model.org_facts import OrgFacts
from processors.model.plan import Plan
from processors.model.record import Record
from schemas.values import Scalar


@dataclass(slots=True)
class DecidedBatch:
    """
    What became of each command: a plan, a fault of ours in deciding it, or a wait; and what each will touch. `reads`
    are keys that it looked for and touches not: whoever writes one of them goes before it or after it.
    """

    plans: dict[str, Plan] = field(default_factory=dict)
    faults: dict[str, Exception] = field(default_factory=dict)
    waiting: list[Job] = field(default_factory=list)
    wanted: dict[str, frozenset[str]] = field(default_factory=dict)
    reads: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Written:
    fields: dict[str, dict[str, Scalar]] = field(default_factory=dict)
    field_history: dict[str, dict[str, Any]] = field(default_factory=dict)
    phase: dict[str, int] = field(default_factory=dict)
    exclusive: set[str] = field(default_factory=set)
    renamed: dict[str, set[str]] = field(default_factory=dict)

    def finds_another(self, names: frozenset[str], found: Match) -> bool:
        """Whether one of these *names* is that of a record by now which *found*, as it was read, does not have."""
        known = {record.id for record in found.people}
        return any(not self.renamed[name] <= known for name in names & self.renamed.keys())


def decide_batch(
    jobs: Iterable[Job],
    match: Callable[[Job], Match],
    decide: Callable[[Job, Match], Decision],
    facts: OrgFacts,
    lookup: Lookup,
    region: str = "US",
) -> DecidedBatch:
    """
    Return what each command does, in order, each seeing the writes of those before it.

    Args:
        match: A command's records as read.
        lookup: By which fields all integrations of the org look for people.
        region: The country of telephone numbers that name none.
    """
    batch, written = DecidedBatch(), _Written()
    for job in sorted(jobs, key=lambda job: job.order):
        if not written.exclusive.isdisjoint(job.all_keys):
            _wait(job, job.all_keys, batch, written)
            continue
        try:
            found = _overlaid(match(job), written)
            decision = decide(job, found)
        except Exception as fault:  # noqa: BLE001 -- our bug must not take the batch's other commands along
            batch.faults[job.id] = fault
            written.exclusive |= job.all_keys
            continue
        keys = touched_keys(job, decision, found, facts, lookup, region_of(job.settings, region))
        reads = parent_names(mapped_values(job), facts)
        if (
            not written.exclusive.isdisjoint(keys | reads)
            or written.finds_another(job.all_keys, found)
            or not _in_order(decision, written.phase)
            or _relies(decision, found, written.fields)
        ):
            _wait(job, job.all_keys | keys, batch, written)
            job.want(job.all_keys, reads & written.exclusive)
            continue
        _note(job, decision, found, job.all_keys | keys, written, lookup, region_of(job.settings, region))
        written.exclusive |= {key for key in keys if key.startswith(PARENT)}
        batch.wanted[job.id] = keys
        batch.reads[job.id] = reads
        batch.plans[job.id] = Plan(
            decision,
            match_step=found.step,
            ignored_id=found.ignored_id,
            keys=tuple(sorted(job.keys | keys)),
            members=job.members,
        )
    return batch


def _wait(job: Job, keys: frozenset[str], batch: DecidedBatch, written: _Written) -> None:
    batch.waiting.append(job)
    written.exclusive |= keys


def _in_order(decision: Decision, phase: Mapping[str, int]) -> bool:
    """Whether no earlier command writes one of these records in a later call than this one would."""
    return all(
        step.record_id is None or phase.get(step.record_id, 0) <= number for number, step in enumerate(decision.steps)
    )


def _relies(decision: Decision, found: Match, fields: Mapping[str, Mapping[str, Scalar]]) -> bool:
    """Whether it leaves a record as it is because of a write before it, which may yet be refused."""
    records = [*found.people, *found.accounts, found.account_of, found.opportunity]
    records += found.activities.values()
    changed = {record.id for record in records if record is not None and record.id in fields}
    # A field that is left out for a newer event's sake relies on that event's write too.
    return bool(changed and decision.stale_fields) or not changed <= {step.record_id for step in decision.steps}


def _rename(found: Match, step: Step, written: _Written, lookup: Lookup, region: str) -> None:
    """
    Note what a record is called from now on: who looks for it by that name was read before, and did not find it.

    Who found it by a name that it loses here means the same record: their writes are merged.
    """
    record = next((person for person in found.people if person.id == step.record_id), None)
    if record is None or step.operation != "update" or step.object not in PEOPLE:
        return
    before = lookup.names(step.object, record.fields, region)
    after = lookup.names(step.object, after_step(record, step), region)
    for name in after - before:
        written.renamed.setdefault(name, set()).add(record.id)


def _note(
    job: Job,
    decision: Decision,
    found: Match,
    keys: frozenset[str],
    written: _Written,
    lookup: Lookup,
    region: str,
) -> None:
    others = [step for step in decision.steps if step.operation != "update"]
    if any(step.role not in ("activity", "other_activity") for step in others):
        written.exclusive |= keys
    # A new activity of a person stands in nobody's way but that of its own source entity.
    written.exclusive |= {f"thing:{step.effect}" for step in others if step.effect}
    # Who comes next may not be linked with the same record, and does not see this link yet.
    written.exclusive |= {f"rec:{link.record_id}" for link in decision.links if link.kind == KIND and link.record_id}
    wrote = is_matched_by_own(job.command) and any(step.role in ("lead", "contact", "guest") for step in decision.steps)
    if decision.source_states or wrote:
        # What the ledger will keep of a source entity is not there yet for whoever comes next.
        written.exclusive |= {key for key in job.all_keys if key.startswith("source:")}
    for number, step in enumerate(decision.steps):
        _rename(found, step, written, lookup, region)
        if step.record_id is not None:
            written.phase[step.record_id] = max(number, written.phase.get(step.record_id, 0))
            written.fields.setdefault(step.record_id, {}).update(step.fields)
            field_history = written.field_history.setdefault(step.record_id, {})
            event = LastWrite(decision.at, job.command.event_id)
            made = entries(event, ((name, value, None, None) for name, value in step.fields.items()))
            if decision.received is not None:
                made = with_order(made, decision.received.get(step.record_id, {}))
            field_history.update(made)


def _overlaid(match: Match, written: _Written) -> Match:
    """Return the match as it will be once the writes of the commands before are through."""
    fields, field_history = written.fields, written.field_history
    if not fields:
        return match

    def after(record: Record) -> Record:
        changed = fields.get(record.id)
        return record if changed is None else replace(record, fields={**record.fields, **changed})

    return replace(
        match,
        leads=tuple(map(after, match.leads)),
        contacts=tuple(map(after, match.contacts)),
        accounts=tuple(map(after, match.accounts)),
        account_of=after(match.account_of) if match.account_of else None,
        opportunity=after(match.opportunity) if match.opportunity else None,
        activities={effect: after(record) for effect, record in match.activities.items()},
        further={name: _overlaid(found_at, written) for name, found_at in match.further.items()},
        field_history={
            **match.field_history,
            **{
                record_id: {**match.field_history.get(record_id, {}), **field_history[record_id]}
                for record_id in match.record_ids
                if record_id in field_history
            },
        },
    )
