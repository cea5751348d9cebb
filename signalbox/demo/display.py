"""
What the demo shows while it runs, and what it counts.

In: the topics of outcomes, notices, changes and dead letters.  Out: a progress bar and the latest of them on a
terminal, plain lines elsewhere.
Rule of this file: every outcome is counted by its ID; what is shown is never what is counted.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from schemas.change import Change
from schemas.codec import Codec
from schemas.notice import Notice
from schemas.outcome import Outcome
from schemas.topics import (
    DEAD_LETTER_SOURCES,
    NOTICE,
    OUTCOME_KINDS,
    change_topic,
    dead_letter_topic,
    outcome_topic,
    topic_table,
)
from signalbox.demo.lines import brief, brief_change, brief_notice, change_line, line, notice_line

_ROOM = {
    "call_result": 3,
    "booking": 3,
    "pbx_call_event": 4,
    "user_action": 3,
    "prospect": 3,
    "field_record": 2,
    "field_activity": 2,
    "change": 3,
}
"""How many of the latest outcomes of each contract a terminal shows; they come in hundreds at a time."""
_COLOURS = {
    "created": "green",
    "updated": "cyan",
    "converted": "magenta",
    "activity": "yellow",
    "skipped": "bright_black",
    "error": "red",
    "parked": "bright_magenta",
    "resumed": "bright_magenta",
    "change": "bright_blue",
}
_DEAD = frozenset(map(dead_letter_topic, DEAD_LETTER_SOURCES))


class OutcomeReader:
    """Reads outcomes, notices, changes and dead letters from the beginning, on a consumer of its own."""

    def __init__(self, kafka: str, codec: Codec, listeners: Mapping[str, str]) -> None:
        """*listeners*: the integrations (name → org) that are told of changes."""
        self.outcomes: dict[str, Outcome] = {}
        self.notices: dict[tuple[str, str], Notice] = {}
        self.changes: dict[str, Change] = {}
        self.repeats = 0
        self.dead_letters: set[tuple[str, int, int]] = set()
        self._codec = codec
        partitions = {topic.name: topic.partitions for topic in topic_table([], listeners)}
        self._change_topics = frozenset(map(change_topic, listeners))
        names = [*map(outcome_topic, OUTCOME_KINDS), NOTICE, *sorted(self._change_topics), *sorted(_DEAD)]
        self._consumer = Consumer(
            {"bootstrap.servers": kafka, "group.id": "signalbox-demo-watch", "enable.auto.commit": False}
        )
        self._consumer.assign(
            [TopicPartition(name, n, OFFSET_BEGINNING) for name in names for n in range(partitions[name])]
        )

    @property
    def answered(self) -> int:
        """How many events are answered."""
        return sum(map(events_answered, self.outcomes.values()))

    def read(self, seconds: float) -> "Fresh":
        """Return the outcomes and notices that came within *seconds*."""
        fresh = Fresh()
        for message in self._consumer.consume(200, seconds):
            if message.error() is not None:
                continue
            if message.topic() in _DEAD:
                headers = dict(message.headers() or [])
                place = [headers[f"__connect.errors.{name}"] for name in ("topic", "partition", "offset")]
                topic, partition, offset = (value.decode() for value in place if isinstance(value, bytes))
                self.dead_letters.add((topic, int(partition), int(offset)))
            elif message.topic() == NOTICE:
                self._noticed(Notice.from_avro(self._codec.decode("notice", message.value() or b"")), fresh)
            elif message.topic() in self._change_topics:
                self._changed(Change.from_avro(self._codec.decode("change", message.value() or b"")), fresh)
            else:
                self._came(Outcome.from_avro(self._codec.decode("outcome", message.value() or b"")), fresh)
        return fresh

    def _noticed(self, notice: Notice, fresh: "Fresh") -> None:
        place = (notice.command_id, notice.kind)
        if place not in self.notices:
            self.notices[place] = notice
            fresh.notices.append(notice)

    def _came(self, outcome: Outcome, fresh: "Fresh") -> None:
        if outcome.outcome_id in self.outcomes:
            self.repeats += 1
            return
        self.outcomes[outcome.outcome_id] = outcome
        fresh.outcomes.append(outcome)

    def _changed(self, change: Change, fresh: "Fresh") -> None:
        if change.event_id in self.changes:
            self.repeats += 1
            return
        self.changes[change.event_id] = change
        fresh.changes.append(change)

    def close(self) -> None:
        """Leave."""
        self._consumer.close()


@dataclass(frozen=True, slots=True)
class Fresh:
    """What came since the last look."""

    outcomes: list[Outcome] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def lines(self) -> list[tuple[str, int]]:
        """Return a line for each, and how many events it answers."""
        shown = [(line(outcome), events_answered(outcome)) for outcome in self.outcomes]
        shown += [(notice_line(notice), 0) for notice in self.notices]
        return shown + [(change_line(change), 0) for change in self.changes]

    def brief(self) -> list[tuple[str, Text]]:
        """Return a short line for each, and the contract beside whose latest it belongs."""
        shown = [(outcome.contract, _coloured(brief(outcome), outcome.kind)) for outcome in self.outcomes]
        shown += [("user_action", _coloured(brief_notice(notice), notice.kind)) for notice in self.notices]
        return shown + [("change", _coloured(brief_change(change), "change")) for change in self.changes]


def _coloured(text: str, kind: str) -> Text:
    return Text(text, style=_COLOURS.get(kind, ""), no_wrap=True, overflow="ellipsis")


def events_answered(outcome: Outcome) -> int:
    """Return how many events an outcome answers: a call's all of its steps, that of a reused ID one more."""
    return max(1, len(outcome.event_ids))


def show_outcomes(
    reader: OutcomeReader, expected: int, done: Callable[[], bool], console: Console, saw: Callable[[Fresh], None]
) -> None:
    """Read and show outcomes until *done*; *saw* is told of them."""
    if console.is_terminal:
        _show_live(reader, expected, done, console, saw)
        return
    counted = 0
    while not done():
        fresh = reader.read(0.2)
        for text, more in fresh.lines():
            counted += more
            console.print(f"{counted:4}/{expected} {text}", highlight=False, markup=False, soft_wrap=True)
        saw(fresh)


def _show_live(
    reader: OutcomeReader, expected: int, done: Callable[[], bool], console: Console, saw: Callable[[Fresh], None]
) -> None:
    progress = Progress(
        TextColumn("events answered"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    task = progress.add_task("events", total=expected)
    latest = {contract: deque[Text](maxlen=room) for contract, room in _ROOM.items()}
    with Live(console=console, refresh_per_second=10) as live:
        while not done():
            fresh = reader.read(0.1)
            for contract, text in fresh.brief():
                latest[contract].append(text)
            progress.update(task, completed=reader.answered)
            live.update(Group(progress, *(text for some in latest.values() for text in some)))
            saw(fresh)
