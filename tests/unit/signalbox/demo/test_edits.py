"""Who plays the people that work in Salesforce: what they do, when, and to which record."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from schemas.outcome import Outcome, Touched
from schemas.values import Person
from signalbox.demo.edits import Editor
from signalbox.demo.expected import Edit

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
KNOWN = {"agent2@example.com": "0051", "standing@example.com": "00Q9"}
LAST = Edit("last", "event-1", {"City": "Kiel"}, back="field-sales")


class Org:
    """Keeps what is changed in it."""

    def __init__(self) -> None:
        self.changed: list[tuple[str, str, dict[str, Any]]] = []

    def change(self, sobject: str, record_id: str, **fields: Any) -> None:
        """Take one change."""
        self.changed.append((sobject, record_id, fields))

    def merge(self, sobject: str, winner: str, loser: str) -> None:
        """Take one merge."""
        self.changed.append((sobject, loser, {"MasterRecordId": winner}))


def outcome(event: str, *records: Touched) -> Outcome:
    """Return the outcome of an event that led to these records."""
    return Outcome(
        "o", "created", "none", "field-sales", "demo", "field_record", (event,), "t", NOW, NOW, NOW, "", "", Person(),
        records=records,
    )  # fmt: skip


def editor(org: Org, *edits: Edit, ready: Sequence[bool] = (True,)) -> Editor:
    """Return who makes *edits* in *org*, once *ready*."""
    answers = iter(ready)
    return Editor(org, edits, LAST, KNOWN, lambda: next(answers))


def test_nobody_edits_before_the_org_was_looked_at() -> None:
    """It is asked until it is so, and then no more."""
    org = Org()
    rate = Edit("rate", None, {"Rating": "Hot"}, existing="standing@example.com")
    people = editor(org, rate, replace(rate, name="again", when="event-1"), ready=(False, True))
    assert people.saw([]) == []
    people.finish()
    assert org.changed == []
    assert people.saw([]) == ["rate"]
    assert people.saw([outcome("event-1")]) == ["again"]


def test_an_edit_waits_for_its_record_and_for_what_must_be_answered_before() -> None:
    org = Org()
    people = editor(org, Edit("city", "event-1", {"City": "Hamburg"}, when="event-2"))
    assert people.saw([outcome("event-1", Touched("Lead", "00Q1", "created"))]) == []
    assert people.saw([outcome("event-2")]) == ["city"]
    assert org.changed == [("Lead", "00Q1", {"City": "Hamburg", "LastModifiedById": "0051"})]
    assert people.saw([outcome("event-2")]) == []
    assert [(edited.edit.name, edited.record_id) for edited in people.made] == [("city", "00Q1")]


def test_a_contact_is_deleted_and_not_the_account_beside_it() -> None:
    org = Org()
    people = editor(org, Edit("gone", "event-1", delete=True))
    touched = (Touched("Contact", "0031", "updated"), Touched("Account", "0011", "unchanged"))
    assert people.saw([outcome("event-1", *touched)]) == ["gone"]
    assert org.changed == [("Contact", "0031", {"IsDeleted": True, "LastModifiedById": "0051"})]


def test_a_record_is_merged_into_one_that_is_known_before() -> None:
    org = Org()
    people = editor(org, Edit("merge", "event-1", merge_into="standing@example.com"))
    assert people.saw([outcome("event-1", Touched("Lead", "00Q1", "created"))]) == ["merge"]
    assert org.changed == [("Lead", "00Q1", {"MasterRecordId": "00Q9"})]


def test_a_record_that_is_known_before_is_edited_at_once_and_the_last_edit_is_made_once() -> None:
    org = Org()
    people = editor(org, Edit("rate", None, {"Rating": "Hot"}, existing="standing@example.com"))
    assert people.saw([outcome("event-1", Touched("Lead", "00Q1", "created"))]) == ["rate"]
    people.finish()
    people.finish()
    assert [record for _, record, _ in org.changed] == ["00Q9", "00Q1"]
