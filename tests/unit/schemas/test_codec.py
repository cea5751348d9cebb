"""Bytes on the wire: what is written is read back by us and by Avro's own library; what is broken is Undecodable."""

import io
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import avro.io
import avro.schema
import fastavro
import pytest
from fastavro.schema import to_parsing_canonical_form
from hypothesis import given
from hypothesis import strategies as st

from schemas.call_result import CallResult
from schemas.codec import HEADER, SingleObject
from schemas.command import Command, MatchKey
from schemas.contracts import DIRECTORY, crc64, load, read_schema, shipped
from schemas.errors import Undecodable, UnknownFingerprint
from schemas.notice import Notice
from schemas.outcome import Candidate, ConformedField, DroppedField, Outcome, Refusal, Touched
from schemas.values import Agent, Person, plain
from tests.fixtures.examples import examples

CODEC = SingleObject()
TEXT = st.text(max_size=8)
MAYBE = st.none() | TEXT
LINE = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)  # as events are bounded
WHOLE = st.integers(-(2**63), 2**63 - 1)
NUMBERS = WHOLE | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.dictionaries(TEXT, st.none() | st.booleans() | NUMBERS | TEXT, max_size=3)
TIMES = st.integers(0, 4_000_000_000_000).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
SMALL = st.integers(0, 2**31 - 1)
PEOPLE = st.builds(Person, MAYBE, MAYBE, MAYBE, TEXTS, MAYBE)
AGENTS = st.none() | st.builds(Agent, MAYBE, MAYBE)
CANDIDATES = st.lists(
    st.builds(Candidate, TEXT, TEXT, MAYBE, st.none() | TIMES, st.none() | TIMES, MAYBE), max_size=2
).map(tuple)
RECORDS = st.lists(
    st.builds(Touched, TEXT, MAYBE, st.sampled_from(["created", "linked", "other"]), SCALARS, SCALARS), max_size=2
).map(tuple)
REFUSALS = st.lists(st.builds(Refusal, TEXT, TEXT, TEXT, TEXTS), max_size=2).map(tuple)
SCALAR = st.none() | st.booleans() | WHOLE | TEXT
CONFORMED = st.lists(st.builds(ConformedField, TEXT, SCALAR, SCALAR, TEXT), max_size=2).map(tuple)
DROPPED = st.lists(st.builds(DroppedField, TEXT, SCALAR, TEXT), max_size=2).map(tuple)
KEYS = st.lists(
    st.builds(MatchKey, SMALL, st.sampled_from(["text", "email", "phone"]), TEXT, MAYBE, MAYBE, TEXTS, TEXTS, TEXTS),
    max_size=2,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "call_result": st.builds(
        CallResult,
        *(LINE, LINE, LINE, LINE, TIMES),
        st.builds(Person, *(st.none() | LINE,) * 3, st.lists(LINE, max_size=2).map(tuple), st.none() | LINE),
        st.none() | LINE,
        st.none() | st.builds(Agent, st.none() | LINE, st.none() | LINE),
        *(st.none() | TIMES, st.none() | TIMES, st.none() | LINE),
        st.dictionaries(LINE, st.none() | st.booleans() | NUMBERS | LINE, max_size=3),
    ),
    "command": st.builds(
        Command,
        *(TEXT, st.sampled_from(["apply", "skip"]), TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
        *(st.sampled_from(["live", "retry", "bulk"]), TIMES, TIMES, TEXT, PEOPLE, SMALL, SMALL, MAYBE, AGENTS, MAYBE),
        *(TEXTS, MAYBE, KEYS.map(tuple), SCALARS, SCALARS, SCALARS, SCALARS),
        defaulted=TEXTS,
        zone=MAYBE,
    ),
    "outcome": st.builds(
        Outcome,
        *(TEXT, st.sampled_from(["created", "error", "other"]), st.sampled_from(["none", "no_match", "other"])),
        *(TEXT, TEXT, TEXT, TEXTS, TEXT, TIMES, TIMES, TIMES, TEXT, TEXT, PEOPLE, SMALL, AGENTS, MAYBE, TEXTS, MAYBE),
        *(MAYBE, RECORDS, CANDIDATES, REFUSALS, TEXTS, TEXTS, MAYBE, MAYBE, TEXTS, MAYBE),
        conformed_fields=CONFORMED,
        dropped_fields=DROPPED,
        own_record=MAYBE,
    ),
    "notice": st.builds(
        Notice,
        *(TEXT, st.sampled_from(["parked", "resumed"]), TEXT, TEXT, TEXT, PEOPLE, TEXT, TIMES, CANDIDATES),
        *(st.none() | TIMES, MAYBE),
    ),
}
ORACLE = {name: avro.schema.parse(json.dumps(dict(contract.raw))) for name, contract in shipped().items()}
EVENT = CallResult("e1", "c1", "p", "sold", datetime(2024, 5, 1, tzinfo=UTC), Person("Ann", phones=("1", "2")))


def encoded(**more: Any) -> bytes:
    return CODEC.encode("call_result", {**EVENT.to_avro(), **more})


@pytest.mark.parametrize("contract", sorted(VALUES))
@examples(40)
@given(data=st.data())
def test_what_we_write_is_read_back_by_us_and_by_the_avro_library(contract: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[contract])
    raw = CODEC.encode(contract, value.to_avro())
    ours = CODEC.decode(contract, raw)
    theirs = avro.io.DatumReader(ORACLE[contract]).read(avro.io.BinaryDecoder(io.BytesIO(raw[HEADER:])))
    assert type(value).from_avro(ours) == value
    assert theirs == ours


@pytest.mark.parametrize("contract", sorted(VALUES))
def test_fingerprints_are_those_of_the_avro_library(contract: str) -> None:
    # Its own canonical form keeps {"type": "long"} where the specification says "long", so it is given ours.
    canonical = avro.schema.parse(to_parsing_canonical_form(dict(shipped()[contract].raw)))
    assert shipped()[contract].fingerprint == canonical.fingerprint("CRC-64-AVRO")
    assert CODEC.contract_of(b"\xc3\x01" + shipped()[contract].fingerprint) == contract


BROKEN: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda _: b"", "empty"),
    ("cut off in the header", lambda good: good[:5], "cut off inside the header"),
    ("cut off in the body", lambda good: good[:-1], "cut off before the end"),
    ("wrong magic", lambda good: b"\x00\x00" + good[2:], "not with c301"),
    ("trailing bytes", lambda good: good + b"\x00", "1 bytes follow"),
    ("bad UTF-8", lambda good: good.replace(b"sold", b"s\xff\xfed"), "not UTF-8"),
]


