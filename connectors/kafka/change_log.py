"""
The log of an org's changes: one transactional producer, and the compacted topic that holds its position.

In: messages.  Out: all of them in Kafka, or none.  Implements `processors.changes.ports.ChangeLog`.
Rule of this file: the producer's name is the org's, so that opening it ends what another process has under way; only
then is the topic read, to its end, committed messages alone.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.kafka.transactions import WatchedProducer
from connectors.kafka.whole_partition import to_the_end
from processors.changes.ports import NotKept, OutgoingMessage, Superseded
from processors.model.errors import Transient
from processors.model.ports import Probe

TRANSACTION_SECONDS = 30.0
POLL_EVERY = 200


class KafkaChangeLog:
    """`ChangeLog` on Kafka; used by one thread."""

    def __init__(
        self,
        topic: str,
        producer: Callable[[], WatchedProducer],
        consumer_config: dict[str, Any],
        probe: Probe = lambda _place: None,
    ) -> None:
        """*producer* makes a transactional one under the org's name; *topic* is compacted, of one partition."""
        self._topic = topic
        self._make = producer
        self._config = {**consumer_config, "enable.partition.eof": True, "auto.offset.reset": "earliest"}
        self._config.pop("group.instance.id", None)
        self._probe = probe
        self._producer: WatchedProducer | None = None

    def open(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Fence the process that had it open, then yield the stored values. Raises `Transient` without an answer."""
        producer = self._make()
        try:
            producer.init_transactions(TRANSACTION_SECONDS)
        except KafkaException as error:
            raise Transient(f"Kafka does not take this producer yet: {error.args[0].str()}") from error
        self._producer = producer
        consumer = Consumer(self._config)
        try:
            consumer.assign([TopicPartition(self._topic, 0, 0)])
            for message in to_the_end(consumer, self._topic):
                yield message.key() or b"", message.value()
        except KafkaException as error:
            raise Transient(f"{self._topic} cannot be read: {error.args[0].str()}") from error
        finally:
            consumer.close()

    def commit(self, messages: Sequence[OutgoingMessage]) -> None:
        """Send all messages or none. Raises `NotKept` if none was sent, `Superseded` if it must be reopened."""
        producer = self._producer
        if producer is None:
            raise Superseded("the log is not open")
        if producer.late_end is not None:
            why = f"the end of a Kafka transaction may come late ({producer.late_end})"
            raise Superseded(f"{why}; reading anew how far it came")
        self._probe("before_transaction")
        try:
            producer.begin_transaction()
            failed = self._produce(producer, messages)
            self._probe("inside_transaction")
            left = producer.flush(TRANSACTION_SECONDS)
            if failed or left:
                raise KafkaException(failed[0] if failed else KafkaError(KafkaError._MSG_TIMED_OUT))
            self._probe("before_commit")
            _end(producer)
        except KafkaException as error:
            _abort(producer, error)
        self._probe("after_transaction")

    def close(self) -> None:
        """Close it; the next process to open it ends a transaction under way."""
        self._producer = None

    def _produce(self, producer: WatchedProducer, messages: Sequence[OutgoingMessage]) -> list[KafkaError]:
        failed: list[KafkaError] = []

        def delivered(error: KafkaError | None, _message: object) -> None:
            if error is not None:
                failed.append(error)

        for number, message in enumerate(messages):
            if number % POLL_EVERY == 0:
                producer.poll(0)
            if number == len(messages) // 2:
                self._probe("half_sent")
            headers: list[tuple[str, str | bytes | None]] = list(message.headers)
            while True:
                try:
                    producer.produce(message.topic, message.value, message.key, headers=headers, on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(0.1)
        return failed


def _end(producer: WatchedProducer) -> None:
    for _ in range(3):
        try:
            producer.commit_transaction(TRANSACTION_SECONDS)
            return
        except KafkaException as error:
            if not error.args[0].retriable():
                raise
    # Neither committed nor aborted: only the topic can say, once it is opened anew.
    raise Superseded("the end of a Kafka transaction is unknown; reading anew how far it came")


def _abort(producer: WatchedProducer, error: KafkaException) -> None:
    cause = error.args[0]
    if cause.fatal() or cause.code() in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED):
        raise Superseded(f"Kafka refused the transaction: {cause.str()}") from error
    try:
        producer.abort_transaction(TRANSACTION_SECONDS)
    except KafkaException as second:
        raise Superseded(f"a Kafka transaction could not be ended: {second.args[0].str()}") from second
    raise NotKept(f"Kafka refused the changes: {cause.str()}") from error
