"""
Settings of an integration whose source is a scheduler's bookings.

In: the keys of its file.  Out: a frozen, validated value.
Rule of this file: a leaf: it knows what every integration has, and no other file of a source.
"""

from typing import ClassVar, Literal

from pydantic import Field

from processors.integration.base import Code, Flag, Model
from processors.integration.model import Integration
from processors.integration.paths import AGENT, PERSON, Paths


class BookingSettings(Model):
    """What a booking's invitee is registered as, and whether what is there is overwritten (JI-1, JI-5, JI-7)."""

    register_as: Literal["lead", "contact", "both"] = Field(default="lead", alias="register")
    overwrite: Flag = False


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
            *AGENT,
            *PERSON,
        ),
        own=("fields", "answers"),
    )

    source: Literal["booking"] = "booking"
    workspace: Code
    booking: BookingSettings = BookingSettings()
