"""
The poller of one org: read, judge, and send with the cursor in one transaction.

In: pages of the feed.  Out: changes, the cursor and what was seen, all or nothing.
Rule of this file: the cursor moves by the transaction alone; what happens before its end is as if it had never been.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from processors.changes import plan
from processors.changes.cursor import Cursor
from processors.changes.judge import Judged, is_news, judge
from processors.changes.look_back import begin_look, look_back_asks, looked_back
from processors.changes.ports import (
    ChangedRecord,
    ChangeFeed,
    ChangeLog,
    Links,
    MessageHeaders,
    OutgoingMessage,
    OwnWrite,
    OwnWrites,
    Page,
)
from processors.changes.seen import Seen
from processors.changes.store import Store
from processors.changes.unlink import unlink
from processors.changes.winners import Merges, merged_records, read_winners, winner_asks
from processors.integration.model import Integration
from processors.model.ports import Clock, Metrics, Probe
from schemas.change import Change
from schemas.codec import Codec
from schemas.command import Command
from schemas.topics import change_state_topic, change_topic, command_topic

log = structlog.get_logger()

CURSOR = b"cursor"


@dataclass(frozen=True, slots=True)
class PollerDependencies:
    """What an org's poller is given by the wiring; `digests` of their settings by every integration of the org."""

    org: str
    integrations: tuple[Integration, ...]
    feed: ChangeFeed
    log: ChangeLog
    writes: OwnWrites
    links: Links
    codec: Codec
    headers: Callable[[Change], MessageHeaders]
    clock: Clock
    probe: Probe
    metrics: Metrics
    digests: Mapping[str, str] = field(default_factory=dict)
    pace: plan.PollPace = field(default_factory=plan.PollPace)


@dataclass(slots=True)
class PollResult:
    """What one poll came to: `seen` by record ID, `ends` drop the links with records that are gone."""

    judged: list[Judged] = field(default_factory=list)
    seen: dict[str, Seen] = field(default_factory=dict)
    ends: list[Command] = field(default_factory=list)


