"""A call holds as many rows as the org's pace allows, and an org that does not answer rests."""

import pytest

from processors.executor.org_queue.pace import LEAST_ROWS, OrgPause, RowPace


@pytest.mark.parametrize(("rows", "seconds"), [(1, 9.0), (LEAST_ROWS // 2 - 1, 60.0)])
def test_small_calls_say_nothing_of_the_pace(rows: int, seconds: float) -> None:
    pace = RowPace()
    before = pace.rows(1000)
    pace.learn(rows, seconds)
    assert pace.rows(1000) == before


def test_a_slow_org_gets_smaller_calls_but_never_fewer_rows_than_the_least() -> None:
    pace = RowPace()
    sizes = [pace.rows(1000)]
    for _ in range(10):
        pace.learn(200, 60.0)
        sizes.append(pace.rows(1000))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == LEAST_ROWS


def test_a_fast_org_gets_as_many_rows_as_a_call_may_hold() -> None:
    pace = RowPace()
    for _ in range(10):
        pace.learn(1000, 1.0)
    assert (pace.rows(1000), pace.rows(50)) == (1000, 50)


def test_pauses_are_counted_until_the_org_answers_and_the_longest_holds() -> None:
    pause = OrgPause()
    pause.pause(20.0)
    pause.pause(10.0)
    assert (pause.until, pause.in_a_row) == (20.0, 2)
    assert (pause.resume(), pause.resume()) == (True, False)
    assert pause.in_a_row == 0
