"""
What a decision touches: the claim keys of the records that it reads, writes or is about to create.

In: a job, its decision and match.  Out: claim keys.  Pure.
Rule of this file: a person's record is claimed by each name by which another command may look for it, before the write
and after it (D10, docs/decisions/0101).
"""

from collections.abc import Mapping

from processors.executor.jobs.job import Job
from processors.matching.lookup import PEOPLE, Lookup
from processors.matching.match import account_keys, names_of, person_keys
from processors.matching.parents import names_written
from processors.model.decision import Decision, Step
from processors.model.match import Match
from processors.model.org_facts import OrgFacts
from processors.model.record import Record
from schemas.values import Scalar


def touched_keys(
    job: Job, decision: Decision, match: Match, facts: OrgFacts, lookup: Lookup, region: str = "US"
) -> frozenset[str]:
    """
    Return the claim keys of every record that the decision reads from or writes to, and of what it will create.

    A person's record is claimed by all of its names too, so that a command that knows it by another one is met (D10).
    """
    records = [*match.people, *decision.linked]
    # A command that names a record by its SalesforceID has the second key before any match.
    keys = {f"{kind}:{record.id}" for record in records for kind in ("rec", "sfid")}
    for record in records:
        # The key by which a record is recognised that a call without an answer created.
        effect = record.fields.get(facts.external_field.get(record.object, ""))
        if effect:
            keys.add(f"thing:{effect}")
    keys |= _names(decision, match, facts, lookup, region)
    keys |= {f"sfid:{record_id}" for record_id in match.also}
    if job.command.record is not None and job.command.request is not None:
        # What a user asks for is about a person who is known only now.
        keys |= person_keys(job.command, region)
    for step in decision.steps:
        if step.record_id:
            keys.add(f"rec:{step.record_id}")
        if step.role == "activity" and (who := step.fields.get("WhoId")):
            # An attendee of the same booking, whom the command does not match, must not be converted meanwhile.
            keys |= {f"rec:{who}", f"sfid:{who}"}
        if step.effect:
            keys.add(f"thing:{step.effect}")
        if step.role == "account" and job.settings is not None:
            keys |= account_keys(job.command, job.settings)
    return frozenset(keys)


def _names(decision: Decision, match: Match, facts: OrgFacts, lookup: Lookup, region: str) -> frozenset[str]:
    """Return the claim keys by which others may look for what the decision reads or writes, before it and after it."""
    held = {person.id: person for person in match.people}
    keys = frozenset[str]().union(*(names_of(person, region, lookup) for person in match.people))
    for step in decision.steps:
        keys |= names_written(step.object, step.fields, facts)
        if step.object in PEOPLE:
            keys |= lookup.names(step.object, after_step(held.get(step.record_id or ""), step), region)
    return keys


def after_step(record: Record | None, step: Step) -> Mapping[str, Scalar]:
    """Return what the record holds after *step*, as far as it is known."""
    return step.fields if record is None else {**record.fields, **step.fields}
