"""
The links that reverse sync reads: which records of the source an org's records are linked with.

In: record IDs.  Out: the source's own IDs.  Implements `processors.changes.ports.Links`.
Rule of this file: reads only, and without the org's lease; nothing here waits for the executor.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, select

from connectors.database import tables
from connectors.database.engine import reading
from connectors.database.reads import chunks, translated

_KIND = "record"


class DatabaseLinks:
    """The ledger's table of links, asked by record."""

    def __init__(self, engine: Engine) -> None:
        self._reading = reading(engine)

    def sources(self, org: str, record_ids: Sequence[str]) -> Mapping[tuple[str, str], str]:
        """Return the source's own ID by (integration, record ID). Raises `Transient`."""
        link = tables.link.c
        found: dict[tuple[str, str], str] = {}
        with translated(), self._reading.connect() as connection:
            for chunk in chunks(record_ids):
                own = (link.org == org, link.kind == _KIND, link.record_id.in_(chunk))
                for source_id, record in connection.execute(select(link.source_id, link.record_id).where(*own)):
                    integration, _, source = source_id.partition("/")
                    found[(integration, record)] = source
        return found
