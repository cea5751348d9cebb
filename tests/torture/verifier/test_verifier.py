import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.torture.verifier import sources
from tests.torture.verifier.avro_reader import Reader
from tests.torture.verifier.good_history import BAD, activity, effect, good, notice, outcome, touched
from tests.torture.verifier.history import AuditRow, Effect, Event, History, LedgerRow, Mail, Person, Published
from tests.torture.verifier.verify import CHECKS, verify

OURS = ("schemas", "processors", "connectors", "signalbox", "simulator")

Change = Callable[[History], History]


def outcomes(*some: Published) -> Change:
    return lambda h: replace(h, outcomes=some)


def edit(number: int, **more: Any) -> Change:
    return lambda h: replace(
        h, outcomes=[replace(o, value={**o.value, **more}) if o.sequence == number else o for o in h.outcomes]
    )


def sent(**more: Any) -> Change:
    return lambda h: replace(h, sent=replace(h.sent, **more))


def effects(*more: Effect) -> Change:
    return lambda h: replace(h, effects=[*(h.effects or ()), *more])


def row(number: int, **more: Any) -> Change:
    return lambda h: replace(h, ledger=[replace(r, **more) if r.id == f"out-{number}" else r for r in h.ledger or ()])


def letter(**more: Any) -> Change:
    return lambda h: replace(h, letters=[replace(h.letters[0], **more)])


def mails(*some: Mail) -> Change:
    return lambda h: replace(h, mails=some)


def notices(*some: Published) -> Change:
    return lambda h: replace(h, notices=some)


def last(name: str, **more: Any) -> Change:
    """Let the org's log end with one more update of an activity."""
    record, key = {"Task": ("00T1", "t1"), "Event": ("00U1", "u1")}[name]
    return effects(activity("update", 20, name, record, key, **more))


def of_conference(**more: Any) -> Change:
    """Let the org's log end with one more update of the second Task of a conference."""
    return effects(activity("update", 21, "Task", "00T4", "t4", **more))


