"""
A small history by hand that keeps every promise, and what it is made of.

Rule of this file: each check finds something here to look at, and nothing wrong.
"""

from typing import Any

from tests.torture.verifier.history import (
    AuditRow,
    BookingSent,
    CallSent,
    Effect,
    Event,
    History,
    LedgerRow,
    Mail,
    Message,
    Person,
    Published,
    Sent,
)

BAD = b"\xc3\x01bad"
LINK = "https://pbx.example.com/r/1"
CALL = CallSent("c1", "a", "acme", ("CallObject", "c1"), talk=60.0, says=("to 202", LINK))
CONFERENCE = CallSent("c3", "a", "acme", ("CallObject", "c3"), talk=60.0, says=("Conference",), people=("Ann", "Bob"))
SILENT = CallSent("c2", "a", "acme", ("CallObject", "c2"), reason="internal")
BOOKING = BookingSent(
    "b1",
    "acme",
    ("Subject", "Meeting 1"),
    start="2026-03-09T11:00:00+01:00",
    end="2026-03-09T10:30:00Z",
    who="p@example.org",
)
CANCELLED = BookingSent("b2", "acme", ("Subject", "Meeting 2"), cancelled=True)


def outcome(number: int, kind: str = "updated", **more: Any) -> Published:
    value = {
        "outcome_id": f"out-{number}",
        "kind": kind,
        "reason": "none",
        "integration": "a",
        "thing": f"thing-{number}",
        "org": "acme",
        "attempt": 0,
        "event_ids": [f"e{number}"],
        "reused_event_id": None,
        "records": [],
        "event_time": number * 1000,
    }
    return Published(f"crm.outcome.{kind}", 0, number * 2, number, {**value, **more})


def touched(operation: str, record_id: str = "00Q1", name: str = "Lead", **more: Any) -> dict[str, Any]:
    return {"object": name, "id": record_id, "operation": operation, "fields": {}, "before": {}, **more}


def effect(kind: str, request: int, record_id: str = "00Q1", key: str = "k1", **after: Any) -> Effect:
    return activity(kind, request, "Lead", record_id, key, **after)


def activity(kind: str, request: int, name: str, record_id: str, key: str, **after: Any) -> Effect:
    external = {"Signalbox_Key__c": key} if key else {}
    return Effect("acme", kind, name, record_id, request, external, after)


def notice(number: int, kind: str, about: str) -> Published:
    return Published("crm.notice", 0, number * 2, number, {"command_id": about, "kind": kind, "org": "acme"})


def good() -> History:
    """
    Call results of one new person: a create, an update that wins, an error that was mailed. A call of three steps, the
    last one late; an internal one; one of two people. A booking that is moved; one that is cancelled, after it was
    parked.
    """
    outcomes = [*_results(), *_activities()]
    rows = [
        LedgerRow(o.id, "acme", n, "settled", o.sequence, o.value["kind"], o.value["reason"])
        for n, o in enumerate(outcomes, 1)
    ]
    connect = {f"__connect.errors.{name}": text for name, text in (("topic", "t"), ("partition", "0"), ("offset", "7"))}
    return History(
        sent=Sent(
            events=tuple(Event(event, "a") for outcome in outcomes for event in outcome.value["event_ids"]),
            unreadable=(BAD,),
            people=(Person("p", ("p@example.org",), ("+1 555 0100",)),),
            accounts=("Acme",),
            recipients={"a": ("Team@example.com",)},
            calls=(CALL, SILENT, CONFERENCE),
            bookings=(BOOKING, CANCELLED),
        ),
        outcomes=outcomes,
        notices=[notice(10, "parked", "out-12"), notice(11, "resumed", "out-12")],
        source=[Message("t", 0, 7, BAD)],
        letters=[Message("crm.dead-letter.call-result", 0, 0, BAD, connect)],
        ledger=[*rows, LedgerRow("step-2", "acme", 20, "absorbed", None, None, None, "pbx_call_event")],
        audit=[AuditRow(o.id, o.value["kind"], o.value["reason"], "a") for o in outcomes],
        mails=[Mail(("team@example.com",), "<m1>", "failed: out-3")],
        effects=[
            effect("create", 10, Email="P@example.org", Rating="Cold"),
            effect("update", 11, Rating="Hot"),
            activity(
                "create", 12, "Task", "00T1", "t1", CallObject="c1", CallDurationInSeconds=60, Description="to 202"
            ),
            activity("update", 13, "Task", "00T1", "t1", Description=f"to 202, {LINK}"),
            activity("create", 14, "Event", "00U1", "u1", Subject="Meeting 1", WhoId="00Q1", **_times("08:00:00")),
            activity("update", 15, "Event", "00U1", "u1", **_times("10:00:00")),
            activity("create", 16, "Event", "00U2", "u2", Subject="Meeting 2", **_times("08:00:00")),
            activity("delete", 17, "Event", "00U2", "u2"),
            activity("create", 18, "Task", "00T3", "t3", Subject="Call with Ann", **_conference()),
            activity("create", 19, "Task", "00T4", "t4", Subject="Call with Bob", **_conference()),
        ],
    )


def _results() -> list[Published]:
    return [
        outcome(1, "created", records=[touched("created", fields={"Rating": "Cold"})]),
        outcome(2, records=[touched("updated", fields={"Rating": "Hot"}, before={"Rating": "Cold"})]),
        outcome(3, "error"),
    ]


def _activities() -> list[Published]:
    def touches(operation: str, record_id: str, name: str) -> dict[str, Any]:
        return {"records": [touched(operation, record_id, name)]}

    return [
        outcome(4, "activity", thing="c1", event_ids=["e4", "e4-2"], **touches("created", "00T1", "Task")),
        outcome(5, "activity", thing="c1", **touches("updated", "00T1", "Task")),
        outcome(6, "skipped", thing="c2", reason="internal"),
        outcome(7, "activity", **touches("created", "00U1", "Event")),
        outcome(8, "activity", records=[touched("updated", "00U1", "Event", fields=_MOVED)]),
        outcome(9, "activity", **touches("created", "00U2", "Event")),
        outcome(12, "activity", **touches("deleted", "00U2", "Event")),
        outcome(13, "activity", thing="c3", records=[touched("created", text, "Task") for text in ("00T3", "00T4")]),
    ]


_MOVED = {"StartDateTime": "2026-03-09T10:00:00.000Z", "EndDateTime": "2026-03-09T11:30:00+01:00"}


def _conference() -> dict[str, Any]:
    return {"CallObject": "c3", "CallDurationInSeconds": 60, "Description": "Conference: yes"}


def _times(start: str) -> dict[str, str]:
    # As an org writes them: of Salesforce's two forms neither has the colon in its zone.
    return {"StartDateTime": f"2026-03-09T{start}.000+0000", "EndDateTime": "2026-03-09T10:30:00.000Z"}
