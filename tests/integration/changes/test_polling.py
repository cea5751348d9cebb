"""The way back on the simulated org: what is sent, in which words, and that nothing is lost or sent twice."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import simulator
from processors.changes.plan import PollPace
from tests.fakes.changes import QUICK, ChangesRig, named, told


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.01)


Opened = Callable[..., ChangesRig]


@pytest.fixture
def opened() -> Iterator[Opened]:
    with simulator.serve() as running:
        yield lambda *integrations, **more: ChangesRig(running, *(integrations or (told(),)), **more)


def forward(**more: object) -> object:
    return told(objects={"Lead": {"scope": "forward_only", "fields": {"stage": "Status", "city": "City"}, **more}})


def test_sp_7_sp_10_sp_34_sp_41_an_edit_comes_back_with_the_value_before_and_after(opened: Opened) -> None:
    rig = opened()
    rig.poll()
    lead = rig.seed(City="Bern", Status="Open - Not Contacted")
    rig.links.rows["field", lead] = "f-1"
    (first,) = rig.poll()
    assert (first.operation, first.historical, first.record_id, first.source_id) == ("created", False, lead, "f-1")
    assert named(first) == {"surname": "Lee", "stage": "Open - Not Contacted", "city": "Bern"}
    rig.edit(lead, City="Basel")
    (second,) = rig.poll()
    (city,) = second.changes
    assert (second.operation, city.field, city.salesforce_field) == ("updated", "city", "City")
    assert (city.before, city.before_known, city.after) == ("Bern", True, "Basel")
    assert second.changed_by_email == "integration@example.com"
    assert rig.poll() == []


def test_a_field_that_is_not_mapped_says_nothing(opened: Opened) -> None:
    rig = opened()
    lead = rig.seed()
    rig.poll()
    rig.edit(lead, Title="Boss")
    assert rig.poll() == []


def test_sp_12_every_object_of_every_integration_comes_by_one_api_call_a_poll(opened: Opened) -> None:
    fields = {"Lead": {"n": "LastName"}, "Contact": {"n": "LastName"}, "Account": {"n": "Name"}}
    objects = {name: {"scope": "historical_and_forward", "fields": field} for name, field in fields.items()}
    objects["Opportunity"] = {"scope": "forward_only", "fields": {"n": "StageName"}}
    rig = opened(told("one", objects), told("two", objects))
    rig.poll()
    account = rig.seed("Account", Name="Acme")
    contact, lead = rig.seed("Contact", AccountId=account), rig.seed()
    deal = rig.seed("Opportunity", Name="Deal", StageName="Prospecting", CloseDate="2030-01-01", AccountId=account)
    calls = rig.client.api_calls()
    poller = rig.poller or rig.begin()
    assert poller.turn() is False
    assert rig.client.api_calls() == calls + 1
    for name in ("one", "two"):
        assert {change.record_id for change in rig.log.changes(name)} == {account, contact, lead, deal}


def test_sp_13_what_is_there_comes_first_and_what_changes_later_too(opened: Opened) -> None:
    rig = opened(pace=PollPace(every=0.01, overlap=600.0, page=3, hold_back=0.0))
    rig.control.shift(-86_400)
    old = {rig.seed(City=f"City {number}") for number in range(10)}
    rig.control.shift(86_400)
    loaded = rig.poll()
    assert {change.record_id for change in loaded} == old
    assert all(change.historical and change.operation == "created" for change in loaded)
    text = min(old)
    rig.edit(text, City="Basel")
    (change,) = rig.poll()
    assert (change.record_id, change.historical, change.changes[0].before_known) == (text, False, True)


def test_sp_14_historical_only_stops_at_the_cut_over(opened: Opened) -> None:
    rig = opened(told(objects={"Lead": {"scope": "historical_only", "fields": {"city": "City"}}}))
    rig.control.shift(-86_400)
    old = rig.seed(City="Bern")
    rig.control.shift(86_400)
    assert [change.record_id for change in rig.poll()] == [old]
    rig.edit(old, City="Basel")
    rig.seed(City="Chur")
    assert rig.poll() == []


def test_sp_15_forward_only_begins_at_the_activation(opened: Opened) -> None:
    rig = opened(forward())
    rig.control.shift(-86_400)
    old = rig.seed(City="Bern")
    rig.control.shift(86_400)
    assert rig.poll() == []
    rig.edit(old, City="Basel")
    (change,) = rig.poll()
    assert (change.operation, change.historical) == ("updated", False)
    assert all(not field_change.before_known for field_change in change.changes)


def test_sp_16_sp_17_filters_join_by_and_and_what_they_leave_out_is_counted_by_name(opened: Opened) -> None:
    filters = [
        {"name": "chemicals", "field": "Industry", "equals": ["Chemicals"]},
        {"name": "not-lane", "field": "Owner.Name", "not_equals": ["integration"]},
    ]
    rig = opened(forward(filters=filters[:1]))
    rig.poll()
    lead, other = rig.seed(Industry="chemicals", City="Bern"), rig.seed(Industry="Banking", City="Chur")
    assert [change.record_id for change in rig.poll()] == [lead]
    rig.edit(other, City="Basel")
    assert rig.poll() == []
    assert rig.metrics.of("changes_filtered_total", integration="field", filter="chemicals") == 2
    both = opened(forward(filters=filters))
    both.poll()
    both.seed(Industry="Chemicals")
    assert both.poll() == []
    assert both.metrics.of("changes_filtered_total", integration="field", filter="not-lane") >= 1


def test_a_record_that_comes_back_into_the_filters_is_told_whole(opened: Opened) -> None:
    rig = opened(forward(filters=[{"name": "hot", "field": "Rating", "equals": ["Hot"]}]))
    rig.poll()
    lead = rig.seed(Rating="Hot", City="Bern")
    rig.poll()
    rig.edit(lead, Rating="Cold")
    rig.edit(lead, City="Basel")
    assert rig.poll() == []
    rig.edit(lead, Rating="Hot")
    (change,) = rig.poll()
    assert named(change)["city"] == "Basel"


def test_sp_36_sp_39_tasks_of_salesforce_are_never_sent(opened: Opened) -> None:
    rig = opened()
    lead = rig.seed()
    rig.poll()
    rig.control.seed("Task", [{"Subject": "Call back", "WhoId": lead}])
    assert rig.poll() == []


def test_sp_40_the_historical_load_goes_through_the_same_filters(opened: Opened) -> None:
    wanted = {
        "scope": "historical_and_forward",
        "fields": {"city": "City"},
        "filters": [{"name": "swiss", "field": "Country", "equals": ["CH"]}],
    }
    rig = opened(told(objects={"Lead": wanted}))
    rig.control.shift(-86_400)
    swiss, _other = rig.seed(Country="CH", City="Bern"), rig.seed(Country="AT", City="Wien")
    rig.control.shift(86_400)
    assert [change.record_id for change in rig.poll()] == [swiss]
    assert rig.metrics.of("changes_filtered_total", integration="field", filter="swiss") >= 1


def test_sp_28_an_owner_who_is_no_user_of_the_source_becomes_the_default_owner(opened: Opened) -> None:
    users = {"users": ["rep@example.com"], "default_owner": "boss@example.com"}
    rig = opened(told(changes=users))
    rig.seed()
    (change,) = rig.poll()
    assert (change.owner, change.flags) == ("boss@example.com", ("owner_defaulted",))


def test_deleted_and_merged_records_come_back_too(opened: Opened) -> None:
    rig = opened()
    gone, loser, winner = rig.seed(City="Bern"), rig.seed(City="Chur"), rig.seed(City="Basel")
    rig.links.rows["field", loser] = "f-7"
    rig.poll()
    rig.delete(gone)
    rig.control.merge("Lead", winner, loser)
    found = {change.record_id: change for change in rig.poll()}
    assert found[gone].operation == "deleted"
    assert (found[loser].operation, found[loser].merged_into, found[loser].source_id) == ("merged", winner, "f-7")
    assert rig.poll() == []
    # LL-27: only what was linked needs the executor, and once.
    (end,) = rig.log.commands()
    assert (end.contract, end.salesforce_id, end.source_id, end.integration) == ("change", loser, "f-7", "field")


def test_equal_timestamps_at_the_edge_of_a_page_are_neither_lost_nor_sent_twice(opened: Opened) -> None:
    rig = opened(pace=PollPace(every=0.01, overlap=600.0, page=3, hold_back=0.0))
    rig.poll()
    moment = rig.clock().isoformat(timespec="milliseconds")
    made = rig.control.seed(
        "Lead", [{"LastName": f"L{n}", "Company": "A", "SystemModstamp": moment} for n in range(20)]
    )
    assert Counter(change.record_id for change in rig.poll()) == Counter(made)
    assert rig.poll() == []


def test_a_commit_that_appears_late_is_still_found(opened: Opened) -> None:
    rig = opened()
    rig.seed()
    rig.poll()
    earlier = rig.clock().timestamp() - 300
    moment = rig.clock().fromtimestamp(earlier, rig.clock().tzinfo).isoformat(timespec="milliseconds")
    late = rig.seed(SystemModstamp=moment, CreatedDate=moment, City="Late")
    wanted = rig.poll()
    assert [change.record_id for change in wanted if change.record_id == late] == [late]
    assert rig.poll() == []


def test_a_transaction_longer_than_the_overlap_is_found_by_the_slow_look_of_each_hour(opened: Opened) -> None:
    rig = opened(forward())
    rig.poll()
    rig.control.shift(3_000)
    rig.seed(City="Bern")
    rig.poll()
    began = rig.feed.now() - timedelta(seconds=2_000)
    moment = began.isoformat(timespec="milliseconds")
    late = rig.seed(SystemModstamp=moment, CreatedDate=moment, City="Late")
    assert rig.poll() == []
    rig.control.shift(700)
    calls = rig.client.api_calls()
    poller = rig.poller or rig.begin()
    poller.turn()
    poller.turn()
    assert rig.client.api_calls() == calls + 2
    assert [change.record_id for change in rig.log.changes()][-1:] == [late]
    sent = len(rig.log.changes())
    rig.control.shift(3_700)
    assert rig.poll() == []
    rig.poller = None
    assert rig.poll() == []
    assert len(rig.log.changes()) == sent


def test_the_slow_look_can_be_turned_off(opened: Opened) -> None:
    rig = opened(forward(), pace=PollPace(every=0.01, hold_back=0.0, look_back=0.0))
    rig.poll()
    rig.control.shift(4_000)
    calls = rig.client.api_calls()
    assert (rig.poller or rig.begin()).turn() is False
    assert rig.client.api_calls() == calls + 1


def test_two_edits_of_one_second_of_which_the_later_appears_after_the_first_was_read_are_both_told(
    opened: Opened,
) -> None:
    rig = opened(forward())
    lead = rig.seed(City="Bern")
    rig.poll()
    rig.control.fault("late_commit", match={"method": "PATCH", "body_regex": "Basel"}, seconds=1.5)
    while rig.feed.now().microsecond > 200_000:
        time.sleep(0.02)
    with ThreadPoolExecutor(1) as other:
        late = other.submit(rig.edit, lead, City="Basel")
        wait_until(lambda: any(item["fault"] for item in rig.control.log()))
        rig.edit(lead, City="Chur")
        (first,) = rig.poll()
        late.result(30)
    (second,) = rig.poll()
    assert (named(first), named(second)) == ({"city": "Chur"}, {"city": "Basel"})
    assert first.changed == second.changed
    assert first.event_id != second.event_id
    assert rig.poll() == []


def test_the_winner_of_a_merge_is_told_whole_to_whoever_knew_the_loser(opened: Opened) -> None:
    rig = opened(forward())
    rig.control.shift(-86_400)
    winner = rig.seed(City="Bern", Status="Working - Contacted")
    rig.control.shift(86_400)
    losers = [rig.seed(City="Chur"), rig.seed(City="Basel")]
    rig.poll()
    for loser in losers:
        rig.control.merge("Lead", winner, loser)
    rig.log.fail = ["before"]
    told = rig.poll()
    assert {change.record_id: change.operation for change in told} == {
        **dict.fromkeys(losers, "merged"),
        winner: "updated",
    }
    assert named(told[-1]) == {"stage": "Working - Contacted", "city": "Bern"}
    assert rig.poll() == []


@pytest.mark.parametrize("skew", [-3_000.0, 3_000.0])
def test_a_clock_that_is_wrong_by_most_of_an_hour_loses_nothing(opened: Opened, skew: float) -> None:
    rig = opened()
    rig.shift = skew
    rig.poll()
    made = [rig.seed(City=f"C{number}") for number in range(5)]
    assert Counter(change.record_id for change in rig.poll()) == Counter(made)
    rig.edit(made[0], City="Basel")
    assert [change.record_id for change in rig.poll()] == made[:1]


@pytest.mark.parametrize("place", ["before", "after", "refused"])
def test_d24_whichever_way_the_poller_dies_each_change_is_sent_once(opened: Opened, place: str) -> None:
    rig = opened(pace=PollPace(every=0.01, overlap=600.0, page=5, hold_back=0.0))
    rig.poll()
    made = [rig.seed(City=f"C{number}") for number in range(23)]
    rig.log.fail = [place, "", place, place]
    assert Counter(change.record_id for change in rig.poll()) == Counter(made)
    rig.poller = None
    assert rig.poll() == []


def test_event_ids_are_stable_when_a_change_is_read_again(opened: Opened) -> None:
    rig = opened()
    rig.poll()
    rig.seed()
    (once,) = rig.poll()
    rig.log.kept.clear()
    rig.poller = None
    assert [change.event_id for change in rig.poll() if change.operation == "created"] == [once.event_id]


def test_a_field_that_was_removed_stops_its_object_alone(opened: Opened) -> None:
    objects = {
        "Lead": {"scope": "forward_only", "fields": {"x": "Removed__c"}},
        "Contact": {"scope": "forward_only", "fields": {"n": "LastName"}},
    }
    rig = opened(told(objects=objects))
    rig.poll()
    rig.seed()
    contact = rig.seed("Contact")
    assert [change.record_id for change in rig.poll()] == [contact]
    assert "changes_polled_timestamp_seconds" not in rig.metrics.gauges


def test_nothing_new_is_no_transaction(opened: Opened) -> None:
    rig = opened(pace=QUICK)
    rig.seed()
    rig.poll()
    before = rig.log.transactions
    for _ in range(5):
        rig.poll()
    assert rig.log.transactions == before
