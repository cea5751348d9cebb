"""
Noun: the date literals (TODAY, LAST_N_DAYS:30, …).

In: the literal and today. Out: a half-open range of days.
Rule of this file: pure calendar arithmetic. Days are UTC, weeks begin on Sunday, the fiscal year is the calendar year
(the defaults of an org; a real one follows its user's time zone and locale).
Source: SOQL and SOSL Reference, "Date Formats and Date Literals".
"""

from datetime import date, timedelta
from typing import Final

_FIXED: Final = {"YESTERDAY": (-1, 0), "TODAY": (0, 1), "TOMORROW": (1, 2), "LAST_90_DAYS": (-90, 1),
                 "NEXT_90_DAYS": (1, 91)}  # fmt: skip
_MONTHS: Final = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def days(word: str, today: date) -> tuple[date, date]:
    """
    First day, and the day after the last, of the date literal *word* (upper case).

    Raises:
        OverflowError, ValueError: the range leaves the calendar.
    """
    if word in _FIXED:
        first, end = _FIXED[word]
        return today + timedelta(first), today + timedelta(end)
    name, _, digits = word.partition(":")
    count = int(digits or 1)
    unit = name.replace("FISCAL_", "").removesuffix("_AGO").rsplit("_", 1)[-1]
    if digits:
        unit = unit.removesuffix("S")
    if name.startswith("THIS_"):
        return _span(unit, today, 0, 1)
    if name.startswith("NEXT_"):
        return _span(unit, today, 1, 1 + count)
    if name.endswith("_AGO"):
        return _span(unit, today, -count, 1 - count)
    # LAST_N_DAYS alone runs up to the present; the longer units end with the last whole one.
    return _span(unit, today, -count, 1 if unit == "DAY" else 0)


def _span(unit: str, today: date, first: int, end: int) -> tuple[date, date]:
    """From *first* to *end* units after the unit that holds *today*."""
    if unit == "DAY":
        return today + timedelta(first), today + timedelta(end)
    if unit == "WEEK":
        sunday = today - timedelta(today.isoweekday() % 7)
        return sunday + timedelta(weeks=first), sunday + timedelta(weeks=end)
    size = _MONTHS[unit]
    month = today.year * 12 + today.month - 1
    begin = month - month % size
    return _month(begin + first * size), _month(begin + end * size)


def _month(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)
