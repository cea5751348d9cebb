"""
What maps give values to, of which more must be known than the field: references by an external ID.

In: integrations, what describe says.  Out: the mapped names by object; what is wrong with a reference.
Rule of this file: pure; a reference that may never find its record is a fault of the file, told by `signalbox check`.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from processors.integration.base import FieldMap
from processors.integration.model import OBJECTS, Integration
from processors.integration.org_settings import CampaignSettings
from processors.model.members import CAMPAIGN, MEMBER, STATUS
from processors.model.org_facts import ObjectFacts, OrgFacts
from processors.model.parents import ParentPath, is_path, key_faults, parent_path

_ACTIVITIES = ("Task", "Event")
Level = Literal["gone", "error", "warning"]


def mapped_names(integrations: Iterable[Integration]) -> tuple[tuple[str, str], ...]:
    """Return what the integrations name by an external ID or a label, campaigns too, as (object, name), each once."""
    known = list(integrations)
    joined = [
        (MEMBER, f"{CAMPAIGN}.{field}") for integration in known if (field := integration.campaign.external_field)
    ]
    joined += [(STATUS, "Label") for integration in known if integration.campaign.status is not None]
    found = (
        (name, field)
        for integration in known
        for kind in OBJECTS
        for field in getattr(integration.map, kind)
        if is_path(field)
        for name in (_ACTIVITIES if kind == "activity" else (kind.title(),))
    )
    return tuple(dict.fromkeys((*found, *joined)))


def campaign_key_faults(settings: CampaignSettings, facts: OrgFacts) -> Iterator[tuple[Level, str]]:
    """Yield what is wrong with the field that names the campaign."""
    field = settings.external_field
    if field is not None and (wrong := key_faults(ParentPath("CampaignId", CAMPAIGN, field), facts)):
        yield "gone" if facts.field(CAMPAIGN, field) is None else "error", f"campaign.external_id: {wrong}"


def reference_faults(
    name: str, path: str, fields: FieldMap, known: ObjectFacts, facts: OrgFacts
) -> Iterator[tuple[Level, str]]:
    """Yield what is wrong with the mapped name *path* of the object *name*, one of its mapped *fields*."""
    try:
        meant = parent_path(known, path)
    except ValueError as fault:
        yield "error", f"{name}.{path}: {fault}"
        return
    others = [field for field in fields if field != path and _writes(known, field) == meant.field]
    if others:
        yield "error", f"{name}.{path} and {name}.{others[0]} both give {meant.field} a value; keep one of them"
    wrong = key_faults(meant, facts)
    if wrong is not None:
        gone = facts.field(meant.parent, meant.key) is None
        yield "gone" if gone else "error", f"{name}.{path}: {wrong}"


def _writes(known: ObjectFacts, name: str) -> str:
    try:
        return parent_path(known, name).field if is_path(name) else name
    except ValueError:
        return name
