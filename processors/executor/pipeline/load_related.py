"""
What the ledger keeps around the commands of a batch, and what it makes of them.

In: commands, the ledger.  Out: what is kept around each; the commands themselves, renewed by it.  I/O through the
ledger's port.
Rule of this file: it reads; what it means is decided in each source's `decide.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from processors.deciding import shared_activity, source_record
from processors.executor.jobs.job import Job, names_of_first, person_names, phone_name
from processors.executor.org_queue.call_buffer import renew_call
from processors.executor.pipeline.related_data import RelatedData
from processors.matching import links
from processors.matching.lookup import PEOPLE
from processors.matching.own import is_matched_by_own
from processors.model.ledger import Lease, Ledger
from processors.model.record import OwnRecord
from processors.sources.registry import source_of
from schemas.identity import effect_key

_CHAIN = 10
"""How many times a source entity may name another one (a booking moved and moved again) before we stop asking."""


@dataclass(frozen=True, slots=True)
class _Kept:
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
            interaction: tuple(
                self.source_states[name, interaction]
                for name in _integrations(job)
                if (name, interaction) in self.source_states
            )
            for interaction in _interactions(job)
        }


def load_related(
    jobs: Sequence[Job], ledger: Ledger, lease: Lease, region: str
) -> tuple[dict[str, RelatedData], list[str]]:
    """
    Renew the commands by what the ledger keeps; return what it keeps around each, and all records chosen for them.

    What is kept is by command ID, the records by their own. *region* is the country of telephone numbers that name
    none.
    """
    kept = _read(jobs, ledger, lease)
    for job in jobs:
        states = kept.source_states_of(job)
        renew_call(job, states, region)
        job.renew(source_of(job.command.contract).related.resumed(job.command, states))
    prefix = phone_name("")
    numbers = {name.removeprefix(prefix): id_ for name, id_ in kept.assigned.items() if name.startswith(prefix)}
    related = {job.id: _related_data(job, kept, numbers) for job in jobs}
    ids = [job.resolution.record_id for job in jobs if job.resolution and job.resolution.record_id]
    people = [person for job in jobs for person in related[job.id].people]
    return related, list(dict.fromkeys([*ids, *kept.assigned.values(), *kept.linked.values(), *people]))


def _read(jobs: Sequence[Job], ledger: Ledger, lease: Lease) -> _Kept:
    people = dict.fromkeys(name for job in jobs for name in person_names(job.keys))
    assigned = ledger.links(lease, "assignment", list(people)) if people else {}
    source_states = _source_states(jobs, ledger, lease)
    names = dict.fromkeys(name for job in jobs for name in (*_link_names(job), *_winner_names(job)))
    linked = ledger.links(lease, links.KIND, list(names)) if names else {}
    kept = _Kept(source_states, linked, assigned)
    wanted = dict.fromkeys(effect for job in jobs for effect in _effects(job, kept))
    activities = ledger.links(lease, "activity", list(wanted)) if wanted else {}
    kept = replace(kept, activities=activities, own_ids={job.id: _own_ids(job, kept) for job in jobs})
    return replace(kept, own=_own(jobs, kept, ledger, lease))


def _related_data(job: Job, kept: _Kept, numbers: Mapping[str, str]) -> RelatedData:
    """Return what is kept around one command, as it is renewed."""
    effects, own, states = _effects(job, kept), kept.own[job.id], kept.source_states_of(job)
    kept_people = [own_record.record_id for own_record in own if own_record.object in PEOPLE]
    named = source_of(job.command.contract).related.people(job.command, states)
    return RelatedData(
        source_states=states,
        together=kept.together(job),
        assigned=next((kept.assigned[name] for name in names_of_first(job) if name in kept.assigned), None),
        assigned_numbers=numbers,
        linked=next((kept.linked[name] for name in _link_names(job) if name in kept.linked), None),
        winner_link=next((kept.linked[name] for name in _winner_names(job) if name in kept.linked), None),
        own=own,
        people=tuple(dict.fromkeys([*kept_people, *named])),
        old_keys=_old_keys(job, kept.own_ids[job.id]),
        effects=effects,
        activities={effect: kept.activities[effect] for effect in effects if effect in kept.activities},
    )


def _own(jobs: Sequence[Job], kept: _Kept, ledger: Ledger, lease: Lease) -> dict[str, tuple[OwnRecord, ...]]:
    """Return what earlier events of each command's source entity made or wrote (of all bookings of its chain)."""
    entities = {job.id: [(job.command.integration, source_id) for source_id in kept.own_ids[job.id]] for job in jobs}
    found: dict[tuple[str, str], list[OwnRecord]] = {}
    wanted = list(dict.fromkeys(pair for own in entities.values() for pair in own))
    for row in ledger.own_records(lease, wanted) if wanted else ():
        found.setdefault((row.integration, row.source_id), []).append(row)
    return {job_id: tuple(row for pair in own for row in found.get(pair, ())) for job_id, own in entities.items()}


def _own_ids(job: Job, kept: _Kept) -> tuple[str, ...]:
    if job.command.kind != "apply":
        return ()
    own = source_of(job.command.contract).related.chain(job.command, kept.source_states_of(job))
    return tuple(dict.fromkeys((job.command.source_id, *own)))


def _old_keys(job: Job, own_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the keys that release 0.1.0 gave to people of the command's source entity."""
    if not is_matched_by_own(job.command):
        return ()
    name = job.command.integration
    return tuple(effect_key(name, own_id, role) for own_id in own_ids for role in ("lead", "contact"))


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
        (job.command.integration, state)
        for job in jobs
        for state in source_of(job.command.contract).related.source_states(job.command)
    }
    wanted |= {(name, interaction) for job in jobs for interaction in _interactions(job) for name in _integrations(job)}
    for _ in range(_CHAIN):
        new = sorted(wanted - asked)
        if not new:
            break
        asked |= set(new)
        found = ledger.source_states(lease, new)
        known.update(found)
        wanted = {
            (name, text)
            for (name, own), body in found.items()
            if name in sources and not own.startswith(shared_activity.PREFIX)
            for text in sources[name].further({own: body})
        }
    return known


def _effects(job: Job, kept: _Kept) -> tuple[str, ...]:
    if job.settings is None or not job.settings.activity.enabled:
        return ()
    own = source_of(job.command.contract).related.effects(job.command, kept.source_states_of(job))
    source_id = f"{job.command.integration}/{job.command.source_id}"
    start, end = shared_activity.times(job.command, job.call)
    known = shared_activity.read(body for bodies in kept.together(job).values() for body in bodies)
    met = [
        interaction.effect
        for interaction in known
        if interaction.source_id == source_id or interaction.meets(start, end)
    ]
    return tuple(dict.fromkeys((*own, *met)))


def _interactions(job: Job) -> tuple[str, ...]:
    return shared_activity.names(job.command, job.settings, person_names(job.keys))


def _integrations(job: Job) -> tuple[str, ...]:
    partner = job.settings.activity.one_with if job.settings else None
    return (job.command.integration, partner) if partner else (job.command.integration,)
