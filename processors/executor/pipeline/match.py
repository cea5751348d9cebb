"""
Stage *match* of a batch: ask the ledger and the org, at most two rounds of one composite call each.

In: jobs, the port, the org's facts.  Out: what the org holds for each of them.  I/O through ports.
Rule of this file: all reads of a decision happen here, after its claims were taken and before its intents are written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from processors.executor.dependencies import OrgDependencies
from processors.executor.jobs.job import Job
from processors.executor.jobs.mapped_values import mapped_values
from processors.executor.pipeline.load_related import load_related
from processors.executor.pipeline.related_data import RelatedData, with_related
from processors.executor.pipeline.related_questions import related_questions
from processors.matching import links
from processors.matching.attendees import current_people
from processors.matching.guest_commands import with_guests
from processors.matching.guests import apart, match_guests, own_of_invitee
from processors.matching.index import Index
from processors.matching.lookup import PEOPLE
from processors.matching.manual_choice import apply_choice, with_further_assigned
from processors.matching.match import follow_up, match_person, person_questions, with_account_and_opportunity
from processors.matching.members import (
    campaign_of,
    campaign_questions,
    member_questions,
    members_of,
    statuses_asked,
    statuses_of,
)
from processors.matching.own import by_own
from processors.matching.parents import parent_questions, parents_found, with_parents
from processors.matching.phone_search import numbers_sought, search_numbers
from processors.matching.queries import ConfiguredCommand, region_of, winners
from processors.model.field_history import Fields, fields_from_json
from processors.model.ledger import Lease
from processors.model.match import Match
from processors.model.org_facts import OrgFacts
from processors.model.parents import ParentIds
from processors.model.ports import Salesforce
from processors.model.record import OwnRecord, Record
from processors.model.requests import Question
from processors.sources.registry import source_of

_WITH_HISTORY = ("Lead", "Contact", "Account", "Opportunity")
_MOST_MERGES = 10


def match_batch(
    jobs: Sequence[Job], deps: OrgDependencies, lease: Lease, salesforce: Salesforce, facts: OrgFacts
) -> Callable[[Job], Match]:
    """
    Return what says of each of these jobs what the org holds for it, on fresh reads.

    Raises what the ports raise; the function that it returns reads nothing.
    """
    kept, chosen = load_related(jobs, deps.ledger, lease, deps.region)
    asked: list[ConfiguredCommand] = [(guest, job.settings) for job in jobs for guest in with_guests(job.command)]
    records, parents = _first_round(jobs, kept, chosen, asked, deps, salesforce, facts)
    sought = [(job.command, job.settings) for job in jobs if _is_sought(job, kept[job.id])]
    searched = search_numbers(sought, records, salesforce, facts, deps.region)
    records += searched.records
    records += _merged(salesforce, asked, facts, records)
    opportunities = _opportunities(jobs, records, deps, lease)
    joining = (*member_questions(asked, records), *statuses_asked(asked, records, facts))
    records += _find(salesforce, (*follow_up(asked, facts, records, opportunities), *joining))
    records += _merged(salesforce, asked, facts, records)
    index = Index(records, deps.region)
    field_history = _field_history(jobs, records, deps, lease)
    linked = _linked(jobs, records, deps, lease)

    def match(job: Job) -> Match:
        if job.settings is None:
            return Match()
        related = kept[job.id]
        found = match_person(job.command, job.settings, index, opportunities)
        found = links.apply_link(found, related.linked, job.settings, index) if not job.resolution else found
        found = apply_choice(found, job.resolution, related.assigned, job.settings, index)
        if found.further:
            assigned = {number: related.assigned_numbers.get(number) for number in found.further}
            found = with_further_assigned(found, assigned, job.settings, index)
        keyed = index.holding(facts.external_field, related.old_keys)
        found = _by_own(found, job, related.own, keyed, index, opportunities, deps.region)
        if found.step == "own":
            found = with_account_and_opportunity(found, job.command, job.settings, index, opportunities)
        found = with_related(found, related, records, facts)
        found = replace(found, current_ids=current_people(related.people, index), own_people=_people(related.own))
        found = links.with_taken(found, job.command, linked)
        if job.settings.campaign.wanted:
            campaign = campaign_of(job.settings.campaign, records)
            members, statuses = members_of(campaign, records), statuses_of(campaign, records)
            found = replace(found, campaign=campaign, members=members, member_statuses=statuses)
        found = with_parents(found, parents)
        unsettled = searched.unsettled.intersection(numbers_sought(job.command, job.settings, deps.region))
        found = replace(found, unsettled=tuple(sorted(unsettled)))
        return _with_history(found, field_history, parents)

    return match


def _by_own(
    found: Match,
    job: Job,
    every: Sequence[OwnRecord],
    keyed: Sequence[Record],
    index: Index,
    opportunities: Mapping[str, str],
    region: str,
) -> Match:
    """Return the match with own records taken into account, and with the guests of a booking."""
    if job.settings is None:
        return found
    command, region = job.command, region_of(job.settings, region)
    own, beside = apart(every, own_of_invitee(command, every))
    found = by_own(found, command, job.settings, own, keyed, index, region, beside=beside)
    guests = match_guests(command, job.settings, every, index, opportunities, region)
    return replace(found, further={**found.further, **guests}) if guests else found


def _with_history(match: Match, kept: Mapping[str, Fields], parents: ParentIds) -> Match:
    """Return *match* with what is kept of the fields of its records, and of further people's records."""
    further = {
        name: _with_history(with_parents(found_at, parents), kept, parents) for name, found_at in match.further.items()
    }
    return replace(
        match,
        further=further,
        field_history={record_id: kept[record_id] for record_id in match.record_ids if record_id in kept},
    )


