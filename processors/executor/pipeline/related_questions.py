"""
What is asked of the org around a batch beside the person's records: activities logged so far, and users.

In: commands, what the ledger keeps around them.  Out: questions.  Pure.
Rule of this file: one question an object; nothing is asked about an object that the org does not have.
"""

from collections.abc import Iterable, Mapping, Sequence

from processors.deciding.activity import activity_object
from processors.deciding.owners import OWNER
from processors.executor.jobs.job import Job
from processors.executor.jobs.mapped_values import mapped_values
from processors.executor.pipeline.related_data import RelatedData
from processors.model.normalise import bare_address, names_user, record_id
from processors.model.org_facts import OrgFacts
from processors.model.parents import written_field
from processors.model.requests import In, Question
from processors.sources.registry import source_of

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


def related_questions(jobs: Sequence[Job], kept: Mapping[str, RelatedData], facts: OrgFacts) -> tuple[Question, ...]:
    """Return what to ask about activities and users; nothing of an object that the org does not have."""
    live = [job for job in jobs if job.settings is not None and job.settings.activity.enabled]
    asked = []
    for name in ("Task", "Event"):
        own = [job for job in live if job.settings and activity_object(job.settings, job.command) == name]
        if own and name in facts.objects:
            asked += _activities(name, own, kept, facts)
    owning = [*live, *(job for job in jobs if source_of(job.command.contract).related.owned)]
    mapped = tuple(dict.fromkeys(owner for job in jobs for owner in _mapped_owners(job)))
    return (*asked, *_users(owning, mapped, facts))


def _mapped_owners(job: Job) -> list[str]:
    """Return the e-mails and user names that a map gives for an OwnerId, and whoever steps in for a queue."""
    named = [str(value.get(OWNER) or "").strip() for value in mapped_values(job).values()]
    queues = job.settings.convert.owner if job.settings and job.settings.may_convert else None
    return [name for name in (*named, (queues or "").strip()) if names_user(name)]


def _users(jobs: Sequence[Job], mapped: Sequence[str], facts: OrgFacts) -> list[Question]:
    """Return what to ask about users: by e-mail and user name, by ID, and by each field that holds extensions."""
    known = facts.objects.get("User")
    if known is None:
        return []
    said = (*mapped, *(text for job in jobs for text in _names(job)))
    names = tuple(dict.fromkeys(name for text in said if (name := bare_address(text))))
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


def _activities(name: str, jobs: Sequence[Job], kept: Mapping[str, RelatedData], facts: OrgFacts) -> list[Question]:
    wanted = tuple(dict.fromkeys(effect for job in jobs for effect in kept[job.id].effects))
    external = facts.external_field.get(name)
    # What the ledger has never seen logged is written by its key, which finds it; a deletion needs its record.
    keyed = [job for job in jobs if not source_of(job.command.contract).related.deletes_activity]
    unseen = {effect for job in keyed for effect in kept[job.id].effects}
    asked = tuple(effect for effect in wanted if effect not in unseen)
    any_of = [(In(external, asked),)] if external and asked else []
    logged = {effect: id_ for job in jobs for effect, id_ in kept[job.id].activities.items()}
    ids = tuple(logged[effect] for effect in wanted if effect in logged)
    if ids:
        any_of.append((In("Id", ids),))
    if not any_of:
        return []
    said = (field_name for job in jobs for field_name in (*job.command.activity, *_mapped(job)))
    mapped = (written_field(facts.objects[name], field_name) for field_name in said)
    fields = dict.fromkeys(("Id", "WhoId", "WhatId", "OwnerId", *_WRITTEN[name], *mapped, external or "Id"))
    held = facts.objects[name].fields
    return [Question(name, tuple(field for field in fields if field in held), tuple(any_of))]


def _mapped(job: Job) -> Iterable[str]:
    return (*job.settings.map.activity, *job.settings.activity_constants) if job.settings else ()


def _names(job: Job) -> list[str]:
    agent = job.command.agent
    defaults = job.settings.default_owners if job.settings else ()
    return [text.strip() for text in (agent.email if agent else None, agent.name if agent else None, *defaults) if text]
