"""
Campaigns of integrations against those that an org has.

In: integrations, the campaigns that were found.  Out: findings.  Pure.
Rule of this file: a campaign that is not there is an error; one that is not active is a warning, for Salesforce takes
members of it all the same.
"""

from collections.abc import Iterable, Iterator, Sequence

from processors.integration.check_org import Finding
from processors.integration.model import Integration
from processors.model.values import Record


def campaign_faults(integrations: Iterable[Integration], org: str, found: Sequence[Record]) -> Iterator[Finding]:
    """Yield what is wrong with each integration's campaign."""
    for one in integrations:
        if not one.campaign.wanted:
            continue
        named = [record for record in found if one.campaign.names(record)]
        how = f"id {one.campaign.id}" if one.campaign.id else f"name {one.campaign.name!r}"
        what = f"integration {one.name}: campaign.{how}"
        if len(named) != 1:
            count = "is no campaign that the integration user can see" if not named else f"is {len(named)} campaigns"
            todo = "name one that is there" if not named else "name it by its id"
            yield Finding("error", org, f"{what} {count}; {todo}")
        elif not named[0].fields.get("IsActive"):
            yield Finding("warning", org, f"{what} is not active")
