"""What each job of a batch needs once its claims are taken, before anything is asked of the org."""

from dataclasses import replace
from typing import Any

import pytest

from processors.executor.jobs.job import Job
from processors.executor.jobs.progress import ChoiceMade, Ended, Progress
from processors.executor.org_queue.scheduler import Scheduler
from processors.executor.pipeline.claim import CRASHES, choose, claim, without_crashing
from processors.model.match import Resolution
from schemas.command import Request
from tests.fakes.scheduler import command, integration
from tests.unit.executor.pipeline.plans import planned, update

LEAD = "00Q000000000001EAA"


def job(place: int = 1, **more: Any) -> Job:
    return Job(replace(command("a@example.com"), **more), integration(), place, 0, 0.0, frozenset({f"k{place}"}))


def choice(about: str, record: str | None = LEAD, **more: Any) -> Job:
    request = Request("choose_match", None, about, **more)
    return job(kind="resolve", contract="user_action", request=request, salesforce_id=record)


def told(progress: list[Progress]) -> list[tuple[str, str]]:
    ends = [step_done for step_done in progress if isinstance(step_done, Ended)]
    return [(end.ending.kind, end.ending.reason) for end in ends if end.ending is not None]


def test_each_job_is_sorted_by_what_it_needs() -> None:
    fresh, going_on, chosen = job(1), planned(2, update("L")), choice("c-1")
    found = claim([fresh, going_on, chosen])
    assert (found.undecided, found.planned, found.choices, found.progress) == ([fresh], [going_on], [chosen], [])


def test_what_our_own_code_failed_at_ends_before_anything_is_asked() -> None:
    broken = replace(job(), fault="ValueError at map.py:3")
    found = claim([broken])
    (end,) = found.progress
    assert isinstance(end, Ended)
    assert end.ending is not None
    assert (end.ending.kind, end.ending.reason, end.ending.detail) == ("error", "internal", "ValueError at map.py:3")


@pytest.mark.parametrize(
    ("reason", "wanted"), [("filtered", "filtered"), ("of a later release", "other"), (None, "other")]
)
def test_what_the_intake_left_out_is_skipped_with_its_reason(reason: str | None, wanted: str) -> None:
    found = claim([job(kind="skip", skip_reason=reason)])
    assert told(found.progress) == [("skipped", wanted)]
    assert found.undecided == []


def test_a_command_without_settings_is_told_and_not_decided() -> None:
    found = claim([replace(job(), settings=None)])
    assert told(found.progress) == [("error", "settings_missing")]


def test_a_plan_goes_on_although_its_settings_are_gone() -> None:
    going_on = planned(1, update("L"), update("L"), done=1)
    assert going_on.settings is None
    assert claim([going_on]).planned == [going_on]


def test_d16_the_first_choice_wins_and_the_second_comes_too_late() -> None:
    scheduler, parked = Scheduler(linger=0.0), job(1)
    parked.park(1_000.0)
    scheduler.add([parked], 0.0)
    first, second = choose([choice(parked.id)], scheduler), choose([choice(parked.id)], scheduler)
    made = next(step_done for step_done in first if isinstance(step_done, ChoiceMade))
    assert made.job is parked
    assert parked.resolution is not None
    assert parked.resolution.record_id == LEAD
    assert told(first) == [("updated", "resolved")]
    assert told(second) == [("skipped", "already_resolved")]
    assert parked.resolution == made.resolution != Resolution()


def test_a_choice_that_names_no_record_and_no_new_one_resolves_nothing() -> None:
    scheduler, parked = Scheduler(linger=0.0), job(1)
    parked.park(1_000.0)
    scheduler.add([parked], 0.0)
    (end,) = choose([choice(parked.id, record=None)], scheduler)
    assert isinstance(end, Ended)
    assert parked.resolution is None
    assert scheduler.choose(parked.id) is parked, "another choice may still be made"


def test_a_suspect_is_counted_in_the_ledger_before_it_is_decided_and_given_up_after_three_crashes() -> None:
    marked: list[str] = []

    def mark(command_id: str) -> int:
        marked.append(command_id)
        return 2

    harmless, suspect, hopeless = job(1), job(2), job(3)
    suspect.suspect_of_crash()
    hopeless.suspect_of_crash()
    hopeless.count_crash(CRASHES)
    progress: list[Progress] = []
    assert without_crashing([harmless, suspect, hopeless], mark, progress) == [harmless, suspect]
    assert marked == [suspect.id]
    assert suspect.crashes == 2
    assert told(progress) == [("error", "internal")]
