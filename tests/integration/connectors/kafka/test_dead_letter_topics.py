"""Dead letters on a real broker: kept, listed, and sent back as they were."""

from datetime import UTC, datetime

import pytest
from confluent_kafka import Producer

from connectors.kafka.dead_letter_topics import produce, read_dead_letters, send_back
from connectors.kafka.dead_letters import Original, Selection, dead_letter
from connectors.kafka.options import KafkaSettings, producer_config
from processors.model.errors import Misconfigured, Transient, Undecodable
from tests.fixtures.kafka import Topics

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def _letters(kafka: str, source: str, topic: str) -> Producer:
    producer = Producer(producer_config(KafkaSettings(kafka)))
    for offset, reason in enumerate(["cut off", "wrong magic", "cut off"]):
        failed = Original(source, 0, offset, None, bytes([offset, 0, 255]))
        produce(producer, topic, dead_letter(failed, stage="decode", error=Undecodable(reason), now=NOW))
    return producer


def test_dead_letters_are_read_back_from_every_partition_without_a_group(kafka: str, make_topics: Topics) -> None:
    source, topic = make_topics("events", "dead", partitions=3)
    _letters(kafka, source, topic)
    for _ in range(2):
        found = list(read_dead_letters(KafkaSettings(kafka), topic))
        assert sorted(letter.original.value or b"" for letter in found) == [b"\0\0\xff", b"\1\0\xff", b"\2\0\xff"]


def test_a_replay_sends_the_original_bytes_to_the_original_topic(kafka: str, make_topics: Topics) -> None:
    source, topic = make_topics("events", "dead")
    producer = _letters(kafka, source, topic)
    settings = KafkaSettings(kafka)
    sent = list(send_back(producer, read_dead_letters(settings, topic, Selection(reason="cut off")), dry_run=False))
    assert [(each.to, each.replays) for each in sent] == [(source, 1), (source, 1)]
    arrived = list(read_dead_letters(settings, source))
    assert [message.original.value for message in arrived] == [b"\0\0\xff", b"\2\0\xff"]
    assert [message.replays for message in arrived] == [1, 1]


def test_one_dead_letter_is_replayed_by_its_place(kafka: str, make_topics: Topics) -> None:
    source, topic = make_topics("events", "dead")
    producer = _letters(kafka, source, topic)
    chosen = Selection(at=f"{topic}/0/1")
    assert [
        each.at for each in send_back(producer, read_dead_letters(KafkaSettings(kafka), topic, chosen), dry_run=False)
    ] == [f"{topic}/0/1"]
    assert [message.original.value for message in read_dead_letters(KafkaSettings(kafka), source)] == [b"\1\0\xff"]


def test_a_dry_run_tells_what_it_would_send_and_sends_nothing(kafka: str, make_topics: Topics) -> None:
    source, topic = make_topics("events", "dead")
    producer = _letters(kafka, source, topic)
    assert len(list(send_back(producer, read_dead_letters(KafkaSettings(kafka), topic), dry_run=True))) == 3
    assert list(read_dead_letters(KafkaSettings(kafka), source)) == []


def test_a_dead_letter_that_kafka_refuses_is_never_dropped_in_silence(kafka: str, topic_prefix: str) -> None:
    producer = Producer({**producer_config(KafkaSettings(kafka)), "message.timeout.ms": 2_000})
    failed = Original("events", 0, 0, None, b"x")
    with pytest.raises(Transient, match="did not acknowledge"):
        produce(
            producer,
            topic_prefix + "nowhere",
            dead_letter(failed, stage="decode", error=Undecodable("no"), now=NOW),
            seconds=10,
        )


def test_a_message_that_names_no_origin_is_not_replayed(kafka: str, make_topics: Topics) -> None:
    [topic] = make_topics("dead")
    producer = Producer(producer_config(KafkaSettings(kafka)))
    producer.produce(topic, b"no dead letter of ours")
    producer.flush(20)
    with pytest.raises(Misconfigured, match="names no topic"):
        list(send_back(producer, read_dead_letters(KafkaSettings(kafka), topic), dry_run=False))


def test_a_missing_topic_is_named(kafka: str, topic_prefix: str) -> None:
    with pytest.raises(Misconfigured, match="there is no topic"):
        list(read_dead_letters(KafkaSettings(kafka), topic_prefix + "nowhere"))
