"""
The settings model: what every integration has, whatever its source. Names, not code.

Rule of this file: a frozen, validated value. Each source's class adds the keys that it alone has, and says what else
the stages may ask of it; `processors/sources/load.py` reads files and reports faults by line.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, model_validator

from processors.integration.base import (
    ApiName,
    CallObject,
    FieldMap,
    FieldSource,
    Filter,
    Flag,
    Key,
    LinkSettings,
    LocaleName,
    Model,
    OrgName,
    PhoneSearch,
    Region,
    Schedule,
    ZoneName,
)
from processors.integration.change_settings import ChangesSettings
from processors.integration.org_settings import CampaignSettings, OrgRules
from processors.integration.paths import Paths, check_path
from processors.model.company_name import LEGAL_FORMS
from processors.model.mail_address import Address
from processors.model.normalise import names_user
from schemas.command import Lane

__all__ = ["CallObject", "FieldMap", "FieldSource", "Filter", "Integration", "Key", "Maps", "MatchSettings"]

ActionName = Literal[
    "update_only",
    "update_or_create_lead",
    "update_or_create_contact",
    "update_and_convert_lead_or_create_contact",
]
"""The four actions (VS-10); a file with any other is refused."""
Blank = Literal["skip", "clear"]
UnfitMode = Literal["conform", "drop", "refuse"]
FieldPolicy = Literal["overwrite", "fill_blank", "respect_human", "never"]
WRITTEN = ("Lead", "Contact", "Account", "Opportunity", "Task", "Event", "CampaignMember")
"""The objects that are written, by their API names."""


class MatchSettings(Model):
    """
    How the person's record is found (VS-7, VS-8, VS-32, 1F-match_key), and what several mean (1F).

    `park` waits for someone's choice, at most `park_hours`; meanwhile what follows for that person waits or passes
    (`while_parked`). `region` (ISO 3166 alpha-2) is the country of telephone numbers that name none. With
    `plus_addressing: same`, `ann+news@…` and `ann@…` are one address. `no_keys` says what an event comes to by which
    nobody can be looked for.
    """

    salesforce_id: Flag = True
    key_sets: tuple[Annotated[tuple[Key, ...], Field(min_length=1)], ...] = ()
    lead_and_contact: Literal["error", "prefer_contact", "prefer_lead", "park"] = "error"
    several: Literal["error", "newest", "oldest", "last_modified", "park"] = "error"
    converted_leads: Literal["follow", "ignore", "error"] = "follow"
    region: Region | None = None
    plus_addressing: Literal["distinct", "same"] = "distinct"
    no_keys: Literal["create", "error"] = "create"
    park_hours: Annotated[float, Field(gt=0, le=24 * 90)] = 72.0
    while_parked: Literal["wait", "pass"] = "wait"


class AccountSettings(Model):
    """
    Accounts beside a contact (VS-16, VS-21, VS-26): off unless `enabled`. `keys` are API names, joined by AND.

    `create` not set: by every action but `update_only` (VS-11). `on_other` says what an event does whose company is
    another one than the contact's own account: `leave` both, `follow` (the contact moves), or refuse it. `legal_forms`
    (`Inc`, `GmbH`) do not count where names are compared; an empty list lets every word count.
    """

    enabled: Flag = False
    keys: tuple[str, ...] = ("Name",)
    create: Flag | None = None
    update: Flag = True
    on_other: Literal["leave", "follow", "error"] = "leave"
    legal_forms: tuple[Annotated[str, Field(pattern=r"\w")], ...] = LEGAL_FORMS


class OpportunitySettings(Model):
    """
    The one open opportunity of a contact: off unless `enabled` (VS-21, VS-26, 1G).

    `create` not set: by every action but `update_only` (VS-11).
    """

    enabled: Flag = False
    create: Flag | None = None
    update: Flag = True


class Maps(Model):
    """Field maps by object."""

    lead: FieldMap = Field(default_factory=dict)
    contact: FieldMap = Field(default_factory=dict)
    account: FieldMap = Field(default_factory=dict)
    opportunity: FieldMap = Field(default_factory=dict)
    activity: FieldMap = Field(default_factory=dict)


OBJECTS = tuple(Maps.model_fields)
"""The keys of `map`, in order."""


class FieldWrite(Model):
    """What one field has of its own; what it does not say is the integration's."""

    policy: FieldPolicy | None = None
    blank: Blank | None = None
    unfit: UnfitMode | None = None