class OrgChanges:
    """One org's poller, from its opening on. Raises `Superseded` where another process took over."""

    def __init__(self, context: PollerDependencies) -> None:
        """Put out whoever read this org before, and read how far that came."""
        self.context = context
        self._store = Store()
        self._kept = Cursor()
        records: list[tuple[bytes, bytes | None]] = []
        for key, value in context.log.open():
            if key == CURSOR:
                self._kept = Cursor.from_bytes(value) if value is not None else Cursor()
            else:
                records.append((key, value))
            if len(records) == 5_000:
                self._store.put(records)
                records.clear()
        self._store.put(records)
        self._cursor = plan.begin(self._kept, context.integrations, context.feed.now(), context.pace)
        self._listeners = plan.listeners(self._cursor, context.integrations)
        self._told: Mapping[str, str] = {}

    def close(self) -> None:
        """Let the log and the copy go."""
        self._store.close()
        self.context.log.close()

    def turn(self) -> bool:
        """Make one poll; return whether more is there to read at once. Raises `Transient`, `NotKept`, `Superseded`."""
        context = self.context
        calls, now = context.feed.api_calls(), context.feed.now()
        begun = begin_look(self._cursor, self._listeners, now, context.pace)
        looking = look_back_asks(begun, self._listeners, context.pace)
        asked = looking or plan.asks(begun, self._listeners, now, context.pace)
        pages = context.feed.read([planned.ask for planned in asked])
        context.probe("read")
        result = PollResult()
        self._judge(
            [(row, planned.loading) for planned, page in zip(asked, pages, strict=True) for row in page.rows], result
        )
        self._tell_winners(result)
        context.metrics.count("api_calls_total", context.feed.api_calls() - calls, org=context.org)
        cursor = looked_back(begun, asked, pages) if looking else plan.advance(begun, asked, pages, now, context.pace)
        self._commit(result, cursor)
        self._refusals(asked, pages)
        context.metrics.count("changes_polls_total", org=context.org)
        context.metrics.gauge("changes_lag_seconds", plan.unread_seconds(asked, pages, now), org=context.org)
        if not any(page.refused for page in pages):
            context.metrics.gauge("changes_polled_timestamp_seconds", context.clock().timestamp(), org=context.org)
        return bool(looking) or plan.hurried(pages)

    def _judge(
        self, rows: Sequence[tuple[ChangedRecord, str | None]], result: PollResult, merges: Merges | None = None
    ) -> None:
        """Add to *result* what these rows (with the integration whose history each is read for) mean."""
        seen = {**self._store.get(list(dict.fromkeys(row.id for row, _ in rows))), **result.seen}
        news = list(
            dict.fromkeys(row.id for row, loading in rows if merges or _is_news(row, seen.get(row.id), loading))
        )
        context = self.context
        ours = context.writes.written(context.org, news) if news else {}
        sources = _by_record(context.links.sources(context.org, news)) if news else {}
        for row, loading in rows:
            judged = judge(
                row,
                seen.get(row.id),
                self._listeners,
                _named(ours.get(row.id, {}), row),
                sources.get(row.id, {}),
                # Asked for only where one of our own writes is to be known again.
                facts=context.feed.describe(row.object) if ours.get(row.id) else None,
                loading=loading,
                merged=(merges or {}).get((row.object, row.id)),
            )
            result.judged.append(judged)
            if judged.seen is not None:
                if row.deleted:
                    result.ends += self._ends(row, sources.get(row.id, {}))
                seen[row.id] = result.seen[row.id] = judged.seen

    def _tell_winners(self, result: PollResult) -> None:
        """Tell those who are told of a merge the record that took the place, whole."""
        merges = merged_records(change for judged in result.judged for change in judged.changes)
        if merges:
            rows = read_winners(self.context.feed, winner_asks(merges, self._listeners))
            self._judge([(row, None) for row in rows], result, merges)

    def _ends(self, row: ChangedRecord, sources: Mapping[str, str]) -> list[Command]:
        """Return what drops the links with a record that is gone, of whichever integration."""
        known, now = self.context.digests, self.context.clock()
        return [
            unlink(row, name, self.context.org, source, known[name], now)
            for name, source in sorted(sources.items())
            if name in known
        ]

    def _commit(self, result: PollResult, cursor: Cursor) -> None:
        context, judged = self.context, result.judged
        state = change_state_topic(context.org)
        changes = [change for item in judged for change in item.changes]
        kept = [(record.encode(), seen.to_bytes()) for record, seen in result.seen.items()]
        messages = [self._message(change) for change in changes]
        messages += [self._command(end) for end in result.ends]
        messages += [OutgoingMessage(state, key, body) for key, body in kept]
        if cursor != self._kept:
            messages.append(OutgoingMessage(state, CURSOR, cursor.to_bytes()))
        if messages:
            context.log.commit(messages)
        self._store.put(kept)
        self._cursor = self._kept = cursor
        self._count(judged, changes)

    def _message(self, change: Change) -> OutgoingMessage:
        body = self.context.codec.encode("change", change.to_avro())
        return OutgoingMessage(
            change_topic(change.integration), change.record_id.encode(), body, self.context.headers(change)
        )

    def _command(self, command: Command) -> OutgoingMessage:
        body = self.context.codec.encode("command", command.to_avro())
        return OutgoingMessage(command_topic(command.org), command.source_id.encode(), body)

    def _count(self, judged: Sequence[Judged], changes: Sequence[Change]) -> None:
        count = self.context.metrics.count
        for (name, operation), amount in Counter(
            (change.integration, str(change.operation)) for change in changes
        ).items():
            count("changes_published_total", amount, integration=name, operation=operation)
        for (name, left_out), amount in Counter(pair for item in judged for pair in item.filtered).items():
            count("changes_filtered_total", amount, integration=name, filter=left_out)
        for name, amount in Counter(name for item in judged for name in item.own).items():
            count("changes_own_total", amount, integration=name)

    def _refusals(self, asked: Sequence[plan.PlannedAsk], pages: Sequence[Page]) -> None:
        refused = {planned.ask.object: page.refused for planned, page in zip(asked, pages, strict=True) if page.refused}
        for name, why in refused.items():
            if self._told.get(name) != why:
                log.error("changes of an object are not read until this is mended", object=name, why=why)
        for name in self._told.keys() - refused.keys():
            log.info("changes of an object are read again", object=name)
        self._told = refused


def _is_news(row: ChangedRecord, seen: Seen | None, loading: str | None) -> bool:
    return loading is not None or is_news(row, seen)


def _by_record(sources: Mapping[tuple[str, str], str]) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for (integration, record), source in sources.items():
        found.setdefault(record, {})[integration] = source
    return found


def _named(ours: Mapping[str, OwnWrite], row: ChangedRecord) -> Mapping[str, OwnWrite]:
    """Return our writes by the names that the row has: the org tells names apart in no case."""
    names = {name.lower(): name for name in row.fields}
    return {names[name.lower()]: write for name, write in ours.items() if name.lower() in names}
