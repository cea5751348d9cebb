"""
Settings that one source alone has a use for: bookings, PBX calls, prospects, field sales.

Rule of this file: frozen, validated values; where they stand in a file is in `processors/integration/model.py`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from processors.integration.base import Code, Flag, Model, UserName


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


class LinkSettings(Model):
    """
    What the org's record says of the source's record that it is linked with (LL-9): API names, None for neither.

    `id_field` takes the source's own ID, `synced_field` (a date and time, UTC) when it was last written by us.
    """

    id_field: str | None = None
    synced_field: str | None = None


class ProspectSettings(Model):
    """Which prospects go to Salesforce: `all`, or those alone that a user asked for (`sync_record`, LL-22)."""

    sync: Literal["all", "requested"] = "all"


class Schedule(Model):
    """When changes are written (LL-5): at once where `every` is not set, else gathered and written at each interval."""

    every: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}[smh]$")] | None = None

    @property
    def seconds(self) -> float | None:
        """The interval in seconds, or None for at once."""
        if self.every is None:
            return None
        return float(self.every[:-1]) * {"s": 1, "m": 60, "h": 3600}[self.every[-1]]


class FieldSalesSettings(Model):
    """
    How records and activities of a field sales application reach Salesforce (SP-3, SP-11, SP-18, SP-20, SP-26, SP-28).

    `to_salesforce` is the outgoing switch (SP-2), apart from `enabled`. `object` says what a record becomes. A record
    that reaches the stage `convert_at` converts its lead, once. With `stages`, only records at one of them are sent,
    and `stages_name` is what the outcome calls that condition. `owner` is the e-mail or user name of the user who owns
    a record whose owner at the source is no active user of the org. `visits` are Events, whatever activities are.
    """

    to_salesforce: Flag = False
    object: Literal["lead", "account"] = "lead"
    convert_at: Code | None = None
    stages: tuple[Code, ...] = ()
    stages_name: str = "stages"
    owner: UserName | None = None
    visits: Literal["Event"] = "Event"
