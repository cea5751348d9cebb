"""
What is read around a command beside the person's records: activities logged so far, users, source entities kept,
choices made.

In: commands, the ledger, rows of the batch.  Out: questions; for each command the parts of its `Match` that come from
here.  I/O through the ledger's port.
Rule of this file: it reads and joins; what it means is decided in each source's `decide.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from processors.deciding import shared_activity, source_record
from processors.deciding.activity import activity_object
from processors.deciding.owners import OWNER
from processors.executor.jobs.job import Job, names_of_first, person_names, phone_name
from processors.integration.model import OBJECTS
from processors.matching import links
from processors.matching.known_person import PEOPLE
from processors.matching.own import is_matched_by_own
from processors.model.ledger import Lease, Ledger
from processors.model.normalise import names_user, record_id
from processors.model.parents import written_field
from processors.model.values import In, Match, OrgFacts, OwnRecord, Question, Record
from processors.sources.registry import source_of
from schemas.identity import effect_key
from schemas.values import Scalar

_CHAIN = 10
"""How many times a source entity may name another one (a booking moved and moved again) before we stop asking."""

_USER = ("Id", "Email", "Username", "IsActive")
_WRITTEN: Mapping[str, tuple[str, ...]] = {
    "Task": (
        "Subject",
        "Status",
        "Description",
        "ActivityDate",
        "CallType",
        "CallDurationInSeconds",
        "CallDisposition",
    ),
    "Event": (
        "Subject",
        "StartDateTime",
        "EndDateTime",
        "DurationInMinutes",
        "IsAllDayEvent",
        "Location",
        "Description",
        "ShowAs",
    ),
}
"""What we write of an activity beside the fields that an integration maps."""


@dataclass(frozen=True, slots=True)
class RelatedData:
    """
    What the ledger keeps about a batch: source entities by (integration, source ID), records linked with those of the
    source, records chosen for good by a person's key, the IDs of activities by effect key, and the records that earlier
    events of a source entity made or wrote, by command ID. `own_ids` are the source IDs whose records those are, by
    command ID: the command's entity, or all bookings of its chain.
    """

    source_states: Mapping[tuple[str, str], bytes] = field(default_factory=dict)
    linked: Mapping[str, str] = field(default_factory=dict)
    assigned: Mapping[str, str] = field(default_factory=dict)
    activities: Mapping[str, str] = field(default_factory=dict)
    own_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: Mapping[str, tuple[OwnRecord, ...]] = field(default_factory=dict)

    def source_states_of(self, job: Job) -> dict[str, bytes]:
        """Return what is kept of the source entities of this command's integration, by source ID."""
        name = job.command.integration
        return {source: body for (integration, source), body in self.source_states.items() if integration == name}

    def together(self, job: Job) -> dict[str, tuple[bytes, ...]]:
        """Return what is kept of the interactions of this command's person and agent, by source ID."""
        return {
            one: tuple(
                self.source_states[name, one] for name in _integrations(job) if (name, one) in self.source_states
            )
            for one in _interactions(job)
        }

    def assigned_to(self, job: Job) -> str | None:
        """Return the record that someone chose for good for this command's person, or None (XB-19)."""
        return next((self.assigned[name] for name in names_of_first(job) if name in self.assigned), None)

    def assigned_to_number(self, number: str) -> str | None:
        """Return the record that someone chose for good for who has this number (E.164), or None (XB-19)."""
        return self.assigned.get(phone_name(number))

    def linked_to(self, job: Job) -> str | None:
        """Return the record that the source's own record of this command is linked with, or None (LL-7)."""
        return next((self.linked[name] for name in _link_names(job) if name in self.linked), None)

    def chosen(self, jobs: Iterable[Job]) -> list[str]:
        """Return the IDs of all records that were chosen for these commands."""
        ids = [job.resolution.record_id for job in jobs if job.resolution and job.resolution.record_id]
        own = [one for job in jobs for one in self.people_of(job)]
        return list(dict.fromkeys([*ids, *self.assigned.values(), *self.linked.values(), *own]))

    def people_of(self, job: Job) -> list[str]:
        """Return the IDs of leads and contacts that are kept of the command's source entity."""
        own = [one.record_id for one in self.own.get(job.id, ()) if one.object in PEOPLE]
        named = source_of(job.command.contract).related.people(job.command, self.source_states_of(job))
        return list(dict.fromkeys([*own, *named]))


