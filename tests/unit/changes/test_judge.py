"""The pure parts of the way back: filter, map, diff, judge, and the cursor's moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.changes import plan
from processors.changes.cursor import Cursor, Load, Reading
from processors.changes.filter import unmet_filter
from processors.changes.judge import Judged, Listener, judge
from processors.changes.look_back import begin_look, look_back_asks, looked_back
from processors.changes.map import mapped, owner_of
from processors.changes.ports import ChangedRecord, FeedPosition, OwnWrite, Page
from processors.changes.seen import Seen
from processors.integration.change_settings import ChangedField, ChangeFilter, ChangesSettings
from processors.integration.model import Integration
from processors.model.org_facts import ObjectFacts
from processors.model.stored_form import fact_of_type
from schemas.change import Change, FieldChange
from schemas.codec import SingleObject
from tests.fakes.changes import told

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OLD = NOW - timedelta(days=9)


def listener(integration: Integration | None = None, started: datetime = NOW) -> Listener:
    integration = integration or told()
    return Listener(
        integration.name, integration.org, integration.changes, dict.fromkeys(integration.changes.objects, started)
    )


def row(minutes: float = 1, *, created: datetime = OLD, **more: Any) -> ChangedRecord:
    fields = more.pop("fields", {"LastName": "Lee", "Status": "Open", "City": "Bern"})
    return ChangedRecord("Lead", "00Q000000000001AAA", NOW + timedelta(minutes=minutes), created, fields=fields, **more)


def said(
    changed_record: ChangedRecord, seen: Seen | None = None, *, who: Listener | None = None, **more: Any
) -> Judged:
    return judge(changed_record, seen, [who or listener()], more.pop("ours", {}), more.pop("sources", {}), **more)


def test_reading_a_row_again_says_nothing() -> None:
    first = said(row())
    assert [change.operation for change in first.changes] == ["updated"]
    again = said(row(), first.seen)
    assert (again.changes, again.seen) == ([], None)


def test_sp_15_a_change_before_the_activation_says_nothing_and_is_remembered() -> None:
    who = listener(told(objects={"Lead": {"scope": "forward_only", "fields": {"city": "City"}}}))
    before = said(row(-5), who=who)
    assert before.changes == []
    (change,) = said(row(fields={"City": "Basel"}), before.seen, who=who).changes
    assert change.changes == (FieldChange("city", "City", "Basel", "Bern", before_known=True),)


def test_sp_14_a_change_after_the_cut_over_of_historical_only_says_nothing() -> None:
    who = listener(told(objects={"Lead": {"scope": "historical_only", "fields": {"city": "City"}}}))
    assert said(row(), who=who).changes == []
    (loaded,) = said(row(), who=who, loading="field").changes
    assert (loaded.historical, loaded.operation) == (True, "created")
    assert said(row(created=NOW + timedelta(seconds=1)), who=who, loading="field").changes == []


def test_a_record_that_another_integration_loads_is_no_news_to_this_one() -> None:
    first = said(row(-5))
    assert said(row(-5), replace(first.seen or Seen(NOW), told={}), loading="another").changes == []


def test_a_field_that_was_cleared_is_told_where_nothing_is_known_from_before_and_not_of_a_new_record() -> None:
    empty = {"LastName": "Lee", "Status": None, "City": None}
    (edited,) = said(row(fields=empty)).changes
    assert {change.field for change in edited.changes} == {"surname", "stage", "city"}
    (made,) = said(row(fields=empty, created=NOW + timedelta(seconds=5))).changes
    assert (made.operation, {change.field for change in made.changes}) == ("created", {"surname"})


def test_a_record_that_is_undeleted_is_told_whole() -> None:
    first = said(row())
    gone = said(row(2, deleted=True), first.seen)
    assert [change.operation for change in gone.changes] == ["deleted"]
    (back,) = said(row(3), gone.seen).changes
    assert (back.operation, len(back.changes)) == ("undeleted", 3)


def test_the_end_of_a_record_that_its_reader_never_knew_is_not_told() -> None:
    hot = [{"name": "hot", "field": "Rating", "equals": ["Hot"]}]
    who = listener(told(objects={"Lead": {"scope": "forward_only", "filters": hot}}))
    gone = row(deleted=True, fields={"Rating": "Cold"})
    assert said(gone, who=who).changes == []
    linked = said(gone, who=who, sources={"field": "f-1"}).changes
    assert [(change.operation, change.source_id) for change in linked] == [("deleted", "f-1")]


def test_an_integration_that_was_away_is_told_whole_when_it_comes_back() -> None:
    first = said(row())
    away = judge(row(2, fields={"City": "Basel"}), first.seen, [listener(told("other"))], {}, {})
    assert away.seen is not None
    assert away.seen.told["field"] is False
    (back,) = said(row(3, fields={"LastName": "Lee", "Status": "Open", "City": "Basel"}), away.seen).changes
    assert {change.field for change in back.changes} == {"surname", "stage", "city"}


def test_two_values_that_are_one_for_the_source_are_no_change() -> None:
    values = {"from": "Status", "values": {"Open": "New", "Fresh": "New"}}
    who = listener(told(objects={"Lead": {"fields": {"stage": values}}}))
    first = said(row(fields={"Status": "Open"}), who=who)
    assert said(row(2, fields={"Status": "Fresh"}), first.seen, who=who).changes == []


def test_only_the_field_that_we_wrote_is_left_out_and_only_once() -> None:
    first = said(row())
    ours = {"City": OwnWrite("field", "Basel", "event-1")}
    written = said(row(2, fields={"LastName": "Lee", "Status": "Won", "City": "Basel"}), first.seen, ours=ours)
    assert [change.field for change in written.changes[0].changes] == ["stage"]
    assert written.own == ["field"]
    other = said(row(3, fields={"LastName": "Lee", "Status": "Won", "City": "Chur"}), written.seen, ours=ours)
    assert [change.field for change in other.changes[0].changes] == ["city"]
    back = said(row(4, fields={"LastName": "Lee", "Status": "Won", "City": "Basel"}), other.seen, ours=ours)
    assert [change.after for change in back.changes[0].changes] == ["Basel"]


@pytest.mark.parametrize(
    "value, condition, holds",
    [
        ("CHEMICALS ", {"equals": ["Chemicals"]}, True),
        ("Banking", {"equals": ["Chemicals"]}, False),
        ("Banking", {"not_equals": ["Chemicals"]}, True),
        (None, {"equals": [""]}, True),
        (None, {"equals": ["Chemicals"]}, False),
        (None, {"not_equals": ["Chemicals"]}, True),
        ("", {"not_equals": [""]}, False),
        (True, {"equals": ["true"]}, True),
    ],
)
def test_sp_16_a_null_is_the_empty_text_and_case_tells_nothing_apart(value: Any, condition: Any, holds: bool) -> None:
    change_filter = ChangeFilter.model_validate({"name": "n", "field": "Industry", **condition})
    assert (unmet_filter([change_filter], {"Industry": value}) is None) is holds


def test_sp_17_the_first_condition_that_does_not_hold_is_named() -> None:
    two = [
        ChangeFilter(name="a", field="Industry", equals=("Chemicals",)),
        ChangeFilter(name="b", field="Owner.Name", not_equals=("Lane Buckman",)),
    ]
    left_out = unmet_filter(two, {"Industry": "Chemicals", "Owner.Name": "lane buckman"})
    assert left_out is not None
    assert left_out.name == "b"


def test_sp_23_values_are_mapped_and_what_is_not_listed_is_kept_or_becomes_the_default() -> None:
    kept = ChangedField.model_validate({"from": "Status", "values": {"Open": "New"}})
    default = ChangedField.model_validate({**kept.model_dump(by_alias=True), "unmapped": "default", "default": "Other"})
    assert [mapped(text, kept) for text in ("Open", "Won", None, "")] == ["New", "Won", None, None]
    assert [mapped(text, default) for text in ("Open", "Won", None)] == ["New", "Other", None]


def test_sp_28_who_owns_a_record_at_the_source() -> None:
    users = ChangesSettings(users=("rep@example.com",), default_owner="boss@example.com")
    assert owner_of("REP@example.com", users) == ("REP@example.com", False)
    assert owner_of("other@example.com", users) == ("boss@example.com", True)
    assert owner_of(None, users) == ("boss@example.com", True)
    assert owner_of("other@example.com", ChangesSettings()) == ("other@example.com", False)
    assert owner_of(None, ChangesSettings()) == (None, False)


def test_a_second_edit_under_the_same_stamp_is_told_under_an_id_of_its_own() -> None:
    """An org stamps to the second; what a filter looks at counts, too."""
    hot = {"name": "hot", "field": "Rating", "equals": ["Hot"]}
    lead = {"scope": "forward_only", "fields": {"city": "City"}, "filters": [hot]}
    who = listener(told(objects={"Lead": lead}))
    item = said(row(fields={"City": "Bern", "Rating": "Hot"}), said(row(-5), who=who).seen, who=who)
    two = said(row(fields={"City": "Basel", "Rating": "Hot"}), item.seen, who=who)
    cold = said(row(fields={"City": "Basel", "Rating": "Cold"}), two.seen, who=who)
    three = said(row(fields={"City": "Basel", "Rating": "Hot"}), cold.seen, who=who)
    back = said(row(fields={"City": "Bern", "Rating": "Hot"}), three.seen, who=who)

    told_of = [change for judged in (item, two, cold, three, back) for change in judged.changes]
    assert [change.changes[0].after for change in told_of] == ["Bern", "Basel", "Basel", "Bern"]
    assert len({change.event_id for change in told_of}) == 4
    again = said(row(fields={"City": "Bern", "Rating": "Hot"}), back.seen, who=who)
    assert (again.changes, again.seen) == ([], None)


def test_a_value_that_comes_and_goes_within_a_second_has_an_id_for_each_time() -> None:
    """A-B-A-B under one stamp; read again from the same cursor, each change has the ID that it had."""
    start = said(row(-5, fields={"City": "Bern"})).seen
    assert start is not None
    seen, names = start, []
    for city in ("Basel", "Bern", "Basel", "Bern"):
        judged, twice = (said(row(fields={"City": city}), seen) for _ in range(2))
        assert [change.event_id for change in judged.changes] == [change.event_id for change in twice.changes]
        names += [change.event_id for change in judged.changes]
        assert judged.seen is not None
        seen = Seen.from_bytes(judged.seen.to_bytes())
    assert len(set(names)) == len(names) == 4
    later = said(row(2, fields={"City": "Basel"}), seen)
    assert later.seen is not None
    assert (len(later.changes), later.seen.edits) == (1, 0)


def test_an_own_write_is_known_again_in_the_form_in_which_the_org_keeps_it() -> None:
    """What was sent as text, in other case or with more digits is no change of somebody's; another value is."""
    kinds = {"Email": "email", "Seats__c": "int", "Rated__c": "boolean", "Value__c": "currency", "Due__c": "datetime"}
    facts = ObjectFacts("Lead", {name: replace(fact_of_type(kind), precision=18) for name, kind in kinds.items()})
    sent: dict[str, Any] = {"Email": "Ann.Lee@Example.com", "Seats__c": "12", "Rated__c": "true", "Value__c": 1234.567}
    sent |= {"Due__c": "2026-03-02T10:00:00.5+01:00"}
    kept = {"Email": "ann.lee@example.com", "Seats__c": 12, "Rated__c": True, "Value__c": 1235.0}
    kept |= {"Due__c": "2026-03-02T09:00:00.000+0000"}
    who = listener(told(objects={"Lead": {"scope": "forward_only", "fields": {name: name for name in kinds}}}))
    ours = {name: OwnWrite("field", value, "e1") for name, value in sent.items()}

    first = said(row(), who=who).seen
    judged = said(row(2, fields=kept), first, who=who, ours=ours, facts=facts)
    assert (judged.changes, judged.own) == ([], ["field"])
    (change,) = said(row(2, fields={**kept, "Seats__c": 13}), first, who=who, ours=ours, facts=facts).changes
    assert [field_change.field for field_change in change.changes] == ["Seats__c"]


