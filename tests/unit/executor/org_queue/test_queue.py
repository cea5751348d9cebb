"""For how long the oldest commands of an org wait."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from processors.executor.jobs.job import Job
from processors.executor.org_queue.queue import Queue
from tests.fakes.scheduler import command

MADE = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOW = MADE.timestamp() + 100.0


def job(event_id: str, **more: Any) -> Job:
    """Return a waiting command that was made 100 s ago."""
    made = replace(command("ann@example.com", event_id=event_id), command_id=event_id, command_time=MADE)
    given: dict[str, Any] = {"queue_position": 1, "lane": 0, "due": NOW - 30.0, "keys": frozenset()}
    return Job(made, None, **(given | more))


def test_the_oldest_due_and_the_oldest_parked_command_tell_their_ages() -> None:
    queue = Queue()
    queue.add(job("a"))
    queue.add(job("b", due=NOW - 70.0, lane=2))
    queue.add(job("c", due=NOW + 3_600.0, parked=True))
    assert queue.ages(NOW) == {"due": 70.0, "parked": 100.0}


def test_without_such_a_command_the_ages_are_nought() -> None:
    queue = Queue()
    queue.add(job("later", due=NOW + 5.0))
    assert queue.ages(NOW) == {"due": 0.0, "parked": 0.0}