@pytest.mark.parametrize(("name", "broken", "reason"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_bytes_are_undecodable_with_one_reason(name: str, broken: Callable[[bytes], bytes], reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        CODEC.decode("call_result", broken(encoded()))


def test_an_unknown_fingerprint_is_told_apart() -> None:
    with pytest.raises(UnknownFingerprint, match="0000000000000000"):
        CODEC.decode("call_result", b"\xc3\x01" + bytes(8) + encoded()[HEADER:])


def test_a_message_of_another_contract_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="of contract call_result"):
        CODEC.decode("outcome", encoded())


def test_damaged_bytes_are_read_or_undecodable_and_nothing_else() -> None:
    chance, good = random.Random(7), encoded(fields={"a": 1, "b": "x", "c": True})
    refused = 0
    for _ in range(5_000):
        bad = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            bad[chance.randrange(HEADER, len(bad))] = chance.randrange(256)
        try:
            CODEC.decode("call_result", bytes(bad[: chance.randint(HEADER, len(bad))]))
        except Undecodable:
            refused += 1
    assert refused > 1_000


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 2**63, "\ud800", {}])
def test_a_scalar_that_cannot_travel_names_its_field(bad: object) -> None:
    with pytest.raises(ValueError, match=r"call_result: field fields\.x: "):
        encoded(fields={"x": bad})


def test_a_list_of_texts_travels_and_any_other_names_its_item() -> None:
    assert CODEC.decode("call_result", encoded(fields={"x": ["a", "b"]}))["fields"] == {"x": ["a", "b"]}
    with pytest.raises(ValueError, match=r"call_result: field fields\.x\.0: text is needed"):
        encoded(fields={"x": [1]})