def _policy_in_full(value: object) -> object:
    for other, words in (("unfit", get_args(UnfitMode)), ("blank", get_args(Blank))):
        if isinstance(value, str) and value in words:
            raise ValueError(f"'{value}' is no policy; write {{{other}: {value}}}")
    return {"policy": value} if isinstance(value, str) else value


FieldWrites = Annotated[FieldWrite, BeforeValidator(_policy_in_full, json_schema_input_type=FieldWrite | FieldPolicy)]
"""A plain word is short for `{policy: <word>}`."""


def _of_an_object(name: str) -> str:
    named, _, field = name.partition(".")
    if named not in WRITTEN or not field:
        raise ValueError(f"'{name}' is no field of a written object; name it as Lead.Rating: {', '.join(WRITTEN)}")
    return name


class WritePolicy(Model):
    """
    Who wins per field on an update (1F): the integration's default, and exceptions as `Object.Field`.

    `blank` says what an empty source value does to a field that has one: `skip` leaves it, `clear` empties it; a
    default never takes a value's place. `unfit` says what becomes of a value that the field does not take: `conform`
    it, leaving it out where that cannot be done; `drop` it; or `refuse` it, so that it is sent as it is.
    """

    default: FieldPolicy = "overwrite"
    fields: dict[Annotated[str, AfterValidator(_of_an_object)], FieldWrites] = Field(default_factory=dict)
    blank: Blank = "skip"
    unfit: UnfitMode = "conform"

    def policy_of(self, field: str) -> FieldPolicy:
        """Return the policy of `Object.Field`."""
        own = self.fields.get(field)
        return (own.policy if own else None) or self.default

    def blank_of(self, field: str) -> Blank:
        """Return what an empty value does to `Object.Field`."""
        own = self.fields.get(field)
        return (own.blank if own else None) or self.blank

    def unfit_of(self, field: str) -> UnfitMode:
        """Return what becomes of a value that `Object.Field` does not take."""
        own = self.fields.get(field)
        return (own.unfit if own else None) or self.unfit


class MandatorySettings(Model):
    """What a mapped but empty mandatory field takes on a create (1G): the defaults, or an error."""

    empty: Literal["default", "error"] = "default"
    text: str = "N/A"
    number: float = 0


class ConvertSettings(Model):
    """
    How a lead is converted (VS-23). `status` None: the org's default. `owner` (ID, e-mail or user name) steps in for a
    queue.
    """

    status: str | None = None
    owner: str | None = None


class ActivitySettings(Model):
    """
    What is logged: a Task or an Event; off unless `enabled` (JI-19, JI-22, 1F-activity).

    `owner` is the e-mail or user name that steps in where who acted is no active user of the org (XB-4, 1F-owner).
    `user_extension` is the field of the org's users that holds their extension, for sources that know agents by it.
    `cancelled` says what becomes of a cancelled booking's activity (JI-21). `one_with` names the integration whose
    records of the same interaction share one activity with this one's; both must name each other.
    """

    enabled: Flag = False
    object: Literal["Task", "Event"] = "Task"
    owner: str | None = None
    user_extension: ApiName | None = None
    cancelled: Literal["delete", "mark"] = "delete"
    one_with: str | None = None


