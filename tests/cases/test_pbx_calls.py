"""
Kinds *machine-counts-as-person* and *one-task-for-two-customers*: what the steps of a call come to.

Rule of this file: every call is published as its network tells it, on the simulated org.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cases.conftest import Play
from tests.cases.runner import Run, Step, case

BEGAN = datetime(2026, 11, 27, 20, tzinfo=UTC)
ANN, BOB, CID = "+14155550101", "+14155550102", "+14155550103"
AGENT = {"email": "agent1@example.com"}
DESK = {"kind": "internal", "extension": "201"}
CALLS = """
name: calls
preset: wildix
org: main
enabled: true
network: N
calls: {{ region: US{more} }}
activity: {{ enabled: true, object: Task, owner: integration@example.com }}
recipients: [ops@example.com]
"""
QUEUE = CALLS.format(more=", machines: {700: queue, '701': voicemail}")


def calls(more: str) -> str:
    """Return the integration of calls with further settings."""
    return CALLS.format(more=f", {more}")


def known(*numbers: str) -> Step:
    """Return a step that gives the org a contact for each number."""
    return {"org has": "Contact", "records": [{"LastName": f"Of {number[-3:]}", "Phone": number} for number in numbers]}


def told(name: str, at: float, leg: str = "1", **more: Any) -> dict[str, Any]:
    """Return one step of call c-1, *at* seconds after its begin."""
    moment = (BEGAN + timedelta(seconds=at)).isoformat()
    event_id = f"{name}-{leg}-{at}"
    return {"event_id": event_id, "call_id": "c-1", "network": "N", "step": name, "at": moment, "leg": leg, **more}


def outside(number: str = ANN) -> dict[str, Any]:
    """Return a party outside the network."""
    return {"kind": "external", "number": number}


def a(kind: str, extension: str = "900") -> dict[str, Any]:
    """Return a machine of the network."""
    return {"kind": kind, "extension": extension}


def pbx(*steps: Mapping[str, Any]) -> Step:
    """Return a step that publishes steps of a call."""
    return {"publish": "crm.event.pbx-call", "events": list(steps)}


def task(run: Run) -> Mapping[str, Any]:
    """Return the one Task."""
    return run.row("Task")


IN: dict[str, Any] = {"direction": "inbound", "caller": outside()}
OUT: dict[str, Any] = {"direction": "outbound", "caller": DESK, "user": AGENT}


def into(machine: Mapping[str, Any], seconds: float, leg: str = "0") -> list[dict[str, Any]]:
    """Return the steps of a leg that a machine answers at once."""
    return [
        told("started", 0, leg, **IN, callee=machine),
        told("answered", 0.2, leg, **IN, callee=machine),
        told("ended", seconds, leg, cause="normal", **IN),
    ]


def test_k6_queue_who_gives_up_in_a_queue_has_missed_a_call_without_talk(play: Play) -> None:
    run = play(case("k6_queue"), calls=QUEUE)
    row = task(run)
    assert (row["CallDurationInSeconds"], row["CallType"]) == (0, "Inbound")
    assert row["Subject"] == "Missed call (gave up in the queue) from +14155550174"
    assert "Ring time: 1:35" in row["Description"]
    assert "gave_up_waiting" in run.outcomes()[0].flags


def test_k6_queue_then_talk_the_talk_begins_with_the_person(play: Play) -> None:
    row = task(play(case("k6_queue_then_talk"), calls=QUEUE))
    assert row["CallDurationInSeconds"] == 30
    assert row["Subject"] == "Inbound call from +14155550186"
    assert "Ring time: 1:00" in row["Description"]


def test_a_machine_by_its_kind_needs_no_setting(play: Play) -> None:
    run = play([known(ANN), pbx(*into(a("ivr"), 40))])
    assert task(run)["Subject"] == f"Missed call (gave up in the menu) from {ANN}"
    assert task(run)["CallDurationInSeconds"] == 0


def test_a_voicemail_is_a_call_of_its_own_kind(play: Play) -> None:
    rung = [told("started", 0, **IN, callee=DESK), told("ended", 20, cause="no_answer", **IN)]
    box = [told("answered", 20, "2", **IN, callee=DESK | {"extension": "701"}), told("ended", 50, "2", **IN)]
    run = play([known(ANN), pbx(*rung, *box)], calls=QUEUE)
    row = task(run)
    assert (row["Subject"], row["CallDurationInSeconds"]) == (f"Voicemail from {ANN}", 0)
    assert "Inbound, voicemail" in row["Description"]
    assert "left_voicemail" in run.outcomes()[-1].flags


def test_a_mailbox_after_a_talk_ends_the_talk(play: Play) -> None:
    talk = [
        told("started", 0, **IN, callee=DESK, user=AGENT),
        told("answered", 10, **IN, callee=DESK, user=AGENT),
        told("transferred_blind", 60, user=AGENT, to_leg="2", transfer_to=a("voicemail")),
        told("ended", 60.5),
        told("answered", 62, "2", **IN, callee=a("voicemail")),
        told("ended", 122, "2"),
    ]
    row = task(play([known(ANN), pbx(*talk)]))
    assert (row["Subject"], row["CallDurationInSeconds"]) == (f"Inbound call from {ANN}", 52)


def test_a_ring_group_that_answers_with_its_member_cuts_nothing(play: Play) -> None:
    group = a("ring_group")
    steps = [
        told("started", 0, "0", **IN, callee=group),
        told("ringing", 1, **IN, callee=DESK, user=AGENT),
        told("answered", 10, **IN, callee=DESK, user=AGENT),
        told("answered", 10.2, "0", **IN, callee=group),
        told("ended", 70, **IN),
        told("ended", 70, "0", **IN),
    ]
    assert task(play([known(ANN), pbx(*steps)]))["CallDurationInSeconds"] == 60


def test_what_the_network_counts_wins(play: Play) -> None:
    steps = [
        told("started", 0, **OUT, callee=outside()),
        told("answered", 5, **OUT, callee=outside()),
        told("ended", 65, duration=64.0, talk=41.0, **OUT),
    ]
    row = task(play([known(ANN), pbx(*steps)]))
    assert row["CallDurationInSeconds"] == 41
    assert "Ring time: 0:23" in row["Description"]


def test_a_lone_final_record_is_the_call_that_it_tells(play: Play) -> None:
    final = told("ended", 100, **OUT, callee=outside(), duration=100.0, talk=80.0, cause="normal")
    row = task(play([known(ANN), pbx(final)]))
    assert (row["Subject"], row["CallDurationInSeconds"]) == (f"Outbound call to {ANN}", 80)
    assert "Date and time: 2026-11-27 20:00:00" in row["Description"]


def test_a_lone_final_record_without_talk_says_by_its_cause_whether_anyone_answered(play: Play) -> None:
    final = told("ended", 30, **IN, callee=DESK, duration=30.0, cause="no_answer")
    row = task(play([known(ANN), pbx(final)]))
    assert (row["Subject"], row["CallDurationInSeconds"]) == (f"Missed call from {ANN}", 0)


def test_a_lone_final_record_of_a_short_call_is_left_out(play: Play) -> None:
    final = told("ended", 4, **OUT, callee=outside(), duration=4.0, talk=0.0, cause="cancelled")
    run = play([known(ANN), pbx(final)])
    assert [outcome.reason for outcome in run.outcomes()] == ["short_call"]


def owner(run: Run) -> str:
    """Return the e-mail of who owns the Task."""
    return str(run.row("User", Id=task(run)["OwnerId"])["Email"])


NOBODY_NAMED = [
    told("started", 0, **IN, callee={"kind": "internal", "extension": "202"}),
    told("answered", 5),
    told("ended", 65),
]


def test_a_user_is_known_by_extension_as_the_settings_say(play: Play) -> None:
    run = play([known(ANN), pbx(*NOBODY_NAMED)], calls=calls("users: {202: agent2@example.com}"))
    assert owner(run) == "agent2@example.com"


def test_a_user_is_known_by_a_field_that_holds_the_extension(play: Play) -> None:
    run = play(calls=calls("user_extension: Extension__c"))
    second = run.row("User", Email="agent2@example.com")["Id"]
    run.control().change("User", second, Extension__c="202")
    run.play([known(ANN), pbx(*NOBODY_NAMED)])
    assert owner(run) == "agent2@example.com"


def test_a_user_is_known_by_the_id_of_the_salesforce_user(play: Play) -> None:
    run = play()
    second = run.row("User", Email="agent2@example.com")["Id"]
    steps = [row | {"user": {"user_id": second[:15]}} for row in NOBODY_NAMED]
    run.play([known(ANN), pbx(*steps)])
    assert owner(run) == "agent2@example.com"


def test_an_extension_of_nobody_leaves_the_call_to_who_is_named(play: Play) -> None:
    steps = [NOBODY_NAMED[0] | {"user": AGENT}, *NOBODY_NAMED[1:]]
    run = play([known(ANN), pbx(*steps)], calls=calls("users: {999: agent2@example.com}"))
    assert owner(run) == "agent1@example.com"


def test_steps_that_come_last_first_make_no_false_skip(play: Play) -> None:
    steps = [
        told("started", 0, **OUT, callee=outside()),
        told("answered", 5, user=AGENT),
        told("ended", 65, direction="outbound", user=AGENT),
    ]
    run = play([known(ANN), pbx(*reversed(steps))])
    assert task(run)["CallDurationInSeconds"] == 60
    assert {outcome.kind for outcome in run.outcomes()} == {"activity"}