def test_what_is_kept_is_read_back_as_it_was() -> None:
    seen = Seen(NOW, values={"City": "Bern", "Amount": 1.5}, told={"field": False}, marks={"City": "e"})
    assert Seen.from_bytes(seen.to_bytes()) == seen
    cursor = Cursor(
        {"Lead": Reading(FeedPosition(NOW, "00Q"), FeedPosition(NOW), False, 3, 7.5)},
        {"field/Lead": NOW},
        {"field/Lead": Load(FeedPosition(NOW, "00Q")), "field/Contact": Load(None, True)},
    )
    assert Cursor.from_bytes(cursor.to_bytes()) == cursor


def test_a_change_travels_as_avro() -> None:
    (change,) = said(row(), sources={"field": "f-1"}).changes
    codec = SingleObject()
    assert Change.from_avro(codec.decode("change", codec.encode("change", change.to_avro()))) == change


PACE = plan.PollPace(overlap=600, page=2, hold_back=0)


def begun(*integrations: Integration, cursor: Cursor | None = None, now: datetime = NOW) -> Cursor:
    return plan.begin(cursor or Cursor(), integrations or (told(),), now, PACE)


def polled(cursor: Cursor, *rows: ChangedRecord, full: bool = False, now: datetime = NOW) -> Cursor:
    asked = plan.asks(cursor, [listener(told(objects={"Lead": {}}))], now, PACE)
    return plan.advance(cursor, asked, [Page(rows, full)], now, PACE)


