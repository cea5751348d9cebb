"""
Send packed writes, and split a collection that one row makes unreadable.

In: collections and send-by.  Out: one `Written` for each row, in order.
Rule of this file: one call, and a further one only for a collection that the org could not read: its rows are sent in
parts, so that a value of the wrong type costs its own row alone.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from requests import RequestException

from connectors.salesforce.composite import Answer, Subrequest
from connectors.salesforce.errors import doubt
from connectors.salesforce.write import Collection, spoilt, write_results
from processors.model.errors import InDoubt, Transient
from processors.model.values import RowError, Written

Send = Callable[[Sequence[Subrequest], datetime], Sequence[Answer]]


class RecordWriter:
    """Writes collections. Holds no state between calls."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        """*send* makes one composite call; *headers* go with each subrequest."""
        self._send = send
        self._headers = headers

    def write(self, collections: Sequence[Collection], *, send_by: datetime) -> list[Written]:
        """Return what each row got. Raises as the port says."""
        try:
            answers = self._send([one.subrequest(self._headers) for one in collections], send_by)
            written = write_results(collections, answers)
        except RequestException as error:
            doubt(f"write: {error}", write=True)
        rows: list[Written] = []
        for one in collections:
            own = written[len(rows) : len(rows) + len(one.rows)]
            rows += self._in_parts(one, send_by) if spoilt(own) else own
        return rows

    def _in_parts(self, one: Collection, send_by: datetime) -> list[Written]:
        try:
            return self.write(one.parts(), send_by=send_by)
        except InDoubt:
            raise
        except Transient as error:
            # These rows were not applied, but others of the call were: it cannot fail as a whole.
            later = RowError(error.code or type(error).__name__, error.reason, transient=True)
            return [Written(False, row.record_id, errors=(later,)) for row in one.rows]
