"""Lanes: when a command of a schedule is due, what may go when API calls run out, how bulk leaves room for live."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from processors.executor.jobs.job import Job
from processors.executor.jobs.priority import BULK, LIVE, RETRY, Budget, at_once, first_due
from processors.executor.org_queue.batching import LIVE_SECONDS
from processors.executor.org_queue.scheduler import Scheduler
from processors.sources.settings import integration_of
from schemas.command import Command, Request, SourceRecord
from tests.fakes.scheduler import command

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()
CYCLES = integration_of(
    {
        "name": "marketing",
        "source": "prospect",
        "org": "main",
        "enabled": True,
        "workspace": "acme",
        "action": "update_only",
        "schedule": {"every": "5m"},
    }
)


def asked(**over: object) -> Command:
    return replace(command("ann@example.com"), **over)  # type: ignore[arg-type]  # a test's own fields


@pytest.mark.parametrize(("past_noon", "due"), [(0.0, 300.0), (0.1, 300.0), (299.9, 300.0), (300.0, 600.0)])
def test_ll_5_what_changes_is_due_in_the_next_cycle_and_cycles_begin_at_the_same_moments_everywhere(
    past_noon: float, due: float
) -> None:
    assert first_due(asked(), CYCLES, NOON + past_noon) == NOON + due


def test_ll_6_an_initial_import_does_not_wait_for_a_cycle() -> None:
    assert first_due(asked(record=SourceRecord("p-1", "initial")), CYCLES, NOON + 1) == NOON + 1


def test_ll_22_what_a_user_asks_for_goes_with_the_next_cycle() -> None:
    assert first_due(asked(request=Request("sync_record", about="p-1")), CYCLES, NOON + 1) == NOON + 300


def test_a_choice_and_what_is_left_out_do_not_wait_for_a_cycle() -> None:
    for kind in ("resolve", "skip"):
        assert first_due(asked(kind=kind), CYCLES, NOON + 1) == NOON + 1


def test_without_a_schedule_or_without_settings_a_command_is_due_at_once() -> None:
    at_once_ = CYCLES.model_copy(update={"schedule": CYCLES.schedule.model_copy(update={"every": None})})
    assert {first_due(asked(), integration, NOON + 1) for integration in (at_once_, None)} == {NOON + 1}


@pytest.mark.parametrize(("every", "seconds"), [("90s", 90.0), ("5m", 300.0), ("2h", 7200.0)])
def test_an_interval_is_told_in_seconds_minutes_or_hours(every: str, seconds: float) -> None:
    assert CYCLES.schedule.model_copy(update={"every": every}).seconds == seconds


@pytest.mark.parametrize(
    ("used", "lowest"), [(0, BULK), (799, BULK), (800, RETRY), (899, RETRY), (900, LIVE), (1000, LIVE)]
)
def test_the_last_api_calls_of_a_day_are_for_live_commands(used: int, lowest: int) -> None:
    assert Budget().lowest((used, 1000)) == lowest


def test_where_nothing_is_known_of_the_orgs_use_all_lanes_go() -> None:
    assert {Budget().lowest(None), Budget().lowest((5, 0))} == {BULK}


def waiting(number: int, lane: int, due: float = 0.0) -> Job:
    return Job(command(f"p{number}@example.com"), None, number, lane, due, frozenset({f"k{number}"}))


def test_live_and_bulk_never_share_a_batch_and_live_goes_first() -> None:
    scheduler = Scheduler(linger=0.0)
    scheduler.add([waiting(1, BULK), waiting(2, LIVE), waiting(3, BULK)], 0.0)
    first, second = scheduler.next_batch(0.0, 10), scheduler.next_batch(0.0, 10)
    assert first is not None
    assert second is not None
    assert [[job.queue_position for job in batch[1]] for batch in (first, second)] == [[2], [1, 3]]


def test_lanes_below_the_lowest_wait_and_the_first_of_them_is_known() -> None:
    scheduler = Scheduler(linger=0.0)
    bulk = waiting(1, BULK)
    scheduler.add([bulk, waiting(2, BULK, due=50.0)], 0.0)
    assert scheduler.next_batch(0.0, 10, LIVE) is None
    assert scheduler.first_deferred(0.0, LIVE) is bulk
    assert scheduler.first_deferred(0.0, BULK) is None
    assert scheduler.next_batch(0.0, 10, BULK) is not None


def test_ll_24_an_initial_import_leaves_places_for_live_commands_and_more_while_they_come() -> None:
    assert [at_once(10, 12, live_lately=lately) for lately in (False, True)] == [False, False]
    assert [at_once(9, 12, live_lately=lately) for lately in (False, True)] == [True, False]
    assert at_once(0, 1, live_lately=True)
    scheduler = Scheduler(linger=0.0, max_in_flight=12)
    scheduler.add([waiting(n, BULK) for n in range(20)], 0.0)
    quiet = [scheduler.next_batch(0.0, 1) for _ in range(12)]
    assert sum(pair is not None for pair in quiet) == 10
    scheduler.add([waiting(100, LIVE)], 0.0)
    live = scheduler.next_batch(0.0, 1)
    assert live is not None
    assert live[1][0].lane == LIVE
    for batch in quiet[:3]:
        assert batch is not None
        scheduler.leave(batch[0], batch[1])
        scheduler.finish(batch[0])
    assert [scheduler.next_batch(1.0, 1) is None for _ in range(2)] == [False, True]
    assert scheduler.next_batch(LIVE_SECONDS + 1.0, 1) is not None
