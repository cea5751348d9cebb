"""Identities never move: the literal values here are the promise to every ledger in use."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from schemas.identity import command_id, digest, effect_key, reused_id


def test_identities_keep_their_literal_values() -> None:
    assert command_id("call_result", "e1", "sales") == "7bfb0407-a0e0-5842-9456-523e07e0b03f"
    assert command_id("call_result", "e1", "sales", 2, 1) == "9e81039b-0c00-5984-9597-78a0b85d762c"
    assert reused_id("c1", "d1") == "e65a10dc-baf3-56e4-a416-6ac4b777434a"
    assert effect_key("sales", "call-1", "lead") == "e2ca19d69a99848489cb3341a74191fa"
    assert digest({"a": 1, "b": "x"}) == "ecf9e98ec0641e23113ff3ce8bdc78d0ddd249886517fd4a7f68cc83d4e65667"


def test_parts_are_joined_without_doubt() -> None:
    ids = {command_id(*parts) for parts in [("a", "b", "c"), ("ab", "", "c"), ("a,b", "c", ""), ("a", 'b","c', "")]}
    assert len(ids) == 4
    assert command_id("a", "b", "c", 1, 2) != command_id("a", "b", "c", 2, 1)


def test_an_effect_key_has_32_hex_characters_and_depends_on_each_part() -> None:
    keys = {
        effect_key(*parts)
        for parts in [("i", "t", "lead"), ("i", "t", "account"), ("i", "u", "lead"), ("j", "t", "lead")]
    }
    assert len(keys) == 4
    assert all(len(key) == 32 and int(key, 16) >= 0 for key in keys)


def test_a_digest_is_independent_of_map_order() -> None:
    assert digest({"a": 1, "m": {"x": 1, "y": 2}}) == digest({"m": {"y": 2, "x": 1}, "a": 1})


def test_a_digest_ignores_fields_that_a_later_version_adds_with_an_empty_default() -> None:
    later: dict[str, Any] = {"a": 1, "text": None, "list": [], "map": {}, "person": {"email": None}}
    assert digest({"a": 1}) == digest(later)


def test_a_digest_tells_other_content_apart() -> None:
    values: list[dict[str, Any]] = [
        {"a": 1},
        {"a": True},
        {"a": "1"},
        {"a": 0},
        {},
        {"a": ["x", "y"]},
        {"a": ["y", "x"]},
        {"b": 1},
    ]
    assert len({digest(value) for value in values}) == len(values)


def test_a_moment_has_one_digest_in_every_time_zone() -> None:
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert digest({"t": noon}) == digest({"t": noon.astimezone(timezone(timedelta(hours=5)))})
