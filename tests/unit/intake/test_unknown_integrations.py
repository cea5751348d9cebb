"""An event that a faulty integration file may be about waits; nobody answers that nobody wants it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from processors.consuming.share_limit import ShareLimit
from processors.intake.forward import Forwarder, Message, ProducerRecord
from processors.intake.pause import ASK_SECONDS, PausingForwarder
from processors.intake.route import IntegrationUnknown, route
from processors.integration.catalog import Integrations
from processors.model.dead_letter import Coordinates
from schemas.codec import SingleObject
from schemas.user_action import UserAction
from schemas.values import Person
from tests.unit.intake.test_decode_route_map import EVENT, integration
from tests.unit.intake.test_forward import NOW
from tests.unit.intake.test_pause import Gauges

UNWANTED = replace(EVENT, event_id="e9", result_code="NO")


def known(*unknown: str) -> Integrations:
    return Integrations.of([integration()], frozenset(unknown))


def message(event: object, offset: int) -> Message:
    assert isinstance(event, type(EVENT))
    value = SingleObject().encode("call_result", event.to_avro())
    return Message(Coordinates("crm.event.call-result", 2, offset), b"key", value)


def test_what_nobody_wants_waits_where_an_integration_of_its_source_is_unknown() -> None:
    with pytest.raises(IntegrationUnknown, match="event e9"):
        route(UNWANTED, known("call_result"))
    assert route(UNWANTED, known("booking")).skip_reason == "no_integration"
    assert route(UNWANTED, known()).skip_reason == "no_integration"


def test_what_a_known_integration_wants_goes_on() -> None:
    assert route(EVENT, known("call_result")).name == "one"


def test_what_a_user_does_waits_where_the_integration_that_it_names_may_be_the_unknown_one() -> None:
    action = UserAction(
        event_id="u1", integration="two", action="log_activity", person=Person(), at=datetime(2026, 1, 5, tzinfo=UTC)
    )
    with pytest.raises(IntegrationUnknown):
        route(action, known("booking"))
    assert route(action, known()).skip_reason == "no_integration"


def test_those_before_it_are_sent_and_the_topic_is_paused_until_the_process_ends() -> None:
    sent: list[str] = []
    slept: list[float] = []
    gauges = Gauges()

    async def send(record: ProducerRecord) -> Awaitable[object]:
        sent.append(SingleObject().decode("command", record.value or b"")["event_id"])
        return asyncio.sleep(0)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    class ToldToStop(Exception):
        """Ends the wait, as the end of the process does."""

    def leave_if_told() -> None:
        if len(slept) == 3:
            raise ToldToStop

    forwarder = Forwarder(known("call_result"), SingleObject(), lambda: NOW, gauges, ShareLimit(1.0))
    pausing = PausingForwarder(forwarder, lambda _topic: {}, gauges, sleep, leave_if_told)
    with pytest.raises(ToldToStop):
        asyncio.run(pausing.batch([message(EVENT, 1), message(UNWANTED, 2), message(EVENT, 3)], send))
    assert sent == ["e1"]
    assert pausing.paused
    assert slept == [ASK_SECONDS] * 3
    assert gauges.told == [("topic_paused", 1, "crm.event.call-result")]
    assert all(labels.get("integration") != "none" for _, labels in gauges.seen)
