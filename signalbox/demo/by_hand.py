"""
What users do by hand: log an activity, open a task, create a lead, force another one, and choose what is meant.

In: a start.  Out: records to put in, actions with what is expected of them.  Pure.
Rule of this file: a choice is told once what it is about is parked; its record is taken from what the notice offers.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from schemas.user_action import UserAction, UserActionName
from schemas.values import Person
from signalbox.demo import calls
from signalbox.demo.expected import ExistingRecord, Expectation
from signalbox.demo.steps import FIRST

TOO_LATE = "skipped.already_resolved"


def existing_records() -> list[ExistingRecord]:
    """Return whom users act on: two who are there twice, one who is there once."""
    twice = [_known("Lead", "handled0"), _known("Lead", "handled0")]
    either = [_known("Lead", "handled1"), _known("Contact", "handled1")]
    return [*twice, *either, _known("Contact", "handled2")]


def _known(name: str, who: str) -> ExistingRecord:
    fields = {"LastName": who.title(), "Email": f"{who}@example.com", "Phone": f"+49899999807{who[-1]}"}
    return ExistingRecord(name, fields | ({"Company": "North Works"} if name == "Lead" else {}))


class ByHand:
    """Makes the actions of one demo."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._number = 0

    def expectations(self) -> list[Expectation]:
        """Return all actions."""
        return [
            *(
                replace(expected, case="choice by hand" if expected.about else "activity by hand")
                for expected in self._logged()
            ),
            *(replace(expected, case="lead by hand") for expected in self._created()),
        ]

    def _logged(self) -> Iterator[Expectation]:
        """XB-21, XB-22: with several matches a user chooses, between a lead and a contact too."""
        for number in range(2):
            person = _person(f"handled{number}", 70 + number)
            log = self._action("log_activity", person, subject="Talked at the fair")
            yield Expectation(log, calls.NAME, calls.LOGGED, tasks=1)
            choice = self._action("choose_match", person)
            yield Expectation(choice, calls.NAME, "updated.resolved", about=log.event_id)
            late = self._action("choose_match", person)
            yield Expectation(late, calls.NAME, TOO_LATE, about=log.event_id, after=choice.event_id)
        task = self._action("create_task", _person("handled2", 72), subject="Send the offer")
        yield Expectation(task, calls.NAME, calls.LOGGED, times=2, tasks=1)

    def _created(self) -> Iterator[Expectation]:
        yield Expectation(self._action("create_lead", _person("newcomer", 80)), calls.NAME, "created.none")
        yield Expectation(self.force_new, calls.NAME, "created.none")

    @property
    def force_new(self) -> UserAction:
        """The only match of a number is a wrong one: a new lead takes its place for what follows (XB-24)."""
        return UserAction(
            "forced-0001",
            "force_new",
            calls.NAME,
            self._start,
            Person(last_name="Rightly", phones=(calls.phone_number(calls.MISTAKEN),), company="East Works"),
            FIRST,
        )

    def _action(self, name: UserActionName, person: Person, subject: str | None = None) -> UserAction:
        self._number += 1
        at = self._start + timedelta(milliseconds=self._number)
        return UserAction(f"hand-{self._number:04d}", name, calls.NAME, at, person, FIRST, subject=subject)


def _person(name: str, line: int) -> Person:
    return Person(
        last_name=name.title(), email=f"{name}@example.com", phones=(calls.phone_number(line),), company="East Works"
    )