VIOLATIONS: list[tuple[str, str, Change]] = [
    ("I1a", "event e20 for a, attempt 0: 0 outcomes", sent(events=(*good().sent.events, Event("e20", "a")))),
    ("I1a", "event e3 for b", sent(events=(*good().sent.events, Event("e3", "b")))),
    ("I1a", "event e3 for a, attempt 1: 0", sent(events=(*good().sent.events, Event("e3", "a", 1)))),
    (
        "I1a",
        "event e2 for a, attempt 0: 2 outcomes",
        lambda h: replace(h, outcomes=[*h.outcomes, outcome(4, event_ids=["e2"])]),
    ),
    ("I1a", "never sent", edit(3, event_ids=["e3", "e20"])),
    ("I1a", "out-13 is published 2 times", lambda h: replace(h, outcomes=[*h.outcomes, h.outcomes[-1]])),
    ("I1a", "reused event e1 for a: 0", sent(reused=(("e1", "a"),))),
    ("I1a", "reused event e1 for a: 1 outcomes, not 0", edit(3, reused_event_id="e1")),
    (
        "I1d",
        "error.none, not one of updated",
        sent(events=(Event("e1", "a"), Event("e2", "a"), Event("e3", "a", 0, ("updated",)))),
    ),
    ("I1b", "0 dead letters, not 1", lambda h: replace(h, letters=[])),
    ("I1b", "1 dead letters, not 2", sent(unreadable=(BAD, BAD))),
    ("I1b", "does not keep the bytes", letter(value=BAD[:-1])),
    ("I1b", "does not say which", letter(headers={})),
    ("I1b", "can be read", sent(unreadable=())),
    ("I1c", "has not settled it", row(2, state="intended")),
    ("I1c", "has not settled it", lambda h: replace(h, ledger=list(h.ledger or ())[:2])),
    ("I1c", "ledger says ('created'", row(2, kind="created")),
    ("I1c", "ledger says ('updated', 'unchanged'", row(2, reason="unchanged")),
    (
        "I1c",
        "is still waiting",
        lambda h: replace(h, ledger=[*(h.ledger or ()), LedgerRow("x", "acme", 9, "waiting", None, None, None)]),
    ),
    (
        "I1c",
        "is not published",
        lambda h: replace(h, ledger=[*(h.ledger or ()), LedgerRow("x", "acme", 9, "settled", 4, "error", "none")]),
    ),
    ("I1c", "not in the audit", lambda h: replace(h, audit=list(h.audit or ())[1:])),
    (
        "I1c",
        "the audit says ('updated'",
        lambda h: replace(h, audit=[*list(h.audit or ())[:2], AuditRow("out-3", "updated", "none", "a")]),
    ),
    (
        "I1c",
        "the audit has outcome x",
        lambda h: replace(h, audit=[*(h.audit or ()), AuditRow("x", "error", "none", "a")]),
    ),
    ("I1c", "number 2 is missing", lambda h: replace(h, outcomes=[o for o in h.outcomes if o.sequence != 2])),
    ("I1c", "number 1 of acme follows 1", lambda h: replace(h, outcomes=[*h.outcomes, h.outcomes[0]])),
    ("I1c", "number 10 is missing", notices(notice(11, "parked", "out-12"))),
    ("I1c", "number 12 was given 2 times", notices(*good().notices, notice(12, "deferred", "out-12"))),
    ("I1c", "absorbed, and has an outcome of its own", row(3, state="absorbed", contract="pbx_call_event")),
    ("I1c", "a call_result is no step of a call", row(3, state="absorbed", contract="call_result")),
    ("I1a", "event e4 for a, attempt 0: 2 outcomes", edit(5, event_ids=["e5", "e4"])),
    ("I1a", "event e4 for a, attempt 0: 2 outcomes", edit(4, event_ids=["e4", "e4", "e4-2"])),
    ("I1a", "event e4-2 for a, attempt 0: 0 outcomes", edit(4, event_ids=["e4"])),
    ("I1e", "to be parked more than once", notices(notice(10, "parked", "out-12"), notice(11, "parked", "out-12"))),
    ("I1e", "never told to be parked", notices(notice(10, "deferred", "out-12"), notice(11, "resumed", "out-12"))),
    ("I1e", "never told to be broken", notices(*good().notices, notice(14, "connection_mended", "episode"))),
    ("I1e", "after its outcome", notices(notice(10, "parked", "out-9"), notice(11, "resumed", "out-9"))),
    ("I1e", "out-14 was told to wait, and has no outcome", notices(*good().notices, notice(14, "parked", "out-14"))),
    ("I2a", "2 Leads of acme were created for external ID k1", effects(effect("create", 12, "00Q2"))),
    ("I2a", "without an external ID", effects(effect("create", 12, "00Q2", key=""))),
    ("I2a", "00Q1 of acme is told as created by out-1, out-2", edit(2, records=[touched("created")])),
    (
        "I2b",
        "tells that Rating of 00Q1 was blank; it was not",
        edit(2, records=[touched("updated", fields={"Rating": "Hot"})]),
    ),
    ("I2a", "was converted 2 times", effects(effect("convert", 12), effect("convert", 13))),
    (
        "I2a",
        "person p of acme was created as 00Q1, 00Q2",
        effects(effect("create", 12, "00Q2", "k2", Phone="+15550100")),
    ),
    ("I2a", "person p of acme was created as 00Q1", sent(people=(Person("p", ("p@example.org",), seeded=True),))),
    (
        "I2a",
        "account 'Acme' of acme was created 2 times",
        effects(*(replace(effect("create", 12, f"001{n}", f"a{n}", Name="Acme"), object="Account") for n in (1, 2))),
    ),
    (
        "I2b",
        "older value 'Cold' was written after 'Hot'",
        effects(effect("update", 12, Rating="Cold"), effect("update", 13, Rating="Hot")),
    ),
    ("I2e", "outcome out-2 wrote 'Hot' of 500 over 'Cold' of 1000", edit(2, event_time=500)),
    ("I2b", "StartDateTime of 00U1 in acme ends as", last("Event", StartDateTime="2026-03-09T08:00:00Z")),
    ("I2b", "ends as 'Cold'", lambda h: replace(h, effects=list(h.effects or ())[:1])),
    ("I2c", "tells that Lead 00Q9 of acme was created", edit(3, records=[touched("created", "00Q9")])),
    ("I2a", "2 Tasks of acme were created", effects(activity("create", 20, "Task", "00T2", "t1"))),
    ("I2a", "Task 00T2 of acme was created without", effects(activity("create", 20, "Task", "00T2", ""))),
    ("I2c", "was deleted; the org", edit(3, records=[touched("deleted", "00U1", "Event")])),
    (
        "I2d",
        "c1 of acme was created as 2 Tasks",
        effects(activity("create", 20, "Task", "00T2", "t2", CallObject="c1")),
    ),
    ("I2d", "c3 of acme was created as 1 Tasks, not 2", of_conference(CallObject="other")),
    ("I2d", "c3 of acme: Bob has 0 Tasks, not 1", of_conference(Subject="Call with Cid")),
    ("I2d", "c3 of acme: Task 00T4 does not say 'Conference'", of_conference(Description="short")),
    ("I2d", "c1 of acme was created as 0 Tasks", last("Task", CallObject="other")),
    ("I2d", "Task 00T1 is deleted", effects(activity("delete", 20, "Task", "00T1", "t1"))),
    ("I2d", "says 4 s of talk, not 60", last("Task", CallDurationInSeconds=4)),
    ("I2d", "says None s of talk", last("Task", CallDurationInSeconds=None)),
    ("I2d", "does not say 'to 202'", last("Task", Description="https://pbx.example.com/r/1")),
    ("I2d", "does not say 'https://pbx", last("Task", Description="to 202")),
    ("I2d", "c2 is not to be logged", effects(activity("create", 20, "Task", "00T2", "t2", CallObject="c2"))),
    ("I2d", "an outcome says short_call, not internal", edit(6, reason="short_call")),
    ("I2d", "b1 of acme has 2 Events", effects(activity("create", 20, "Event", "00U3", "u3", Subject="Meeting 1"))),
    ("I2d", "b1 of acme has 0 Events", effects(activity("delete", 20, "Event", "00U1", "u1"))),
    ("I2d", "StartDateTime of Event 00U1 is 2026", last("Event", StartDateTime="2026-03-09T08:00:00Z")),
    ("I2d", "EndDateTime of Event 00U1 is None", last("Event", EndDateTime=None)),
    ("I2d", "Event 00U1 hangs on None, not on p@example.org", last("Event", WhoId="00Q9")),
    ("I2d", "b2 of acme was cancelled", effects(activity("create", 20, "Event", "00U3", "u2", Subject="Meeting 2"))),
    ("I2c", "was converted; the org does not", edit(3, records=[touched("converted")])),
    (
        "I2c",
        "tells that Description of Lead 00Q1 of acme changed",
        edit(3, records=[touched("updated", fields={"Description": "x"}, before={"Description": None})]),
    ),
    ("I2c", "no outcome tells of it", effects(effect("create", 12, "00Q2", "k2"))),
    ("I3", "out-1 (place 9) was settled before out-2 (place 2)", row(1, place=9)),
    ("I5", "is in no mail to team@example.com", mails()),
    ("I5", "is in no mail to team@example.com", mails(Mail(("team@example.com",), "<m1>", "nothing"))),
    ("I5", "who is no recipient", mails(Mail(("team@example.com", "other@example.com"), "<m1>", "out-3"))),
    ("I5", "under 2 Message-IDs", mails(*(Mail(("team@example.com",), f"<m{n}>", "out-3") for n in (1, 2)))),
]


