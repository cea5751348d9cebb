"""The fixture itself: what tests call real Kafka is Apache Kafka, and isolates one test from another."""

from collections.abc import Callable

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from tests.fixtures.kafka import Topics
from tests.fixtures.kafka_server import CLUSTER_ID


def _read(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        return [message.value() for message in consumer.consume(count, timeout=20)]
    finally:
        consumer.close()


def _committed(bootstrap: str, topic: str, transactional_id: str) -> Callable[[bytes, bool], None]:
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": transactional_id})
    producer.init_transactions(20)

    def send(value: bytes, commit: bool) -> None:
        producer.begin_transaction()
        producer.produce(topic, value)
        if commit:
            producer.commit_transaction(20)
        else:
            producer.flush(20)
            producer.abort_transaction(20)

    return send


def test_an_aborted_transaction_is_invisible_on_the_real_broker(kafka: str, make_topics: Topics) -> None:
    [topic] = make_topics("transactions")
    send = _committed(kafka, topic, topic)
    send(b"aborted", False)
    send(b"committed", True)
    assert _read(kafka, topic, 1) == [b"committed"]


def test_the_cluster_names_itself_as_the_formatted_storage_does(kafka: str) -> None:
    assert AdminClient({"bootstrap.servers": kafka}).list_topics(timeout=20).cluster_id == CLUSTER_ID


def test_a_clean_broker_has_no_topics_of_earlier_tests(clean_kafka: str) -> None:
    topics = AdminClient({"bootstrap.servers": clean_kafka}).list_topics(timeout=20).topics
    assert [name for name in topics if not name.startswith("__")] == []
