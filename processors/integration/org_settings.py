"""
Settings about what an org has of its own: its rules, and the campaign that people join.

Rule of this file: shapes alone; what they come to is decided in `processors/deciding` and told by the org.
"""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from processors.integration.base import Model
from processors.model.normalise import record_id, text_key
from processors.model.parents import parent_key
from processors.model.record import Record


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


ExternalId = Annotated[str, Field(pattern=r"\S", max_length=255), BeforeValidator(_as_text)]


class CampaignSettings(Model):
    """
    The campaign that the person of an event joins, by its ID, its name or an external ID, `{<field>: <value>}`
    (docs/decisions/0086); none: nobody joins.

    `status` is that of a new member; not set: the campaign's default. `existing` says whether a member that is there
    takes it too (`update`), or stays as it is.
    """

    id: Annotated[str, Field(pattern=r"^701[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?$")] | None = None
    name: Annotated[str, Field(pattern=r"\S", max_length=80)] | None = None
    external_id: Annotated[dict[str, ExternalId], Field(min_length=1, max_length=1)] | None = None
    status: Annotated[str, Field(pattern=r"\S", max_length=40)] | None = None
    existing: Literal["keep", "update"] = "keep"

    @property
    def wanted(self) -> bool:
        """Whether people join a campaign."""
        return any(text is not None for text in (self.id, self.name, self.external_id))

    @property
    def external_field(self) -> str | None:
        """The field of campaigns that `external_id` names; None where the campaign is named otherwise."""
        return next(iter(self.external_id or ()), None)

    @property
    def shown(self) -> str:
        """The campaign as the file names it, for who reads about it."""
        if self.external_id:
            field, value = next(iter(self.external_id.items()))
            return f"external_id {field} {value!r}"
        return f"id {self.id}" if self.id else f"name {self.name!r}"

    def names(self, campaign: Record) -> bool:
        """Whether *campaign* is one that these settings name, the name in any case."""
        if self.id is not None:
            return record_id(self.id) == record_id(campaign.id)
        if self.external_id is not None:
            field, value = next(iter(self.external_id.items()))
            held = campaign.fields.get(field)
            return held is not None and parent_key(None, held) == parent_key(None, value)
        return self.name is not None and text_key(self.name) == text_key(campaign.fields.get("Name"))

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if sum(text is not None for text in (self.id, self.name, self.external_id)) > 1:
            raise ValueError("a campaign is named once; give 'id', 'name' or 'external_id'")
        if not self.wanted and self.status is not None:
            raise ValueError(
                "'status' is that of a campaign's member; name the campaign by 'id', 'name' or 'external_id'"
            )
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
