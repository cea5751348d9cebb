"""
Noun: Salesforce IDs.

In: an ID of 15 or 18 characters. Out: the one of 18.
Rule of this file: pure text; whether the record exists is the store's business.
"""

import re
from typing import Final

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
SHORT: Final = 15
_GROUP: Final = 5


def long_id(text: str) -> str | None:
    """The 18-character form of *text*; None where *text* is no ID. The suffix says which letters are capitals."""
    if not _ID.fullmatch(text):
        return None
    if len(text) > SHORT:
        return text
    suffix = ""
    for begin in range(0, SHORT, _GROUP):
        bits = sum(1 << i for i, char in enumerate(text[begin : begin + _GROUP]) if char.isupper())
        suffix += _ALPHABET[bits]
    return text + suffix
