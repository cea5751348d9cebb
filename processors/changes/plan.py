"""
Stage *plan*: what one poll asks of the org, and how far the cursor is after its answers.

In: a cursor, listeners, pages.  Out: asks (at most five, which one API call takes), the cursor moved on.
Rule of this file: pure. Objects are read forward by (SystemModstamp, Id). Commits may appear late, so the time before
the furthest position is read again: at every poll where that is one page, else once in each half of the overlap. The
history of one object for one integration rides along in the same call, one after another (SP-13, SP-14, SP-40).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from processors.changes.cursor import Cursor, Load, Reading
from processors.changes.judge import Listener
from processors.changes.ports import Ask, FeedPosition, Page
from processors.integration.change_settings import OBJECTS
from processors.integration.model import Integration


@dataclass(frozen=True, slots=True)
class PollPace:
    """
    How an org is polled, in seconds and rows: pause between polls, overlap, rows of a page.

    `hold_back`: what changed in the last so many seconds is read with the next poll: our own writes are then known.
    `look_back`: how far the slow look of `look_back.py` reaches (0: there is none), every `look_back_every` seconds.
    """

    every: float = 60.0
    overlap: float = 600.0
    page: int = 2_000
    hold_back: float = 5.0
    look_back: float = 7_200.0
    look_back_every: float = 3_600.0


@dataclass(frozen=True, slots=True)
class PlannedAsk:
    """One ask, and what it is for: `loading` names the integration whose history it reads, None: what is new."""

    ask: Ask
    loading: str | None = None


def begin(cursor: Cursor, integrations: Sequence[Integration], now: datetime, pace: PollPace) -> Cursor:
    """Return the cursor with whatever these integrations need in it; what is there already stays."""
    now = _millis(now)
    objects, started, loads = dict(cursor.objects), dict(cursor.started), dict(cursor.loads)
    for integration in integrations:
        for name, wanted in integration.changes.objects.items():
            key = f"{integration.name}/{name}"
            if key not in started:
                since = _millis(integration.active_from) if integration.active_from else now
                # What another integration has read already is read no more: for this one it is history.
                started[key] = max(since, now) if name in cursor.objects else since
            start = FeedPosition(min(now, started[key]) - timedelta(seconds=pace.overlap))
            objects.setdefault(name, Reading(start, start))
            if wanted.historical:
                loads.setdefault(key, Load())
    # What was read before the first start is history; after it, the time is due that passed while nobody read.
    next_look = cursor.next_look or now.timestamp() + pace.look_back_every
    return replace(cursor, objects=objects, started=started, loads=loads, next_look=next_look)


def listeners(cursor: Cursor, integrations: Sequence[Integration]) -> tuple[Listener, ...]:
    """Return who is told, each with its activation; *cursor* has been begun with them."""
    return tuple(
        Listener(
            integration.name,
            integration.org,
            integration.changes,
            {name: cursor.started[f"{integration.name}/{name}"] for name in integration.changes.objects},
        )
        for integration in integrations
    )


def asks(cursor: Cursor, told: Sequence[Listener], now: datetime, pace: PollPace) -> tuple[PlannedAsk, ...]:
    """Return what this poll asks: each object once, and one page of history where some is left."""
    until = _millis(now - timedelta(seconds=pace.hold_back)) if pace.hold_back else None
    found = [
        PlannedAsk(Ask(name, fields_to_ask(name, told), cursor.objects[name].at, pace.page, until=until))
        for name in OBJECTS
        if any(item.of(name) for item in told)
    ]
    for listener in told:
        for name in OBJECTS:
            load = cursor.loads.get(f"{listener.name}/{name}")
            wanted = listener.of(name)
            if load is not None and not load.done and wanted is not None and wanted.historical:
                ends, fields = listener.started[name], fields_to_ask(name, told)
                ask = Ask(name, fields, load.at, pace.page, created_until=ends, deleted=False)
                return (*found, PlannedAsk(ask, listener.name))
    return tuple(found)


def fields_to_ask(name: str, told: Sequence[Listener]) -> tuple[str, ...]:
    """Return every field of an object that somebody maps or filters by, each once."""
    wanted = [settings for listener in told if (settings := listener.of(name)) is not None]
    mapped = [source.salesforce for settings in wanted for source in settings.fields.values()]
    return tuple(dict.fromkeys([*mapped, *(condition.field for settings in wanted for condition in settings.filters)]))


def advance(
    cursor: Cursor, asked: Sequence[PlannedAsk], pages: Sequence[Page], now: datetime, pace: PollPace
) -> Cursor:
    """Return the cursor after these answers; what was refused stays where it was."""
    objects, loads = dict(cursor.objects), dict(cursor.loads)
    for planned, page in zip(asked, pages, strict=True):
        if page.refused is not None:
            continue
        name = planned.ask.object
        last = FeedPosition(page.rows[-1].changed, page.rows[-1].id) if page.rows else None
        if planned.loading is not None:
            key = f"{planned.loading}/{name}"
            loads[key] = Load(last or loads[key].at, done=not page.full)
        else:
            objects[name] = _read(objects[name], last, page.full, now.timestamp(), pace)
    return replace(cursor, objects=objects, loads=loads)


def hurried(pages: Sequence[Page]) -> bool:
    """Whether more is there to read at once."""
    return any(page.full for page in pages)


def unread_seconds(asked: Sequence[PlannedAsk], pages: Sequence[Page], now: datetime) -> float:
    """Return for how many seconds changes have waited that are not read yet; 0 where all is read."""
    read = [
        page for planned, page in zip(asked, pages, strict=True) if page.full and page.rows and planned.loading is None
    ]
    full = [page.rows[-1].changed for page in read]
    return max(((now - moment).total_seconds() for moment in full), default=0.0)


def _read(reading: Reading, last: FeedPosition | None, full: bool, now: float, pace: PollPace) -> Reading:
    high = reading.high if last is None or last.at < reading.high.at else last
    if full:
        return replace(reading, at=last or reading.at, high=high, pages=reading.pages + 1)
    due = reading.next_sweep
    if reading.sweeping:
        due = now + pace.overlap / 2 if reading.pages else 0.0
    if now >= due:
        return Reading(FeedPosition(high.at - timedelta(seconds=pace.overlap)), high, True, 0, due)
    return Reading(high, high, False, 0, due)


def _millis(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
