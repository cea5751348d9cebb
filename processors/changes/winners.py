"""
The records that took the place of merged ones: whoever is told of a merge is told the winner, whole.

In: the changes of a poll.  Out: the winners' rows, read by ID.  I/O through the feed.
Rule of this file: a merge need not change its winner, and the winner may never have been told before; so it is read for
each merge, which costs one further API call in such a poll.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from processors.changes.judge import Listener
from processors.changes.plan import fields_to_ask
from processors.changes.ports import Ask, ChangedRecord, ChangeFeed
from processors.integration.change_settings import OBJECTS
from schemas.change import Change

MOST_IDS = 200
"""Winners that one query asks for."""
MOST_ASKS = 5
"""Queries that one API call takes."""

Merges = Mapping[tuple[str, str], Mapping[str, Sequence[str]]]
"""By (object, record ID of the winner) and integration: the merged records of which it is told."""


def merged_records(changes: Iterable[Change]) -> Merges:
    """Return by (object, record ID of the winner) and integration the merged records that these changes tell of."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for change in changes:
        if change.operation == "merged" and change.merged_into:
            by_name = found.setdefault((change.object, change.merged_into), {})
            by_name.setdefault(change.integration, []).append(change.record_id)
    return found


def winner_asks(winners: Iterable[tuple[str, str]], told: Sequence[Listener]) -> list[Ask]:
    """Return the asks that read these (object, record ID), in lists that one query bears."""
    asks, winners = [], list(winners)
    for name in OBJECTS:
        ids = [record for kind, record in winners if kind == name]
        for start in range(0, len(ids), MOST_IDS):
            part = tuple(ids[start : start + MOST_IDS])
            asks.append(Ask(name, fields_to_ask(name, told), None, MOST_IDS, ids=part))
    return asks


def read_winners(feed: ChangeFeed, asks: Sequence[Ask]) -> list[ChangedRecord]:
    """Return the winners' rows; one that is gone for good is missing. Raises as the feed."""
    rows: list[ChangedRecord] = []
    waiting = deque(asks)
    while waiting:
        part = [waiting.popleft() for _ in range(min(MOST_ASKS, len(waiting)))]
        for ask, page in zip(part, feed.read(part), strict=True):
            rows += page.rows
            found = {row.id for row in page.rows}
            rest = tuple(item_id for item_id in ask.ids if item_id not in found)
            if page.full and rest:
                waiting.append(replace(ask, ids=rest))
    return rows
