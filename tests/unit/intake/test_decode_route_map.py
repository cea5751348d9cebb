from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processors.intake.decode import decode
from processors.intake.map import command
from processors.intake.route import Route, route
from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.model.errors import Undecodable, UnknownFingerprint
from processors.sources.settings import integration_of
from schemas.call_result import CallResult
from schemas.codec import SingleObject
from schemas.command import Command
from schemas.identity import command_id, digest
from schemas.values import Agent, Person, Scalar

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
RESULTED = NOW - timedelta(minutes=1)
EVENT = CallResult(
    event_id="e1",
    call_id="c1",
    project="Solar",
    result_code="YES",
    resulted=RESULTED,
    person=Person(first_name="Ada", last_name=" ", email=" ada@example.com ", phones=("+4930123", "+4930456")),
    agent=Agent(email="agent@example.com"),
    salesforce_id=" 00Q000000000001 ",
    fields={"interest": "Hot", "budget": 3.5, "seen": True, "blank": " "},
)


def integration(name: str = "one", **more: Any) -> Integration:
    said = {"org": "acme", "enabled": True, "project": "Solar", "result_codes": ["YES", "CB"], "action": "update_only"}
    return integration_of({"name": name, **said, **more})


def way(*integrations: Integration, **changed: Any) -> Route:
    return route(replace(EVENT, **changed), Integrations.of(integrations))


def mapped(**more: Any) -> Command:
    return command(EVENT, way(integration(**more)), NOW)


@pytest.mark.parametrize("code", ["YES", "yes", " Yes "])
def test_vs_1_an_integration_fires_for_its_result_code_trimmed_and_without_case(code: str) -> None:
    found = way(integration(), result_code=code)
    assert (found.name, found.org, found.skip_reason, found.rule_ids) == ("one", "acme", None, ("VS-1",))


@pytest.mark.parametrize("code", ["YES", "CB"])
def test_vs_2_any_of_several_result_codes_fires_it(code: str) -> None:
    assert way(integration(), result_code=code).name == "one"


def test_vs_3_of_several_integrations_of_a_project_only_the_one_with_the_code_fires() -> None:
    two = integration("two", result_codes=["CB"], action="update_or_create_lead")
    assert way(integration(result_codes=["YES"]), two, result_code="CB").integration == two


def test_vs_4_the_same_code_in_another_project_is_another_trigger() -> None:
    both = (integration(), integration("two", project="Wind"))
    assert [way(*both, project=name).name for name in ("Solar", "Wind")] == ["one", "two"]


@pytest.mark.parametrize("changed", [{"result_code": "NA"}, {"project": "Wind"}])
def test_vs_5_what_no_integration_wants_is_one_skip_for_the_org_none(changed: dict[str, str]) -> None:
    event = replace(EVENT, **changed)  # type: ignore[arg-type]  # both are text
    made = command(event, route(event, Integrations.of([integration()])), NOW)
    assert (made.kind, made.org, made.integration) == ("skip", "none", "none")
    assert (made.skip_reason, made.rule_ids) == ("no_integration", ("VS-5",))
    assert made.command_id == command_id("call_result", "e1", "none")


def test_vs_5_a_disabled_integration_is_as_none() -> None:
    assert way(integration(enabled=False)).skip_reason == "no_integration"


@pytest.mark.parametrize("seconds, skipped", [(1, "before_activation"), (0, None)])
def test_what_happened_before_the_activation_is_skipped_for_its_own_org(seconds: int, skipped: str | None) -> None:
    found = way(integration(active_from=(RESULTED + timedelta(seconds=seconds)).isoformat()))
    assert (found.org, found.skip_reason) == ("acme", skipped)


@pytest.mark.parametrize(
    "condition, holds",
    [
        ({"field": "fields.interest", "equals": ["hot"]}, True),
        ({"field": "fields.interest", "equals": ["cold"]}, False),
        ({"field": "fields.interest", "not_equals": ["hot"]}, False),
        ({"field": "fields.blank", "not_equals": [""]}, False),
        ({"field": "fields.seen", "equals": ["true"]}, True),
        ({"field": "agent.name", "equals": [""]}, True),
    ],
)
def test_a_filter_that_does_not_hold_is_named_in_the_skip(condition: dict[str, Any], holds: bool) -> None:
    found = way(integration(filters=[{"name": "interest", **condition}]))
    assert found.skip_reason == (None if holds else "filtered")
    assert found.rule_ids == (("VS-1",) if holds else ("filter:interest",))


