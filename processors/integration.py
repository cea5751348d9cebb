"""
The settings model: one integration as its YAML file says it. Names, not code.

Rule of this file: a frozen, validated value; reading files and reporting faults by line is in `processors/settings_files.py`.
"""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.command import KeyKind, Lane
from schemas.values import Scalar

ActionName = Literal[
    "update_only",
    "update_or_create_lead",
    "update_or_create_contact",
    "update_and_convert_lead_or_create_contact",
]
FieldPolicy = Literal["overwrite", "fill_blank", "never"]
PresetName = Literal["vanillasoft", "jicoo", "lead_liaison", "spotio", "wildix"]
OrgName = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=60)]


class Model(BaseModel):
    """Base: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSource(Model):
    """
    Where one Salesforce field takes its value from: an event field, or a constant; a default where the event has none.

    `from` is a dotted path in the event (`person.email`, `agent.name`, `fields.budget`). `values` maps picklist values
    of the source to those of the org; a value that it does not list is kept.
    """

    source: str | None = Field(default=None, alias="from")
    constant: Scalar = None
    default: Scalar = None
    values: dict[str, Scalar] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.source is None) == (self.constant is None):
            raise ValueError("name exactly one of 'from' and 'constant'")
        return self


FieldMap = dict[str, FieldSource | str]
"""Salesforce API name → where its value comes from; a plain string is short for `{from: <string>}`."""


class Key(Model):
    """One secondary key: the event field, how it is compared, and the API field that holds it on each object."""

    source: str = Field(alias="from")
    kind: KeyKind = "text"
    lead: str | None = None
    contact: str | None = None


class MatchSettings(Model):
    """How the person's record is found (VS-7, VS-8, VS-32)."""

    salesforce_id: bool = True
    key_sets: tuple[tuple[Key, ...], ...] = ()
    lead_and_contact: Literal["error", "prefer_contact", "prefer_lead"] = "error"
    several: Literal["error"] = "error"
    converted_leads: Literal["follow", "ignore", "error"] = "follow"


class AccountSettings(Model):
    """Accounts beside a contact (VS-16, VS-21, VS-26): off unless `enabled`. `keys` are API names, joined by AND."""

    enabled: bool = False
    keys: tuple[str, ...] = ("Name",)
    create: bool = True
    update: bool = True


class OpportunitySettings(Model):
    """The one open opportunity of a contact: off unless `enabled` (VS-21, VS-26, 1G)."""

    enabled: bool = False
    create: bool = True
    update: bool = True


class Maps(Model):
    """Field maps by object."""

    lead: FieldMap = Field(default_factory=dict)
    contact: FieldMap = Field(default_factory=dict)
    account: FieldMap = Field(default_factory=dict)
    opportunity: FieldMap = Field(default_factory=dict)


class WritePolicy(Model):
    """
    Who wins per field on an update (1F): the integration's default, and exceptions as `Object.Field`.

    `blank` says what an empty source value does to a field that has one: `skip` leaves it, `clear` empties it.
    """

    default: FieldPolicy = "overwrite"
    fields: dict[str, FieldPolicy] = Field(default_factory=dict)
    blank: Literal["skip", "clear"] = "skip"


class MandatorySettings(Model):
    """What a mapped but empty mandatory field takes on a create (1G): the defaults, or an error."""

    empty: Literal["default", "error"] = "default"
    text: str = "N/A"
    number: float = 0


class ConvertSettings(Model):
    """How a lead is converted (VS-23). `status` None: the org's default. `owner` is used where a queue owns the lead."""

    status: str | None = None
    owner: str | None = None


class Filter(Model):
    """One condition on the event; all of them must hold. `name` goes into the outcome of what is left out."""

    name: str
    field: str
    equals: tuple[str, ...] = ()
    not_equals: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if bool(self.equals) == bool(self.not_equals):
            raise ValueError("name exactly one of 'equals' and 'not_equals'")
        return self


class Integration(Model):
    """One customer's configured flow from a source to an org."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=60)]
    preset: PresetName | None = None
    source: Literal["call_result"] = "call_result"
    org: OrgName
    enabled: bool = False
    active_from: datetime | None = None
    project: str
    result_codes: Annotated[tuple[str, ...], Field(min_length=1)]
    action: ActionName
    lane: Lane = "live"
    match: MatchSettings = MatchSettings()
    map: Maps = Maps()
    account: AccountSettings = AccountSettings()
    opportunity: OpportunitySettings = OpportunitySettings()
    write: WritePolicy = WritePolicy()
    mandatory: MandatorySettings = MandatorySettings()
    convert: ConvertSettings = ConvertSettings()
    filters: tuple[Filter, ...] = ()
    recipients: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _org_is_not_reserved(self) -> Self:
        if self.org == "none":
            raise ValueError("org 'none' is reserved for events that no integration wants")
        return self
