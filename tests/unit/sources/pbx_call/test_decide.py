"""What a call does to Salesforce: what its Task says, whose it is, and what later steps change."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.integration.model import FieldSource, Integration
from processors.model.call import Call
from processors.model.decision import Decision
from processors.model.match import Resolution
from processors.model.org_facts import ObjectFacts
from processors.model.record import Record
from processors.sources.pbx_call.activity import description, subject
from processors.sources.pbx_call.assemble import assemble
from processors.sources.pbx_call.decide import decide_call, effects, source_states, state_of, steps_of
from schemas.identity import effect_key
from schemas.pbx_call_event import CallStep, Party
from schemas.values import Agent
from tests.unit.deciding.rules.cases_calls import (
    ADMIN,
    AGENT,
    ALICE,
    ANN,
    BOB,
    CALLS,
    TASK,
    a_contact,
    a_lead,
    case_of,
    facts,
    pbx,
    steps,
)
from tests.unit.deciding.rules.scenarios import CONTACT, LEAD, LEAD_2, NOW, USER, fact

TRANSFERRED = [
    *steps()[:2],
    CallStep("transferred_attended", NOW + timedelta(seconds=30), user=AGENT, to_leg="2", transfer_to=BOB),
    CallStep("ended", NOW + timedelta(seconds=31)),
    CallStep(
        "answered", NOW + timedelta(seconds=29), "2", caller=ALICE, callee=BOB, user=Agent("bob@example.com", "Bob")
    ),
    CallStep("transferred_blind", NOW + timedelta(seconds=60), "2", to_leg="3", transfer_to=ALICE),
    CallStep("ended", NOW + timedelta(seconds=61), "2"),
    CallStep("ended", NOW + timedelta(seconds=95), "3", cause="normal"),
]
SAID = """\
Participants: Ann Example (+4930901820), Alice (ext. 201), Bob (ext. 202)
Call type: Inbound, answered
Date and time: 2026-03-02 10:30:00 (Europe/Berlin)
Talk time: 1:27
Ring time: 0:08
Transfers:
1. 10:30:30 attended by Alice to Bob (ext. 202)
2. 10:31:00 blind by Bob to Alice (ext. 201)
Ended: normal
Recording: https://pbx.example.com/r/1"""
RECORDED = CallStep("recorded", NOW + timedelta(seconds=300), recording="https://pbx.example.com/r/1")


def decided(
    told: Sequence[CallStep], settings: Integration | None = None, rows: Sequence[Record] = (a_lead(),), **more: Any
) -> Decision:
    """Return what the call of these steps does, with one lead known."""
    return decide_call(case_of(rows, told, settings or pbx(), **more))


def written(decision: Decision) -> dict[str, Any]:
    """Return the fields of the one step."""
    (step,) = decision.steps
    return dict(step.fields)


def as_logged(decision: Decision, **changed: Any) -> Record:
    """Return the Task that the decision makes, as the org holds it then."""
    return Record("Task", TASK, {**written(decision), **changed})


def test_xb_12_xb_13_a_call_is_a_completed_task_with_all_that_is_known() -> None:
    """XB-12, XB-13: participants, type, duration, date and time, transfers in order."""
    decision = decided([*TRANSFERRED, RECORDED])
    (step,) = decision.steps
    assert (decision.kind, decision.reason, step.role, step.object) == (
        "activity",
        "activity_created",
        "activity",
        "Task",
    )
    assert step.effect == effect_key("pbx", "call-1", "activity")
    assert written(decision) == {
        "Subject": "Inbound call from Ann Example",
        "Status": "Completed",
        "TaskSubtype": "Call",
        "CallType": "Inbound",
        "CallDurationInSeconds": 87,
        "ActivityDate": "2026-03-02",
        "WhoId": LEAD,
        "OwnerId": ADMIN,
        "Description": SAID,
    }


@pytest.mark.parametrize(
    ("direction", "talk", "expected"),
    [
        ("inbound", 60.0, ("Inbound call from Ann Example", "Inbound", 60, "Inbound, answered")),
        ("inbound", None, ("Missed call from Ann Example", "Inbound", 0, "Inbound, missed")),
        ("outbound", 60.0, ("Outbound call to Ann Example", "Outbound", 60, "Outbound, answered")),
        ("outbound", None, ("Unanswered call to Ann Example", "Outbound", 0, "Outbound, not answered")),
    ],
)
def test_xb_13_a_missed_call_says_so(direction: str, talk: float | None, expected: tuple[Any, ...]) -> None:
    """XB-13: the type of a call, and whether anyone spoke."""
    fields = written(decided(steps(direction, 8.0, talk)))
    assert (fields["Subject"], fields["CallType"], fields["CallDurationInSeconds"]) == expected[:3]
    assert f"Call type: {expected[3]}" in fields["Description"]


