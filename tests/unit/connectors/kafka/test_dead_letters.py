"""A dead letter is the original message, whole, with where and why it failed."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.dead_letters import (
    Original,
    Selection,
    StoredDeadLetter,
    dead_letter,
    replay_message,
    stored_dead_letter,
)
from processors.model.dead_letter import CONNECT, MESSAGE_BYTES, SHORTENED, Coordinates, fitted, headers, size
from processors.model.errors import Undecodable

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FAILED = Original("crm.event.call-result", 3, 41, b"\x00key", b"\xff\x00", (("traceparent", b"00-1-2-01"),))


def _read_back(original: Original = FAILED) -> StoredDeadLetter:
    letter = dead_letter(original, stage="decode", error=Undecodable("cut off after 2 bytes"), now=NOW)
    return stored_dead_letter(
        Original("crm.dead-letter.call-result", 0, 7, letter.key, letter.value, tuple(letter.headers))
    )


@given(st.one_of(st.none(), st.binary()), st.one_of(st.none(), st.binary()))
def test_key_and_value_are_the_original_bytes(key: bytes | None, value: bytes | None) -> None:
    letter = dead_letter(Original("t", 0, 0, key, value), stage="decode", error=Undecodable("no"), now=NOW)
    assert (letter.key, letter.value) == (key, value)


def test_the_headers_are_kafka_connects_with_the_coordinates_of_the_message() -> None:
    letter = dead_letter(FAILED, stage="decode", error=Undecodable("cut off"), now=NOW)
    assert sorted(letter.headers) == sorted(
        [
            ("traceparent", b"00-1-2-01"),
            ("__connect.errors.connector.name", b"signalbox"),
            ("__connect.errors.topic", b"crm.event.call-result"),
            ("__connect.errors.partition", b"3"),
            ("__connect.errors.offset", b"41"),
            ("__connect.errors.stage", b"decode"),
            ("__connect.errors.exception.class.name", b"schemas.errors.Undecodable"),
            ("__connect.errors.exception.message", b"cut off"),
            ("signalbox.first_seen", b"2026-01-02T03:04:05.000+00:00"),
        ]
    )


def test_what_is_read_back_names_the_message_and_the_reason() -> None:
    letter = _read_back()
    assert letter.at == "crm.dead-letter.call-result/0/7"
    assert (letter.original.topic, letter.original.partition, letter.original.offset) == (
        "crm.event.call-result",
        3,
        41,
    )
    assert (letter.stage, letter.message) == ("decode", "cut off after 2 bytes")
    assert letter.replays == 0


def test_a_replay_is_the_original_message_and_says_that_it_is_one() -> None:
    sent = replay_message(_read_back())
    assert (sent.key, sent.value) == (FAILED.key, FAILED.value)
    headers = dict(sent.headers)
    assert headers["signalbox.replay_of"] == b"crm.dead-letter.call-result/0/7"
    assert headers["signalbox.replays"] == b"1"
    assert headers["traceparent"] == b"00-1-2-01"
    assert not [name for name in headers if name.startswith("__connect")]


def test_a_replay_that_fails_again_is_counted_and_keeps_its_first_moment() -> None:
    sent = replay_message(_read_back())
    again = Original("crm.event.call-result", 3, 99, sent.key, sent.value, tuple(sent.headers))
    letter = dead_letter(again, stage="decode", error=Undecodable("no"), now=NOW.replace(year=2027))
    twice = stored_dead_letter(
        Original("crm.dead-letter.call-result", 0, 8, letter.key, letter.value, tuple(letter.headers))
    )
    assert twice.replays == 1
    assert twice.first_seen.startswith("2026")
    assert dict(replay_message(twice).headers)["signalbox.replays"] == b"2"
    assert [name for name, _ in replay_message(twice).headers].count("signalbox.replay_of") == 1


def test_a_long_error_text_is_cut() -> None:
    letter = dead_letter(FAILED, stage="decode", error=Undecodable("x" * 5_000), now=NOW)
    assert len(dict(letter.headers)["__connect.errors.exception.message"]) == 1_000


@pytest.mark.parametrize(
    ("selection", "meant"),
    [
        (Selection(), True),
        (Selection(reason="CUT OFF"), True),
        (Selection(reason="undecodable"), True),
        (Selection(reason="wrong magic"), False),
        (Selection(topic="crm.event.call-result", at="crm.dead-letter.call-result/0/7"), True),
        (Selection(topic="crm.event.call-result", at="crm.dead-letter.call-result/0/8"), False),
        (Selection(topic="crm.command.a"), False),
    ],
)
def test_a_selection_means_what_matches_everything_named(selection: Selection, meant: bool) -> None:
    assert selection(_read_back()) is meant


def test_a_dead_letter_that_is_too_large_keeps_its_ends_and_says_what_it_was() -> None:
    value = b"head" + bytes(1_048_000) + b"tail"
    dead = dead_letter(replace(FAILED, value=value), stage="decode", error=Undecodable("no"), now=NOW)
    stored = stored_dead_letter(Original("crm.dead-letter.call-result", 0, 7, dead.key, dead.value, dead.headers))
    assert size(dead.key, dead.value, tuple(dead.headers)) <= MESSAGE_BYTES
    assert (dead.value or b"")[:4] == b"head"
    assert (dead.value or b"")[-4:] == b"tail"
    assert f"value 1048008 bytes sha256 {sha256(value).hexdigest()}".encode() in dict(dead.headers)[SHORTENED]
    assert (stored.shortened, stored.original.offset) == (True, FAILED.offset)


@given(
    key=st.one_of(st.none(), st.binary(max_size=9_000)),
    value=st.one_of(st.none(), st.binary(max_size=9_000)),
    own=st.lists(st.tuples(st.text(min_size=1, max_size=20), st.binary(max_size=3_000)), max_size=5),
    limit=st.integers(4_096, 20_000),
)
def test_whatever_came_its_dead_letter_fits(
    key: bytes | None, value: bytes | None, own: list[tuple[str, bytes]], limit: int
) -> None:
    said = headers(Coordinates("t", 0, 1), Undecodable("no"), stage="decode", now=NOW, own=own)
    fit = fitted(key, value, said, limit)
    assert size(*fit) <= limit
    assert (fit == (key, value, said)) is (size(key, value, said) <= limit)
    assert [name for name, _ in fit[2] if name.startswith(CONNECT)] == [n for n, _ in said if n.startswith(CONNECT)]
