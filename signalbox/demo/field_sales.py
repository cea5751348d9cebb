"""
What a field team tells from the road: leads and their stages, activities and visits; and what comes back to it.

In: a start.  Out: records to put in, states with what is expected of them, edits by people.  Pure.
Rule of this file: a record's states have one key, so they come in their order; nothing else is known of the order.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from schemas.field_activity import FieldActivity, FieldActivityKind
from schemas.field_record import FieldRecord
from schemas.values import Agent, Person, Scalar
from signalbox.demo.calls import AMENDED, LOGGED
from signalbox.demo.expected import Edit, ExistingRecord, Expectation
from signalbox.demo.steps import FIRST, STRANGER

NAME = "field-sales"
WORKSPACE = "Field team"


def existing_records() -> list[ExistingRecord]:
    """Return the field team's lead that the org has before."""
    fields = {"LastName": "Standing", "Company": "North Works", "Email": "standing@example.com"}
    return [ExistingRecord("Lead", {**fields, "City": "Bonn", "LeadSource": "Other"})]


class FieldSales:
    """Makes what the field team of one demo tells."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._number = 0

    def expectations(self) -> list[Expectation]:
        """Return all states of records, activities and visits."""
        return [
            *_case("field lead", self._leads()),
            *_case("field lead won", self._won()),
            *_case("field lead left out", self._left_out()),
            *_case("field activity", self._activities()),
            *_case("visit", self._visits()),
        ]

    def edits(self, told: list[Expectation], when: str) -> list[Edit]:
        """
        Return what people do to field leads in Salesforce: each comes back once, and nothing of ours does.

        *when*: the event that must be answered before they begin.
        """
        first = {
            expected.event.source_id: expected.event.event_id
            for expected in reversed(told)
            if expected.integration == NAME
        }
        return [
            Edit("a person corrects the city", first["rover0"], {"City": "Hamburg"}, back=NAME, when=when),
            Edit("a person adds a title", first["rover1"], {"Title": "Owner"}, back=NAME, when=when),
            Edit("a person deletes a lead", first["rover2"], delete=True, back=NAME, when=when),
            Edit("a person rates a lead", None, {"Rating": "Hot"}, back=NAME, existing="standing@example.com"),
        ]

    def last(self, told: list[Expectation]) -> Edit:
        """Return the edit that is made when all is answered: once it has come back, all that we wrote was read."""
        event = next(expected.event for expected in told if expected.event.source_id == "rover3")
        return Edit("a person makes the last edit", event.event_id, {"City": "Kiel"}, back=NAME)

    def _leads(self) -> Iterator[Expectation]:
        for number in range(4):
            yield Expectation(self._record(f"rover{number}"), NAME, "created.none", times=1 + number % 2)
        # SP-28: whose owner is no user of the org is the default user's.
        yield Expectation(self._record("unowned", owner=STRANGER), NAME, "created.none")
        yield Expectation(self._record("riddle", interest="lukewarm"), NAME, "error.picklist_unmapped")

    def _won(self) -> Iterator[Expectation]:
        """SP-11: reaching the stage converts once; told again, or once more, it changes nothing."""
        for number in range(2):
            name = f"winner{number}"
            yield Expectation(self._record(name), NAME, "created.none")
            yield Expectation(self._record(name, "Qualified"), NAME, "updated.none")
            yield Expectation(self._record(name, "Won"), NAME, "converted.none", times=3)
            yield Expectation(self._record(name, "Won"), NAME, "updated.unchanged")

    def _left_out(self) -> Iterator[Expectation]:
        yield Expectation(self._record("lost", "Lost"), NAME, "skipped.filtered")
        yield Expectation(self._record("trial", territory="Test"), NAME, "skipped.filtered")

    def _activities(self) -> Iterator[Expectation]:
        """SP-6: one comes before its record and waits for it; SP-38: done completes the Task."""
        early = self._activity("knock", "early", at=2)
        yield Expectation(early, NAME, LOGGED, tasks=1)
        yield Expectation(self._record("early"), NAME, "created.none", case="field lead", after=self._first_lead)
        planned = self._activity("offer", "rover3")
        yield Expectation(planned, NAME, LOGGED, tasks=1)
        yield Expectation(self._activity("offer", "rover3", done=True), NAME, AMENDED, after=planned.event_id)

    def _visits(self) -> Iterator[Expectation]:
        yield Expectation(self._activity("visit", "rover1", "visit"), NAME, LOGGED, events=1)

    @property
    def _first_lead(self) -> str:
        return "field-0001"

    def _moment(self) -> datetime:
        self._number += 1
        return self._start + timedelta(milliseconds=self._number)

    def _record(self, name: str, stage: str = "New", owner: Agent = FIRST, **fields: Scalar) -> FieldRecord:
        moment = self._moment()
        return FieldRecord(
            event_id=f"field-{self._number:04d}",
            record_id=name,
            workspace=WORKSPACE,
            changed=moment,
            person=Person("Sam", name.title(), f"{name}@example.com", (), f"{name.title()} Ltd"),
            stage=stage,
            owner=owner,
            fields={"city": "Berlin", "interest": "low", "territory": "North", **fields},
        )

    def _activity(
        self, name: str, record: str, kind: FieldActivityKind = "activity", *, at: int = 1, done: bool = False
    ) -> FieldActivity:
        """Return the next state of an activity that began *at* hours ago."""
        moment = self._moment()
        began = self._start - timedelta(hours=at)
        return FieldActivity(
            event_id=f"field-{self._number:04d}",
            activity_id=name,
            workspace=WORKSPACE,
            changed=moment,
            person=Person(),
            record_id=record,
            kind=kind,
            name=name.title(),
            done=done,
            started=began,
            ended=began + timedelta(minutes=20),
            zone="Europe/Berlin",
            agent=FIRST,
            # The integration's conditions are asked of activities too.
            fields={"territory": "North"},
        )


def _case(case: str, told: Iterator[Expectation]) -> Iterator[Expectation]:
    return (replace(expected, case=case if expected.case == "call result" else expected.case) for expected in told)
