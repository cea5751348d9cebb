"""
What the demo's org holds before, and the call results that arrive: each with the outcome that the rules give it.

In: a seed.  Out: records to put in, call results with what is expected of them.  Pure.
Rule of this file: every action, every match situation, refusals and repeats; equal seeds give equal events.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from schemas.call_result import CallResult
from schemas.values import Agent, Person, Scalar
from signalbox.demo.expected import ExistingRecord, Expectation

LASTS = ("Abel", "Brandt", "Conrad", "Dietz", "Ebert", "Falk", "Graf", "Hahn", "Iser", "Jung", "Kern", "Lenz")
FIRSTS = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Finn", "Greta", "Hugo", "Ida", "Jan", "Kim", "Lea")
COMPANIES = tuple(f"{name} Works" for name in ("North", "South", "East", "West", "Hill", "Lake"))
AGENT = Agent("agent@example.com", "The agent")


def existing_people() -> list[ExistingRecord]:
    """Return the org's records at the start, by the situations that the call results meet."""
    records = [ExistingRecord("Account", {"Name": company}) for company in COMPANIES]
    for number in range(12):
        records.append(_lead(f"lead{number}"))
        records.append(_contact(f"contact{number}"))
        records.append(_lead(f"won{number}"))
    for number in range(4):
        records += [_lead(f"twin{number}"), _lead(f"twin{number}")]
        records += [_lead(f"both{number}"), _contact(f"both{number}")]
    return records


def _lead(name: str) -> ExistingRecord:
    fields = {"FirstName": "Sam", "LastName": name.title(), "Company": "North Works", "Email": f"{name}@example.com"}
    return ExistingRecord("Lead", fields)


def _contact(name: str) -> ExistingRecord:
    return ExistingRecord("Contact", {"FirstName": "Sam", "LastName": name.title(), "Email": f"{name}@example.com"})


BUDGETS = ("10,000", "$5000", "1.234,56 EUR", "about 12 000")
"""As people write them: all but the last are conformed to the number that the org takes, and that one is left out."""


class CallResults:
    """Makes the call results of one demo."""

    def __init__(self, seed: int, start: datetime) -> None:
        self._random = random.Random(seed)
        self._start = start
        self._number = 0

    def call(self, project: str, code: str, name: str, **fields: Scalar) -> CallResult:
        """Return the next call result about the person *name*."""
        self._number += 1
        resulted = self._start + timedelta(milliseconds=self._number)
        phone = f"+49 30 5550{self._number:04d}"
        last = fields.pop("last", self._random.choice(LASTS))
        company = fields.pop("company", self._random.choice(COMPANIES))
        return CallResult(
            event_id=f"result-{self._number:04d}",
            call_id=f"call-{self._number:04d}",
            project=project,
            result_code=code,
            resulted=resulted,
            person=Person(self._random.choice(FIRSTS), str(last), f"{name}@example.com", (phone,), str(company)),
            agent=AGENT,
            started=resulted - timedelta(minutes=3),
            ended=resulted,
            zone="Europe/Berlin",
            fields={"country": "DE", "title": f"Note {self._number}", "comment": f"Call {self._number}", **fields},
        )

    def expectations(self) -> list[Expectation]:
        """Return all call results, in the order in which each person's calls happened."""
        told = [*self._solar(), *self._heat(), *self._others()]
        repeated = set(self._random.sample(range(len(told)), len(told) // 5))
        return [
            replace(expected, times=self._random.randint(2, 4)) if n in repeated else expected
            for n, expected in enumerate(told)
        ]

    def _solar(self) -> Iterator[Expectation]:
        for number in range(12):
            yield self._expect("Solar Roofs", "CB", f"lead{number}", "callback-update", "updated.none")
            yield self._expect("Solar Roofs", "busy", f"contact{number}", "callback-update", "updated.none")
            yield self._expect("Solar Roofs", "YES", f"lead{number}", "interest-lead", "updated.none")
            yield self._expect("Solar Roofs", "INFO", f"contact{number}", "interest-lead", "updated.none")
        for number in range(8):
            yield self._expect("Solar Roofs", "CB", f"nobody{number}", "callback-update", "error.no_match")
            yield self._expect("Solar Roofs", "YES", f"twin{number % 4}", "interest-lead", "error.multiple_match")
            yield self._expect(
                "Solar Roofs", "YES", f"abroad{number}", "interest-lead", "skipped.filtered", country="FR"
            )
            long = "x" * 200
            yield self._expect(
                "Solar Roofs", "YES", f"long{number}", "interest-lead", "error.salesforce_refused", title=long
            )
        for number, budget in enumerate(BUDGETS):
            yield self._expect("Solar Roofs", "YES", f"budget{number}", "interest-lead", "created.none", budget=budget)
        for number in range(55):
            yield self._expect("Solar Roofs", "YES", f"new{number}", "interest-lead", "created.none")
            yield self._expect("Solar Roofs", "INFO", f"new{number}", "interest-lead", "updated.none")

    def _heat(self) -> Iterator[Expectation]:
        for number in range(25):
            company = f"Garden {number % 10} Ltd"
            name = f"guest{number}"
            yield self._expect("Heat Pumps", "MEETING", name, "meeting-contact", "created.none", company=company)
            yield self._expect(
                "Heat Pumps", "MEETING", name, "meeting-contact", "updated.none", company=company, interest="hot"
            )
        for number in range(4):
            yield self._expect("Heat Pumps", "MEETING", f"both{number}", "meeting-contact", "updated.none")
            yield self._expect("Heat Pumps", "SURVEY", f"both{number}", "survey-lead", "error.multiple_match")
        for number in range(12):
            yield self._expect("Heat Pumps", "WON", f"won{number}", "won-convert", "converted.none")
            yield self._expect("Heat Pumps", "WON", f"won{number}", "won-convert", "updated.none")
            yield self._expect("Heat Pumps", "WON", f"fresh{number}", "won-convert", "created.none")
        for number in range(8):
            yield self._expect("Heat Pumps", "SURVEY", f"stranger{number}", "survey-lead", "error.mandatory_unmapped")
            yield self._expect("Heat Pumps", "SURVEY", f"lead{number}", "survey-lead", "updated.none")

    def _others(self) -> Iterator[Expectation]:
        for number in range(15):
            yield self._expect("Solar Roofs", "NO ANSWER", f"quiet{number}", "none", "skipped.no_integration")

    def _expect(
        self, project: str, code: str, name: str, integration: str, outcome: str, **fields: Scalar
    ) -> Expectation:
        return Expectation(self.call(project, code, name, **fields), integration, outcome)


def with_reused_id(told: Sequence[Expectation]) -> CallResult:
    """Return a call result that uses the ID of another one with other content."""
    first = next(
        expected.event
        for expected in told
        if isinstance(expected.event, CallResult) and expected.outcome == "updated.none"
    )
    return replace(first, fields={**first.fields, "comment": "something else altogether"})


def start_time() -> datetime:
    """Return when the demo's calls began: now, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
