"""Jobs with a plan, and the calls that they are packed into, for the tests of packing and of in-doubt verification."""

import itertools
from typing import Any

from processors.executor.jobs.job import Job
from processors.executor.jobs.terms import COLLECTION, COLLECTIONS, Terms
from processors.executor.pipeline.pack import pack
from processors.model.decision import Decision, Step
from processors.model.plan import Plan
from processors.model.requests import Written
from tests.fakes.org import KEY
from tests.fakes.scheduler import command

EXTERNAL = {"Lead": KEY, "Contact": KEY}
AT = 1_767_600_000.0


def planned(place: int, *steps: Step, done: int = 0) -> Job:
    """Return a command with a plan of these steps."""
    results = tuple(Written(True, f"id{number}") for number in range(done))
    job = Job(command("a@example.com"), None, place, 0, 0.0, frozenset({f"k{place}"}))
    job.decide(Plan(Decision("updated", steps=steps), results=results))
    return job


def update(record: str, **fields: Any) -> Step:
    """Return an update of a lead."""
    return Step("lead", "update", "Lead", record_id=record, fields=fields)


def packed(*jobs: Job, max_rows: int = COLLECTION * COLLECTIONS) -> list[Any]:
    """Return the calls of these commands."""
    numbers = itertools.count()
    return pack(jobs, EXTERNAL, Terms(max_rows), AT, lambda: f"call{next(numbers)}")
