"""
The records that were last seen, at hand: a copy of the compacted topic on this machine's disk.

In: what the topic keeps.  Out: `Seen` by record ID.
Rule of this file: it is a copy and nothing else: it is made anew from the topic at each start, in a file without a name
that goes with the process, so that memory stays bounded however many records an org has.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from processors.changes.seen import Seen

_MOST = 500


class Store:
    """`Seen` by record ID. Used by one thread."""

    def __init__(self) -> None:
        # An empty name is SQLite's private file: on disk beyond its cache, deleted as soon as it is closed.
        self._rows = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._rows.execute("CREATE TABLE seen (id BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")

    def put(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Keep each (record ID, bytes); None takes a record out."""
        self._rows.execute("BEGIN")
        for key, body in rows:
            if body is None:
                self._rows.execute("DELETE FROM seen WHERE id = ?", (key,))
            else:
                self._rows.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (key, body))
        self._rows.execute("COMMIT")

    def get(self, record_ids: Sequence[str]) -> Mapping[str, Seen]:
        """Return what is kept of these records."""
        found: dict[str, Seen] = {}
        for start in range(0, len(record_ids), _MOST):
            part = [record_id.encode() for record_id in record_ids[start : start + _MOST]]
            marks = ",".join("?" * len(part))
            rows = self._rows.execute(f"SELECT id, body FROM seen WHERE id IN ({marks})", part)  # noqa: S608  marks alone
            found |= {key.decode(): Seen.from_bytes(body) for key, body in rows}
        return found

    def close(self) -> None:
        """Forget all of it."""
        self._rows.close()