def test_a_full_page_is_followed_from_its_last_row_and_the_overlap_is_read_again_after_the_last() -> None:
    cursor = polled(begun(), row(1), row(2), full=True)
    assert cursor.objects["Lead"].at == FeedPosition(NOW + timedelta(minutes=2), "00Q000000000001AAA")
    cursor = polled(cursor, row(3))
    reading = cursor.objects["Lead"]
    assert reading.high.at == NOW + timedelta(minutes=3)
    # More than one page: the overlap rests for half of its time, then it is read again.
    assert (reading.at, reading.sweeping) == (reading.high, False)
    assert polled(cursor, now=NOW + timedelta(seconds=301)).objects["Lead"].at == FeedPosition(
        NOW - timedelta(minutes=7)
    )


def test_an_overlap_of_one_page_is_read_again_at_every_poll() -> None:
    cursor = polled(begun(), row(1))
    assert cursor.objects["Lead"].at == FeedPosition(NOW + timedelta(minutes=1) - timedelta(seconds=600))
    assert polled(cursor, row(1)) == cursor


def test_what_was_refused_stays_where_it_was() -> None:
    cursor = begun()
    asked = plan.asks(cursor, [listener(told(objects={"Lead": {}}))], NOW, PACE)
    assert plan.advance(cursor, asked, [Page(refused="no such field")], NOW, PACE) == cursor