@pytest.mark.parametrize(("ring", "logged"), [(4.9, False), (5.0, False), (5.001, True), (5.1, True)])
def test_xb_15_the_bound_of_a_short_call_is_inclusive(ring: float, *, logged: bool) -> None:
    """XB-15: made and given up within 5 s."""
    decision = decided(steps("outbound", ring, None))
    assert bool(decision.steps) is logged
    assert decision.reason == ("activity_created" if logged else "short_call")


def test_xb_15_the_bound_of_a_short_call_is_a_setting() -> None:
    """XB-15: of another length, or none."""
    ten = pbx(calls={"short_seconds": 10})
    assert decided(steps("outbound", 10.0, None), ten).reason == "short_call"
    assert decided(steps("outbound", 4.0, None), pbx(calls={"short_seconds": 0})).kind == "activity"


def test_xb_15_a_call_that_never_ended_was_not_given_up() -> None:
    """XB-15: nobody knows how long it rang."""
    decision = decided(steps("outbound", 3.0, None)[:1], timed_out=True)
    assert (decision.kind, decision.flags) == ("activity", ("closed_by_time_out",))


def test_a_call_closed_by_its_time_out_says_so() -> None:
    """In the outcome and in the Task; its time is that of the last step."""
    decision = decided(steps()[:2], timed_out=True)
    assert decision.flags == ("closed_by_time_out",)
    assert "closed by its time-out" in written(decision)["Description"]
    assert "closed_by_time_out" in decided(steps()[:2], rows=(), timed_out=True).flags


def test_xb_3_the_user_who_spoke_is_the_author() -> None:
    """XB-3: by e-mail, or by user name."""
    assert (written(decided(steps()))["OwnerId"], decided(steps()).flags) == (USER, ())
    by_name = [replace(step, user=Agent(name="AGENT@acme")) if step.user else step for step in steps()]
    assert written(decided(by_name))["OwnerId"] == USER


@pytest.mark.parametrize("agent", [Agent("nobody@example.com"), Agent(name="Nobody"), None])
def test_xb_4_an_unknown_user_s_call_is_the_default_owners_and_flagged(agent: Agent | None) -> None:
    """XB-4: the configured owner."""
    told = [replace(step, user=agent) for step in steps()]
    decision = decided(told)
    assert (written(decision)["OwnerId"], decision.flags) == (ADMIN, ("owner_fallback",))


def test_xb_4_an_inactive_users_call_is_the_default_owners() -> None:
    """XB-4: who has left owns nothing new."""
    case = case_of((a_lead(),), steps(), pbx())
    users = tuple(replace(user, fields={**user.fields, "IsActive": user.id != USER}) for user in case.match.users)
    decision = decide_call(replace(case, match=replace(case.match, users=users)))
    assert (written(decision)["OwnerId"], decision.flags) == (ADMIN, ("owner_fallback",))


def test_xb_4_without_a_default_nobody_is_named() -> None:
    """XB-4: the org gives it to its own default, and the outcome says so."""
    settings = pbx(activity={"enabled": True})
    decision = decided([replace(step, user=None) for step in steps()], settings)
    assert ("OwnerId" in written(decision), decision.flags) == (False, ("owner_unknown",))


def test_a_recording_that_comes_late_amends_the_same_task_and_nothing_else() -> None:
    """What it says, not whose it is, and not what can be told only once."""
    first = decided(steps())
    again = decided([*steps(), RECORDED], logged=as_logged(first))
    (step,) = again.steps
    assert (again.kind, again.reason) == ("activity", "activity_updated")
    assert (step.operation, step.record_id, step.effect) == ("update", TASK, first.steps[0].effect)
    assert list(step.fields) == ["Description"]
    assert again.linked[0].id == LEAD


def test_a_step_that_changes_nothing_is_unchanged() -> None:
    """A Task that says it all is left alone."""
    first = decided(steps())
    again = decided([*steps(), *steps()], logged=as_logged(first))
    assert (again.kind, again.reason, again.steps) == ("updated", "unchanged", ())
    assert TASK in {record.id for record in again.linked}


def test_after_a_conversion_an_amendment_leaves_the_task_with_the_contact() -> None:
    """Salesforce has moved it from the lead to the contact: it never goes back."""
    first = decided(steps())
    moved = as_logged(first, WhoId=CONTACT, WhatId="001000000000001AAA", OwnerId=ADMIN, Status="Completed")
    again = decided([*steps(), RECORDED], rows=(a_lead(), a_contact()), logged=moved)
    assert set(written(again)) == {"Description"}


