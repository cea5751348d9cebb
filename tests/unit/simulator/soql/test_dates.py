"""
What the date literals mean.

Rule of this file: the present is Wednesday, 18 March 2026; expected days are written out.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.soql.dates import days

TODAY = date(2026, 3, 18)


@pytest.mark.parametrize(
    ("word", "first", "end"),
    [
        ("YESTERDAY", "2026-03-17", "2026-03-18"),
        ("TODAY", "2026-03-18", "2026-03-19"),
        ("TOMORROW", "2026-03-19", "2026-03-20"),
        ("LAST_WEEK", "2026-03-08", "2026-03-15"),
        ("THIS_WEEK", "2026-03-15", "2026-03-22"),
        ("NEXT_WEEK", "2026-03-22", "2026-03-29"),
        ("LAST_MONTH", "2026-02-01", "2026-03-01"),
        ("THIS_MONTH", "2026-03-01", "2026-04-01"),
        ("NEXT_MONTH", "2026-04-01", "2026-05-01"),
        ("LAST_90_DAYS", "2025-12-18", "2026-03-19"),
        ("NEXT_90_DAYS", "2026-03-19", "2026-06-17"),
        ("LAST_N_DAYS:3", "2026-03-15", "2026-03-19"),
        ("NEXT_N_DAYS:3", "2026-03-19", "2026-03-22"),
        ("N_DAYS_AGO:3", "2026-03-15", "2026-03-16"),
        ("LAST_N_WEEKS:2", "2026-03-01", "2026-03-15"),
        ("NEXT_N_WEEKS:2", "2026-03-22", "2026-04-05"),
        ("N_WEEKS_AGO:2", "2026-03-01", "2026-03-08"),
        ("LAST_N_MONTHS:3", "2025-12-01", "2026-03-01"),
        ("NEXT_N_MONTHS:10", "2026-04-01", "2027-02-01"),
        ("N_MONTHS_AGO:3", "2025-12-01", "2026-01-01"),
        ("THIS_QUARTER", "2026-01-01", "2026-04-01"),
        ("LAST_QUARTER", "2025-10-01", "2026-01-01"),
        ("NEXT_N_QUARTERS:2", "2026-04-01", "2026-10-01"),
        ("THIS_YEAR", "2026-01-01", "2027-01-01"),
        ("LAST_N_YEARS:2", "2024-01-01", "2026-01-01"),
        ("N_YEARS_AGO:1", "2025-01-01", "2026-01-01"),
        ("THIS_FISCAL_QUARTER", "2026-01-01", "2026-04-01"),
        ("NEXT_N_FISCAL_YEARS:1", "2027-01-01", "2028-01-01"),
        ("N_FISCAL_QUARTERS_AGO:1", "2025-10-01", "2026-01-01"),
    ],
)
def test_a_date_literal_is_a_range_of_days(word: str, first: str, end: str) -> None:
    assert days(word, TODAY) == (date.fromisoformat(first), date.fromisoformat(end))


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(["WEEK", "MONTH", "QUARTER", "YEAR"]))
def test_last_this_and_next_follow_one_another_without_a_gap(today: date, unit: str) -> None:
    last, this, after = (days(f"{word}_{unit}", today) for word in ("LAST", "THIS", "NEXT"))
    assert last[1] == this[0]
    assert this[0] <= today < this[1] == after[0]
    assert after[1] - after[0] >= timedelta(weeks=1)