def _first_round(
    jobs: Sequence[Job],
    kept: Mapping[str, RelatedData],
    chosen: Sequence[str],
    asked: Sequence[ConfiguredCommand],
    deps: OrgDependencies,
    salesforce: Salesforce,
    facts: OrgFacts,
) -> tuple[list[Record], ParentIds]:
    """Return the records of round one, and apart from them those that mapped references name."""
    keys = (key for job in jobs for key in kept[job.id].old_keys)
    people = person_questions(asked, facts, deps.region, chosen, keys)
    joined = (job.settings.campaign for job in jobs if job.settings is not None)
    campaigns = campaign_questions(joined, facts)
    first = (*people, *related_questions(jobs, kept, facts), *campaigns)
    parents = parent_questions((mapped_values(job) for job in jobs), facts)
    rows = _rows(salesforce, (*first, *parents))
    records = [record for own in rows[: len(first)] for record in own]
    return records, parents_found(parents, rows[len(first) :], facts)


def _field_history(
    jobs: Sequence[Job], records: Sequence[Record], deps: OrgDependencies, lease: Lease
) -> Mapping[str, Fields]:
    """Return what is kept of the fields of each record in sight, by one query."""
    activities = any(source_of(job.command.contract).related.activity_history for job in jobs)
    wanted = (*_WITH_HISTORY, *(("Task", "Event") if activities else ()))
    ids = dict.fromkeys(record.id for record in records if record.object in wanted)
    kept = deps.ledger.field_history(lease, list(ids)) if ids else {}
    return {record_id: fields_from_json(body) for record_id, body in kept.items()}


def _people(own: Sequence[OwnRecord]) -> tuple[OwnRecord, ...]:
    return tuple(own_record for own_record in own if own_record.object in PEOPLE)


def _linked(
    jobs: Sequence[Job], records: Sequence[Record], deps: OrgDependencies, lease: Lease
) -> Mapping[str, Sequence[str]]:
    """Return which records of the sources the people in sight are linked with; asked only where links are made."""
    if not any(_makes_link(job) for job in jobs):
        return {}
    ids = dict.fromkeys(record.id for record in records if record.object in ("Lead", "Contact"))
    return deps.ledger.linked(lease, links.KIND, list(ids)) if ids else {}


def _makes_link(job: Job) -> bool:
    own = job.command.record
    return own is not None and own.activity is None and links.name_of(job.command) is not None


def _is_sought(job: Job, related: RelatedData) -> bool:
    """Whether its numbers may be searched for: nobody chose or linked its record, and it is no call inside."""
    if job.call is not None and job.call.further:
        return job.call.direction != "internal"
    if job.resolution or related.linked or related.assigned:
        return False
    return job.call is None or job.call.direction != "internal"


def _merged(
    salesforce: Salesforce, asked: Sequence[ConfiguredCommand], facts: OrgFacts, records: Sequence[Record]
) -> list[Record]:
    """Return the records that merged ones among *records* became, along the chain of merges."""
    found: list[Record] = []
    for _ in range(_MOST_MERGES):
        questions = winners(asked, facts, [*records, *found])
        rows = _find(salesforce, questions)
        if not rows:
            break
        found += rows
    return found


def _find(salesforce: Salesforce, asked: Sequence[Question]) -> list[Record]:
    return [record for rows in _rows(salesforce, asked) for record in rows]


def _rows(salesforce: Salesforce, asked: Sequence[Question]) -> Sequence[Sequence[Record]]:
    return salesforce.find(asked).rows if asked else ()


def _opportunities(
    jobs: Sequence[Job], records: Sequence[Record], deps: OrgDependencies, lease: Lease
) -> Mapping[str, str]:
    """Return the opportunity kept for each contact in sight (1G: one open opportunity a contact)."""
    if not any(job.settings is not None and job.settings.opportunity.enabled for job in jobs):
        return {}
    contacts = [record.id for record in records if record.object == "Contact"]
    followed = [record.fields.get("ConvertedContactId") for record in records if record.object == "Lead"]
    wanted = dict.fromkeys([*contacts, *(str(item) for item in followed if item)])
    return deps.ledger.links(lease, "opportunity", list(wanted))
