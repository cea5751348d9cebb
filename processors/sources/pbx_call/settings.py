"""
Settings of an integration whose source is the calls of a telephone network.

In: the keys of its file.  Out: a frozen, validated value.
Rule of this file: a leaf: it knows what every integration has, and of its source who has which extension.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from processors.integration.base import Code, PhoneSearch
from processors.integration.model import Integration
from processors.integration.paths import AGENT, BY_HAND, PERSON, Paths
from processors.sources.pbx_call.directory import NOBODY, Directory

Machine = Literal["queue", "ivr", "ring_group", "voicemail"]
Text = Annotated[str, Field(min_length=1)]

CALL = tuple(
    f"call.{name}"
    for name in (
        "call_id",
        "direction",
        "talk",
        "duration",
        "answered_by",
        "ring",
        "started",
        "answered",
        "ended",
        "cause",
        "recording",
        "conference",
        "timed_out",
        "zone",
        "outside.number",
        "outside.name",
        *AGENT,
    )
)

PATHS_OF_CALLS = Paths(CALL, own=("call.fields",))
"""What a condition may ask of a whole call."""


class CallSettings(PhoneSearch):
    """
    How a PBX call finds its records and when it is logged (XB-11 to XB-18).

    `objects` are searched in this order of priority, in their `phone_fields`. `region` (ISO 3166 alpha-2) is assumed
    of numbers that name no country. `outside_prefixes` are dialled for an outside line, and are no part of a
    number that is none with them. An outbound call that was given up within `short_seconds` (inclusive) is not
    logged. `installed` is when this integration was installed (XB-18). `shared_number` says where a call goes whose
    number several contacts of one account have. A call that never ends is closed `close_after_hours` after its first
    step. `machines` are the extensions that no person answers; `users` says whose an extension is (an e-mail, a user
    name or a Salesforce user ID), or the field `user_extension` of the org's users does.
    """

    outside_prefixes: tuple[Annotated[str, Field(pattern=r"^[0-9]{1,4}$")], ...] = ("9", "0")
    machines: Mapping[Text, Machine] = {}
    users: Mapping[Text, Text] = {}
    user_extension: str | None = None
    short_seconds: Annotated[float, Field(ge=0)] = 5.0
    installed: AwareDatetime | None = None
    shared_number: Literal["account", "newest", "park"] = "account"
    close_after_hours: Annotated[float, Field(gt=0, le=72)] = 4.0


class PbxCallIntegration(Integration):
    """What fires it is a telephone network. Its events are steps, its paths those of the whole call (`call.talk`)."""

    SCOPE: ClassVar[str] = "network"
    PATHS: ClassVar[Paths] = Paths((*CALL, *BY_HAND, *AGENT, *PERSON), own=("fields", "call.fields"))

    source: Literal["pbx_call"] = "pbx_call"
    network: Code
    calls: CallSettings = CallSettings()

    @property
    def user_extension(self) -> str | None:
        """Users may be known by their extension, as `calls` says, or else `activity`."""
        return self.calls.user_extension or self.activity.user_extension

    @property
    def phone_search(self) -> PhoneSearch:
        """Whose the number of a call is, is searched as `calls` says."""
        return self.calls


def calls_of(settings: Integration) -> CallSettings:
    """Return what the integration says of calls; the defaults where its source is another one by now."""
    return settings.calls if isinstance(settings, PbxCallIntegration) else CallSettings()


def directory_of(settings: Integration | None) -> Directory:
    """Return who has which extension, as far as the integration says."""
    if settings is None:
        return NOBODY
    calls = calls_of(settings)
    return Directory(calls.machines, calls.users, settings.user_extension is not None)