class Integration(Model):
    """
    One customer's configured flow from a source to an org.

    `locale` is how the source writes numbers and days (`12/05`), `zone` where its days are meant if the event names no
    zone that is known.
    Off until `enabled` (1G-off); `active_from` needs a zone, and what happened before it is skipped (1F-history).
    `lane` is live or bulk (1F-timing). `recipients` may be empty (VS-29, 1F-on_error): an error then reaches topic and
    audit alone. SCOPE and CODES name the keys that say what fires it, PATHS what its events hold.
    """

    SCOPE: ClassVar[str] = "workspace"
    CODES: ClassVar[str | None] = None
    PATHS: ClassVar[Paths] = Paths(())

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=60)]
    preset: str | None = None
    source: str
    org: OrgName
    enabled: Flag = False
    active_from: AwareDatetime | None = None
    lane: Lane = "live"
    locale: LocaleName = "en"
    zone: ZoneName = "UTC"
    match: MatchSettings = MatchSettings()
    map: Maps = Maps()
    account: AccountSettings = AccountSettings()
    opportunity: OpportunitySettings = OpportunitySettings()
    write: WritePolicy = WritePolicy()
    mandatory: MandatorySettings = MandatorySettings()
    convert: ConvertSettings = ConvertSettings()
    org_rules: OrgRules = OrgRules()
    campaign: CampaignSettings = CampaignSettings()
    activity: ActivitySettings = ActivitySettings()
    schedule: Schedule = Schedule()
    changes: ChangesSettings = ChangesSettings()
    filters: tuple[Filter, ...] = ()
    recipients: tuple[Address, ...] = ()

    @model_validator(mode="after")
    def _paths_of_the_source(self) -> Self:
        for path in self.paths:
            check_path(path, self.PATHS)
        return self

    @classmethod
    def of(cls, settings: "Integration") -> Self:
        """Return *settings* as an integration of this class; raise TypeError where its source is another one."""
        if not isinstance(settings, cls):
            raise TypeError(f"integration {settings.name} is of source '{settings.source}', no {cls.__name__}")
        return settings

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths in the event that the settings name."""
        maps = (self.map.lead, self.map.contact, self.map.account, self.map.opportunity, self.map.activity)
        mapped = [source.source for fields in maps for source in fields.values() if source.source is not None]
        keys = [key.source for keys in self.match.key_sets for key in keys]
        return (*mapped, *keys, *(condition.field for condition in self.filters))

    @property
    def triggers(self) -> tuple[tuple[str, str], ...]:
        """What events fire it, as (scope, code): project and result code; workspace or network and the empty text."""
        codes: tuple[str, ...] = getattr(self, self.CODES) if self.CODES else ("",)
        return tuple((str(getattr(self, self.SCOPE)), code) for code in codes)

    @property
    def action_name(self) -> str | None:
        """Which of the four actions it takes; None where its source decides that itself."""
        return getattr(self, "action", None)

    @property
    def may_convert(self) -> bool:
        """Whether its commands may convert a lead, and thus need an account (VS-23)."""
        return self.action_name == "update_and_convert_lead_or_create_contact"

    @property
    def phone_search(self) -> PhoneSearch | None:
        """How its events are matched by a telephone number alone; None where they are not (XB-11)."""
        return None

    @property
    def record_link(self) -> LinkSettings:
        """Which fields of a person's record tell of the source's record (LL-9)."""
        return LinkSettings()

    @property
    def makes_accounts(self) -> bool:
        """Whether a record of the source becomes an account (SP-3)."""
        return False

    @property
    def user_extension(self) -> str | None:
        """The field of the org's users that holds their extension; None where users are not known by it."""
        return self.activity.user_extension

    @property
    def default_owners(self) -> tuple[str, ...]:
        """Users, by e-mail or user name, who step in where who acted is no active user (XB-4)."""
        return (self.activity.owner,) if self.activity.owner else ()

    @property
    def named_users(self) -> Mapping[str, str]:
        """Users whom the settings name by e-mail or user name, by the setting's name."""
        named = {"activity.owner": self.activity.owner if self.activity.enabled else None}
        if self.may_convert and names_user(self.convert.owner):
            named["convert.owner"] = self.convert.owner
        return {setting: name.strip() for setting, name in named.items() if name and name.strip()}

    @property
    def activity_constants(self) -> FieldMap:
        """The activity fields that settings beside the map set (statuses of a booking)."""
        return {}

    def activity_object(self, _kind: str | None) -> str:
        """Return what an activity of that kind is: Task or Event (SP-25)."""
        return self.activity.object
