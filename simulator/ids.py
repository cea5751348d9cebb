"""
Noun: record IDs as an org hands them out.

In: a key prefix and a number. Out: an ID of 18 characters.
Rule of this file: pure; an ID never depends on a clock or on chance, so that a run can be repeated.
"""

import re

from simulator.soql.ids import long_id

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")


def make(prefix: str, number: int, org: int = 0) -> str:
    """Return the ID of 18 characters of record *number* with the key *prefix* in the org numbered *org*."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    short = f"{prefix}5g{_DIGITS[org % 62]}{digits.rjust(9, '0')}"
    return long_id(short) or short


def normal(value: object) -> str | None:
    """Return *value* as an ID of 18 characters; None where it has not the shape of one."""
    if not isinstance(value, str) or not _SHAPE.fullmatch(value):
        return None
    return long_id(value)
