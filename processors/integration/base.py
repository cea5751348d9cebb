"""
What all settings models share: the frozen base, the types of their values, field sources, keys and filters.

Rule of this file: shapes alone; what an integration is made of is in `processors/integration/model.py`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from processors.model.zones import named
from schemas.command import KeyKind
from schemas.values import Scalar


def _not_reserved(value: str) -> str:
    if value == "none":
        raise ValueError("org 'none' is reserved for events that no integration wants; choose another name")
    return value


OrgName = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=60), AfterValidator(_not_reserved)]
EventPath = Annotated[str, Field(pattern=r"\S")]
"""A dotted path in the event; whether events of the source have it is asked of `processors/integration/paths.py`."""


Code = Annotated[str, Field(pattern=r"\S")]
"""A result code as the project shows it; compared trimmed and without case (`processors/integration/catalog.py`)."""


Region = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""A country as ISO 3166 alpha-2: that of telephone numbers which name none."""

ApiName = Annotated[str, Field(pattern=r"^[A-Za-z]\w*$")]
"""The API name of a field of the org."""

UserName = Annotated[str, Field(pattern=r"\S")]
"""An active user of the org, by e-mail or user name; asked of the org by `signalbox check`."""


def _locale(value: str) -> str:
    try:
        Locale.parse(value.replace("-", "_"))
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError(f"'{value}' is no locale; name one such as en, en-GB or de") from error
    return value


def _zone(value: str) -> str:
    if named(value) is None:
        raise ValueError(f"'{value}' is no time zone; name one such as Europe/Paris")
    return value


LocaleName = Annotated[str, AfterValidator(_locale)]
"""A locale that says how numbers and days are written, such as `en` or `de`."""
ZoneName = Annotated[str, AfterValidator(_zone)]
"""A time zone, by any name that `processors/model/zones.py` knows."""


Flag = Annotated[bool, Field(strict=True)]
"""`true` or `false` alone: `yes` is a result code here, not a switch."""


class Model(BaseModel):
    """Base: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


CallObject = Literal["Lead", "Contact", "Account"]
PHONE_FIELDS: Mapping[CallObject, tuple[str, ...]] = {
    "Lead": ("Phone", "MobilePhone"),
    "Contact": ("Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone"),
    "Account": ("Phone",),
}
"""Where an org keeps telephone numbers, unless an integration names other fields."""


class PhoneSearch(Model):
    """
    How records are found by a telephone number alone (XB-11).

    `objects` are searched in this order of priority, in their `phone_fields`. `region` (ISO 3166 alpha-2) is assumed
    of numbers that name no country.
    """

    objects: Annotated[tuple[CallObject, ...], Field(min_length=1)] = ("Contact", "Lead", "Account")
    phone_fields: Mapping[CallObject, tuple[str, ...]] = PHONE_FIELDS
    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None


class LinkSettings(Model):
    """
    What the org's record says of the source's record that it is linked with (LL-9): API names, None for neither.

    `id_field` takes the source's own ID, `synced_field` (a date and time, UTC) when it was last written by us. `taken`
    says what becomes of a second record of the source that would be linked with the same record: an `error`, or they
    `share` it.
    """

    id_field: str | None = None
    synced_field: str | None = None
    taken: Literal["error", "share"] = "error"


class Schedule(Model):
    """When changes are written (LL-5): at once where `every` is not set, else gathered and written at each interval."""

    every: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}[smh]$")] | None = None

    @property
    def seconds(self) -> float | None:
        """The interval in seconds, or None for at once."""
        if self.every is None:
            return None
        return float(self.every[:-1]) * {"s": 1, "m": 60, "h": 3600}[self.every[-1]]


class FieldSource(Model):
    """
    Where one Salesforce field takes its value from: an event field, or a constant; a default where the event has none.

    `from` is a dotted path in the event (`person.email`, `agent.name`, `fields.budget`). `values` maps picklist values
    of the source to those of the org; `unmapped` says what becomes of a value that it does not list: `keep` it, take
    the `default`, or refuse the event (`error.picklist_unmapped`, SP-23).
    """

    source: EventPath | None = Field(default=None, alias="from")
    constant: Scalar = None
    default: Scalar = None
    values: dict[str, Scalar] = Field(default_factory=dict)
    unmapped: Literal["keep", "default", "error"] = "keep"

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.source is None) == (self.constant is None):
            raise ValueError("a mapped field has one origin; name exactly one of 'from' and 'constant'")
        if self.unmapped != "keep" and not self.values:
            raise ValueError("'unmapped' speaks of values that 'values' does not list; list some, or leave it out")
        if self.unmapped == "default" and self.default is None:
            raise ValueError("'unmapped: default' takes the value of 'default'; add 'default', or use keep or error")
        return self


def _in_full(value: object) -> object:
    return {"from": value} if isinstance(value, str) else value


FieldMap = dict[str, Annotated[FieldSource, BeforeValidator(_in_full, json_schema_input_type=FieldSource | str)]]
"""Salesforce API name → where its value comes from; a plain string is short for `{from: <string>}`."""


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else () if value is None else value


ApiFields = Annotated[
    tuple[Annotated[str, Field(pattern=r"\S")], ...],
    BeforeValidator(_listed, json_schema_input_type=str | list[str] | None),
]
"""API names of one object; one name may stand alone."""


class Key(Model):
    """
    One secondary key: the event field, how it is compared, and the API fields that may hold it on each object.

    Where several fields are named, any of them will do; so will any of the event's numbers for `person.phones`.
    """

    source: EventPath = Field(alias="from")
    kind: KeyKind = "text"
    lead: ApiFields = ()
    contact: ApiFields = ()

    @model_validator(mode="after")
    def _on_some_object(self) -> Self:
        if not (self.lead or self.contact):
            raise ValueError("a key needs a field to compare with; name 'lead', 'contact' or both")
        return self


class Condition(Model):
    """One condition on a value, which is compared as result codes are: trimmed and without case; all must hold."""

    name: str
    field: str
    equals: tuple[str, ...] = ()
    not_equals: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if bool(self.equals) == bool(self.not_equals):
            raise ValueError("a filter has one side; name exactly one of 'equals' and 'not_equals'")
        return self


class Filter(Condition):
    """
    One condition on the event; all of them must hold. `name` goes into the outcome of what is left out.

    A value that the event does not have is the empty text: it equals '' alone.
    """

    field: EventPath
