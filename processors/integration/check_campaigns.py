"""
Campaigns of integrations against those that an org has.

In: integrations, the campaigns that were found.  Out: findings.  Pure.
Rule of this file: a campaign that is not there is an error; one that is not active is a warning, for Salesforce takes
members of it all the same.
"""

from collections.abc import Iterable, Iterator, Sequence

from processors.integration.check_org import Finding
from processors.integration.model import Integration
from processors.model.record import Record


def campaign_faults(
    integrations: Iterable[Integration], org: str, found: Sequence[Record], statuses: Sequence[Record] = ()
) -> Iterator[Finding]:
    """Yield what is wrong with each integration's campaign; *statuses* are the member statuses of those found."""
    for integration in integrations:
        if not integration.campaign.wanted:
            continue
        named = [record for record in found if integration.campaign.names(record)]
        what = f"integration {integration.name}: campaign.{integration.campaign.shown}"
        if len(named) != 1:
            count = "is no campaign that the integration user can see" if not named else f"is {len(named)} campaigns"
            todo = "name one that is there" if not named else "name it by its id"
            yield Finding("error", org, f"{what} {count}; {todo}")
        elif not named[0].fields.get("IsActive"):
            yield Finding(
                "warning",
                org,
                f"{what} is not active; people join it all the same: activate it in Salesforce, or name another",
            )
        if len(named) == 1 and (wrong := _status_fault(integration, named[0], statuses)):
            yield Finding("error", org, f"integration {integration.name}: {wrong}")


def _status_fault(integration: Integration, campaign: Record, statuses: Sequence[Record]) -> str | None:
    """Return that the campaign has no such member status: Salesforce would take its default, without a word."""
    labels = [str(row.fields.get("Label")) for row in statuses if row.fields.get("CampaignId") == campaign.id]
    status = integration.campaign.status
    if status is None or not labels or status in labels:
        return None
    name = campaign.fields.get("Name")
    return f"campaign.status {status!r} is no member status of {name}, which has {', '.join(labels)}; name one of them"
