"""
Campaign members: an object whose records the org itself keeps unique, one for a person and campaign.

In: a write, records.  Out: whether they are the same membership.  Pure.
Rule of this file: the campaign with the lead or contact is the key; a converted lead's member gets the contact beside
the lead, so either names it.
"""

from collections.abc import Iterable

from processors.model.record import Record
from processors.model.requests import Write

MEMBER = "CampaignMember"
CAMPAIGN = "Campaign"
STATUS = "CampaignMemberStatus"
"""The object whose records are the statuses that a campaign's members may have."""
PERSON_FIELDS = ("LeadId", "ContactId")
MEMBER_FIELDS = ("Id", "CampaignId", *PERSON_FIELDS, "Status", "CreatedDate")


def creates_member(write: Write | None) -> bool:
    """Whether the write makes a person a member of a campaign; the org refuses a second one with DUPLICATE_VALUE."""
    return write is not None and write.operation == "create" and write.object == MEMBER


def is_member(record: Record, campaign: str | None, people: Iterable[str | None]) -> bool:
    """Whether *record* is the membership of one of *people* (IDs of leads and contacts) in the campaign."""
    if record.object != MEMBER or not campaign or _short(record.fields.get("CampaignId")) != _short(campaign):
        return False
    ids = {_short(person) for person in people if person}
    return any(_short(record.fields.get(name)) in ids for name in PERSON_FIELDS)


def _short(value: object) -> str:
    # 15 characters say which record it is; the last three are a checksum.
    return str(value or "")[:15]
