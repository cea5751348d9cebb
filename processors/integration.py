"""
The settings model: one integration as its YAML file says it. Names, not code.

Rule of this file: a frozen, validated value; reading files, with faults by line, is in `processors/settings_files.py`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from processors.event_paths import check_path
from schemas.command import KeyKind, Lane
from schemas.values import Scalar

ActionName = Literal[
    "update_only",
    "update_or_create_lead",
    "update_or_create_contact",
    "update_and_convert_lead_or_create_contact",
]
FieldPolicy = Literal["overwrite", "fill_blank", "never"]
SourceName = Literal["call_result", "booking", "pbx_call"]
PresetName = Literal["vanillasoft", "jicoo", "lead_liaison", "spotio", "wildix"]


def _not_reserved(value: str) -> str:
    if value == "none":
        raise ValueError("org 'none' is reserved for events that no integration wants; choose another name")
    return value


OrgName = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=60), AfterValidator(_not_reserved)]
EventPath = Annotated[str, Field(pattern=r"\S")]
"""A dotted path in the event; whether events of the source have it is asked of `processors/event_paths.py`."""


def _address(value: str) -> str:
    """Return one bare mail address, or raise ValueError; the server's existence is not asked."""
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f"'{value}' is not a mail address: {error}; write one as name@example.com") from error


Address = Annotated[str, AfterValidator(_address)]
Code = Annotated[str, Field(pattern=r"\S")]
"""A result code as the project shows it; compared trimmed and without case (`processors/integrations.py`)."""


Flag = Annotated[bool, Field(strict=True)]
"""`true` or `false` alone: `yes` is a result code here, not a switch."""


class Model(BaseModel):
    """Base: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSource(Model):
    """
    Where one Salesforce field takes its value from: an event field, or a constant; a default where the event has none.

    `from` is a dotted path in the event (`person.email`, `agent.name`, `fields.budget`). `values` maps picklist values
    of the source to those of the org; a value that it does not list is kept.
    """

    source: EventPath | None = Field(default=None, alias="from")
    constant: Scalar = None
    default: Scalar = None
    values: dict[str, Scalar] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.source is None) == (self.constant is None):
            raise ValueError("a mapped field has one origin; name exactly one of 'from' and 'constant'")
        return self


def _in_full(value: object) -> object:
    return {"from": value} if isinstance(value, str) else value


FieldMap = dict[str, Annotated[FieldSource, BeforeValidator(_in_full, json_schema_input_type=FieldSource | str)]]
"""Salesforce API name → where its value comes from; a plain string is short for `{from: <string>}`."""


class Key(Model):
    """One secondary key: the event field, how it is compared, and the API field that holds it on each object."""

    source: EventPath = Field(alias="from")
    kind: KeyKind = "text"
    lead: str | None = None
    contact: str | None = None

    @model_validator(mode="after")
    def _on_some_object(self) -> Self:
        if not (self.lead or self.contact):
            raise ValueError("a key needs a field to compare with; name 'lead', 'contact' or both")
        return self


class MatchSettings(Model):
    """
    How the person's record is found (VS-7, VS-8, VS-32), and what several mean (1F).

    `park` waits for someone's choice, at most `park_hours`; meanwhile what follows for that person waits or passes
    (`while_parked`).
    """

    salesforce_id: Flag = True
    key_sets: tuple[Annotated[tuple[Key, ...], Field(min_length=1)], ...] = ()
    lead_and_contact: Literal["error", "prefer_contact", "prefer_lead", "park"] = "error"
    several: Literal["error", "newest", "park"] = "error"
    converted_leads: Literal["follow", "ignore", "error"] = "follow"
    park_hours: Annotated[float, Field(gt=0, le=24 * 90)] = 72.0
    while_parked: Literal["wait", "pass"] = "wait"


class AccountSettings(Model):
    """Accounts beside a contact (VS-16, VS-21, VS-26): off unless `enabled`. `keys` are API names, joined by AND."""

    enabled: Flag = False
    keys: tuple[str, ...] = ("Name",)
    create: Flag = True
    update: Flag = True


class OpportunitySettings(Model):
    """The one open opportunity of a contact: off unless `enabled` (VS-21, VS-26, 1G)."""

    enabled: Flag = False
    create: Flag = True
    update: Flag = True


class Maps(Model):
    """Field maps by object."""

    lead: FieldMap = Field(default_factory=dict)
    contact: FieldMap = Field(default_factory=dict)
    account: FieldMap = Field(default_factory=dict)
    opportunity: FieldMap = Field(default_factory=dict)
    activity: FieldMap = Field(default_factory=dict)


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
    """How a lead is converted (VS-23). `status` None: the org's default. `owner` steps in for a queue."""

    status: str | None = None
    owner: str | None = None


