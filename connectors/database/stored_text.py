"""
Column types for text that came from outside: whatever is bound to them, both databases take it.

In: any text, for a row or for a comparison.  Out: text without U+0000, as long as its column at the most.
Rule of this file: events are bounded before they get here (`schemas/bounds.py`); this is the last resort, for what was
sent before there were bounds, and for what other systems say. Two texts that differ stay two.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Dialect, String, Text, TypeDecorator

INDEXED_CHARACTERS = 500
"""Of a text in an index: PostgreSQL takes 2,704 bytes, and a character may have four."""


def stored(text: str, limit: int | None = None) -> str:
    """Return *text* as a column of *limit* characters holds it; one that cannot be kept whole ends in its digest."""
    clean = text.replace("\0", "\ufffd") if "\0" in text else text
    if limit is None or (len(clean) <= limit and clean is text):
        return clean
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[: limit // 2]
    return f"{clean[: limit - len(digest) - 1]}#{digest}"


def spellings(texts: Iterable[str], limit: int) -> dict[str, str]:
    """Return each form in which a column may hold these texts → the text: SQLite kept those of 0.1.0 whole."""
    found = {text: text for text in texts if "\0" not in text}
    return found | {stored(text, limit): text for text in texts}


class StoredString(TypeDecorator[str]):
    """`String(length)`; a value that is too long for it ends in its digest."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self._length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  SQLAlchemy's own
        """Return what is written, or compared with."""
        return None if value is None else stored(value, self._length)


class StoredText(TypeDecorator[str]):
    """`Text` without U+0000; *indexed* text has a bound, since an index has one."""

    impl = Text
    cache_ok = True

    def __init__(self, *, indexed: bool = False) -> None:
        super().__init__()
        self.indexed = indexed

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002  SQLAlchemy's own
        """Return what is written, or compared with."""
        return None if value is None else stored(value, INDEXED_CHARACTERS if self.indexed else None)
