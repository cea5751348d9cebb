"""
Noun: the functions of SOQL.

In: a value of a row. Out: the value of the function.
Rule of this file: a table; what is not in it is refused by name. Date functions count in UTC, as the date literals do.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

LABEL: Final = "TOLABEL"
"""Shows the label of a picklist's value, which is the value itself here."""
AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})

_DATES: Final[Mapping[str, Callable[[date], Any]]] = {
    "CALENDAR_YEAR": lambda d: d.year,
    "CALENDAR_QUARTER": lambda d: (d.month + 2) // 3,
    "CALENDAR_MONTH": lambda d: d.month,
    "FISCAL_YEAR": lambda d: d.year,
    "FISCAL_QUARTER": lambda d: (d.month + 2) // 3,
    "FISCAL_MONTH": lambda d: d.month,
    "DAY_IN_MONTH": lambda d: d.day,
    "DAY_IN_WEEK": lambda d: d.isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda d: d.timetuple().tm_yday,
    "WEEK_IN_MONTH": lambda d: (d.day - 1) // 7 + 1,
    "WEEK_IN_YEAR": lambda d: (d.timetuple().tm_yday - 1) // 7 + 1,
    "DAY_ONLY": lambda d: d.date() if isinstance(d, datetime) else d,
    "HOUR_IN_DAY": lambda d: d.hour if isinstance(d, datetime) else 0,
}


def date_function(name: str) -> tuple[Callable[[Any], Any], str] | None:
    """The date function *name* (upper case) and the describe type of its value; None: there is none."""
    of = _DATES.get(name)
    if of is None:
        return None
    return lambda value: None if value is None else of(value), "date" if name == "DAY_ONLY" else "int"
