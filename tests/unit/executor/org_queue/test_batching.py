"""How long commands are gathered before a batch goes."""

from processors.executor.org_queue.batching import (
    GATHER_SECONDS,
    LIVE_SECONDS,
    QUIET_SECONDS,
    STREAM,
    Gathering,
    LaneGathering,
)
from processors.executor.org_queue.scheduler import Scheduler
from tests.unit.executor.org_queue.test_claims import job


def _streamed(scheduler: Scheduler, since: float, until: float) -> None:
    """Let thirty commands come each tenth of a second."""
    for tenth in range(round(since * 10), round(until * 10)):
        scheduler.add([job(tenth * 30 + n, f"k{tenth}-{n}") for n in range(30)], tenth / 10)


def test_a_lone_command_goes_at_once() -> None:
    scheduler = Scheduler()
    scheduler.add([job(1, "a")], 0.0)
    assert scheduler.next_batch(0.0, 1000) is not None


def test_a_stream_is_gathered_until_nothing_more_came_or_its_time_is_up() -> None:
    scheduler = Scheduler()
    _streamed(scheduler, 0.0, 1.0)
    assert scheduler.next_batch(0.95, 1000) is None
    ended = scheduler.next_batch(0.9 + QUIET_SECONDS, 1000)
    assert ended is not None
    assert len(ended[1]) == 300
    _streamed(scheduler, 3.0, 3.0 + GATHER_SECONDS + 0.1)
    timely = scheduler.next_batch(3.0 + GATHER_SECONDS, 1000)
    assert timely is not None
    assert len(timely[1]) == 30 * (round(GATHER_SECONDS * 10) + 1)


def test_a_full_batch_of_a_stream_goes_at_once() -> None:
    scheduler = Scheduler()
    _streamed(scheduler, 0.0, 1.0)
    assert scheduler.next_batch(1.0, 300) is not None


def test_steps_count_for_a_stream_before_their_calls_are_over() -> None:
    scheduler = Scheduler()
    scheduler.add([job(1, "a")], 0.0, STREAM)
    assert scheduler.next_batch(0.0, 1000) is None
    assert scheduler.next_batch(QUIET_SECONDS, 1000) is not None


def test_while_something_is_under_way_a_batch_gathers_for_a_share_of_an_answer() -> None:
    gathering = Gathering(linger=0.5, answer_seconds=1.0)
    gathering.came(3, 3, 10.0)
    assert not gathering.waits(10.0, 3, 100, working=0)
    assert gathering.waits(10.4, 3, 100, working=1)
    assert not gathering.waits(10.5, 3, 100, working=1)
    assert gathering.waits(10.9, 3, 100, working=2)
    assert not gathering.waits(10.1, 100, 100, working=2), "a full batch waits for nothing"


def test_how_long_an_answer_takes_is_measured_and_one_that_hangs_counts_for_little() -> None:
    gathering = Gathering(linger=1.0, answer_seconds=1.0)
    gathering.answered(2.0)
    assert gathering.answer_seconds == 1.2
    gathering.answered(1_000.0)
    assert gathering.answer_seconds < 2.0


def test_what_a_batch_gave_back_is_gathered_no_more_once_the_stream_is_over() -> None:
    gathering = Gathering(linger=0.5, answer_seconds=1.0)
    gathering.came(3, 3, 10.0)
    gathering.released(10.1)
    assert not gathering.waits(10.2, 3, 100, working=1)


def test_bulk_and_live_commands_gather_each_for_itself() -> None:
    lanes = LaneGathering(0.5)
    lanes.came([job(1, "a", lane=2)], None, 10.0)
    assert not lanes.of(0).waits(10.01, 1, 100, working=3)
    assert lanes.of(2).waits(10.01, 1, 100, working=3)


def test_places_are_kept_from_bulk_for_a_minute_after_a_live_command() -> None:
    lanes = LaneGathering(0.5)
    busy = next(count for count in range(1, 13) if not _may(lanes, 10.0, count) or count == 12)
    lanes.came([job(1, "a")], None, 10.0)
    kept = next(count for count in range(1, 13) if not _may(lanes, 10.0 + LIVE_SECONDS - 1, count))
    assert kept < busy
    assert _may(lanes, 10.0 + LIVE_SECONDS, kept)


def _may(lanes: LaneGathering, now: float, bulk: int) -> bool:
    return lanes.bulk_may_go(now, bulk, 12)
