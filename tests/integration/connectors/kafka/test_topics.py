"""Topics on a real broker: created once, never changed, differences told."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from connectors.kafka.admin import admin_client, ensure_topics, show_topics
from connectors.kafka.options import KafkaSettings
from processors.model.errors import Misconfigured
from schemas.topics import Topic, command_row, topic_table
from tests.fixtures.kafka import Topics
from tests.fixtures.processes import wait_until


def _topic(name: str, partitions: int, config: Mapping[str, str] | None = None) -> Topic:
    return Topic(name, None, "none", partitions, config or {})


def test_a_command_topic_has_one_partition_and_never_expires(kafka: str, topic_prefix: str) -> None:
    admin = admin_client(KafkaSettings(kafka))
    wanted = replace(command_row("north"), name=topic_prefix + "north")
    assert ensure_topics(admin, [wanted], replication=1) == [wanted.name]
    wait_until(lambda: "retention.ms" in show_topics(admin, [wanted])[0].config, 20, "the new topic's settings")
    [shown] = show_topics(admin, [wanted])
    assert (shown.partitions, shown.config["retention.ms"], shown.differences) == (1, "-1", ())


def test_topics_that_exist_are_left_alone(kafka: str, topic_prefix: str) -> None:
    admin = admin_client(KafkaSettings(kafka))
    wanted = [_topic(topic_prefix + name, 2) for name in ("a", "b")]
    assert ensure_topics(admin, wanted[:1], replication=1) == [wanted[0].name]
    assert ensure_topics(admin, wanted, replication=1) == [wanted[1].name]
    assert ensure_topics(admin, wanted, replication=1) == []


def test_a_difference_is_told_in_one_line_each(kafka: str, make_topics: Topics) -> None:
    [name] = make_topics("north", partitions=4, config={"retention.ms": "1000"})
    [shown] = show_topics(admin_client(KafkaSettings(kafka)), [_topic(name, 1, {"retention.ms": "-1"})])
    assert shown.differences == ("has 4 partitions, wanted 1", "retention.ms is 1000, wanted -1")


def test_a_missing_topic_is_shown_as_missing(kafka: str, topic_prefix: str) -> None:
    [shown] = show_topics(admin_client(KafkaSettings(kafka)), [_topic(topic_prefix + "nowhere", 1)])
    assert shown.partitions == 0
    assert "is missing" in shown.differences[0]


def test_more_replicas_than_brokers_is_one_clear_fault(kafka: str, topic_prefix: str) -> None:
    with pytest.raises(Misconfigured, match=f"topic {topic_prefix}a cannot be created"):
        ensure_topics(admin_client(KafkaSettings(kafka)), [_topic(topic_prefix + "a", 1)], replication=3)


def test_the_whole_table_is_created_as_it_says(clean_kafka: str) -> None:
    admin = admin_client(KafkaSettings(clean_kafka))
    table = topic_table(["north"])
    assert sorted(ensure_topics(admin, table, replication=1)) == sorted(topic.name for topic in table)
    # The broker tells of topics a moment after it has made them.
    wait_until(lambda: not any(topic.differences for topic in show_topics(admin, table)), 30, "the topics as they are")
