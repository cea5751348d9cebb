"""Confluent's wire format against the client's own in-process registry."""

import json
import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from connectors.kafka.registry import ConfluentCodec
from processors.model.errors import Transient
from schemas.codec import SingleObject
from schemas.contracts import shipped
from schemas.errors import Undecodable, UnknownFingerprint
from schemas.notice import Notice
from schemas.values import Person

NOTICE = Notice("c", "parked", "i", "o", "e", Person("Ann"), "r", datetime(2024, 1, 1, tzinfo=UTC))
VALUE = NOTICE.to_avro()


@pytest.fixture
def client() -> SchemaRegistryClient:
    return SchemaRegistryClient.new_client({"url": "mock://"})


def test_what_is_written_is_read_back_by_another_codec_of_the_same_registry(client: SchemaRegistryClient) -> None:
    data = ConfluentCodec(client).encode("notice", VALUE)
    assert data[0] == 0
    assert Notice.from_avro(ConfluentCodec(client).decode("notice", data)) == NOTICE


@pytest.mark.parametrize("broken", [b"", b"\x00\x00", b"\x01abcdef"])
def test_broken_headers_are_undecodable(client: SchemaRegistryClient, broken: bytes) -> None:
    with pytest.raises(Undecodable):
        ConfluentCodec(client).decode("notice", broken)


def test_cut_off_and_trailing_bytes_are_undecodable(client: SchemaRegistryClient) -> None:
    codec = ConfluentCodec(client)
    data = codec.encode("notice", VALUE)
    for broken in (data[:-1], data + b"\x00"):
        with pytest.raises(Undecodable):
            codec.decode("notice", broken)


def test_an_id_that_the_registry_does_not_know_is_told_apart(client: SchemaRegistryClient) -> None:
    with pytest.raises(UnknownFingerprint, match="ID 99"):
        ConfluentCodec(client).decode("notice", b"\x00\x00\x00\x00\x63abc")


def test_a_newer_compatible_writer_is_read(client: SchemaRegistryClient) -> None:
    text = json.dumps(dict(shipped()["notice"].raw)).replace('"parked",', '"parked", "expired",')
    number = client.register_schema("signalbox.Notice", Schema(text, "AVRO"))
    body = SingleObject().encode("notice", {**VALUE, "kind": "deferred"})[10:]
    # With the new symbol in second place, the old number of `deferred` is what the newer writer calls `expired`.
    data = b"\x00" + number.to_bytes(4, "big") + body
    assert Notice.from_avro(ConfluentCodec(client).decode("notice", data)) == replace(NOTICE, kind="other")


def test_a_schema_of_another_contract_is_undecodable(client: SchemaRegistryClient) -> None:
    codec = ConfluentCodec(client)
    with pytest.raises(Undecodable, match=r"signalbox\.Notice"):
        codec.decode("outcome", codec.encode("notice", VALUE))


def test_single_object_messages_are_read_beside_the_registry(client: SchemaRegistryClient) -> None:
    data = SingleObject().encode("notice", VALUE)
    assert Notice.from_avro(ConfluentCodec(client).decode("notice", data)) == NOTICE


@pytest.mark.outside
def test_an_unreachable_registry_is_transient() -> None:
    with socket.socket() as taken:
        # Bound but not listening: the port refuses, and nobody else can take it.
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        codec = ConfluentCodec(SchemaRegistryClient({"url": url, "max.retries": 0, "timeout": 2}))
        with pytest.raises(Transient, match="schema registry: cannot read schema 1"):
            codec.decode("notice", b"\x00\x00\x00\x00\x01abc")
        with pytest.raises(Transient, match=r"cannot register signalbox\.Notice"):
            codec.encode("notice", VALUE)
