"""
Records as an org answers them, and those that an event of a source made or wrote.

Objects and fields are those of Salesforce, under its API names: Salesforce is the domain (decision 0071).

Rule of this file: frozen values without behaviour beyond their own invariants; no I/O, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PersonObject = Literal["Lead", "Contact"]


Role = Literal[
    "account", "lead", "convert", "contact", "opportunity", "activity", "other_activity", "campaign_member", "guest"
]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as the org answered it: `fields` by API name, exactly those that were asked for."""

    object: str
    id: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """
    A record that an event of a source entity made or wrote (docs/decisions/0074).

    `made` says whether the event with `event_id` created it: then its key is that event's. `person` is the person as
    the event said them (JSON, raw); None where only the org's record is known. `attendee` tells apart the people of
    one booking. `at` is the event's time in seconds since the epoch.
    """

    integration: str
    source_id: str
    record_id: str
    object: str
    role: Role
    contract: str
    event_id: str
    made: bool
    person: bytes | None = None
    attendee: str = ""
    at: float = 0.0