@pytest.mark.parametrize("rows", [(), (a_lead(LEAD_2),)])
def test_xb_20_a_changed_match_leaves_old_tasks_where_they_are(rows: tuple[Record, ...]) -> None:
    """XB-20: also where nobody matches any more; a Task that people opened again stays open."""
    first = decided(steps())
    old = as_logged(first, Status="In Progress")
    again = decided([*steps(), RECORDED], rows=rows, logged=old, assigned=LEAD_2)
    assert set(written(again)) == {"Description"}


def test_xb_14_a_call_that_was_skipped_is_logged_once_its_number_is_known() -> None:
    """XB-14: its steps were kept, so that what comes later makes the whole call."""
    first = decided(steps(), rows=())
    assert first.reason == "unknown_number"
    kept = steps_of(first.source_states["call-1"])
    assert decided([*kept, RECORDED]).reason == "activity_created"


@given(st.lists(st.sampled_from([*TRANSFERRED, RECORDED]), min_size=1))
def test_what_is_kept_of_a_call_makes_the_same_call_again(some: list[CallStep]) -> None:
    """All steps, as they were, through the ledger."""
    told = [
        replace(call_step, fields={"queue": "sales", "vip": True, "score": 1.5, "n": 2, "none": None})
        for call_step in some
    ]
    call = assemble("call-1", told, "DE")
    assert assemble("call-1", steps_of(state_of(call)), "DE") == call
    assert assemble("call-1", [*steps_of(state_of(call)), *told], "DE") == call


def test_the_call_is_its_own_thing_and_has_one_activity() -> None:
    """What the ledger and the org are asked for."""
    command = case_of((), steps(), pbx()).command
    assert source_states(command) == ("call-1",)
    assert effects(command, {}) == (effect_key("pbx", "call-1", "activity"),)


def test_fields_that_the_org_lacks_or_forbids_are_not_sent_and_named() -> None:
    """Describe decides: not there, not to be created, not to be updated."""
    base = facts()
    task = dict(base.objects["Task"].fields)
    del task["TaskSubtype"]
    task["CallType"] = replace(fact("CallType", "picklist"), createable=False)
    task["Subject"] = replace(fact("Subject"), length=10, updateable=False)
    org = replace(base, objects={**base.objects, "Task": ObjectFacts("Task", task)})
    first = decided(steps(), org=org)
    assert {"TaskSubtype", "CallType"}.isdisjoint(written(first))
    assert first.discarded_fields == ("Task.TaskSubtype", "Task.CallType")
    assert written(first)["Subject"] == "Inbound ca"
    again = decided([*steps(), RECORDED], org=org, logged=as_logged(first, Subject="Mine"))
    assert "Subject" not in written(again)


def test_mapped_fields_come_from_the_whole_call() -> None:
    """Paths of the call, its agent, its own values; constants, value maps and defaults; a blank writes nothing."""
    mapped = {
        "CallDisposition": {"from": "fields.queue", "values": {"sales": "Sales desk"}},
        "Subject": {"constant": "PBX"},
        "Agent__c": {"from": "agent.name"},
        "Ring__c": {"from": "fields.none", "default": 7},
        "Empty__c": {"from": "fields.none"},
    }
    base = facts()
    own = {text: fact(text) for text in ("Agent__c", "Ring__c", "Empty__c")}
    task = ObjectFacts("Task", {**base.objects["Task"].fields, **own})
    org = replace(base, objects={**base.objects, "Task": task})
    fields = written(decided(steps(fields={"queue": "sales"}), pbx(map={"activity": mapped}), org=org))
    assert (fields["Subject"], fields["CallDisposition"], fields["Agent__c"], fields["Ring__c"]) == (
        "PBX",
        "Sales desk",
        "Alice",
        7,
    )
    assert "Empty__c" not in fields


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("call.direction", "inbound"),
        ("call.talk", 60.0),
        ("call.ring", 8.0),
        ("call.cause", "normal"),
        ("call.conference", False),
        ("call.recording", "https://pbx.example.com/r/1"),
        ("call.started", "2026-03-02T09:30:00.000Z"),
        ("call.outside.number", "+4930901820"),
        ("call.agent.email", "agent@example.com"),
    ],
)
def test_the_whole_calls_own_values_can_be_mapped(path: str, expected: Any) -> None:
    """What no single step knows."""
    source = FieldSource(constant="-").model_copy(update={"source": path, "constant": None})
    plain = pbx()
    settings = plain.model_copy(update={"map": plain.map.model_copy(update={"activity": {"CallDisposition": source}})})
    assert written(decided([*steps(), RECORDED], settings))["CallDisposition"] == expected


