"""An event whose time is that of its receipt: a repeat of it is the same event, whenever it is received."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from processors.intake.map import command
from processors.intake.route import route
from processors.integration.catalog import Integrations
from schemas.booking import Booking
from schemas.codec import SingleObject
from schemas.command import Command
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.identity import digest
from schemas.pbx_call_event import PbxCallEvent
from schemas.prospect import Prospect
from schemas.user_action import UserAction
from schemas.values import Person
from tests.unit.intake.test_decode_route_map import EVENT, NOW, integration

CODEC = SingleObject()
LATER = NOW + timedelta(hours=1)
EVENTS: list[tuple[Any, str]] = [
    (EVENT, "resulted"),
    (Booking("e", "b", "W", "booked", NOW, Person(), NOW, NOW), "changed"),
    (PbxCallEvent("e", "c", "pbx", "started", NOW), "at"),
    (Prospect("e", "p", "W", NOW, Person()), "changed"),
    (FieldRecord("e", "r", "W", NOW, Person()), "changed"),
    (FieldActivity("e", "a", "W", NOW, Person()), "changed"),
    (UserAction("e", "log_activity", "one", NOW, Person()), "at"),
]


def sent(event: Any) -> Command:
    """Return the command of an event that no integration wants."""
    return command(event, route(event, Integrations.of([])), NOW)


@pytest.mark.parametrize(("event", "time"), EVENTS, ids=lambda value: type(value).__name__)
def test_a_time_of_receipt_is_no_content(event: Any, time: str) -> None:
    later = {time: LATER}
    assert sent(event).event_digest != sent(replace(event, **later)).event_digest
    received = replace(event, time_is_receipt=True)
    assert sent(received).event_digest == sent(replace(received, **later)).event_digest
    assert sent(replace(received, **later)).event_time == LATER


@pytest.mark.parametrize("event", [event for event, _ in EVENTS], ids=lambda value: type(value).__name__)
def test_an_event_that_says_nothing_has_the_digest_that_it_had(event: Any) -> None:
    old = {name: value for name, value in event.to_avro().items() if name != "time_is_receipt"}
    assert sent(event).event_digest == digest(old)


def test_the_flag_travels_with_the_command() -> None:
    event = replace(EVENT, time_is_receipt=True)
    made = command(event, route(event, Integrations.of([integration()])), NOW)
    assert made.time_is_receipt is True
    assert Command.from_avro(CODEC.decode("command", CODEC.encode("command", made.to_avro()))) == made
