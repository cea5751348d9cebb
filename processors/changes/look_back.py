"""
The slow look: what became visible later than the overlap.

In: a cursor, listeners, pages.  Out: asks, the cursor moved on.
Rule of this file: pure. Once in `look_back_every` seconds the time between `look_back` and the overlap is read again,
by one API call where each object's part is one page: a transaction that stays open for longer than the overlap commits
with the stamps of its beginning. What was told before is known by its record, so nothing is told twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from processors.changes.cursor import Cursor
from processors.changes.judge import Listener
from processors.changes.plan import PlannedAsk, PollPace, fields_to_ask
from processors.changes.ports import Ask, FeedPosition, Page
from processors.integration.change_settings import OBJECTS


def begin_look(cursor: Cursor, told: Sequence[Listener], now: datetime, pace: PollPace) -> Cursor:
    """Return the cursor with a slow look begun where one is due; one that is under way goes on."""
    unfinished = {
        name: position for name, position in cursor.unfinished.items() if any(listener.of(name) for listener in told)
    }
    if pace.look_back <= pace.overlap or unfinished or now.timestamp() < cursor.next_look:
        return replace(cursor, unfinished=unfinished)
    back = timedelta(seconds=pace.look_back)
    wanted = [name for name in cursor.objects if any(listener.of(name) for listener in told)]
    unfinished = {name: FeedPosition(cursor.objects[name].high.at - back) for name in wanted}
    return replace(cursor, unfinished=unfinished, next_look=now.timestamp() + pace.look_back_every)


def look_back_asks(cursor: Cursor, told: Sequence[Listener], pace: PollPace) -> tuple[PlannedAsk, ...]:
    """Return what the slow look asks next, each object once; nothing where none is under way."""
    overlap = timedelta(seconds=pace.overlap)
    return tuple(
        PlannedAsk(
            Ask(
                name,
                fields_to_ask(name, told),
                cursor.unfinished[name],
                pace.page,
                until=cursor.objects[name].high.at - overlap,
            )
        )
        for name in OBJECTS
        if name in cursor.unfinished
    )


def looked_back(cursor: Cursor, asked: Sequence[PlannedAsk], pages: Sequence[Page]) -> Cursor:
    """Return the cursor after these answers; an object that was refused is left for the next look."""
    unfinished = {}
    for planned, page in zip(asked, pages, strict=True):
        if page.full:
            last = FeedPosition(page.rows[-1].changed, page.rows[-1].id) if page.rows else planned.ask.after
            unfinished[planned.ask.object] = last or cursor.unfinished[planned.ask.object]
    return replace(cursor, unfinished=unfinished)
