"""Topics that nobody in a group owns, on a real broker."""

from confluent_kafka import Consumer

from connectors.kafka.options import KafkaSettings, consumer_config
from connectors.kafka.owners import unowned
from tests.fixtures.kafka import Topics
from tests.fixtures.processes import wait_until


def test_a_topic_that_no_member_owns_is_told_and_an_owned_one_is_not(kafka: str, make_topics: Topics) -> None:
    text, two = make_topics("one", "two", partitions=1)
    settings = KafkaSettings(kafka, instance="member")
    group = f"group-of-{text}"
    consumer = Consumer(consumer_config(settings, group))
    consumer.subscribe([text])
    try:
        wait_until(
            lambda: consumer.poll(0.1) is None and bool(consumer.assignment()), 30, "the member to own its topic"
        )
        assert unowned(settings, group, [text])() == frozenset()
        assert unowned(settings, group, [text, two])() == {two}
    finally:
        consumer.close()


def test_where_nobody_answers_nothing_is_without_an_owner() -> None:
    assert unowned(KafkaSettings("127.0.0.1:1"), "group", ["one"])() == frozenset()
