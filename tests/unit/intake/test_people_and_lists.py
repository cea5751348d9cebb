"""Whole names, numbers with their kind, second addresses and lists: in field maps, keys, filters and digests."""

from dataclasses import replace
from typing import Any

import pytest

from processors.intake.decode import decode
from processors.intake.map import command
from processors.intake.route import route
from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.sources.load import preset
from processors.sources.settings import integration_of
from schemas.call_result import CallResult
from schemas.codec import SingleObject
from schemas.command import Command, MatchKey
from schemas.identity import digest
from schemas.values import Person, PhoneNumber
from tests.unit.intake.test_decode_route_map import EVENT, NOW

CODEC = SingleObject()
DANA = Person(
    full_name="Dr. Dana Example",
    email="dana@example.com",
    second_email="d.example@example.com",
    phones=("+1 202 555 0143",),
    numbers=(PhoneNumber("+1 202 555 0144", "mobile"), PhoneNumber("+1 202 555 0143", "work")),
)


def integration(**more: Any) -> Integration:
    said = {"name": "one", "org": "acme", "enabled": True, "project": "Solar", "result_codes": ["YES"]}
    return integration_of({**preset("vanillasoft"), **said, "action": "update_only", **more})


def made(event: CallResult, **more: Any) -> Command:
    return command(event, route(event, Integrations.of([integration(**more)])), NOW)


def test_a_whole_name_fills_both_fields_and_the_person_stays_as_said() -> None:
    found = made(replace(EVENT, person=DANA))
    assert (found.lead["FirstName"], found.lead["LastName"]) == ("Dana", "Example")
    assert found.person == DANA


def test_a_name_that_is_told_in_parts_is_not_split() -> None:
    found = made(replace(EVENT, person=replace(DANA, last_name="Sample")))
    assert (found.lead["FirstName"], found.lead["LastName"]) == (None, "Sample")


def test_the_locale_of_the_integration_says_the_order() -> None:
    found = made(replace(EVENT, person=Person(full_name="Nagy János")), locale="hu")
    assert (found.lead["FirstName"], found.lead["LastName"]) == ("János", "Nagy")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("person.full_name", "Dr. Dana Example"),
        ("person.second_email", "d.example@example.com"),
        ("person.phones", "+1 202 555 0143"),
        ("person.phones.1", "+1 202 555 0144"),
        ("person.mobile", "+1 202 555 0144"),
        ("person.work_phone", "+1 202 555 0143"),
        ("person.home_phone", None),
        ("person.other_phone", None),
        ("notes", "Call back in May"),
        ("disposition", "Interested"),
        ("fields.interests", "Solar;Battery"),
    ],
)
def test_a_path_reaches_the_field_map(path: str, value: object) -> None:
    fields: dict[str, Any] = {"interests": [" Solar", "Battery", "", "Solar"]}
    event = replace(EVENT, person=DANA, notes="Call back in May", disposition="Interested", fields=fields)
    assert made(event, map={"lead": {"Description": path}}).lead == {"Description": value}


def test_a_first_and_a_last_name_are_a_whole_one() -> None:
    event = replace(EVENT, person=Person("Ada", "Lovelace"))
    assert made(event, map={"lead": {"Description": "person.full_name"}}).lead == {"Description": "Ada Lovelace"}


def test_the_keys_of_a_preset_take_every_address_and_every_number() -> None:
    mail, phone = made(replace(EVENT, person=DANA)).keys
    assert mail.values == ("dana@example.com", "d.example@example.com")
    assert phone.values == ("+1 202 555 0143", "+1 202 555 0144")


def test_a_second_address_alone_is_a_key() -> None:
    key = made(replace(EVENT, person=Person(second_email="b@example.com"))).keys[0]
    assert key == MatchKey(1, "email", "b@example.com", "Email", "Email")


LISTED = {"Solar": "PV", "Battery": "Storage"}


@pytest.mark.parametrize(
    ("value", "unmapped", "mapped"),
    [
        (["solar", "Battery"], "keep", "PV;Storage"),
        (["Solar", "Heat"], "keep", "PV;Heat"),
        (["Solar", "Heat"], "default", "PV"),
        (["Heat"], "default", "None of them"),
        ([], "keep", "None of them"),
        ("Solar; Battery", "keep", "PV;Storage"),
        ("Solar", "keep", "PV"),
    ],
)
def test_a_value_map_translates_each_item(value: Any, unmapped: str, mapped: object) -> None:
    source = {"from": "fields.interests", "values": LISTED, "default": "None of them", "unmapped": unmapped}
    event = replace(EVENT, fields={"interests": value})
    assert made(event, map={"lead": {"Interest__c": source}}).lead == {"Interest__c": mapped}


def test_an_item_that_must_be_listed_is_named() -> None:
    source = {"from": "fields.interests", "values": LISTED, "unmapped": "error"}
    event = replace(EVENT, fields={"interests": ["Solar", "Heat"]})
    assert made(event, map={"lead": {"Interest__c": source}}).unmapped == ("Lead.Interest__c=Heat",)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"equals": ["battery"]}, True),
        ({"equals": ["Heat"]}, False),
        ({"not_equals": ["Battery"]}, False),
        ({"not_equals": ["Heat"]}, True),
    ],
)
def test_a_filter_asks_each_item(condition: dict[str, Any], met: bool) -> None:
    event = replace(EVENT, fields={"interests": ["Solar", "Battery"]})
    found = made(event, filters=[{"name": "interest", "field": "fields.interests", **condition}])
    assert (found.skip_reason is None) == met


def test_an_event_of_release_0_1_0_has_the_digest_that_it_had() -> None:
    old = {name: value for name, value in EVENT.to_avro().items() if name not in ("notes", "disposition")}
    old["person"] = {n: old["person"][n] for n in ("first_name", "last_name", "email", "phones", "company")}
    assert digest(EVENT.to_avro()) == digest(old)


def test_all_of_it_travels() -> None:
    event = replace(EVENT, person=DANA, notes="n", disposition="d", fields={"x": ["a", "b"], "y": 1})
    assert decode(CODEC.encode("call_result", event.to_avro()), CODEC, "call_result") == event
    sent = made(event)
    assert Command.from_avro(CODEC.decode("command", CODEC.encode("command", sent.to_avro()))) == sent
