"""
Following an initial import: which of its prospects are answered, how, how fast, and when the rest will be.

In: the outcome topics.  Out: counts, a bar on a terminal, plain lines elsewhere, a summary.
Rule of this file: an outcome counts once, by its ID; outcomes of other integrations or earlier events do not count.
"""

from collections import Counter
from collections.abc import Callable

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, TopicPartition
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from connectors.kafka.options import KafkaSettings, consumer_config
from processors.model.errors import Transient
from schemas.codec import Codec
from schemas.outcome import Outcome
from schemas.topics import OUTCOME_KINDS, outcome_topic
from signalbox.initial_import import InitialImport

_READ_SECONDS = 30.0
_LOOK_SECONDS = 0.3
_LINE_EVERY = 5.0


class Following:
    """Reads the outcome topics from their beginning, on a consumer of its own. `seen` are the IDs answered so far."""

    def __init__(self, kafka: KafkaSettings, codec: Codec, load: InitialImport) -> None:
        self.seen: set[str] = set()
        self.kinds: Counter[str] = Counter()
        self.api_calls: set[str] = set()
        self._load, self._codec = load, codec
        self._consumer = Consumer({**consumer_config(kafka, "signalbox-import"), "enable.partition.eof": True})
        known = self._consumer.list_topics(timeout=_READ_SECONDS).topics
        self._open = {
            (name, partition)
            for name in map(outcome_topic, OUTCOME_KINDS)
            if name in known
            for partition in known[name].partitions
        }
        if not self._open:
            raise Transient("Kafka has no outcome topics; run `signalbox topics create`")
        self._consumer.assign([TopicPartition(*pair, OFFSET_BEGINNING) for pair in sorted(self._open)])

    @property
    def answered(self) -> int:
        """How many prospects are answered."""
        return len(self.seen)

    @property
    def total(self) -> int:
        """How many prospects there are."""
        return len(self._load.events)

    @property
    def done(self) -> bool:
        """Whether all are."""
        return self.answered == self.total

    @property
    def whole(self) -> bool:
        """Whether all are answered, and none by an error."""
        return self.done and not any(kind.startswith("error") for kind in self.kinds)

    def catch_up(self) -> int:
        """Read all outcomes that are there; return how many of this load's are among them."""
        # Asked for little at a time: the client waits out the whole time for a batch that is not full.
        silent = 0.0
        while self._open:
            silent = 0.0 if self.read(_LOOK_SECONDS) else silent + _LOOK_SECONDS
            if silent >= _READ_SECONDS:
                raise Transient(f"Kafka gave no outcomes within {_READ_SECONDS:g} s; start again to go on")
        return self.answered

    def read(self, seconds: float) -> bool:
        """Handle the messages that arrive within *seconds*; return whether there were any."""
        messages = self._consumer.consume(500, seconds)
        for message in messages:
            error = message.error()
            if error is None:
                self._take(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                self._open.discard((message.topic() or "", message.partition() or 0))
            else:
                raise Transient(f"{message.topic()}: {error.str()}; start again to go on")
        return bool(messages)

    def _take(self, message: Message) -> None:
        headers = dict(message.headers() or [])
        name = headers.get("ce_id", b"")
        if not isinstance(name, bytes) or name.decode() not in self._load.ids or name.decode() in self.seen:
            return
        outcome = Outcome.from_avro(self._codec.decode("outcome", message.value() or b""))
        self.seen.add(outcome.outcome_id)
        self.kinds[outcome.kind if outcome.reason == "none" else f"{outcome.kind}.{outcome.reason}"] += 1
        self.api_calls.update(outcome.api_calls)

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()

    @property
    def so_far(self) -> str:
        """The counts by outcome, and the API calls that they cost."""
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        return f"{told or 'none yet'}; {len(self.api_calls)} API calls that wrote"

    def line(self, seconds: float = 0.0, began_with: int = 0) -> str:
        """Return the progress in a line; *seconds* after it began with so many answered, with a forecast."""
        fresh = self.answered - began_with
        left = f"; about {seconds * (self.total - self.answered) / fresh:.0f} s left" if fresh and seconds else ""
        return f"{self.answered} of {self.total} answered: {self.so_far}{left}"

    def summary(self, before: int) -> Table:
        """Return the numbers at the end; *before*: how many were answered when it began."""
        table = Table("load", "count", title=f"Initial import of {self._load.integration}")
        rows = {
            "lines": self._load.lines,
            "lines that repeat another": self._load.repeats,
            "prospects": len(self._load.events),
            "answered before": before,
            **{f"outcome: {kind}": count for kind, count in sorted(self.kinds.items())},
            "without an answer": len(self._load.events) - self.answered,
            "API calls that wrote": len(self.api_calls),
        }
        for name, count in rows.items():
            table.add_row(name, str(count))
        return table


def follow_to_end(
    follow: Following, feed: Callable[[], None], console: Console, timeout: float, clock: Callable[[], float]
) -> None:
    """Follow until all is answered, and *feed* meanwhile; raise `Transient` if nothing came for *timeout* seconds."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    began, began_with = clock(), follow.answered
    moved = told = began
    with Progress(
        TextColumn("{task.description}"), *columns, console=console, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(follow.so_far, total=follow.total, completed=follow.answered)
        while not follow.done:
            before = follow.answered
            feed()
            follow.read(0.5)
            now = clock()
            if follow.answered > before:
                moved = now
                progress.update(task, completed=follow.answered, description=follow.so_far)
            if not console.is_terminal and now - told >= _LINE_EVERY:
                told = now
                console.print(follow.line(now - began, began_with), highlight=False, soft_wrap=True)
            if now - moved > timeout:
                raise Transient(f"{follow.line()}; nothing came for {timeout:g} s; see `signalbox log`, start again")
