"""
The last good text of each integration file, in a compacted topic.

In: texts by file name, None for a file that is gone. Out: the same, as whoever kept them last left them.
Rule of this file: it knows bytes and names; which text is good is said by `processors.sources.last_good`.
"""

from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from connectors.kafka.options import KafkaSettings, consumer_config, producer_config
from connectors.kafka.whole_partition import to_the_end
from processors.model.errors import Transient
from schemas.topics import INTEGRATION_FILE

SECONDS = 20.0
_NO_TOPIC = (KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION, KafkaError.UNKNOWN_TOPIC_OR_PART)


class LastGoodTexts:
    """The topic `crm.integration-file`. Every method raises `Transient` where Kafka gives no answer."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = KafkaSettings(kafka.bootstrap, kafka.options)

    def read(self) -> dict[str, bytes]:
        """Return the texts by file name."""
        config = {**consumer_config(self._kafka, "signalbox-integration-files"), "enable.partition.eof": True}
        consumer = Consumer(config)
        found: dict[str, bytes] = {}
        try:
            low, _ = consumer.get_watermark_offsets(TopicPartition(INTEGRATION_FILE, 0), SECONDS)
            consumer.assign([TopicPartition(INTEGRATION_FILE, 0, low)])
            for message in to_the_end(consumer, INTEGRATION_FILE):
                name, text = (message.key() or b"").decode("utf-8", "replace"), message.value()
                found.pop(name, None)
                if text is not None:
                    found[name] = text
        except KafkaException as error:
            todo = "; run `signalbox topics create`" if error.args[0].code() in _NO_TOPIC else ""
            raise Transient(f"{INTEGRATION_FILE} cannot be read: {error.args[0].str()}{todo}") from error
        finally:
            consumer.close()
        return found

    def keep(self, texts: Mapping[str, bytes | None]) -> None:
        """Keep these texts, and forget those that are None."""
        failed: list[KafkaError] = []
        producer = Producer({**producer_config(self._kafka), "message.timeout.ms": int(SECONDS * 1000)})
        try:
            for name, text in texts.items():
                producer.produce(
                    INTEGRATION_FILE,
                    text,
                    name.encode(),
                    on_delivery=lambda error, _message: failed.append(error) if error is not None else None,
                )
            left = producer.flush(SECONDS + 5)
        except KafkaException as error:
            raise Transient(f"{INTEGRATION_FILE} cannot be written: {error.args[0].str()}") from error
        if failed or left:
            why = failed[0].str() if failed else f"no answer within {SECONDS:g} s"
            raise Transient(f"{INTEGRATION_FILE} cannot be written: {why}")