def test_the_day_of_a_call_is_that_of_its_own_zone() -> None:
    """Late in the evening in one place is the next day in another; an unknown zone is UTC."""
    late = [replace(step, at=step.at.replace(hour=23, minute=30)) for step in steps()]
    assert written(decided(late))["ActivityDate"] == "2026-03-03"
    nowhere = [replace(call_step, zone="Nowhere/None" if call_step.zone else None) for call_step in late]
    assert written(decided(nowhere))["ActivityDate"] == "2026-03-02"


def test_texts_are_cut_to_what_salesforce_takes() -> None:
    """A subject of 255 characters, a description of 32,000."""
    call = assemble("c", steps(caller=replace(ANN, name="x" * 40_000)), "DE")
    assert (len(subject(call)), len(description(call))) == (255, 32_000)


def test_a_withheld_party_is_told_as_such() -> None:
    """A number that is not shown is never written out."""
    call = assemble("c", steps(caller=Party("external", number="anonymous")), "DE")
    assert subject(call) == "Inbound call from a withheld number"
    assert "Participants: a withheld number, Alice (ext. 201)" in description(call)


def test_an_event_is_logged_where_the_setting_says_so() -> None:
    """With a start and an end."""
    base = facts()
    names = ("WhoId", "OwnerId", "Subject", "Description", "StartDateTime", "EndDateTime")
    org = replace(base, objects={**base.objects, "Event": ObjectFacts("Event", {name: fact(name) for name in names})})
    settings = pbx(activity={"enabled": True, "object": "Event"})
    decision = decided(steps(), settings, org=org)
    assert decision.steps[0].object == "Event"
    assert written(decision)["StartDateTime"] == "2026-03-02T09:30:00.000Z"
    assert written(decision)["EndDateTime"] == "2026-03-02T09:31:08.000Z"


def test_nobody_s_choice_in_time_is_an_error() -> None:
    """A parked call that expires is refused with its candidates, and does not wait again."""
    two = (a_contact(of="001000000000001AAA"), a_contact("003000000000002AAA", of="001000000000001AAA"))
    park = pbx(calls={"shared_number": "park"})
    assert decided(steps(), park, two).park
    expired = decided(steps(), park, two, resolution=Resolution(expired=True))
    assert (expired.kind, expired.reason, expired.park, len(expired.candidates)) == (
        "error",
        "multiple_match",
        False,
        2,
    )


def test_a_choice_made_for_a_parked_call_decides_it() -> None:
    """The record chosen has the Task; none of them: it stays unlogged, and no lead is made."""
    two = (a_contact(), a_contact("003000000000002AAA"))
    chosen = decided(steps(), None, two, resolution=Resolution("003000000000002AAA"))
    assert written(chosen)["WhoId"] == "003000000000002AAA"
    none = decided(steps(), None, two, resolution=Resolution(None))
    assert (none.kind, none.reason, none.steps) == ("skipped", "unknown_number", ())


def test_a_converted_lead_is_followed_or_refused_as_the_setting_says() -> None:
    """Its contact has the Task; under `error` nobody has (VS-7)."""
    lead = a_lead(IsConverted=True, ConvertedContactId=CONTACT)
    contact = Record("Contact", CONTACT, {"Phone": None})
    followed = decided(steps(), None, (lead, contact))
    assert written(followed)["WhoId"] == CONTACT
    assert "VS-7" in followed.rule_ids
    refused = decided(steps(), pbx(match={"converted_leads": "error"}), (lead,))
    assert (refused.kind, refused.reason, refused.candidates) == ("error", "no_match", (lead,))


def test_xb_18_the_choice_among_old_leads_is_the_same_whatever_the_order() -> None:
    """XB-18: `random` is stable here, by ID."""
    old = pbx(calls={"installed": "2026-01-01T00:00:00Z"})
    record, two = a_lead(created="2025-01-01T00:00:00.000+0000"), a_lead(LEAD_2, "2025-06-01T00:00:00.000+0000")
    for rows in ((record, two), (two, record)):
        decision = decided(steps(), old, rows)
        assert (written(decision)["WhoId"], decision.tie_break) == (LEAD, "pre_install")


def test_leads_that_do_not_say_when_they_were_made_are_older_than_all() -> None:
    """Nothing raises, and the choice is stable."""
    rows = (a_lead(created=""), a_lead(LEAD_2, "2025-06-01T00:00:00"))
    assert written(decided(steps(), None, rows))["WhoId"] == LEAD_2