def load_related(jobs: Sequence[Job], ledger: Ledger, lease: Lease) -> RelatedData:
    """Return what the ledger keeps about these commands."""
    people = dict.fromkeys(name for job in jobs for name in person_names(job.keys))
    assigned = ledger.links(lease, "assignment", list(people)) if people else {}
    source_states = _source_states(jobs, ledger, lease)
    names = dict.fromkeys(name for job in jobs for name in (*_link_names(job), *_winner_names(job)))
    linked = ledger.links(lease, links.KIND, list(names)) if names else {}
    kept = RelatedData(source_states, linked, assigned)
    wanted = dict.fromkeys(effect for job in jobs for effect in _effects(job, kept))
    activities = ledger.links(lease, "activity", list(wanted)) if wanted else {}
    kept = replace(kept, activities=activities, own_ids={job.id: _own_ids(job, kept) for job in jobs})
    return replace(kept, own=_own(jobs, kept, ledger, lease))


def _own(jobs: Sequence[Job], kept: RelatedData, ledger: Ledger, lease: Lease) -> dict[str, tuple[OwnRecord, ...]]:
    """Return what earlier events of each command's source entity made or wrote (of all bookings of its chain)."""
    entities = {job.id: [(job.command.integration, one) for one in kept.own_ids[job.id]] for job in jobs}
    found: dict[tuple[str, str], list[OwnRecord]] = {}
    wanted = list(dict.fromkeys(one for own in entities.values() for one in own))
    for row in ledger.own_records(lease, wanted) if wanted else ():
        found.setdefault((row.integration, row.source_id), []).append(row)
    return {job_id: tuple(row for one in own for row in found.get(one, ())) for job_id, own in entities.items()}


def _own_ids(job: Job, kept: RelatedData) -> tuple[str, ...]:
    if job.command.kind != "apply":
        return ()
    own = source_of(job.command.contract).related.chain(job.command, kept.source_states_of(job))
    return tuple(dict.fromkeys((job.command.source_id, *own)))


def old_keys(jobs: Sequence[Job], kept: RelatedData) -> dict[str, tuple[str, ...]]:
    """Return the keys that release 0.1.0 gave to people of these commands' source entities, by command ID."""
    return {
        job.id: tuple(
            effect_key(job.command.integration, one, role)
            for one in kept.own_ids[job.id]
            for role in ("lead", "contact")
        )
        for job in jobs
        if is_matched_by_own(job.command)
    }


def _link_names(job: Job) -> tuple[str, ...]:
    """Return under which name the ledger keeps the link of the source's record: the command's, or the one asked for."""
    about = source_record.asked_for(job.command)
    name = links.record_name(job.command.integration, about) if about else links.name_of(job.command)
    return (name,) if name else ()


def _winner_names(job: Job) -> tuple[str, ...]:
    name = links.winner_of(job.command)
    return (name,) if name else ()


def _source_states(jobs: Sequence[Job], ledger: Ledger, lease: Lease) -> dict[tuple[str, str], bytes]:
    """Return the source entities that the commands name, and those that they lead to (a booking moved twice)."""
    known: dict[tuple[str, str], bytes] = {}
    asked: set[tuple[str, str]] = set()
    sources = {job.command.integration: source_of(job.command.contract).related for job in jobs}
    wanted = {
        (job.command.integration, one)
        for job in jobs
        for one in source_of(job.command.contract).related.source_states(job.command)
    }
    wanted |= {(name, one) for job in jobs for one in _interactions(job) for name in _integrations(job)}
    for _ in range(_CHAIN):
        new = sorted(wanted - asked)
        if not new:
            break
        asked |= set(new)
        found = ledger.source_states(lease, new)
        known.update(found)
        wanted = {
            (name, one)
            for (name, own), body in found.items()
            if name in sources and not own.startswith(shared_activity.PREFIX)
            for one in sources[name].further({own: body})
        }
    return known


def _effects(job: Job, kept: RelatedData) -> tuple[str, ...]:
    if job.settings is None or not job.settings.activity.enabled:
        return ()
    own = source_of(job.command.contract).related.effects(job.command, kept.source_states_of(job))
    source_id = f"{job.command.integration}/{job.command.source_id}"
    start, end = shared_activity.times(job.command, job.call)
    known = shared_activity.read(body for bodies in kept.together(job).values() for body in bodies)
    met = [one.effect for one in known if one.source_id == source_id or one.meets(start, end)]
    return tuple(dict.fromkeys((*own, *met)))


def _interactions(job: Job) -> tuple[str, ...]:
    return shared_activity.names(job.command, job.settings, person_names(job.keys))


def _integrations(job: Job) -> tuple[str, ...]:
    partner = job.settings.activity.one_with if job.settings else None
    return (job.command.integration, partner) if partner else (job.command.integration,)


