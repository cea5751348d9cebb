"""Bookings, PBX call events and user actions through decode, route and map."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from processors.intake.decode import decode
from processors.intake.map import command
from processors.intake.route import route
from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.integration.paths import value_at
from processors.model.errors import Undecodable
from processors.sources.load import preset
from processors.sources.registry import source_of_event
from processors.sources.settings import integration_of
from processors.sources.source import Event
from schemas.booking import Booking, Guest
from schemas.codec import SingleObject
from schemas.command import BookingChange, Command, Request
from schemas.pbx_call_event import Party, PbxCallEvent
from schemas.user_action import UserAction
from schemas.values import Agent, Person

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
CODEC = SingleObject()
BOOKING = Booking(
    "e1",
    "b1",
    "Roofs",
    "moved",
    NOW,
    Person(email="ann@example.com"),
    datetime(2026, 1, 6, 9, tzinfo=UTC),
    datetime(2026, 1, 6, 10, tzinfo=UTC),
    Agent("org@example.com"),
    previous_booking="b0",
    title="Talk",
    answers={"Your role": "Boss"},
)
STEP = PbxCallEvent("e2", "c1", "acme", "answered", NOW, caller=Party("external", "+14155552671"))
ACTION = UserAction(
    "e3",
    "log_activity",
    "calls",
    NOW,
    Person(email="ann@example.com"),
    subject="Talk",
    salesforce_id=" 00Q000000000001 ",
)
EVENTS: list[Event] = [BOOKING, STEP, ACTION]


def settings(name: str, **more: Any) -> Integration:
    return integration_of({"name": name, "org": "acme", "enabled": True, **more})


BOOKINGS = settings(
    "bookings",
    source="booking",
    workspace=" roofs ",
    match={"key_sets": [[{"from": "person.email", "kind": "email", "lead": "Email"}]]},
    map={"lead": {"Title": "answers.Your role"}, "activity": {"Subject": "title", "StartDateTime": "start"}},
)
CALLS = settings("calls", source="pbx_call", network="ACME", map={"activity": {"CallDisposition": "call.cause"}})


def made(event: Event, *integrations: Integration) -> Command:
    known = Integrations.of(integrations or (BOOKINGS, CALLS))
    return command(event, route(event, known), NOW)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_survives_its_contract_and_its_command_too(event: Event) -> None:
    contract = source_of_event(event).contract
    assert decode(CODEC.encode(contract, event.to_avro()), CODEC, contract) == event
    asked = made(event)
    assert Command.from_avro(CODEC.decode("command", CODEC.encode("command", asked.to_avro()))) == asked
    assert asked.contract == contract


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_that_no_integration_wants_is_told_as_that(event: Event) -> None:
    asked = made(event, settings("else", source="booking", workspace="Else"))
    assert (asked.kind, asked.skip_reason, asked.org, asked.integration) == ("skip", "no_integration", "none", "none")


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_disabled_integration_wants_nothing(event: Event) -> None:
    off = [integration.model_copy(update={"enabled": False}) for integration in (BOOKINGS, CALLS)]
    assert made(event, *off).skip_reason == "no_integration"


@pytest.mark.parametrize("name", ["event_id", "booking_id"])
def test_a_booking_without_its_identity_is_undecodable(name: str) -> None:
    body = CODEC.encode("booking", {**BOOKING.to_avro(), name: " "})
    with pytest.raises(Undecodable, match=f"{name} is blank"):
        decode(body, CODEC, "booking")


def test_ji_24_a_booking_goes_by_its_workspace_with_its_change_and_mapped_fields() -> None:
    asked = made(BOOKING)
    assert (asked.kind, asked.integration, asked.booking) == ("apply", "bookings", BookingChange("moved", "b0"))
    assert asked.lead == {"Title": "Boss"}
    assert asked.activity == {"Subject": "Talk", "StartDateTime": "2026-01-06T09:00:00.000Z"}
    assert (asked.started, asked.ended) == (BOOKING.start, BOOKING.end)
    assert [key.value for key in asked.keys] == ["ann@example.com"]


@pytest.mark.parametrize(("company", "taken"), [(None, "No Integration"), ("Acme", "Acme")])
def test_a_bookings_lead_without_a_company_takes_the_one_of_the_preset(company: str | None, taken: str) -> None:
    person = replace(BOOKING.person, company=company)
    asked = made(replace(BOOKING, person=person), settings("bookings", **preset("jicoo"), workspace="roofs"))
    assert asked.lead is not None
    assert asked.lead["Company"] == taken


def test_a_word_of_a_later_contract_is_told_and_never_guessed() -> None:
    for event, said in ((replace(BOOKING, status="other"), "status"), (replace(ACTION, action="other"), "action")):
        asked = made(event)
        assert (asked.kind, asked.skip_reason, asked.rule_ids) == ("skip", "other", (f"unknown:{said}",))


def test_an_unknown_step_stays_with_its_call() -> None:
    assert made(replace(STEP, step="other")).kind == "step"


def test_a_step_goes_by_its_network_whole_and_unmapped() -> None:
    asked = made(STEP)
    assert (asked.kind, asked.source_id, asked.integration) == ("step", "c1", "calls")
    assert asked.step == STEP.call_step
    assert asked.activity == {}


def test_a_user_action_goes_to_the_integration_that_it_names() -> None:
    asked = made(ACTION)
    assert (asked.kind, asked.integration, asked.salesforce_id) == ("apply", "calls", "00Q000000000001")
    assert asked.request == Request("log_activity")
    assert asked.activity == {"Subject": "Talk", "ActivityDate": "2026-01-05"}


def test_a_choice_about_a_parked_command_is_a_command_about_a_command() -> None:
    asked = made(replace(ACTION, action="choose_match", about="an outcome", remember=True))
    assert (asked.kind, asked.request) == ("resolve", Request("choose_match", about="an outcome", remember=True))


def test_what_happened_before_activation_or_is_filtered_out_is_skipped() -> None:
    later = BOOKINGS.model_copy(update={"active_from": datetime(2026, 2, 1, tzinfo=UTC)})
    assert made(BOOKING, later).skip_reason == "before_activation"
    filtered = settings(
        "bookings",
        source="booking",
        workspace="Roofs",
        filters=[{"name": "demo", "field": "page", "equals": ["Demo"]}],
    )
    asked = made(BOOKING, filtered)
    assert (asked.skip_reason, asked.rule_ids) == ("filtered", ("filter:demo",))


@pytest.mark.parametrize("field", ["call.direction", "agent.email", "fields.queue"])
def test_a_step_passes_every_filter_because_its_whole_call_is_asked(field: str) -> None:
    asked = made(STEP, settings("c", source="pbx_call", network="acme", filters=[only(field, "never")]))
    assert (asked.kind, asked.skip_reason) == ("step", None)


@pytest.mark.parametrize(
    ("source", "field", "filtered"),
    [
        ("pbx_call", "call.direction", False),
        ("booking", "page", False),
        ("pbx_call", "action", True),
        ("booking", "person.email", True),
    ],
)
def test_a_filter_on_what_a_user_action_cannot_say_does_not_leave_it_out(
    source: str, field: str, *, filtered: bool
) -> None:
    scope = {"booking": "workspace", "pbx_call": "network"}[source]
    wanted = settings("calls", source=source, filters=[only(field, "never")], **{scope: "else"})
    assert made(ACTION, wanted).skip_reason == ("filtered" if filtered else None)


def only(field: str, value: str) -> dict[str, Any]:
    return {"name": "only", "field": field, "equals": [value]}


@pytest.mark.parametrize("event", [BOOKING, STEP, ACTION], ids=lambda event: type(event).__name__)
def test_every_path_of_a_contract_that_it_fills_is_found(event: Event) -> None:
    values = {path: value_at(event, path) for path in ("person.email", "agent.email", "person.phones", "zone")}
    assert values["person.email"] == event.person.email
    assert values["agent.email"] == (event.agent.email if event.agent else None)
    assert values["person.phones"] == next(iter(event.person.phones), None)


def test_guests_are_mapped_as_people_of_their_own_each_once() -> None:
    """Neither the invitee's answers nor their SalesforceID are a guest's; the invitee is no guest of their own."""
    bob = Guest(Person("Bob", "Ray", "bob@example.com"), " g-1 ")
    listed = (bob, bob, Guest(Person(email=f" {str(BOOKING.person.email).upper()}")), Guest(Person()))
    event = replace(BOOKING, guests=listed, salesforce_id="00Q000000000001EAA")
    fields = {"Title": "answers.Your role", "LastName": "person.last_name", "Email": "person.email"}
    asked = made(event, settings("bookings", source="booking", workspace="roofs", map={"lead": fields}))
    assert asked.lead["Title"] == "Boss"
    assert asked.booking is not None
    [guest] = asked.booking.guests
    assert (guest.attendee_id, guest.person) == ("g-1", bob.person)
    assert guest.lead == {"Title": None, "LastName": "Ray", "Email": "bob@example.com"}
    assert Command.from_avro(CODEC.decode("command", CODEC.encode("command", asked.to_avro()))) == asked