def test_five_asks_at_the_most_whatever_is_loaded() -> None:
    every = {name: {"scope": "historical_and_forward"} for name in ("Lead", "Account", "Contact", "Opportunity")}
    many = [told(f"i{number}", every) for number in range(7)]
    cursor = plan.begin(Cursor(), many, NOW, PACE)
    asked = plan.asks(cursor, plan.listeners(cursor, many), NOW, PACE)
    assert len(asked) == 5
    assert [planned.loading for planned in asked] == [None, None, None, None, "i0"]


def test_an_integration_that_comes_later_begins_where_the_object_is_read_and_loads_the_rest_as_history() -> None:
    first = begun()
    late = told("late", active_from=OLD)
    cursor = begun(told(), late, cursor=first, now=NOW + timedelta(hours=1))
    assert cursor.started["late/Lead"] == NOW + timedelta(hours=1)
    assert cursor.started["field/Lead"] == NOW
    assert cursor.loads["late/Lead"] == Load()
    alone = begun(told("late", active_from=OLD))
    assert alone.started["late/Lead"] == OLD


@given(st.lists(st.integers(min_value=0, max_value=40), max_size=40), st.integers(min_value=1, max_value=5))
def test_every_row_is_read_whatever_the_moments_and_the_page(minutes: list[int], size: int) -> None:
    pace = replace(PACE, page=size)
    table = sorted((NOW + timedelta(minutes=minute), f"00Q{number:015d}") for number, minute in enumerate(minutes))
    cursor, read = begun(), set()
    for _ in range(200):
        at = cursor.objects["Lead"].at
        rows = [pair for pair in table if pair > (at.at, at.id)][:size]
        page = Page(tuple(ChangedRecord("Lead", name, moment, OLD) for moment, name in rows), full=len(rows) == size)
        asked = plan.asks(cursor, [listener(told(objects={"Lead": {}}))], NOW, pace)
        cursor = plan.advance(cursor, asked, [page], NOW, pace)
        read |= {name for _, name in rows}
        if not page.full:
            break
    assert read == {name for _, name in table}


