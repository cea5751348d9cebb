"""Prospects, field records and field activities: on a real ledger and the simulated org, through the intake's code."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import simulator
from connectors.database.own_writes import DatabaseOwnWrites
from processors.changes.ports import OwnWrite
from processors.integration.model import Integration
from processors.model.requests import Write
from processors.sources.load import preset
from processors.sources.settings import integration_of
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.prospect import Occasion, Prospect
from schemas.user_action import UserAction, UserActionName
from schemas.values import Agent, Person
from tests.fakes.simulated import START, SimulatedRig

Opened = Callable[..., SimulatedRig]
REP = "rep@example.com"


def marketing(**more: Any) -> Integration:
    """Return an integration of prospects that writes at once."""
    base = preset("lead_liaison")
    maps = {**base["map"]["lead"], "State": "fields.state", "LeadSource": "fields.source"}
    told = {"name": "marketing", "org": "main", "enabled": True, "workspace": "acme", "schedule": {}}
    return integration_of({**base, "map": {**base["map"], "lead": maps}, **told, **more})


def field(**more: Any) -> Integration:
    """Return an integration of field sales whose leads are converted when they are won."""
    sales = {"to_salesforce": True, "convert_at": "Won", **more.pop("field_sales", {})}
    told = {"name": "field", "org": "main", "enabled": True, "workspace": "acme", "activity": {"enabled": True}}
    return integration_of({**preset("spotio"), **told, "field_sales": sales, **more})


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    rigs: list[SimulatedRig] = []
    with simulator.serve() as running:

        def make(*integrations: Integration, **options: Any) -> SimulatedRig:
            rigs.append(SimulatedRig(tmp_path, running, integrations, **options))
            return rigs[-1]

        yield make
        for rig in rigs:
            rig.executor.stop()
            rig.executor.close()


def prospect(number: int, email: str | None = "ann@example.com", source_id: str = "p-1", **fields: Any) -> Prospect:
    """Return the *number*-th state of a prospect."""
    who = Person("Ann", "Lee", email, (), "Acme")
    return Prospect(f"{source_id}-{number}", source_id, "acme", START + timedelta(minutes=number), who, fields=fields)


def record(number: int, stage: str = "New", source_id: str = "r-1", **more: Any) -> FieldRecord:
    """Return the *number*-th state of a field record."""
    told: dict[str, Any] = {"person": Person("Ann", "Lee", "ann@example.com", (), "Acme"), **more}
    return FieldRecord(
        f"{source_id}-{number}", source_id, "acme", START + timedelta(minutes=number), stage=stage, **told
    )


def activity(number: int, **more: Any) -> FieldActivity:
    """Return the *number*-th state of an activity of field record r-1."""
    at = START + timedelta(minutes=number)
    told: dict[str, Any] = {"person": Person(), "record_id": "r-1", "name": "Knock", **more}
    return FieldActivity(f"a-1-{number}", "a-1", "acme", at, **told)


def asked(action: UserActionName, chosen: str | None = None) -> UserAction:
    """Return what a user asks for about prospect p-1."""
    at = START + timedelta(hours=1)
    return UserAction(f"u-{action}", action, "marketing", at, Person(), about="p-1", salesforce_id=chosen)


def one_by_one(rig: SimulatedRig, *events: Any) -> list[str]:
    """Deliver each event when the one before is settled; return the kinds of outcome."""
    before = len(rig.outcomes())
    for number, event in enumerate(events, start=1):
        rig.deliver(event)
        rig.settle(before + number)
    return rig.kinds(rig.outcomes())


def user(rig: SimulatedRig, email: str) -> str:
    """Add an active user."""
    needed = {
        "Username": email,
        "LastName": "Rep",
        "Email": email,
        "Alias": "rep",
        "IsActive": True,
        "TimeZoneSidKey": "GMT",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
        "ProfileId": "00e000000000001AAA",
    }
    return rig.seed("User", **needed)


def test_ll_6_ll_7_a_prospect_is_matched_by_e_mail_once_and_by_its_link_ever_after(opened: Opened) -> None:
    rig = opened(marketing())
    first = rig.seed("Lead", LastName="Lee", Company="Acme", Email="ann@example.com")
    kinds = one_by_one(rig, prospect(1))
    rig.restart()
    rig.seed("Lead", LastName="Other", Company="Other", Email="new@example.com")
    kinds = one_by_one(rig, prospect(2, "new@example.com", state="NY"))
    assert kinds == ["updated", "updated"]
    assert {row["Id"]: row.get("State") for row in rig.rows("Lead")}[first] == "NY"
    assert [outcome.match_step for outcome in rig.outcomes()] == ["key_set:1", "link"]


def test_ll_13_ll_14_salesforce_is_master_and_blanks_alone_are_filled(opened: Opened) -> None:
    rig = opened(marketing())
    rig.seed("Lead", LastName="Lee", Company="Acme", Email="ann@example.com", LeadSource="Trade show A")
    one_by_one(rig, prospect(1, source="Search Terms", state="NY"))
    (row,) = rig.rows("Lead")
    assert (row["LeadSource"], row["State"]) == ("Trade show A", "NY")


def test_1f_link_taken_a_second_prospect_of_one_lead_is_told(opened: Opened) -> None:
    rig = opened(marketing())
    lead = rig.seed("Lead", LastName="Lee", Company="Acme", Email="ann@example.com")
    assert one_by_one(rig, prospect(1), prospect(1, source_id="p-2")) == ["updated", "error.link_taken"]
    assert [candidate.id for candidate in rig.outcomes()[1].candidates] == [lead]
    assert "'p-1'" in (rig.outcomes()[1].detail or "")
    rig.restart()
    assert one_by_one(rig, prospect(2, state="NY"), asked("link_record", lead))[2:] == ["updated", "updated.unchanged"]


def test_1f_link_taken_of_two_prospects_that_come_together_one_is_linked(opened: Opened) -> None:
    rig = opened(marketing())
    rig.seed("Lead", LastName="Lee", Company="Acme", Email="ann@example.com", Phone="+12025550101")
    rig.deliver(prospect(1, state="NY"), prospect(1, source_id="p-2", state="CA"))
    assert sorted(rig.kinds(rig.settle(2))) == ["error.link_taken", "updated"]


def test_1f_link_taken_two_prospects_share_a_lead_where_the_setting_says_so(opened: Opened) -> None:
    rig = opened(marketing(link={"taken": "share"}))
    rig.seed("Lead", LastName="Lee", Company="Acme", Email="ann@example.com")
    assert one_by_one(rig, prospect(1), prospect(1, source_id="p-2")) == ["updated", "updated.unchanged"]


def test_ll_15_a_prospect_that_was_never_sent_is_not_linked(opened: Opened) -> None:
    rig = opened(marketing())
    john = rig.seed("Lead", LastName="Smith", Company="Acme")
    assert one_by_one(rig, asked("link_record", john), prospect(1)) == ["error.no_match", "created"]
    assert len(rig.rows("Lead")) == 2


def test_ll_15_an_anonymous_prospect_waits_until_a_user_links_it(opened: Opened) -> None:
    rig = opened(marketing())
    john = rig.seed("Lead", LastName="Smith", Company="Acme", LeadSource="Trade show A")
    anonymous = prospect(1, None, source="Search Terms", state="NY")
    kinds = one_by_one(rig, anonymous, asked("link_record", john), prospect(2, None, state="CA"))
    assert kinds == ["skipped.anonymous", "updated", "updated.unchanged"]
    (row,) = rig.rows("Lead")
    assert (row["LastName"], row["LeadSource"], row["State"]) == ("Smith", "Trade show A", "NY")
    assert rig.outcomes()[1].source_id == "p-1"


def test_ll_22_what_nobody_asked_for_waits_and_goes_when_a_user_asks(opened: Opened) -> None:
    rig = opened(marketing(prospects={"sync": "requested"}))
    kinds = one_by_one(rig, prospect(1), asked("sync_record"), prospect(2, state="NY"))
    assert kinds == ["skipped.not_requested", "created", "updated"]
    assert len(rig.rows("Lead")) == 1


def test_ll_26_ll_27_a_deleted_record_is_told_and_its_link_dropped(opened: Opened) -> None:
    rig = opened(marketing())
    assert one_by_one(rig, prospect(1)) == ["created"]
    (row,) = rig.rows("Lead")
    rig.salesforce().write([Write("delete", "Lead", row["Id"])], send_by=datetime.now(UTC) + timedelta(minutes=1))
    kinds = one_by_one(rig, prospect(2), prospect(3))
    assert kinds[1:] == ["error.record_deleted", "created"]
    assert len(rig.rows("Lead")) == 1


def ended(occasion: Occasion, source_id: str = "p-1", into: str | None = None) -> Prospect:
    """Return the end of a prospect, as a source tells it: with its ID alone."""
    at = START + timedelta(hours=2)
    return Prospect(f"{source_id}-end", source_id, "acme", at, Person(), occasion, merged_into=into)


def test_1f_source_deleted_the_lead_stays_and_its_link_is_dropped(opened: Opened) -> None:
    rig = opened(marketing())
    kinds = one_by_one(rig, prospect(1), ended("deleted"), ended("deleted", "p-9"))
    assert kinds == ["created", "skipped.source_deleted", "skipped.source_deleted"]
    (row,) = rig.rows("Lead")
    assert [touched.id for touched in rig.outcomes()[1].records] == [row["Id"]]
    rig.restart()
    # What was known of it is forgotten with it, and another prospect may have the lead.
    assert one_by_one(rig, asked("sync_record"), prospect(9, source_id="p-2"))[-2:] == [
        "error.no_match",
        "updated.unchanged",
    ]


def test_1f_source_merged_the_link_goes_to_the_winner(opened: Opened) -> None:
    rig = opened(marketing())
    other = prospect(2, "other@example.com", source_id="p-2")
    kinds = one_by_one(rig, prospect(1), ended("merged", into="p-2"), replace(other, fields={"state": "NY"}))
    assert kinds == ["created", "skipped.source_merged", "updated"]
    (row,) = rig.rows("Lead")
    assert (row["Email"], row["State"]) == ("ann@example.com", "NY")
    assert rig.outcomes()[-1].match_step == "link"


def test_1f_source_merged_the_end_and_the_winner_may_come_together(opened: Opened) -> None:
    rig = opened(marketing())
    one_by_one(rig, prospect(1))
    rig.deliver(ended("merged", into="p-2"), prospect(2, "other@example.com", source_id="p-2", state="NY"))
    assert sorted(rig.kinds(rig.settle(3))) == ["created", "skipped.source_merged", "updated"]
    assert len(rig.rows("Lead")) == 1


def test_1f_source_merged_two_leads_stay_where_both_were_linked(opened: Opened) -> None:
    rig = opened(marketing())
    one_by_one(rig, prospect(1), prospect(1, "other@example.com", "p-2"), ended("merged", into="p-2"))
    assert "merge the two in Salesforce" in (rig.outcomes()[-1].detail or "")
    assert one_by_one(rig, prospect(3, "other@example.com", "p-2", state="NY"))[-1] == "updated"
    assert len(rig.rows("Lead")) == 2


def test_1f_source_deleted_activities_of_a_field_record_that_is_no_more_are_left_out(opened: Opened) -> None:
    rig = opened(field(field_sales={"stages": ["New"]}))
    gone = replace(record(2, person=Person()), stage=None, occasion="deleted")
    kinds = one_by_one(rig, record(1), gone, activity(3), record(4), activity(5))
    assert kinds == [
        "created",
        "skipped.source_deleted",
        "skipped.filtered",
        "updated.unchanged",
        "activity.activity_created",
    ]
    assert "deleted at the source" in (rig.outcomes()[2].detail or "")


def test_prospects_with_one_e_mail_that_come_together_become_one_lead(opened: Opened) -> None:
    rig = opened(marketing())
    rig.deliver(*(prospect(1, source_id=f"p-{number}") for number in range(8)))
    rig.settle(8)
    assert len(rig.rows("Lead")) == 1


def test_ll_9_the_lead_says_whose_it_is_and_when_it_was_written(opened: Opened) -> None:
    rig = opened(marketing(link={"id_field": "Description", "synced_field": None}))
    one_by_one(rig, prospect(1))
    assert rig.rows("Lead")[0]["Description"] == "p-1"


def test_sp_11_a_stage_converts_once_and_the_contact_is_linked(opened: Opened) -> None:
    rig = opened(field())
    kinds = one_by_one(rig, record(1), record(2, "Qualified"), record(3, "Won"), record(4, "Won"))
    assert kinds == ["created", "updated.unchanged", "converted", "updated.unchanged"]
    effects = [effect["kind"] for effect in rig.control().effects()]
    assert effects.count("convert") == 1
    assert len(rig.rows("Contact")) == 1


def test_the_status_that_our_conversion_gives_a_lead_is_known_as_our_own(opened: Opened) -> None:
    rig = opened(field())
    one_by_one(rig, record(1), record(2, "Won"))
    (row,) = rig.rows("Lead")
    written = DatabaseOwnWrites(rig.engine).written("main", [row["Id"]])
    assert written[row["Id"]]["Status"] == OwnWrite("field", row["Status"], "r-1-2")


def test_sp_9_sp_12_as_account_an_account_with_contact_and_opportunity(opened: Opened) -> None:
    rig = opened(
        field(
            field_sales={"object": "account"},
            account={"enabled": True},
            opportunity={"enabled": True},
            map={
                **preset("spotio")["map"],
                "account": {"Name": "person.company"},
                "opportunity": {
                    "Name": "person.company",
                    "StageName": {"constant": "Prospecting"},
                    "CloseDate": {"constant": "2026-12-31"},
                },
            },
        )
    )
    kinds = one_by_one(rig, record(1), record(2, "Won"))
    assert kinds == ["created", "updated.unchanged"]
    (account,), (contact,), (deal,) = rig.rows("Account"), rig.rows("Contact"), rig.rows("Opportunity")
    assert (contact["AccountId"], deal["AccountId"]) == (account["Id"], account["Id"])
    assert rig.rows("Lead") == []


def test_sp_28_a_lead_of_an_unknown_owner_is_the_default_users(opened: Opened) -> None:
    rig = opened(field(field_sales={"owner": "boss@example.com"}))
    rep, boss = user(rig, REP), user(rig, "boss@example.com")
    one_by_one(
        rig,
        record(1, owner=Agent(REP)),
        record(
            1, source_id="r-2", owner=Agent("who@example.com"), person=Person(last_name="Roe", email="r@example.com")
        ),
    )
    assert {row["LastName"]: row["OwnerId"] for row in rig.rows("Lead")} == {"Lee": rep, "Roe": boss}
    assert [outcome.flags for outcome in rig.outcomes()] == [(), ("owner_fallback",)]


def test_sp_31_a_field_that_salesforce_demands_is_told_and_not_silent(opened: Opened) -> None:
    bare = field(map={"lead": {"FirstName": "person.first_name"}}, mandatory={"empty": "error"})
    rig = opened(bare)
    assert one_by_one(rig, record(1)) == ["error.mandatory_unmapped"]
    assert set(rig.outcomes()[0].missing_fields) == {"Lead.LastName", "Lead.Company"}


def test_sp_6_an_activity_that_comes_before_its_record_waits_for_it(opened: Opened) -> None:
    rig = opened(field())
    rig.deliver(activity(1))
    rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["later"] == 1, what="the activity waits")
    rig.deliver(record(1))
    rig.wait(lambda: len(rig.rows("Task")) == 1, what="the task")
    assert rig.rows("Task")[0]["WhoId"] == rig.rows("Lead")[0]["Id"]
    assert sorted(rig.kinds(rig.settle(2))) == ["activity.activity_created", "created"]


def test_sp_6_an_activity_whose_record_never_comes_is_an_error_in_the_end(opened: Opened) -> None:
    rig = opened(field())
    rig.deliver(activity(1))
    rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["later"] == 1, what="the activity waits")
    rig.hour_later()
    assert rig.kinds(rig.settle(1)) == ["error.no_match"]


@pytest.mark.parametrize("first", ["record", "activity"])
def test_sp_20_an_activity_of_a_record_that_was_left_out_is_left_out(opened: Opened, first: str) -> None:
    rig = opened(field(field_sales={"stages": ["Qualified", "Won"]}))
    if first == "record":
        kinds = one_by_one(rig, record(1), activity(1))
    else:
        rig.deliver(activity(1))
        rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["later"] == 1, what="the activity waits")
        rig.deliver(record(1))
        kinds = rig.kinds(rig.settle(2))
    assert kinds == ["skipped.filtered", "skipped.filtered"]
    assert "stages" in (rig.outcomes()[1].detail or "")
    rig.restart()
    assert one_by_one(rig, activity(2), record(3, "Qualified"), activity(4))[2:] == [
        "skipped.filtered",
        "created",
        "activity.activity_created",
    ]


def test_sp_37_sp_38_an_activity_is_a_task_and_done_completes_it(opened: Opened) -> None:
    rig = opened(field())
    kinds = one_by_one(rig, record(1), activity(2, description="Nobody home"), activity(3, done=True))
    assert kinds[1:] == ["activity.activity_created", "activity.activity_updated"]
    (task,) = rig.rows("Task")
    assert (task["Subject"], task["Status"], str(task["ActivityDate"])[:10]) == ("Knock", "Completed", "2026-03-02")


def test_eg_5_sp_38_an_older_state_does_not_open_a_completed_task_again(opened: Opened) -> None:
    rig = opened(field())
    kinds = one_by_one(
        rig,
        record(1),
        activity(3, done=True),
        activity(2, status="Not Started"),
        activity(4, done=True, name="Knocked"),
    )
    assert kinds[1:] == ["activity.activity_created", "skipped.stale", "activity.activity_updated"]
    assert rig.outcomes()[2].stale_fields == ("Task.Status",)
    (task,) = rig.rows("Task")
    assert (task["Subject"], task["Status"]) == ("Knocked", "Completed")


def test_sp_26_a_visit_is_an_event_beside_tasks(opened: Opened) -> None:
    rig = opened(field())
    one_by_one(rig, record(1), activity(2, kind="visit", started=START, ended=START + timedelta(minutes=20)))
    (event,) = rig.rows("Event")
    assert (event["Subject"], event["DurationInMinutes"], rig.rows("Task")) == ("Knock", 20, [])


def many(count: int, *, initial: bool = False) -> list[Prospect]:
    """Return a first state of so many prospects."""
    made = [prospect(1, f"p{number}@example.com", f"p-{number}") for number in range(count)]
    return [replace(item, occasion="initial" if initial else "changed") for item in made]


def collections(rig: SimulatedRig) -> list[int]:
    """Return how many collections each call held that wrote, in their order."""
    return [len(item["subrequests"]) for item in rig.control().log() if item.get("written")]


def test_ll_5_ll_23_changes_gather_for_a_cycle_and_go_in_collections_of_200(opened: Opened) -> None:
    rig = opened(marketing(schedule={"every": "1h"}))
    first = [replace(item, prospect_id=f"f-{item.prospect_id}", event_id=f"f-{item.event_id}") for item in many(100)]
    rig.deliver(*(replace(item, occasion="initial") for item in first))
    rig.settle(100)  # by now the org's pace is known
    before = len(rig.control().log())
    rig.deliver(*(prospect(1, f"q{number}@example.com", f"q-{number}") for number in range(450)))
    rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["later"] == 450, what="all wait for the cycle")
    assert len(rig.control().log()) == before
    rig.hour_later()
    assert set(rig.kinds(rig.settle(550))) == {"created"}
    assert collections(rig)[-1:] == [3]


def test_ll_5_what_waits_for_a_cycle_waits_through_a_restart(opened: Opened) -> None:
    rig = opened(marketing(schedule={"every": "1h"}))
    rig.deliver(*many(3))
    rig.restart()
    rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["later"] == 3, what="all wait for the cycle")
    rig.hour_later()
    assert set(rig.kinds(rig.settle(3))) == {"created"}


def test_ll_6_an_initial_import_goes_at_once_whatever_the_schedule(opened: Opened) -> None:
    rig = opened(marketing(schedule={"every": "1h"}))
    rig.deliver(*many(20, initial=True))
    assert set(rig.kinds(rig.settle(20))) == {"created"}


def test_what_was_written_is_known_to_whoever_reads_the_changes(opened: Opened) -> None:
    rig = opened(marketing())
    one_by_one(rig, prospect(1, state="NY"))
    (row,) = rig.rows("Lead")
    written = DatabaseOwnWrites(rig.engine).written("main", [row["Id"], "00Q000000000009EAA"])
    assert set(written) == {row["Id"]}
    assert written[row["Id"]]["State"] == OwnWrite("marketing", "NY", "p-1-1")
