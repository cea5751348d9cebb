"""What is mapped is written: references by record ID, owners by e-mail too (kind mapped-and-dropped)."""

from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import AGENTS, Run, Step, case, user
from tests.cases.test_external_ids import ACTIVITIES, ANN_OF_ACME, event_of, field_activity, has, mapped
from tests.cases.test_hosts import booking
from tests.cases.test_pbx_calls import AGENT, ANN, DESK, IN, known, pbx, told

DEAL = "0065g0000000009AAA"
FIRST, SECOND = AGENTS


def deal(*, lead: bool = False) -> list[dict[str, Any]]:
    """Return the steps that give the org a deal, and Ann as a contact of its account or as a lead."""
    own = {"LastName": "Ann", "Email": "ann@example.com", "Phone": "+1 415-555-2671"}
    person = (
        {"org has": "Lead", "records": [{**own, "Company": "Acme"}]}
        if lead
        else {"org has": "Contact", "records": [{**own, "AccountId": "0015g000000000MAAQ"}]}
    )
    return [
        {"org has": "Account", "records": [{"Name": "Acme"}], "ids": ["0015g000000000MAAQ"]},
        person,
        {
            "org has": "Opportunity",
            "records": [
                {"Name": "D", "StageName": "New", "CloseDate": "2026-12-31", "AccountId": "0015g000000000MAAQ"}
            ],
            "ids": [DEAL],
        },
    ]


def what(run: Run, name: str) -> tuple[Any, Any]:
    """Return what the one activity is about, and the ID of the deal."""
    return run.row(name).get("WhatId"), run.row("Opportunity")["Id"]


def same(run: Run, name: str = "Event") -> bool:
    about, deal_id = what(run, name)
    return bool(about) and about == deal_id


def test_the_deal_of_the_call_result_of_the_case(play: Play) -> None:
    assert same(play(case("k10_result")), "Task")


def test_the_deal_of_a_booking_and_of_its_move(play: Play) -> None:
    about: dict[str, Any] = {"workspace": "WB", "fields": {"opportunity_id": DEAL}}
    run = play([*deal(), booking("b-1", "booked", 1, workspace="WB"), booking("b-2", "moved", 2, **about)])
    assert same(run)
    run.play([booking("b-3", "moved", 3, workspace="WB", start="2026-12-02T10:10:00Z")])
    assert same(run)


def test_an_activity_of_a_lead_takes_no_deal_and_says_so(play: Play) -> None:
    file = """name: bookings-what
preset: jicoo
org: main
enabled: true
workspace: WB
activity: { enabled: true, object: Event, owner: integration@example.com }
map: { activity: { WhatId: fields.opportunity_id } }
"""
    about = booking("b-1", "booked", 1, workspace="WB", fields={"opportunity_id": DEAL})
    run = play([*deal(lead=True), about], bookings_what=file)
    assert what(run, "Event")[0] is None
    assert run.outcomes()[-1].discarded_fields == ("Event.WhatId",)


def test_what_is_no_record_id_is_left_out_and_told(play: Play) -> None:
    run = play([*deal(), booking("b-1", "booked", 1, workspace="WB", fields={"opportunity_id": "the big one"})])
    assert what(run, "Event")[0] is None
    assert [field.field for field in run.outcomes()[-1].dropped_fields] == ["Event.WhatId"]


@pytest.mark.parametrize("source", ["pbx-call", "field-activity", "user-action"])
def test_the_deal_of_a_call_and_of_a_field_activity(play: Play, source: str) -> None:
    run = play([*deal()[::2], has("Contact", ANN_OF_ACME), event_of(source, DEAL)], **mapped(source, "WhatId"))
    assert same(run, "Task")
    assert run.row("Task")["WhoId"] == run.row("Contact")["Id"]


@pytest.mark.parametrize("source", ["pbx-call", "field-activity", "call-result", "user-action"])
def test_an_activity_of_a_lead_takes_no_deal_in_any_source(play: Play, source: str) -> None:
    lead = {**ANN_OF_ACME, "Company": "Acme"}
    file = {
        name: text.replace("or_create_contact", "or_create_lead") for name, text in mapped(source, "WhatId").items()
    }
    run = play([*deal()[::2], has("Lead", lead), event_of(source, DEAL)], **file)
    assert what(run, "Task")[0] is None
    assert run.outcomes()[-1].discarded_fields == ("Task.WhatId",)


def test_a_later_step_of_a_call_leaves_the_deal_that_a_person_chose(play: Play) -> None:
    first, later = (
        told("ended", at, **IN, callee=DESK, duration=90.0, talk=60.0, fields={"about": DEAL}) for at in (90, 91)
    )
    run = play([*deal(), known(ANN), pbx(first)], **mapped("pbx-call", "WhatId"))
    other = run.row("Account")["Id"]
    run.control().change("Task", run.row("Task")["Id"], WhatId=other)
    run.play([pbx(told("answered", 30, **IN, callee=DESK, user=AGENT, fields={"about": DEAL}), later)])
    assert run.row("Task")["WhatId"] == other


@pytest.mark.parametrize("said", [SECOND, SECOND.upper(), "nobody@example.com"])
@pytest.mark.parametrize("source", ["pbx-call", "field-activity", "call-result", "user-action"])
def test_an_owner_by_e_mail_owns_the_task_of_each_source(play: Play, source: str, said: str) -> None:
    run = play([has("Contact", ANN_OF_ACME), event_of(source, said)], **mapped(source, "OwnerId"))
    known_user = said.lower() == SECOND
    assert (email_of(run, run.row("Task")["OwnerId"]) == SECOND) is known_user
    assert ("owner_unknown" in run.outcomes()[-1].flags) is not known_user


