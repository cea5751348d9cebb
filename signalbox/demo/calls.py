"""
The telephone calls that arrive, step by step: as they come, out of order, twice, late.

In: a start.  Out: records to put in, steps of calls with what is expected of them.  Pure.
Rule of this file: a call is told by what became of it; its steps are made by `steps.py`.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from signalbox.demo import steps
from signalbox.demo.expected import ExistingRecord, Expectation
from signalbox.demo.steps import Dial, Line

NAME = "calls"
LOGGED, AMENDED = "activity.activity_created", "activity.activity_updated"
_FORMATS = ("089 99998{0:03d}", "+49 (89) 99998-{0:03d}", "0049 89 99998{0:03d}", "+498999998{0:03d}")
"""How people write the same number; all of them are found."""
_LEADS, _CONTACTS = range(1, 9), range(20, 26)
TWIN, BOTH, COMPANY, ACCOUNT, MISTAKEN = 40, 41, 42, 43, 44


def phone_number(line: int) -> str:
    """Return a number as the network tells it; reserved for fiction by the German regulator."""
    return f"+498999998{line:03d}"


def existing_records() -> list[ExistingRecord]:
    """Return who has which number before; numbers are stored as people write them."""
    records = [_lead(line, f"caller{line}") for line in _LEADS]
    records += [_contact(line, f"client{line}") for line in _CONTACTS]
    records += [_lead(TWIN, "older-twin", CreatedDate="2025-01-01T00:00:00.000+0000"), _lead(TWIN, "newer-twin")]
    records += [_lead(BOTH, "both-ways"), _contact(BOTH, "both-ways")]
    records.append(ExistingRecord("Account", {"Name": "Switchboard Works", "Phone": _written(COMPANY)}))
    records += [_contact(COMPANY, f"desk{n}", "Switchboard Works") for n in range(2)]
    records.append(ExistingRecord("Account", {"Name": "Quiet Works", "Phone": _written(ACCOUNT)}))
    return [*records, _lead(MISTAKEN, "mistaken")]


def _written(line: int) -> str:
    return _FORMATS[line % len(_FORMATS)].format(line)


def _lead(line: int, name: str, **more: Any) -> ExistingRecord:
    fields = {"LastName": name.title(), "Company": "North Works", "Phone": _written(line), **more}
    return ExistingRecord("Lead", fields)


def _contact(line: int, name: str, account: str | None = None) -> ExistingRecord:
    return ExistingRecord("Contact", {"LastName": name.title(), "MobilePhone": _written(line)}, account)


class Calls:
    """Makes the calls of one demo."""

    def __init__(self, seed: int, start: datetime) -> None:
        self._random = random.Random(seed)
        self._dial = Dial(start)
        self._talk = 30

    def expectations(self) -> list[Expectation]:
        """Return the steps of all calls, each call's in the order in which they are delivered."""
        return [*self._plain(), *self._transferred(), *self._shared(), *self._unlogged(), *self._disordered()]

    def after(self, event_id: str, line: int) -> list[Expectation]:
        """Return a call of *line* that comes once an event is answered."""
        told = self._logged("lead forced before", steps.answered(self._length()), line)
        return [replace(expected, after=event_id) for expected in told]

    def _plain(self) -> Iterator[Expectation]:
        for line in (1, 2, 3, 20, 21):
            yield from self._logged("answered", steps.answered(self._length()), line)
        for line in (4, 22):
            yield from self._logged("missed", steps.missed(), line)
        for line in (5, 23):
            yield from self._logged("made", steps.outbound(self._length()), line, outbound=True)
        yield from self._logged("made", steps.unanswered(25), 24, outbound=True)
        yield from self._logged("answered", steps.answered(self._length(), user=steps.STRANGER), 6)

    def _transferred(self) -> Iterator[Expectation]:
        for line in (1, 25):
            yield from self._logged("transferred", steps.transferred_blind(self._length()), line)
            yield from self._logged("transferred", steps.transferred_attended(self._length()), line)

    def _shared(self) -> Iterator[Expectation]:
        whose = {"two leads": TWIN, "lead and contact": BOTH, "shared number": COMPANY, "account's number": ACCOUNT}
        for case, line in whose.items():
            yield from self._logged(case, steps.answered(self._length()), line)
        yield from self._logged("two leads", steps.missed(), TWIN)

    def _unlogged(self) -> Iterator[Expectation]:
        yield from self._skipped("unknown number", "unknown_number", steps.answered(40), Line(phone_number(900)))
        yield from self._skipped("unknown number", "unknown_number", steps.missed(), Line(phone_number(901)))
        yield from self._skipped(
            "unknown number", "unknown_number", steps.outbound(40), Line(phone_number(902), outbound=True)
        )
        yield from self._skipped("number withheld", "unknown_number", steps.answered(40), Line("anonymous"))
        yield from self._skipped("number withheld", "unknown_number", steps.missed(), Line(None))
        for line in (7, 23):
            yield from self._skipped(
                "given up at once", "short_call", steps.unanswered(4), Line(phone_number(line), outbound=True)
            )
        for _ in range(2):
            yield from self._skipped("internal", "internal", steps.answered(40), Line(None, inside=True))

    def _disordered(self) -> Iterator[Expectation]:
        """Two calls in any order, two whose steps come twice, two with a recording and one with an answer late."""
        for line in (7, 8):
            told = self._logged("out of order", steps.transferred_blind(self._length()), line)
            yield from (replace(expected, amends=True) for expected in self._random.sample(told, len(told)))
            yield from (
                replace(expected, times=2)
                for expected in self._logged("steps twice", steps.answered(self._length()), line)
            )
        for line in (2, 20):
            told = self._logged("a late step", steps.recorded(self._length()), line)
            yield from told[:-1]
            yield replace(told[-1], outcome=AMENDED, after=told[-2].event.event_id)
        started, ringing, answered, ended = self._logged("a late step", steps.answered(self._length()), 3)
        yield from (started, ringing, ended)
        yield replace(answered, outcome=AMENDED, after=ended.event.event_id)

    def _length(self) -> int:
        """Return how many seconds the next call is talked: each another number."""
        self._talk += 7
        return self._talk

    def _logged(self, case: str, course: steps.Course, line: int, *, outbound: bool = False) -> list[Expectation]:
        events = self._dial.call(course, Line(phone_number(line), outbound=outbound))
        told = [Expectation(event, NAME, LOGGED, case=f"call: {case}") for event in events]
        return [replace(told[0], tasks=1, talk=course.talk), *told[1:]]

    def _skipped(self, case: str, reason: str, course: steps.Course, line: Line) -> list[Expectation]:
        events = self._dial.call(course, line)
        return [Expectation(event, NAME, f"skipped.{reason}", case=f"call: {case}") for event in events]
