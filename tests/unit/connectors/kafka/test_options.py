"""Options pass through to both Kafka clients, and what delivery rests on cannot be overridden."""

import ssl
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from faust.auth import SASLCredentials, SSLCredentials

from connectors.kafka.faust_options import faust_broker, faust_options
from connectors.kafka.options import (
    KafkaSettings,
    consumer_config,
    option_faults,
    producer_config,
    transactional_config,
)
from processors.model.errors import Misconfigured

SCRAM = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": "signalbox",
    "sasl.password": "not-told",
}


def test_librdkafka_takes_every_configuration_that_we_make() -> None:
    kafka = KafkaSettings("127.0.0.1:9", {"client.id": "test"}, instance="a")
    Consumer(consumer_config(kafka, "signalbox-executor")).close()
    Producer(producer_config(kafka))
    Producer(transactional_config(kafka, "signalbox-executor-a"))
    with pytest.raises(KafkaException, match="No such configuration property"):
        Producer({**producer_config(kafka), "no.such.option": "1"})


def test_a_consumer_commits_only_by_itself_and_never_jumps_to_an_end() -> None:
    config = consumer_config(KafkaSettings("127.0.0.1:9", instance="a"), "signalbox-executor")
    assert config["enable.auto.commit"] is False
    assert config["auto.offset.reset"] == "error"
    assert config["isolation.level"] == "read_committed"
    assert config["group.protocol"] == "classic"
    assert config["partition.assignment.strategy"] == "cooperative-sticky"
    assert config["group.instance.id"] == "signalbox-executor-a"


def test_without_an_instance_there_is_no_static_membership() -> None:
    assert "group.instance.id" not in consumer_config(KafkaSettings("127.0.0.1:9"), "signalbox-audit")


@pytest.mark.parametrize("name", ["enable.auto.commit", "acks", "isolation.level"])
def test_what_delivery_rests_on_is_no_option(name: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        consumer_config(KafkaSettings("127.0.0.1:9", {name: "1"}), "signalbox-audit")


def test_an_unknown_option_is_one_fault_that_names_the_nearest_known_one() -> None:
    assert option_faults({"ssl.ca.locaton": "ca.pem"}) == [
        "Kafka option 'ssl.ca.locaton' is unknown; did you mean 'ssl.ca.location'?"
    ]


def test_all_faults_come_at_once_and_none_shows_a_secret() -> None:
    faults = option_faults(
        {"security.protocol": "sasl_ssl", "sasl.password": "not-told", "ssl.key.location": "k.pem", "wrong": "not-told"}
    )
    assert len(faults) == 4
    assert "not-told" not in "".join(faults)
    assert "not-told" not in repr(KafkaSettings("127.0.0.1:9", SCRAM))


def test_faust_gets_the_same_credentials_as_librdkafka() -> None:
    credentials = faust_options(SCRAM)["broker_credentials"]
    assert isinstance(credentials, SASLCredentials)
    assert (credentials.username, credentials.password) == ("signalbox", "not-told")
    assert credentials.mechanism.value == "SCRAM-SHA-512"
    assert credentials.protocol.value == "SASL_SSL"


def test_tls_alone_gives_faust_a_context_that_checks_the_servers_name() -> None:
    credentials = faust_options({"security.protocol": "ssl"})["broker_credentials"]
    assert isinstance(credentials, SSLCredentials)
    assert credentials.context.check_hostname
    assert credentials.context.verify_mode is ssl.CERT_REQUIRED


def test_the_servers_name_is_left_unchecked_only_where_the_option_says_so() -> None:
    said = {"security.protocol": "ssl", "ssl.endpoint.identification.algorithm": "none"}
    assert not faust_options(said)["broker_credentials"].context.check_hostname


def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    with pytest.raises(Misconfigured, match=r"ca\.pem"):
        faust_options({"security.protocol": "ssl", "ssl.ca.location": missing})


def test_plaintext_needs_no_credentials() -> None:
    assert faust_options({}) == {}


def test_faust_reads_several_servers() -> None:
    assert faust_broker("a:1, b:2") == "kafka://a:1;kafka://b:2"