def related_questions(jobs: Sequence[Job], kept: RelatedData, facts: OrgFacts) -> tuple[Question, ...]:
    """Return what to ask about activities and users; nothing of an object that the org does not have."""
    live = [job for job in jobs if job.settings is not None and job.settings.activity.enabled]
    asked = []
    for name in ("Task", "Event"):
        own = [job for job in live if job.settings and activity_object(job.settings, job.command) == name]
        if own and name in facts.objects:
            asked += _activities(name, own, kept, facts)
    owning = [*live, *(job for job in jobs if source_of(job.command.contract).related.owned)]
    mapped = tuple(dict.fromkeys(one for job in jobs for one in _mapped_owners(job)))
    return (*asked, *_users(owning, mapped, facts))


def mapped_values(job: Job) -> dict[str, Mapping[str, Scalar]]:
    """Return the values that the integration maps for the command, by object and mapped name."""
    command, settings = job.command, job.settings
    if settings is None:
        return {}
    activity = source_of(command.contract).related.activity(command, job.call, settings)
    people = {kind.title(): getattr(command, kind) for kind in OBJECTS if kind != "activity"}
    return {**people, activity_object(settings, command): activity}


def _mapped_owners(job: Job) -> list[str]:
    """Return the e-mails and user names that a map gives for an OwnerId."""
    maps = mapped_values(job).values()
    return [name for one in maps if names_user(name := str(one.get(OWNER) or "").strip())]


def _users(jobs: Sequence[Job], mapped: Sequence[str], facts: OrgFacts) -> list[Question]:
    """Return what to ask about users: by e-mail and user name, by ID, and by each field that holds extensions."""
    known = facts.objects.get("User")
    if known is None:
        return []
    names = tuple(dict.fromkeys((*mapped, *(one for job in jobs for one in _names(job)))))
    any_of: list[tuple[In, ...]] = [(In("Email", names),), (In("Username", names),)] if names else []
    ids = dict.fromkeys(id_ for job in jobs if (id_ := _user_id(job)) is not None)
    any_of += [(In("Id", tuple(ids)),)] if ids else []
    extensions: dict[str, dict[str, None]] = {}
    for job in jobs:
        field, agent = job.settings.user_extension if job.settings else None, job.command.agent
        extension = (agent.extension or "").strip() if agent else ""
        if field and field in known.fields and extension:
            extensions.setdefault(field, {})[extension] = None
    any_of += [(In(field, tuple(values)),) for field, values in extensions.items()]
    return [Question("User", (*_USER, *extensions), tuple(any_of))] if any_of else []


def _user_id(job: Job) -> str | None:
    agent = job.command.agent
    return record_id(agent.user_id) if agent else None


def _activities(name: str, jobs: Sequence[Job], kept: RelatedData, facts: OrgFacts) -> list[Question]:
    wanted = tuple(dict.fromkeys(effect for job in jobs for effect in _effects(job, kept)))
    external = facts.external_field.get(name)
    # What the ledger has never seen logged is written by its key, which finds it; a deletion needs its record.
    keyed = [job for job in jobs if not source_of(job.command.contract).related.deletes_activity]
    unseen = {effect for job in keyed for effect in _effects(job, kept)}
    asked = tuple(effect for effect in wanted if effect not in unseen)
    any_of = [(In(external, asked),)] if external and asked else []
    ids = tuple(kept.activities[effect] for effect in wanted if effect in kept.activities)
    if ids:
        any_of.append((In("Id", ids),))
    if not any_of:
        return []
    said = (one for job in jobs for one in (*job.command.activity, *_mapped(job)))
    mapped = (written_field(facts.objects[name], one) for one in said)
    fields = dict.fromkeys(("Id", "WhoId", "WhatId", "OwnerId", *_WRITTEN[name], *mapped, external or "Id"))
    held = facts.objects[name].fields
    return [Question(name, tuple(one for one in fields if one in held), tuple(any_of))]


def _mapped(job: Job) -> Iterable[str]:
    return (*job.settings.map.activity, *job.settings.activity_constants) if job.settings else ()


def _names(job: Job) -> list[str]:
    agent = job.command.agent
    defaults = job.settings.default_owners if job.settings else ()
    return [one.strip() for one in (agent.email if agent else None, agent.name if agent else None, *defaults) if one]


def with_related(match: Match, job: Job, kept: RelatedData, found: Sequence[Record], facts: OrgFacts) -> Match:
    """Return *match* with the activities, users and source entities of this command."""
    by_effect: dict[str, Record] = {}
    wanted = _effects(job, kept)
    for record in found:
        if record.object in _WRITTEN and not record.fields.get("IsDeleted"):
            key = record.fields.get(facts.external_field.get(record.object, ""))
            by_effect.update({effect: record for effect in wanted if effect == key})
            by_effect.update({one: record for one in wanted if kept.activities.get(one) == record.id})
    return replace(
        match,
        activities=by_effect,
        users=tuple(record for record in found if record.object == "User"),
        source_states=kept.source_states_of(job),
        together=kept.together(job),
        winner_link=next((kept.linked[name] for name in _winner_names(job) if name in kept.linked), None),
    )