class ActivitySettings(Model):
    """
    What is logged: a Task or an Event; off unless `enabled` (JI-19, JI-22).

    `owner` is the e-mail or user name that steps in where who acted is no active user of the org (XB-4).
    `cancelled` says what becomes of a cancelled booking's activity (JI-21). `one_with` names the integration whose
    records of the same interaction share one activity with this one's; both must name each other.
    """

    enabled: Flag = False
    object: Literal["Task", "Event"] = "Task"
    owner: str | None = None
    cancelled: Literal["delete", "mark"] = "delete"
    one_with: str | None = None


class BookingSettings(Model):
    """What a booking's invitee is registered as, and whether what is there is overwritten (JI-1, JI-5, JI-7)."""

    register_as: Literal["lead", "contact", "both"] = Field(default="lead", alias="register")
    overwrite: Flag = False


CallObject = Literal["Lead", "Contact", "Account"]
PHONE_FIELDS: Mapping[CallObject, tuple[str, ...]] = {
    "Lead": ("Phone", "MobilePhone"),
    "Contact": ("Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone"),
    "Account": ("Phone",),
}
"""Where an org keeps telephone numbers, unless an integration names other fields."""


class CallSettings(Model):
    """
    How a PBX call finds its records and when it is logged (XB-11 to XB-18).

    `objects` are searched in this order of priority, in their `phone_fields`. `region` (ISO 3166 alpha-2) is assumed
    of numbers that name no country. An outbound call that was given up within `short_seconds` (inclusive) is not
    logged. `installed` is when this integration was installed (XB-18). `shared_number` says where a call goes whose
    number several contacts of one account have. A call that never ends is closed `close_after_hours` after its first
    step.
    """

    objects: Annotated[tuple[CallObject, ...], Field(min_length=1)] = ("Contact", "Lead", "Account")
    phone_fields: Mapping[CallObject, tuple[str, ...]] = PHONE_FIELDS
    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    short_seconds: Annotated[float, Field(ge=0)] = 5.0
    installed: AwareDatetime | None = None
    shared_number: Literal["account", "newest", "park"] = "account"
    close_after_hours: Annotated[float, Field(gt=0, le=72)] = 4.0


class Filter(Model):
    """One condition on the event; all of them must hold. `name` goes into the outcome of what is left out."""

    name: str
    field: EventPath
    equals: tuple[str, ...] = ()
    not_equals: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if bool(self.equals) == bool(self.not_equals):
            raise ValueError("a filter has one side; name exactly one of 'equals' and 'not_equals'")
        return self


class Integration(Model):
    """
    One customer's configured flow from a source to an org.

    Off until `enabled` (1G); `active_from` needs a zone, and what happened before it is skipped. `recipients` may be
    empty (VS-29): an error then reaches topic and audit alone.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=60)]
    preset: PresetName | None = None
    source: SourceName = "call_result"
    org: OrgName
    enabled: Flag = False
    active_from: AwareDatetime | None = None
    project: Code | None = None
    result_codes: tuple[Code, ...] = ()
    action: ActionName | None = None
    workspace: Code | None = None
    network: Code | None = None
    lane: Lane = "live"
    match: MatchSettings = MatchSettings()
    map: Maps = Maps()
    account: AccountSettings = AccountSettings()
    opportunity: OpportunitySettings = OpportunitySettings()
    write: WritePolicy = WritePolicy()
    mandatory: MandatorySettings = MandatorySettings()
    convert: ConvertSettings = ConvertSettings()
    booking: BookingSettings = BookingSettings()
    calls: CallSettings = CallSettings()
    activity: ActivitySettings = ActivitySettings()
    filters: tuple[Filter, ...] = ()
    recipients: tuple[Address, ...] = ()

    @model_validator(mode="after")
    def _trigger_of_the_source(self) -> Self:
        lacking = [name for name in NEEDED[self.source] if not getattr(self, name)]
        if lacking:
            raise ValueError(f"an integration of source '{self.source}' needs {' and '.join(lacking)}; add it")
        for path in self.paths:
            check_path(path, self.source)
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths in the event that the settings name."""
        maps = (self.map.lead, self.map.contact, self.map.account, self.map.opportunity, self.map.activity)
        mapped = [source.source for fields in maps for source in fields.values() if source.source is not None]
        keys = [key.source for keys in self.match.key_sets for key in keys]
        return (*mapped, *keys, *(one.field for one in self.filters))

    @property
    def triggers(self) -> tuple[tuple[str, str], ...]:
        """What events fire it, as (scope, code): project and result code; workspace or network and the empty text."""
        if self.source == "call_result":
            return tuple((self.project or "", code) for code in self.result_codes)
        return (((self.workspace if self.source == "booking" else self.network) or "", ""),)


NEEDED: Mapping[str, tuple[str, ...]] = {
    "call_result": ("project", "result_codes", "action"),
    "booking": ("workspace",),
    "pbx_call": ("network",),
}
"""What an integration must name, by its source."""