def test_a_winner_that_is_read_again_for_the_same_losers_is_the_same_change() -> None:
    merged = {"field": ["00Q000000000003AAA", "00Q000000000002AAA"]}
    first = said(row(-5), merged=merged).changes
    again = said(row(-5), merged={"field": list(reversed(merged["field"]))}).changes
    assert [change.event_id for change in first] == [change.event_id for change in again]
    other = said(row(-5), merged={"field": merged["field"][:1]}).changes
    assert first[0].event_id != other[0].event_id
    assert said(row(-5), merged={"another": merged["field"]}).changes != first


def test_a_winner_that_was_merged_itself_or_lies_outside_of_the_filters_is_not_told_for_its_losers() -> None:
    merged = {"field": ["00Q000000000002AAA"]}
    gone = said(row(-5, deleted=True, merged_into="00Q000000000004AAA"), merged=merged)
    assert gone.changes == []
    hot = [{"name": "hot", "field": "Rating", "equals": ["Hot"]}]
    who = listener(told(objects={"Lead": {"scope": "forward_only", "filters": hot, "fields": {"city": "City"}}}))
    assert said(row(-5, fields={"Rating": "Cold", "City": "Bern"}), who=who, merged=merged).changes == []


def test_the_slow_look_reads_page_by_page_and_ends() -> None:
    pace = plan.PollPace(overlap=600.0, look_back=7_200.0, look_back_every=3_600.0)
    who = [listener()]
    cursor = plan.begin(Cursor(), [told()], NOW, pace)
    assert begin_look(cursor, who, NOW, pace).unfinished == {}
    later = NOW + timedelta(hours=1)
    begun = begin_look(cursor, who, later, pace)
    (asked,) = look_back_asks(begun, who, pace)
    high = cursor.objects["Lead"].high.at
    assert asked.ask.after == FeedPosition(high - timedelta(seconds=7_200))
    assert asked.ask.until == high - timedelta(seconds=600)
    full = looked_back(begun, [asked], [Page((row(-100),), full=True)])
    assert full.unfinished == {"Lead": FeedPosition(row(-100).changed, row(-100).id)}
    assert begin_look(full, who, later, pace) == full
    done = looked_back(full, look_back_asks(full, who, pace), [Page()])
    assert (done.unfinished, begin_look(done, who, later, pace)) == ({}, done)
    assert begin_look(full, [], later, pace).unfinished == {}
    assert Cursor.from_bytes(full.to_bytes()) == full


def test_a_cursor_that_release_0_1_0_kept_is_read() -> None:
    cursor = Cursor.from_bytes(b'{"objects": {}, "started": {}, "loads": {}}')
    assert cursor == Cursor()
    assert plan.begin(cursor, [told()], NOW, plan.PollPace()).next_look == NOW.timestamp() + 3_600
