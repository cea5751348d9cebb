"""
Send packed writes, and send again by themselves the rows of which the answer says too little.

In: collections and send-by.  Out: one `Written` for each row, in order.
Rule of this file: one call, and a further one only for a collection that the org could not read (its rows are sent in
parts, so that a value of the wrong type costs its own row alone), and for rows that a duplicate rule refuses (a
collection's answer does not name the records that were found, a single record's does).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from requests import RequestException

from connectors.salesforce.composite import MOST_RECORDS, Answer, Subrequest
from connectors.salesforce.errors import doubt, problems
from connectors.salesforce.write import Collection, alone, saved_id, spoilt, write_results
from processors.model.errors import InDoubt, RequestRefused, Transient
from processors.model.requests import RowError, Write, Written

Send = Callable[[Sequence[Subrequest], datetime], Sequence[Answer]]


class RecordWriter:
    """Writes collections. Holds no state between calls."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        """*send* makes one composite call; *headers* go with each subrequest."""
        self._send = send
        self._headers = headers

    def write(self, collections: Sequence[Collection], *, send_by: datetime) -> list[Written]:
        """Return what each row got. Raises as the port says."""
        return self._with_duplicates(collections, self._write(collections, send_by), send_by)

    def write_calls(self, calls: Sequence[Sequence[Collection]], *, send_by: datetime) -> list[Written]:
        """Return what each row got of several calls; one that is not made after the first leaves its rows for later."""
        answers: list[Written] = []
        for number, collections in enumerate(calls):
            try:
                answers += self.write(collections, send_by=send_by)
            except (Transient, RequestRefused) as error:
                if number == 0 or isinstance(error, InDoubt):
                    raise
                answers += [_later(row, error) for collection in collections for row in collection.rows]
        return answers

    def _write(self, collections: Sequence[Collection], send_by: datetime) -> list[Written]:
        try:
            answers = self._send([item.subrequest(self._headers) for item in collections], send_by)
            written = write_results(collections, answers)
        except RequestException as error:
            doubt(f"write: {error}", write=True)
        rows: list[Written] = []
        for collection in collections:
            own = written[len(rows) : len(rows) + len(collection.rows)]
            rows += self._in_parts(collection, send_by) if spoilt(own) else own
        return rows

    def _in_parts(self, collection: Collection, send_by: datetime) -> list[Written]:
        try:
            return self._write(collection.parts(), send_by)
        except InDoubt:
            raise
        except Transient as error:
            # These rows were not applied, but others of the call were: it cannot fail as a whole.
            return [_later(row, error) for row in collection.rows]

    def _with_duplicates(
        self, collections: Sequence[Collection], written: list[Written], send_by: datetime
    ) -> list[Written]:
        """Return the answers with the records that duplicate rules found, as far as the org tells them in time."""
        writes = [row for collection in collections for row in collection.rows]
        refused = [number for number, item in enumerate(written) if _is_unnamed(item)]
        for some in _chunks(refused):
            try:
                answers = self._send([alone(writes[number], self._headers) for number in some], send_by)
            except InDoubt:
                raise
            except RequestException as error:
                doubt(f"write: {error}", write=True)
            except (RequestRefused, Transient):
                # Nothing of it was applied: the refusals stand as they are.
                break
            for number, answer in zip(some, answers, strict=True):
                written[number] = _answered(writes[number], answer, written[number])
        return written


def _later(row: Write, error: Transient | RequestRefused) -> Written:
    """Return the answer of a row that was not applied, while others were."""
    code = getattr(error, "code", "") or type(error).__name__
    return Written(False, row.record_id, errors=(RowError(code, str(error), transient=True),))


def _is_unnamed(written: Written) -> bool:
    """Whether a duplicate rule refused the row, and the answer does not say for which records."""
    return any(error.code == "DUPLICATES_DETECTED" and not error.duplicates for error in written.errors)


def _chunks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), MOST_RECORDS):
        yield numbers[start : start + MOST_RECORDS]


def _answered(write: Write, answer: Answer, before: Written) -> Written:
    if (record := saved_id(write, answer)) is not None:
        return Written(True, record, created=write.operation == "create")
    if answer.status >= 500 or 200 <= answer.status < 300:
        doubt(f"a record of {write.object} got HTTP {answer.status}", code=str(answer.status), write=True)
    return Written(False, write.record_id, errors=problems(answer.body) or before.errors)
