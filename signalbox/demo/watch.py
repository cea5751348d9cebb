"""
What the demo shows while it runs, and what it counts.

In: outcome topics.  Out: a progress bar and the latest outcomes on a terminal, plain lines elsewhere.
Rule of this file: every outcome is counted by its ID; what is shown is never what is counted.
"""

from collections import Counter, deque
from collections.abc import Callable

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from schemas.codec import Codec
from schemas.outcome import Outcome
from schemas.topics import OUTCOME_KINDS, dead_letter_topic, outcome_topic, topic_table

SHOWN = 8
_COLOURS = {"created": "green", "updated": "cyan", "converted": "magenta", "skipped": "bright_black", "error": "red"}


class Watch:
    """Reads outcomes and dead letters from the beginning, on a consumer of its own."""

    def __init__(self, kafka: str, codec: Codec) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.repeats = 0
        self.dead_letters: set[tuple[str, int, int]] = set()
        self._codec = codec
        partitions = {topic.name: topic.partitions for topic in topic_table([])}
        names = [*map(outcome_topic, OUTCOME_KINDS), dead_letter_topic("call-result")]
        self._consumer = Consumer(
            {"bootstrap.servers": kafka, "group.id": "signalbox-demo-watch", "enable.auto.commit": False}
        )
        self._consumer.assign(
            [TopicPartition(name, n, OFFSET_BEGINNING) for name in names for n in range(partitions[name])]
        )

    def read(self, seconds: float) -> list[Outcome]:
        """Return the outcomes that came within *seconds*."""
        fresh = []
        for message in self._consumer.consume(200, seconds):
            if message.error() is not None:
                continue
            if message.topic() == dead_letter_topic("call-result"):
                headers = dict(message.headers() or [])
                place = [headers[f"__connect.errors.{name}"] for name in ("topic", "partition", "offset")]
                topic, partition, offset = (value.decode() for value in place if isinstance(value, bytes))
                self.dead_letters.add((topic, int(partition), int(offset)))
                continue
            outcome = Outcome.from_avro(self._codec.decode("outcome", message.value() or b""))
            if outcome.outcome_id in self.outcomes:
                self.repeats += 1
                continue
            self.outcomes[outcome.outcome_id] = outcome
            fresh.append(outcome)
        return fresh

    def close(self) -> None:
        """Leave."""
        self._consumer.close()


def show(watch: Watch, expected: int, done: Callable[[], bool], console: Console) -> None:
    """Read and show outcomes until *done*."""
    if console.is_terminal:
        _show_live(watch, expected, done, console)
        return
    counted = 0
    while not done():
        for outcome in watch.read(0.2):
            counted += 1
            console.print(f"{counted:4}/{expected} {_line(outcome)}", highlight=False, markup=False, soft_wrap=True)


def _show_live(watch: Watch, expected: int, done: Callable[[], bool], console: Console) -> None:
    progress = Progress(TextColumn("outcomes"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console)
    task = progress.add_task("outcomes", total=expected)
    latest: deque[Outcome] = deque(maxlen=SHOWN)
    with Live(console=console, refresh_per_second=10, transient=True) as live:
        while not done():
            latest.extend(watch.read(0.1))
            progress.update(task, completed=len(watch.outcomes))
            lines = [Text(_line(one), style=_COLOURS.get(one.kind, ""), no_wrap=True) for one in latest]
            live.update(Group(progress, *lines))


def _line(outcome: Outcome) -> str:
    reason = "" if outcome.reason == "none" else f".{outcome.reason}"
    who = outcome.person.email or "somebody"
    records = ", ".join(f"{one.object} {one.operation}" for one in outcome.records) or "nothing written"
    return f"{outcome.kind + reason:<28} {outcome.integration:<16} {who:<26} {records}"


def by_integration(outcomes: dict[str, Outcome]) -> Counter[tuple[str, str]]:
    """Return how many outcomes there are by (integration, kind.reason)."""
    return Counter((one.integration, f"{one.kind}.{one.reason}") for one in outcomes.values())
