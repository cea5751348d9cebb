"""
Find: questions answered by SOQL inside as few API calls as possible.

In: questions.  Out: their rows, whole.
Rule of this file: at most 5 queries a composite call; a page that is not the last is followed; a statement that the org
calls too complicated or too large is asked again in smaller ones, and a request that is too large in smaller requests;
the length that the org bears is kept. Reads only: nothing here is ever in doubt.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.salesforce.composite import MOST_SUBREQUESTS, Answer, Subrequest, value_of
from connectors.salesforce.errors import Refused, Unusable, fail
from connectors.salesforce.soql import Types, path, statements
from processors.model.record import Record
from processors.model.requests import Found, Question

Send = Callable[[Sequence[Subrequest]], Sequence[Answer]]
More = Callable[[str], Any]

SHORTEST = 1_000
_LOCATOR = re.compile(r"/services/data/v\d{2,3}\.0/(query(?:All)?/[A-Za-z0-9_-]{1,100})")


class Finder:
    """Answers questions; remembers how long a statement this org bears."""

    def __init__(self, send: Send, more: More, *, longest: int, types: Callable[[], Types]) -> None:
        """*send* makes one composite call, *more* gets one further page, *longest* is the first length tried."""
        self._send = send
        self._more = more
        self._types = types
        self.longest = longest

    def find(self, questions: Sequence[Question]) -> Found:
        """Return the rows of each question, each row once, in the order answered."""
        rows: list[dict[str, Record]] = [{} for _ in questions]
        calls = 0
        waiting = deque(
            (number, text) for number, question in enumerate(questions) for text in self._statements(question)
        )
        most = MOST_SUBREQUESTS
        while waiting:
            batch = [waiting.popleft() for _ in range(min(most, len(waiting)))]
            asked = (path(text, deleted=questions[number].deleted) for number, text in batch)
            calls += 1
            try:
                answers = self._send([Subrequest("GET", text) for text in asked])
            except Refused as error:
                if error.kind == "smaller" and len(batch) > 1:
                    most = len(batch) // 2
                    waiting.extendleft(reversed(batch))
                    continue
                again = [self._shortened(batch[0], error)]
            else:
                more, again = self._take_all(questions, batch, answers, rows)
                calls += more
            # A question is asked again whole: its other statements may be among those still waiting.
            waiting = deque(pair for pair in waiting if pair[0] not in again)
            waiting.extend(
                (number, text) for number in dict.fromkeys(again) for text in self._statements(questions[number])
            )
        return Found(tuple(tuple(row.values()) for row in rows), calls)

    def _statements(self, question: Question) -> list[str]:
        return statements(question, longest=self.longest, types=self._types())

    def _shortened(self, asked: tuple[int, str], error: Refused) -> int:
        """Bear only half as long statements from now on; return the number of the question to ask again."""
        number, text = asked
        if error.kind != "smaller" or len(text) // 2 < SHORTEST:
            raise error
        self.longest = min(self.longest, len(text) // 2)
        return number

    def _take_all(
        self,
        questions: Sequence[Question],
        batch: Sequence[tuple[int, str]],
        answers: Sequence[Answer],
        rows: Sequence[dict[str, Record]],
    ) -> tuple[int, list[int]]:
        """Add the rows of all answers; return the API calls of further pages, and which questions to ask again."""
        calls = 0
        again: list[int] = []
        for asked, answer in zip(batch, answers, strict=True):
            try:
                calls += self._take(questions[asked[0]], answer, rows[asked[0]])
            except Refused as error:
                again.append(self._shortened(asked, error))
        return calls, again

    def _take(self, question: Question, answer: Answer, rows: dict[str, Record]) -> int:
        """Add the rows of one answer and its further pages; return the API calls that those took."""
        if answer.status != 200:
            fail(answer.status, answer.body, write=False, what=f"query of {question.object}")
        page, calls = answer.body, 0
        while True:
            for row in _rows(page):
                record = _record(question, row)
                rows.setdefault(record.id, record)
            if page.get("done") is True:
                return calls
            page = self._more(next_page(page.get("nextRecordsUrl")))
            calls += 1


def next_page(url: Any) -> str:
    """Return the path of the next page, where *url* is one: it names a locator, never a host (S02)."""
    found = _LOCATOR.fullmatch(url) if isinstance(url, str) else None
    if not found:
        raise Unusable("the address of the next page is not a query locator")
    return found[1]


def _rows(page: Any) -> list[Mapping[str, Any]]:
    if not isinstance(page, Mapping) or not isinstance(page.get("records"), list) or "done" not in page:
        raise Unusable("the answer to a query has no records")
    return [row for row in page["records"] if isinstance(row, Mapping)]


def _record(question: Question, row: Mapping[str, Any]) -> Record:
    record_id = value_of(row, "Id")
    if not isinstance(record_id, str):
        raise Unusable("a row of a query has no Id")
    return Record(question.object, record_id, {name: value_of(row, name) for name in question.fields})
