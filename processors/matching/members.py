"""
What is read of campaigns: those that integrations name, and the memberships of the people in sight.

In: commands with their settings, rows of the batch.  Out: questions; a command's campaign and members.  Pure.
Rule of this file: a campaign is named by its ID, an external ID or its name, in any case; two of one name are none.
"""

from collections.abc import Iterable, Sequence

from processors.integration.org_settings import CampaignSettings
from processors.matching.queries import ConfiguredCommand
from processors.model.members import CAMPAIGN, MEMBER, MEMBER_FIELDS, STATUS, is_member
from processors.model.org_facts import OrgFacts
from processors.model.record import Record
from processors.model.requests import In, Question

CAMPAIGN_FIELDS = ("Id", "Name", "IsActive")
STATUS_FIELDS = ("Id", "CampaignId", "Label")


def campaign_questions(settings: Iterable[CampaignSettings], facts: OrgFacts) -> tuple[Question, ...]:
    """Return what to ask about the campaigns that these settings name; nothing by a field that the org lacks."""
    wanted = [setting for setting in settings if setting.wanted]
    ids = tuple(dict.fromkeys(item.id for item in wanted if item.id))
    names = tuple(dict.fromkeys(item.name for item in wanted if item.name))
    keys: dict[str, dict[str, None]] = {}
    for campaign_settings in wanted:
        for field, value in (campaign_settings.external_id or {}).items():
            if facts.field(CAMPAIGN, field) is not None:
                keys.setdefault(field, {})[value.strip()] = None
    named = (("Id", ids), ("Name", names), *((field, tuple(values)) for field, values in keys.items()))
    any_of = tuple((In(field, values),) for field, values in named if values)
    return (Question(CAMPAIGN, (*CAMPAIGN_FIELDS, *keys), any_of),) if any_of else ()


def status_questions(campaigns: Sequence[Record]) -> tuple[Question, ...]:
    """Return what to ask about the member statuses of these campaigns."""
    ids = tuple(dict.fromkeys(campaign.id for campaign in campaigns))
    return (Question(STATUS, STATUS_FIELDS, ((In("CampaignId", ids),),)),) if ids else ()


def campaign_of(settings: CampaignSettings, found: Iterable[Record]) -> str | None:
    """Return the ID of the campaign that the settings name; None where none, or more than one, is there."""
    ids = {record.id for record in found if record.object == CAMPAIGN and settings.names(record)}
    return ids.pop() if len(ids) == 1 else None


def member_questions(asked: Sequence[ConfiguredCommand], found: Sequence[Record]) -> tuple[Question, ...]:
    """Return what to ask about the memberships of the leads and contacts among *found*."""
    settings = [
        integration.campaign for _, integration in asked if integration is not None and integration.campaign.wanted
    ]
    campaigns = tuple(dict.fromkeys(id_ for setting in settings if (id_ := campaign_of(setting, found)) is not None))
    if not campaigns:
        return ()
    leads = tuple(dict.fromkeys(record.id for record in found if record.object == "Lead"))
    followed = (str(record.fields["ConvertedContactId"]) for record in found if record.fields.get("ConvertedContactId"))
    contacts = tuple(dict.fromkeys((*(record.id for record in found if record.object == "Contact"), *followed)))
    pairs = (("LeadId", leads), ("ContactId", contacts))
    any_of = tuple((In("CampaignId", campaigns), In(name, ids)) for name, ids in pairs if ids)
    return (Question(MEMBER, MEMBER_FIELDS, any_of),) if any_of else ()


def statuses_asked(
    asked: Sequence[ConfiguredCommand], found: Sequence[Record], facts: OrgFacts
) -> tuple[Question, ...]:
    """Return what to ask about the statuses of campaigns whose members get one; nothing where the user sees none."""
    if STATUS not in facts.objects:
        return ()
    settings = [
        integration.campaign
        for _, integration in asked
        if integration is not None and integration.campaign.status is not None
    ]
    wanted = {campaign_of(setting, found) for setting in settings}
    return status_questions([record for record in found if record.object == CAMPAIGN and record.id in wanted])


def statuses_of(campaign: str | None, found: Iterable[Record]) -> tuple[str, ...]:
    """Return the statuses that members of the campaign may have; none where they are not known."""
    rows = [record.fields for record in found if record.object == STATUS]
    return tuple(str(row["Label"]) for row in rows if campaign and row.get("CampaignId") == campaign)


def members_of(campaign: str | None, found: Iterable[Record]) -> tuple[Record, ...]:
    """Return the memberships in the campaign among *found*."""
    people = [record for record in found if record.object == MEMBER]
    ids = [person.fields.get(name) for person in people for name in ("LeadId", "ContactId")]
    return tuple(person for person in people if is_member(person, campaign, ids))
