import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.torture.verifier import sources
from tests.torture.verifier.avro_reader import Reader
from tests.torture.verifier.history import (
    AuditRow,
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
from tests.torture.verifier.verify import CHECKS, verify

OURS = ("schemas", "processors", "connectors", "signalbox", "simulator")
BAD = b"\xc3\x01bad"


def outcome(number: int, kind: str = "updated", **more: Any) -> Published:
    value = {
        "outcome_id": f"out-{number}",
        "kind": kind,
        "reason": "none",
        "integration": "a",
        "org": "acme",
        "attempt": 0,
        "event_ids": [f"e{number}"],
        "reused_event_id": None,
        "records": [],
    }
    return Published(f"crm.outcome.{kind}", 0, number * 2, number, {**value, **more})


def touched(operation: str, record_id: str = "00Q1", **more: Any) -> dict[str, Any]:
    return {"object": "Lead", "id": record_id, "operation": operation, "fields": {}, "before": {}, **more}


def effect(kind: str, request: int, record_id: str = "00Q1", key: str = "k1", **after: Any) -> Effect:
    external = {"Signalbox_Key__c": key} if key else {}
    return Effect("acme", kind, "Lead", record_id, request, external, after)


def good() -> History:
    """Three call results of one new person: a create, an update that wins, an error that was mailed."""
    outcomes = [
        outcome(1, "created", records=[touched("created", fields={"Rating": "Cold"})]),
        outcome(2, records=[touched("updated", fields={"Rating": "Hot"}, before={"Rating": "Cold"})]),
        outcome(3, "error"),
    ]
    rows = [LedgerRow(o.id, "acme", n, "settled", n, o.value["kind"], "none") for n, o in enumerate(outcomes, 1)]
    connect = {f"__connect.errors.{name}": text for name, text in (("topic", "t"), ("partition", "0"), ("offset", "7"))}
    return History(
        sent=Sent(
            events=tuple(Event(f"e{n}", "a", 0, ()) for n in (1, 2, 3)),
            unreadable=(BAD,),
            people=(Person("p", ("p@example.org",), ("+1 555 0100",)),),
            accounts=("Acme",),
            recipients={"a": ("Team@example.com",)},
        ),
        outcomes=outcomes,
        source=[Message("t", 0, 7, BAD)],
        letters=[Message("crm.dead-letter.call-result", 0, 0, BAD, connect)],
        ledger=rows,
        audit=[AuditRow(o.id, o.value["kind"], "none", "a") for o in outcomes],
        mails=[Mail(("team@example.com",), "<m1>", "failed: out-3")],
        effects=[
            effect("create", 10, Email="P@example.org", Rating="Cold"),
            effect("update", 11, Rating="Hot"),
        ],
    )


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


VIOLATIONS: list[tuple[str, str, Change]] = [
    ("I1a", "event e4 for a, attempt 0: 0 outcomes", sent(events=(*good().sent.events, Event("e4", "a")))),
    ("I1a", "event e3 for b", sent(events=(*good().sent.events, Event("e3", "b")))),
    ("I1a", "event e3 for a, attempt 1: 0", sent(events=(*good().sent.events, Event("e3", "a", 1)))),
    (
        "I1a",
        "event e2 for a, attempt 0: 2 outcomes",
        lambda h: replace(h, outcomes=[*h.outcomes, outcome(4, event_ids=["e2"])]),
    ),
    ("I1a", "never sent", edit(3, event_ids=["e3", "e9"])),
    ("I1a", "out-3 is published 2 times", lambda h: replace(h, outcomes=[*h.outcomes, h.outcomes[-1]])),
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
    ("I2a", "2 Leads of acme were created for external ID k1", effects(effect("create", 12, "00Q2"))),
    ("I2a", "without an external ID", effects(effect("create", 12, "00Q2", key=""))),
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
    ("I2b", "ends as 'Cold'", lambda h: replace(h, effects=list(h.effects or ())[:1])),
    ("I2c", "tells that Lead 00Q9 of acme was created", edit(3, records=[touched("created", "00Q9")])),
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
    assert verify(good(), {"outcomes": 3, "effects.create": 1, "dead-letters": 1, "mails": 1}) == []


def test_the_same_mail_twice_is_no_violation() -> None:
    history = good()
    assert verify(replace(history, mails=list(history.mails or ()) * 2)) == []


def test_a_contact_that_a_conversion_made_is_no_second_record() -> None:
    history = effects(
        effect("convert", 12), replace(effect("create", 12, "0031", "", Email="p@example.org"), object="Contact")
    )(good())
    assert verify(history) == []


@pytest.mark.parametrize(("check", "words", "change"), VIOLATIONS, ids=lambda one: one if isinstance(one, str) else "")
def test_each_violation_turns_its_check_red(check: str, words: str, change: Change) -> None:
    found = verify(change(good()))
    assert any(one.check == check and words in one.line for one in found), found


def test_every_check_has_a_violation_of_its_own() -> None:
    quiet = [check.__name__ for check in CHECKS if not any(list(check(change(good()))) for *_, change in VIOLATIONS)]
    assert quiet == []


def test_too_little_is_a_violation() -> None:
    assert [one.check for one in verify(good(), {"outcomes": 4})] == ["I0"]


def test_the_verifier_shares_no_code_with_what_it_checks() -> None:
    here = Path(__file__).parent
    for file in here.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
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