def test_xb_11_a_leads_task_has_no_what() -> None:
    """XB-11: Salesforce refuses WhatId beside a lead."""
    assert "WhatId" not in written(decided(steps()))


def test_xb_28_a_conference_is_one_task_with_everyone_in_it() -> None:
    """XB-28: several people outside make no further Tasks."""
    other = Party("external", number="+442079460018")
    joined = CallStep("conference_joined", NOW + timedelta(seconds=20), callee=other)
    decision = decided([*steps(), joined])
    assert len(decision.steps) == 1
    assert "Conference: yes" in written(decision)["Description"]
    assert "+442079460018" in written(decision)["Description"]


def test_a_call_without_its_steps_is_our_fault_and_said_so() -> None:
    """Nothing is invented."""
    case = replace(case_of((), steps(), pbx()), call=None)
    assert (decide_call(case).kind, decide_call(case).reason) == ("error", "internal")


def test_every_call_leaves_its_steps_behind() -> None:
    """Whatever is decided."""
    for rows in ((), (a_lead(),), (a_lead(), a_contact())):
        for told in (steps(), steps("internal"), steps("outbound", 2.0, None)):
            decision = decided(told, pbx(match={"lead_and_contact": "error"}), rows)
            call: Call = assemble("call-1", told, "DE")
            assert decision.source_states == {"call-1": state_of(call)}


MODES = st.fixed_dictionaries(
    {
        "match": st.fixed_dictionaries(
            {},
            optional={
                "lead_and_contact": st.sampled_from(["error", "prefer_contact", "prefer_lead", "park"]),
                "several": st.sampled_from(["error", "newest", "park"]),
                "converted_leads": st.sampled_from(["follow", "ignore", "error"]),
            },
        ),
        "calls": st.fixed_dictionaries(
            {},
            optional={
                "objects": st.permutations(["Lead", "Contact", "Account"]).map(lambda all_of: all_of[:2]),
                "shared_number": st.sampled_from(["account", "newest", "park"]),
                "installed": st.just("2025-03-01T00:00:00Z"),
            },
        ),
    }
)
ROWS = st.lists(
    st.sampled_from(
        [
            a_lead(),
            a_lead(LEAD_2, IsConverted=True, ConvertedContactId=CONTACT),
            a_contact(),
            a_contact("003000000000002AAA", of="001000000000001AAA"),
            a_contact("003000000000003AAA", of="001000000000001AAA"),
            Record("Account", "001000000000001AAA", {"Phone": "030 901820"}),
        ]
    ),
    unique_by=lambda row: row.id,
)


@given(told=st.lists(st.sampled_from([*TRANSFERRED, RECORDED]), min_size=1), rows=ROWS, modes=MODES)
def test_whatever_comes_a_call_is_one_activity_or_a_reason(
    told: list[CallStep], rows: list[Record], modes: dict[str, Any]
) -> None:
    """Nothing raises; never two activities, never a lead made, never both WhoId and WhatId."""
    decision = decided(told, pbx(**modes), rows)
    assert len(decision.steps) <= 1
    for step in decision.steps:
        assert (step.role, step.object, step.operation) == ("activity", "Task", "create")
        assert len({"WhoId", "WhatId"} & set(step.fields)) == 1
    assert bool(decision.steps) == (decision.kind == "activity")
    assert decision.kind in ("activity", "skipped", "error")
    assert set(decision.source_states) == {"call-1"}


RULES = "3 4 11 12 13 14 15 16 17 18 19 20 22 27 28"


def test_every_rule_of_calls_has_a_test_that_names_it() -> None:
    """A scenario of the tables, or a test here."""
    named = {rule for scenario in CALLS for rule in scenario.rules}
    named |= {f"XB-{number}" for name in globals() for number in re.findall(r"xb_(\d+)", name)}
    assert {f"XB-{number}" for number in RULES.split()} <= named


@pytest.mark.parametrize(
    ("field", "value", "logged"),
    [
        ("call.direction", "Inbound", True),
        ("call.direction", "outbound", False),
        ("agent.email", AGENT.email, True),
        ("action", "create_lead", True),
    ],
)
def test_a_filter_asks_the_whole_call_and_is_named_where_it_leaves_it_out(
    field: str, value: str, *, logged: bool
) -> None:
    settings = pbx(filters=[{"name": "only", "field": field, "equals": [value]}])
    decision = decided(steps(), settings)
    assert decision.reason == ("activity_created" if logged else "filtered")
    assert ("filter:only" in decision.rule_ids) is not logged
    assert "call-1" in decision.source_states