@pytest.mark.parametrize(
    ("name", "bad"),
    [("event_id", None), ("resulted", True), ("resulted", EVENT.resulted.replace(tzinfo=None)), ("z", 1)],
)
def test_a_value_that_does_not_fit_is_refused(name: str, bad: object) -> None:
    with pytest.raises(ValueError, match=name):
        encoded(**{name: bad})


def test_true_stays_true_and_one_stays_one() -> None:
    fields = CODEC.decode("call_result", encoded(fields={"t": True, "o": 1, "d": 1.0}))["fields"]
    assert [type(fields[name]) for name in "tod"] == [bool, int, float]


def test_a_released_version_is_read_by_the_present_contract(tmp_path: Path) -> None:
    old = dict(shipped()["outcome"].raw)
    old["fields"] = [part for part in old["fields"] if part["name"] not in ("detail", "trace_id")]
    (tmp_path / "released" / "outcome").mkdir(parents=True)
    (tmp_path / "outcome.avsc").write_text(json.dumps(old))
    value = {part["name"]: _any(part) for part in old["fields"]}
    message = SingleObject(load(tmp_path)).encode("outcome", value)
    (tmp_path / "released" / "outcome" / "1.avsc").write_text(json.dumps(old))
    (tmp_path / "outcome.avsc").write_text(json.dumps(dict(shipped()["outcome"].raw)))
    assert SingleObject(load(tmp_path)).decode("outcome", message) == {**value, "detail": None, "trace_id": None}


COMMAND = Command(
    *("c", "apply", "call_result", "e", "d", "thing", "i", "o", "live"),
    *(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC), "s", Person("Ann")),
)
OUTCOME = Outcome(
    *("c", "created", "none", "i", "o", "call_result", ("e",), "thing"),
    *(datetime(2024, 1, 1, tzinfo=UTC),) * 3,
    *("", "", Person("Ann")),
)


KEYED = replace(COMMAND, keys=(MatchKey(1, "phone", "415 555 0109", lead="Phone", contact="Phone"),))


@pytest.mark.parametrize("value", [COMMAND, KEYED, OUTCOME], ids=["command", "command with keys", "outcome"])
def test_what_release_0_1_0_wrote_is_read_without_the_fields_that_came_later(value: Command | Outcome) -> None:
    contract = type(value).__name__.lower()
    old = read_schema(DIRECTORY / "released" / contract / "3.avsc")
    body = io.BytesIO()
    known = {part["name"] for part in old["fields"]}
    fastavro.schemaless_writer(body, old, {name: item for name, item in value.to_avro().items() if name in known})
    read = CODEC.decode(contract, b"\xc3\x01" + crc64(old) + body.getvalue())
    assert type(value).from_avro(read) == value


def test_a_symbol_of_tomorrow_is_read_as_other(tmp_path: Path) -> None:
    text = json.dumps(dict(shipped()["notice"].raw))
    (tmp_path / "released" / "notice").mkdir(parents=True)
    (tmp_path / "notice.avsc").write_text(text)
    (tmp_path / "released" / "notice" / "2.avsc").write_text(text.replace('"parked",', '"parked", "expired",'))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "notice.avsc").write_text(text.replace('"parked",', '"parked", "expired",'))
    value = Notice("c", "parked", "i", "o", "e", Person(), "r", datetime(2024, 1, 1, tzinfo=UTC)).to_avro()
    message = SingleObject(load(tmp_path / "new")).encode("notice", {**value, "kind": "expired"})
    assert SingleObject(load(tmp_path)).decode("notice", message)["kind"] == "other"


def _any(part: dict[str, Any]) -> Any:
    if "default" in part:
        return part["default"]
    kinds = {"kind": "created", "reason": "none", "event_ids": ["e"]}
    if part["name"] == "person":
        return plain(Person())
    return datetime(2024, 1, 1, tzinfo=UTC) if part["name"].endswith("_time") else kinds.get(part["name"], "x")