@pytest.mark.parametrize(
    "source, value",
    [
        ("person.first_name", "Ada"),
        ("person.email", "ada@example.com"),
        ("person.last_name", None),
        ("person.company", None),
        ("person.phones", "+4930123"),
        ("person.phones.1", "+4930456"),
        ("person.phones.2", None),
        ("agent.email", "agent@example.com"),
        ("resulted", "2026-01-05T09:59:00.000Z"),
        ("fields.budget", 3.5),
        ("fields.seen", True),
        ("fields.unheard", None),
        ({"constant": "Telephone"}, "Telephone"),
        ({"from": "fields.blank", "default": "?"}, "?"),
        ({"from": "fields.interest", "values": {"Hot": "Proposal"}}, "Proposal"),
        ({"from": "fields.interest", "values": {"Warm": "x"}}, "Hot"),
        ({"from": "fields.seen", "values": {"true": "Yes"}}, "Yes"),
    ],
)
def test_vs_9_a_mapped_field_takes_its_value_from_the_event(source: str | Mapping[str, Any], value: Scalar) -> None:
    made = mapped(map={"lead": {"F": source}, "account": {"F": source}})
    assert made.lead == made.account == {"F": value}
    assert made.contact == {}


def test_vs_17_mapped_but_empty_stays_apart_from_unmapped() -> None:
    made = mapped(map={"lead": {"LastName": "person.last_name"}})
    assert made.lead == {"LastName": None}


def test_vs_8_the_salesforce_id_goes_along_trimmed_unless_switched_off() -> None:
    assert mapped().salesforce_id == "00Q000000000001"
    assert mapped(match={"salesforce_id": False}).salesforce_id is None


def test_vs_8_a_key_set_with_an_empty_value_is_left_out_whole_and_the_others_keep_their_number() -> None:
    half = [
        {"from": "person.email", "kind": "email", "lead": "Email"},
        {"from": "person.last_name", "lead": "LastName"},
    ]
    full = [{"from": "person.phones", "kind": "phone", "lead": "Phone"}, {"from": "call_id", "contact": "Call__c"}]
    made = mapped(match={"key_sets": [half, full]})
    assert [(key.set, key.kind, key.value) for key in made.keys] == [(2, "phone", "+4930123"), (2, "text", "c1")]


def test_a_command_carries_identity_digests_and_people() -> None:
    made = mapped(lane="bulk")
    assert made.command_id == command_id("call_result", "e1", "one")
    assert made.event_digest == digest(EVENT.to_avro())
    assert made.settings_digest == Integrations.of([integration(lane="bulk")]).digest("one")
    assert (made.source_id, made.lane, made.person, made.agent) == ("c1", "bulk", EVENT.person, EVENT.agent)
    assert (made.event_time, made.command_time) == (RESULTED, NOW)


def test_a_command_survives_the_wire() -> None:
    made = mapped(map={"contact": {"A": "fields.budget", "B": "fields.seen", "C": "person.last_name"}})
    codec = SingleObject()
    assert Command.from_avro(codec.decode("command", codec.encode("command", made.to_avro()))) == made


def test_an_event_survives_the_wire() -> None:
    codec = SingleObject()
    assert decode(codec.encode("call_result", EVENT.to_avro()), codec, "call_result") == EVENT


@pytest.mark.parametrize("data", [None, b"", b"\xff", b"\xc3\x01", b"no avro at all, really"])
def test_what_cannot_be_read_is_undecodable(data: bytes | None) -> None:
    with pytest.raises(Undecodable):
        decode(data, SingleObject(), "call_result")


def test_an_unknown_fingerprint_is_told_apart() -> None:
    with pytest.raises(UnknownFingerprint):
        decode(b"\xc3\x01" + b"\x00" * 20, SingleObject(), "call_result")


@pytest.mark.parametrize("name", ["event_id", "call_id"])
def test_an_event_without_identity_is_undecodable(name: str) -> None:
    codec = SingleObject()
    with pytest.raises(Undecodable, match=f"{name} is blank"):
        decode(codec.encode("call_result", {**EVENT.to_avro(), name: " "}), codec, "call_result")
