"""
Settings of an integration whose source is a marketing application's prospects.

In: the keys of its file.  Out: a frozen, validated value.
Rule of this file: a leaf: it knows what every integration has, and no other file of a source.
"""

from typing import ClassVar, Literal

from processors.integration.base import Code, LinkSettings, Model
from processors.integration.model import ActionName, Integration
from processors.integration.paths import OWNER, PERSON, Paths


class ProspectSettings(Model):
    """Which prospects go to Salesforce: `all`, or those alone that a user asked for (`sync_record`, LL-22)."""

    sync: Literal["all", "requested"] = "all"


class ProspectIntegration(Integration):
    """What fires it is a workspace of the marketing application."""

    PATHS: ClassVar[Paths] = Paths(
        ("event_id", "prospect_id", "occasion", "changed", "created", *OWNER, "notes", *PERSON)
    )

    source: Literal["prospect"] = "prospect"
    workspace: Code
    action: ActionName
    prospects: ProspectSettings = ProspectSettings()
    link: LinkSettings = LinkSettings()

    @property
    def record_link(self) -> LinkSettings:
        """The person's record tells of its prospect as `link` says (LL-9)."""
        return self.link
