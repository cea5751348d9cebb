"""
Settings of an integration whose source is a scheduler's bookings.

In: the keys of its file.  Out: a frozen, validated value.
Rule of this file: a leaf: it knows what every integration has, and no other file of a source.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import BeforeValidator, Field

from processors.integration.base import Code, FieldMap, FieldSource, Flag, Model
from processors.integration.model import Integration
from processors.integration.paths import AGENT, PERSON, Paths
from schemas.values import Scalar

Treatment = Literal["booked", "moved", "cancelled", "fields", "ignore"]
"""What a status is taken for: a booking, a move, a cancellation; `fields` sets fields of the activity alone."""
Status = Literal["booked", "moved", "cancelled", "requested", "rejected", "reassigned", "no_show", "completed"]
KNOWN: tuple[str, ...] = get_args(Status)
_TREATED: Mapping[str, Treatment] = {
    "booked": "booked",
    "moved": "moved",
    "cancelled": "cancelled",
    "rejected": "cancelled",
    "reassigned": "moved",
}
"""What is not named is ignored, unless fields are set for it."""


class StatusSetting(Model):
    """What becomes of one status of a booking, and which fields of its activity it sets."""

    treated: Treatment | None = Field(default=None, alias="as")
    fields: dict[str, Scalar] = Field(default_factory=dict)


def _in_full(value: object) -> object:
    return {"as": value} if isinstance(value, str) else value


Statuses = dict[
    Status, Annotated[StatusSetting, BeforeValidator(_in_full, json_schema_input_type=StatusSetting | Treatment)]
]


class BookingSettings(Model):
    """
    What a booking's invitee is registered as, and whether what is there is overwritten (JI-1, JI-5, JI-7).

    `statuses` says what becomes of each word beside booked, moved and cancelled, and may set fields of the activity.
    `guests`: those who come along are registered like the invitee, named in the text of the activity, or left alone.
    """

    register_as: Literal["lead", "contact", "both"] = Field(default="lead", alias="register")
    overwrite: Flag = False
    statuses: Statuses = Field(default_factory=dict)
    guests: Literal["register", "name", "leave"] = "name"

    def treatment(self, status: str) -> Treatment:
        """Return what a booking of that *status* is taken for."""
        found = self._named.get(status, StatusSetting())
        return found.treated or _TREATED.get(status) or ("fields" if found.fields else "ignore")

    def fields_set_by(self, status: str) -> Mapping[str, Scalar]:
        """Return the fields of the activity that *status* sets."""
        return self._named.get(status, StatusSetting()).fields

    @property
    def _named(self) -> Mapping[str, StatusSetting]:
        return {str(name): found for name, found in self.statuses.items()}


class BookingIntegration(Integration):
    """What fires it is a workspace of the scheduler."""

    PATHS: ClassVar[Paths] = Paths(
        (
            "event_id",
            "booking_id",
            "workspace",
            "status",
            "changed",
            "start",
            "end",
            "previous_booking",
            "page",
            "title",
            "description",
            "location",
            "zone",
            "cancel_reason",
            "notes",
            "disposition",
            "all_day",
            "attendee_id",
            "salesforce_id",
            *AGENT,
            *PERSON,
        ),
        own=("fields", "answers"),
    )

    source: Literal["booking"] = "booking"
    workspace: Code
    booking: BookingSettings = BookingSettings()

    @property
    def activity_constants(self) -> FieldMap:
        """The activity fields that statuses set."""
        found = [status.fields for status in self.booking.statuses.values()]
        return {name: FieldSource(constant=value) for fields in found for name, value in fields.items()}
