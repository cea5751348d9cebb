"""
Settings about what an org has of its own: its rules, and the campaign that people join.

Rule of this file: shapes alone; what they come to is decided in `processors/deciding` and told by the org.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from processors.integration.base import Model
from processors.model.normalise import record_id, text_key
from processors.model.values import Record


class CampaignSettings(Model):
    """
    The campaign that the person of an event joins, by its ID or its name (docs/decisions/0086); none: nobody joins.

    `status` is that of a new member; not set: the campaign's default. `existing` says whether a member that is there
    takes it too (`update`), or stays as it is.
    """

    id: Annotated[str, Field(pattern=r"^701[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?$")] | None = None
    name: Annotated[str, Field(pattern=r"\S", max_length=80)] | None = None
    status: Annotated[str, Field(pattern=r"\S", max_length=40)] | None = None
    existing: Literal["keep", "update"] = "keep"

    @property
    def wanted(self) -> bool:
        """Whether people join a campaign."""
        return self.id is not None or self.name is not None

    def names(self, campaign: Record) -> bool:
        """Whether *campaign* is one that these settings name, the name in any case."""
        if self.id is not None:
            return record_id(self.id) == record_id(campaign.id)
        return self.name is not None and text_key(self.name) == text_key(campaign.fields.get("Name"))

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.id is not None and self.name is not None:
            raise ValueError("a campaign is named once; give 'id' or 'name'")
        if not self.wanted and self.status is not None:
            raise ValueError("'status' is that of a campaign's member; name the campaign by 'id' or 'name'")
        if self.existing == "update" and self.status is None:
            raise ValueError("'existing: update' needs the 'status' that members take")
        return self


class OrgRules(Model):
    """
    What the org's own rules may do to records that the integration writes (docs/decisions/0079).

    `duplicates` says what becomes of a record of which a duplicate rule warns: it is refused and the outcome lists what
    the rule found (`refuse`), someone chooses among those where nobody had matched (`park`), or it is saved all the
    same (`save`). A rule that blocks is never passed. `assignment: new` lets assignment rules choose the owner of a new
    lead or account that the event gives none.
    """

    duplicates: Literal["refuse", "park", "save"] = "refuse"
    assignment: Literal["new", "off"] = "new"
