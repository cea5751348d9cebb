"""
Who plays the sources: publishes what is told, at once or when what it waits for is seen.

In: what is told, outcomes, notices and edits by people.  Out: messages on the source topics.
Rule of this file: it knows of an event's answer what every subscriber knows; repeats go right behind the first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from confluent_kafka import Producer

from schemas.codec import Codec
from schemas.notice import Notice
from schemas.outcome import Outcome
from schemas.topics import SOURCES
from schemas.user_action import UserAction
from signalbox.demo.expected import Event, Expectation, kafka_key, topic_of

UNREADABLE = b"this is not Avro"
_FLUSH_SECONDS = 30


class Deliver:
    """Publishes on a producer of its own; `messages` counts them, `unreadable` those that nobody can read."""

    def __init__(
        self, kafka: str, codec: Codec, told: Sequence[Expectation], record_ids: Mapping[str, str] | None = None
    ) -> None:
        """*record_ids*: the IDs of the records that are in the org before, by e-mail."""
        self._producer = Producer({"bootstrap.servers": kafka, "enable.idempotence": True})
        self._codec = codec
        self._waiting = list(told)
        self._record_ids = record_ids or {}
        self._answered: set[str] = set()
        self._parked: dict[str, Notice] = {}
        self.messages = self.unreadable = 0

    def begin(self, last: Event) -> None:
        """Publish everything that waits for nothing, an unreadable message for each source, and *last* at the end."""
        topics = {topic_of(expected.event) for expected in self._waiting}
        self._go()
        for topic in sorted(topics):
            self._send(topic, UNREADABLE, b"?")
            self.unreadable += 1
        self._publish(last)
        self._producer.flush(_FLUSH_SECONDS)

    def saw(self, outcomes: Iterable[Outcome], notices: Iterable[Notice], edits: Iterable[str] = ()) -> None:
        """Publish what these make due."""
        self._answered.update(edits)
        for outcome in outcomes:
            self._answered.update(outcome.event_ids)
        for notice in notices:
            if notice.kind == "parked":
                self._parked[notice.event_id] = notice
        if self._go():
            self._producer.flush(_FLUSH_SECONDS)

    def _go(self) -> int:
        due = [item for item in self._waiting if self._is_due(item)]
        self._waiting = [item for item in self._waiting if not self._is_due(item)]
        for expected in due:
            event = expected.event
            if expected.about is not None and isinstance(event, UserAction):
                event = chosen_action(event, self._parked[expected.about])
            if expected.chosen is not None and isinstance(event, UserAction):
                event = replace(event, salesforce_id=self._record_ids[expected.chosen])
            for _ in range(expected.times):
                self._publish(event)
        return len(due)

    def _is_due(self, expected: Expectation) -> bool:
        return (expected.after is None or expected.after in self._answered) and (
            expected.about is None or expected.about in self._parked
        )

    def _publish(self, event: Event) -> None:
        topic = topic_of(event)
        self._send(topic, self._codec.encode(SOURCES[topic], event.to_avro()), kafka_key(event))

    def _send(self, topic: str, body: bytes, key: bytes) -> None:
        self._producer.produce(topic, body, key)
        self._producer.poll(0)
        self.messages += 1


def chosen_action(action: UserAction, notice: Notice) -> UserAction:
    """Return the choice about what the notice tells of: the last of the records that it offers."""
    return replace(action, about=notice.command_id, salesforce_id=notice.candidates[-1].id)
