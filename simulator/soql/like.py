r"""
Noun: the pattern of LIKE.

In: the raw text between the quotes. Out: a regular expression for lower-cased text.
Rule of this file: ``%`` is any text, ``_`` one character, ``\%`` and ``\_`` themselves; case never counts.
"""

import re
from typing import Final

from simulator.soql.literals import unescape

_PART: Final = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|.)|.", re.DOTALL)
_WILD: Final = {"%": ".*", "_": "."}


def like(raw: str) -> re.Pattern[str]:
    """The pattern that *raw* means, to be matched against the whole lower-cased value."""
    parts = (_WILD.get(part) or re.escape(_plain(part)) for part in _PART.findall(raw))
    return re.compile("".join(parts), re.DOTALL)


def _plain(part: str) -> str:
    return (unescape(part, 0, part) if part.startswith("\\") else part).lower()