def test_a_history_that_keeps_the_promise_is_green() -> None:
    assert (
        verify(good(), {"outcomes": 10, "effects.create": 4, "dead-letters": 1, "mails": 1, "calls": 2, "notices": 2})
        == []
    )


def test_the_same_mail_twice_is_no_violation() -> None:
    history = good()
    assert verify(replace(history, mails=list(history.mails or ()) * 2)) == []


def test_a_contact_that_a_conversion_made_is_no_second_record() -> None:
    history = effects(
        effect("convert", 12), replace(effect("create", 12, "0031", "", Email="p@example.org"), object="Contact")
    )(good())
    assert verify(history) == []


def test_what_was_deleted_may_be_made_again_under_its_key() -> None:
    """A booking that is made anew after it was cancelled."""
    again = activity("create", 18, "Event", "00U3", "u1", Subject="Meeting 1")
    history = effects(activity("delete", 16, "Event", "00U1", "u1"), again)(good())
    assert [violation for violation in verify(history) if violation.check == "I2a"] == []


@pytest.mark.parametrize(
    ("check", "words", "change"), VIOLATIONS, ids=lambda item: item if isinstance(item, str) else ""
)
def test_each_violation_turns_its_check_red(check: str, words: str, change: Change) -> None:
    found = verify(change(good()))
    assert any(violation.check == check and words in violation.line for violation in found), found


def test_every_check_has_a_violation_of_its_own() -> None:
    quiet = [check.__name__ for check in CHECKS if not any(list(check(change(good()))) for *_, change in VIOLATIONS)]
    assert quiet == []


def test_too_little_is_a_violation() -> None:
    assert [violation.check for violation in verify(good(), {"outcomes": 12})] == ["I0"]


def test_the_verifier_shares_no_code_with_what_it_checks() -> None:
    here = Path(__file__).parent
    for file in here.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] not in OURS, f"{file.name} imports {name}"
                own = name.startswith("tests.torture.verifier")
                assert own or not name.startswith("tests"), f"{file.name} imports {name}"


def test_messages_of_the_contracts_are_read_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "one.avsc").write_text('{"type": "record", "name": "One", "fields": [{"name": "n", "type": "int"}]}')
    reader = Reader(tmp_path)
    [fingerprint] = reader._readers
    whole = b"\xc3\x01" + fingerprint + b"\x0a"
    assert reader.read(whole) == {"n": 5}
    for broken in (b"", whole[:4], b"\xc3\x02" + whole[2:], whole + b"\x00", b"\xc3\x01" + bytes(8) + b"\x0a"):
        with pytest.raises(ValueError):
            reader.read(broken)


def test_mails_and_effects_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(
        b"X-Envelope-To: Team@example.com\r\nMessage-ID: <m1>\r\nSubject: one\r\n\r\nout-3 failed\r\n"
    )
    [mail] = sources.read_mails(tmp_path)
    assert (mail.recipients, mail.message_id) == (("team@example.com",), "<m1>")
    assert "out-3" in mail.text
    told = {"kind": "create", "object": "Lead", "id": "00Q1", "request": 3, "external_ids": {}, "after": {"Name": "x"}}
    (tmp_path / "effects.json").write_text(json.dumps({"next": 1, "effects": [told]}))
    [found] = sources.read_effects([f"acme={tmp_path / 'effects.json'}"])
    assert (found.org, found.kind, found.request) == ("acme", "create", 3)
