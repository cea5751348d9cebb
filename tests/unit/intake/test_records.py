"""Prospects, field records and field activities through decode, route and map."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from processors.intake.decode import decode
from processors.intake.map import command
from processors.intake.route import route
from processors.integration.catalog import Integrations
from processors.integration.model import Integration
from processors.integration.paths import concerns, value_at
from processors.model.errors import Undecodable
from processors.sources.field_sales.settings import PATHS_OF_ACTIVITIES, PATHS_OF_RECORDS, FieldSalesIntegration
from processors.sources.load import preset
from processors.sources.prospect.settings import ProspectIntegration
from processors.sources.registry import source_of_event
from processors.sources.settings import integration_of
from processors.sources.source import Event
from schemas.codec import SingleObject
from schemas.command import Command, Request, SourceRecord
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.prospect import Prospect
from schemas.user_action import UserAction
from schemas.values import Agent, Person

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
CODEC = SingleObject()
ANN = Person("Ann", "Lee", "ann@example.com", ("+14155552671",), "Acme")
PROSPECT = Prospect("e1", "p-1", "Roofs", NOW, ANN, owner=Agent("rep@example.com"), fields={"grade": "A"})
RECORD = FieldRecord("e2", "r-1", "Roofs", NOW, ANN, stage="Won", created=NOW, owner=Agent("rep@example.com"))
ACTIVITY = FieldActivity(
    "e3", "a-1", "Roofs", NOW, Person(), "r-1", name="Knock", status="Done", done=True, started=NOW, zone="Asia/Tokyo"
)
EVENTS: list[Event] = [PROSPECT, RECORD, ACTIVITY]


def integration(name: str, **more: Any) -> Integration:
    base = {"name": name, "org": "acme", "enabled": True, "workspace": " roofs "}
    return integration_of({**base, **more})


MARKETING = integration("marketing", **preset("lead_liaison"))
FIELD = integration("field", **{**preset("spotio"), "field_sales": {"to_salesforce": True, "convert_at": "Won"}})


def made(event: Event, *integrations: Integration) -> Command:
    known = Integrations.of(integrations or (MARKETING, FIELD))
    return command(event, route(event, known), NOW)


def field_settings(**more: Any) -> Integration:
    own = FieldSalesIntegration.of(FIELD).field_sales
    return FIELD.model_copy(update={"field_sales": own.model_copy(update=more)})


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_survives_its_contract_and_its_command_too(event: Event) -> None:
    contract = source_of_event(event).contract
    assert decode(CODEC.encode(contract, event.to_avro()), CODEC, contract) == event
    asked = made(event)
    assert Command.from_avro(CODEC.decode("command", CODEC.encode("command", asked.to_avro()))) == asked
    assert (asked.kind, asked.contract, asked.source_id) == ("apply", contract, event.source_id)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_sp_30_a_disabled_integration_wants_nothing(event: Event) -> None:
    off = [item.model_copy(update={"enabled": False}) for item in (MARKETING, FIELD)]
    assert made(event, *off).skip_reason == "no_integration"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_without_its_identity_is_undecodable(event: Event) -> None:
    source = source_of_event(event)
    assert source.reader is not None
    contract = source.contract
    for name in source.reader.identity:
        with pytest.raises(Undecodable, match=f"{name} is blank"):
            decode(CODEC.encode(contract, {**event.to_avro(), name: " "}), CODEC, contract)


def test_a_prospect_goes_by_its_workspace_with_its_key_and_in_the_bulk_lane() -> None:
    asked = made(PROSPECT)
    assert (asked.integration, asked.lane, asked.record) == ("marketing", "bulk", SourceRecord("p-1"))
    assert [key.value for key in asked.keys] == ["ann@example.com"]
    assert asked.lead["Company"] == "Acme"
    assert asked.agent == Agent("rep@example.com")


def test_ll_24_what_is_gathered_for_a_cycle_or_loaded_for_the_first_time_is_bulk_whatever_the_file_says() -> None:
    live = {"lane": "live"}
    at_once = MARKETING.model_copy(update={**live, "schedule": MARKETING.schedule.model_copy(update={"every": None})})
    assert made(PROSPECT, MARKETING.model_copy(update=live)).lane == "bulk"
    assert made(replace(PROSPECT, occasion="initial"), at_once).lane == "bulk"
    assert made(PROSPECT, at_once).lane == "live"


def test_ll_22_a_choice_about_what_waits_is_live_in_an_integration_of_cycles_too() -> None:
    asked = made(UserAction("e5", "choose_match", "marketing", NOW, Person(), about="c-1", salesforce_id="00Q"))
    assert (asked.kind, asked.lane) == ("resolve", "live")


def test_ll_6_an_initial_import_is_older_than_the_activation_and_wanted_all_the_same() -> None:
    later = MARKETING.model_copy(update={"active_from": datetime(2026, 2, 1, tzinfo=UTC)})
    assert made(PROSPECT, later).skip_reason == "before_activation"
    assert made(replace(PROSPECT, occasion="initial"), later).kind == "apply"


def test_ll_15_an_anonymous_prospect_has_no_keys() -> None:
    assert made(replace(PROSPECT, person=Person(last_name="Anonymous"))).keys == ()


def test_ll_22_an_action_about_a_prospect_names_it() -> None:
    action = UserAction("e4", "sync_record", "marketing", NOW, Person(), about="p-1")
    asked = made(action)
    assert (asked.kind, asked.lane, asked.request) == ("apply", "bulk", Request("sync_record", about="p-1"))


def test_sp_18_the_way_to_salesforce_is_a_switch_of_its_own() -> None:
    off = field_settings(to_salesforce=False)
    for event in (RECORD, ACTIVITY):
        asked = made(event, off)
        assert (asked.kind, asked.skip_reason, asked.rule_ids, asked.org) == (
            "skip",
            "direction_off",
            ("SP-18",),
            "acme",
        )


def test_sp_15_sp_19_what_was_changed_before_the_activation_is_skipped() -> None:
    later = FIELD.model_copy(update={"active_from": datetime(2026, 2, 1, tzinfo=UTC)})
    assert made(RECORD, later).skip_reason == "before_activation"


def test_sp_35_an_activity_made_before_the_activation_is_skipped_although_it_changed_after_it() -> None:
    since = FIELD.model_copy(update={"active_from": datetime(2026, 1, 1, tzinfo=UTC)})
    old = replace(ACTIVITY, created=datetime(2025, 12, 31, tzinfo=UTC))
    assert made(old, since).skip_reason == "before_activation"
    assert made(replace(old, created=NOW), since).kind == "apply"


@pytest.mark.parametrize(("stage", "skipped"), [("New", True), (None, True), (" qualified", False)])
def test_sp_20_a_record_at_another_stage_is_left_out_and_the_outcome_names_the_filter(
    stage: str | None, skipped: bool
) -> None:
    asked = made(replace(RECORD, stage=stage), field_settings(stages=("Qualified",), stages_name="hot-only"))
    assert (asked.skip_reason, asked.rule_ids) == (("filtered", ("filter:hot-only",)) if skipped else (None, ()))


def test_sp_20_stages_say_nothing_of_activities() -> None:
    assert made(ACTIVITY, field_settings(stages=("Qualified",))).kind == "apply"


FILTERS = [
    {"name": "chemicals", "field": "fields.industry", "equals": ["Chemicals"]},
    {"name": "not-lane", "field": "owner.name", "not_equals": ["Lane Owner"]},
]


@pytest.mark.parametrize(
    ("industry", "owner", "left_out_by"),
    [
        ("chemicals", "Other Owner", None),
        ("Steel", "Other Owner", "chemicals"),
        (None, "Other Owner", "chemicals"),
        ("Chemicals", "Lane Owner", "not-lane"),
        ("Chemicals", None, None),
    ],
)
def test_sp_17_conditions_are_joined_by_and_and_a_missing_value_is_the_empty_text(
    industry: str | None, owner: str | None, left_out_by: str | None
) -> None:
    some = integration("field", **{**preset("spotio"), "field_sales": {"to_salesforce": True}, "filters": FILTERS})
    asked = made(replace(RECORD, owner=Agent(name=owner), fields={"industry": industry}), some)
    assert asked.rule_ids == ((f"filter:{left_out_by}",) if left_out_by else ())


def test_sp_21_sp_27_what_is_not_mapped_is_not_sent() -> None:
    some = integration(
        "field",
        source="field_sales",
        field_sales={"to_salesforce": True},
        map={"lead": {"LastName": "person.last_name"}, "activity": {"Subject": "activity.name"}},
    )
    assert made(RECORD, some).lead == {"LastName": "Lee"}
    asked = made(ACTIVITY, some)
    assert (asked.lead, asked.contact, asked.activity) == ({}, {}, {"Subject": "Knock"})


def test_sp_37_name_description_day_and_status_are_what_an_activity_sends_by_default() -> None:
    asked = made(ACTIVITY)
    assert asked.activity == {
        "Subject": "Knock",
        "Description": None,
        "ActivityDate": "2026-01-05",
        "Status": "Done",
    }
    assert asked.record == SourceRecord("r-1", activity="activity", done=True)


def test_ll_16_the_day_of_an_activity_is_that_of_its_own_zone() -> None:
    night = replace(ACTIVITY, started=datetime(2026, 3, 2, 4, 30, tzinfo=UTC))
    zones = {
        "America/New_York": "2026-03-01",
        "Asia/Tokyo": "2026-03-02",
        None: "2026-03-02",
        "Mars/Base": "2026-03-02",
    }
    for zone, day in zones.items():
        assert value_at(replace(night, zone=zone), "activity.day") == day
    assert value_at(replace(night, started=None, zone=None), "activity.day") == "2026-01-05"


WORDS = {"from": "stage", "values": {"Won": "Closed"}}


@pytest.mark.parametrize(
    ("rule", "stage", "status", "refused"),
    [
        ({}, "Won", "Closed", ()),
        ({}, "Lost", "Lost", ()),
        ({"unmapped": "default", "default": "Open"}, "Lost", "Open", ()),
        ({"unmapped": "error"}, "Won", "Closed", ()),
        ({"unmapped": "error"}, "Lost", "Lost", ("Lead.Status=Lost",)),
        ({"unmapped": "error"}, None, None, ()),
    ],
)
def test_sp_23_values_are_mapped_one_by_one_and_what_is_not_listed_follows_its_rule(
    rule: dict[str, Any], stage: str | None, status: str | None, refused: tuple[str, ...]
) -> None:
    some = integration(
        "field", source="field_sales", field_sales={"to_salesforce": True}, map={"lead": {"Status": {**WORDS, **rule}}}
    )
    asked = made(replace(RECORD, stage=stage), some)
    assert (asked.lead["Status"], asked.unmapped) == (status, refused)


def test_a_rule_for_unmapped_values_needs_values() -> None:
    with pytest.raises(ValueError, match="speaks of values that 'values' does not list"):
        integration("field", source="field_sales", map={"lead": {"Status": {"from": "stage", "unmapped": "error"}}})


def test_a_kind_of_activity_of_a_later_contract_is_told_and_never_guessed() -> None:
    asked = made(replace(ACTIVITY, kind="other"))
    assert (asked.skip_reason, asked.rule_ids) == ("other", ("unknown:kind",))


def test_each_path_that_settings_may_name_can_be_read_of_its_event() -> None:
    for path in ProspectIntegration.PATHS.names:
        value_at(PROSPECT, path)
    for path in FieldSalesIntegration.PATHS.names:
        event = ACTIVITY if path.startswith("activity.") else RECORD
        assert concerns(path, PATHS_OF_ACTIVITIES) or concerns(path, PATHS_OF_RECORDS)
        value_at(event, path)
    assert value_at(ACTIVITY, "activity.done") is True


@pytest.mark.parametrize(
    ("event", "settings"),
    [
        (replace(PROSPECT, occasion="merged", merged_into=" p-2 ", person=Person(), fields={}), MARKETING),
        (
            replace(RECORD, occasion="merged", merged_into="p-2", stage=None, person=Person()),
            field_settings(stages=("Won",)),
        ),
    ],
)
def test_the_end_of_a_record_meets_every_condition_and_carries_nothing_else(
    event: Event, settings: Integration
) -> None:
    asks = integration_of({**settings.model_dump(by_alias=True), "filters": [FILTER]})
    found = made(event, asks)
    assert (found.kind, found.keys, found.lead, found.contact, found.unmapped) == ("apply", (), {}, {}, ())
    assert found.record is not None
    assert (found.record.occasion, found.record.merged_into) == ("merged", "p-2")
    assert Command.from_avro(CODEC.decode("command", CODEC.encode("command", found.to_avro()))) == found


FILTER = {"name": "grade", "field": "fields.grade", "equals": ["A"]}
