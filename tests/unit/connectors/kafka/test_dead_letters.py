"""A dead letter is the original message, whole, with where and why it failed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.dead_letters import (
    DeadLetterCount,
    DeadLetterLimit,
    Original,
    Selection,
    StoredDeadLetter,
    dead_letter,
    replay_message,
    stored_dead_letter,
)
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


def _count(*dead: bool) -> DeadLetterCount:
    count = DeadLetterCount()
    for each in dead:
        count = count.after(dead=each)
    return count


def test_a_row_of_dead_letters_reaches_the_limit_and_a_good_message_ends_the_row() -> None:
    limit = DeadLetterLimit(max_ratio=1, max_consecutive=3)
    assert limit.reached(_count(True, True)) is None
    assert limit.reached(_count(True, True, False, True, True)) is None
    assert limit.reached(_count(False, True, True, True)) == "3 messages in a row were unreadable (limit 3)"


def test_the_share_counts_only_once_enough_was_seen() -> None:
    limit = DeadLetterLimit(max_ratio=0.5, max_consecutive=100, min_seen=4)
    assert limit.reached(_count(True, True, True)) is None
    assert limit.reached(_count(True, False, True, False)) is None
    assert limit.reached(_count(True, False, True, True)) == "3 of 4 messages were unreadable (limit 50%)"


@pytest.mark.parametrize("ratio", [0, 1.5])
def test_a_limit_that_makes_no_sense_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        DeadLetterLimit(max_ratio=ratio)