def test_a_field_record_and_its_activity_refer_by_external_ids(play: Play) -> None:
    text = ACTIVITIES["field-activity"] + (
        "map: { lead: { LastName: person.last_name, Company: person.company, Region__r.Code__c: fields.region,"
        " User.Number__c: fields.rep }, activity: { User.Number__c: fields.rep } }\n"
    )
    rep = {**user("rep@example.com"), "Number__c": "7"}
    body = {
        "event_id": "fr-1",
        "record_id": "fr-1",
        "workspace": "F",
        "stage": "New",
        "changed": "2026-11-27T20:01:00Z",
        "person": {"last_name": "Ann", "email": "ann@example.com", "company": "Acme"},
        "fields": {"region": "N", "rep": "7"},
    }
    visit = field_activity(None)
    visit = {**visit, "events": [{**visit["events"][0], "fields": {"rep": "7"}}]}
    steps = [has("User", rep), has("Region__c", {"Name": "North", "Code__c": "N"})]
    run = play([*steps, {"publish": "crm.event.field-record", "events": [body]}, visit], field=text)
    lead = run.row("Lead")
    assert lead["Region__c"] == run.row("Region__c")["Id"]
    assert (email_of(run, lead["OwnerId"]), email_of(run, run.row("Task")["OwnerId"])) == ("rep@example.com",) * 2


OWNED = """name: bookings
preset: jicoo
org: main
enabled: true
workspace: W
booking: { register: lead, overwrite: true }
activity: { enabled: true, object: Event, owner: integration@example.com }
map:
  lead: { OwnerId: { from: fields.owner, default: %s } }
  activity: { OwnerId: fields.owner }
"""


def email_of(run: Run, owner: str) -> str:
    return str(run.row("User", Id=owner)["Email"])


@pytest.mark.parametrize("said", [SECOND, SECOND.upper()])
def test_an_owner_by_e_mail_owns_the_lead_and_the_event(play: Play, said: str) -> None:
    run = play([booking("b-1", "booked", 1, fields={"owner": said})], bookings=OWNED % FIRST)
    assert email_of(run, run.row("Lead")["OwnerId"]) == SECOND
    assert email_of(run, run.row("Event")["OwnerId"]) == SECOND


def test_an_owner_who_is_no_user_is_left_out_and_flagged(play: Play) -> None:
    run = play([booking("b-1", "booked", 1, fields={"owner": "x@example.com"})], bookings=OWNED % FIRST)
    assert "owner_unknown" in run.outcomes()[-1].flags
    assert email_of(run, run.row("Event")["OwnerId"]) == FIRST


def test_an_owner_by_default_is_for_creation(play: Play) -> None:
    first = booking("b-1", "booked", 1, fields={"owner": SECOND})
    run = play([first, booking("b-2", "moved", 2)], bookings=OWNED % FIRST)
    assert email_of(run, run.row("Lead")["OwnerId"]) == SECOND
    other = booking("b-3", "booked", 3, booking_id="bk-3", person={"last_name": "Bob", "email": "bob@example.com"})
    run.play([other])
    assert email_of(run, run.row("Lead", LastName="Bob")["OwnerId"]) == FIRST


def activity_about(value: str) -> Step:
    """Return the step of a call result whose activity is about a record."""
    return {
        "publish": "crm.event.call-result",
        "events": [
            {
                "event_id": "r-1",
                "call_id": "c-1",
                "project": "WI",
                "result_code": "YES",
                "resulted": "2026-11-27T21:00:00Z",
                "person": {"last_name": "Lee", "email": "ann@example.com"},
                "fields": {"opportunity_id": value},
            }
        ],
    }


@pytest.mark.parametrize("where", ["deleted", "of another object", "never there"])
def test_an_activity_is_not_lost_for_a_record_that_is_not_there(play: Play, where: str) -> None:
    deal = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-31"}
    lead = {"LastName": "X", "Company": "X"}
    run = play(
        [
            {"org has": "Contact", "records": [{"LastName": "Lee", "Email": "ann@example.com"}]},
            {"org has": "Opportunity", "records": [deal]},
            {"org has": "Lead", "records": [lead]},
        ]
    )
    own = str(run.row("Opportunity")["Id"])
    if where == "deleted":
        run.control().change("Opportunity", own, IsDeleted=True)
    sent = {"of another object": str(run.row("Lead")["Id"]), "never there": f"{own[:12]}zzz"}.get(where, own)
    run.play([activity_about(sent)])
    assert run.row("Task").get("WhatId") is None
    [dropped] = run.outcomes()[-1].dropped_fields
    assert (dropped.field, dropped.sent, dropped.why) == ("Task.WhatId", sent, "record_not_found")


def test_a_record_by_its_short_id_is_there(play: Play) -> None:
    deal = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-31"}
    run = play(
        [
            {"org has": "Contact", "records": [{"LastName": "Lee", "Email": "ann@example.com"}]},
            {"org has": "Opportunity", "records": [deal]},
        ]
    )
    own = str(run.row("Opportunity")["Id"])
    run.play([activity_about(own[:15])])
    assert (run.row("Task")["WhatId"], run.outcomes()[-1].dropped_fields) == (own, ())
