import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest

from processors.consuming.share_limit import ShareLimit
from processors.intake import app
from processors.intake.forward import Forwarder, Message, ProducerRecord, TooManyDeadLetters
from processors.intake.route import route as route_of
from processors.integration.catalog import Integrations
from processors.model.dead_letter import MESSAGE_BYTES, NULL_VALUE, SHORTENED, Coordinates, headers
from processors.model.errors import TooLarge, Transient, Undecodable
from schemas.codec import SingleObject
from tests.unit.intake.test_decode_route_map import EVENT, integration


class Counts:
    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        self.seen.append((name, labels))

    def gauge(self, name: str, value: float, **labels: str) -> None:
        assert name == "last_success_timestamp_seconds"

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        raise AssertionError(name)


NOW = datetime(2026, 1, 5, tzinfo=UTC)


def hand_over(counts: Counts, limit: ShareLimit) -> Forwarder:
    found = Integrations.of([integration()])
    return Forwarder(found, SingleObject(), lambda: NOW, counts, limit)


def message(value: bytes | None) -> Message:
    return Message(
        Coordinates("crm.event.call-result", 2, 7),
        b"key",
        value,
        (("own", b"1"), ("traceparent", b"00-" + b"a" * 32 + b"-b-01")),
    )


GOOD = message(SingleObject().encode("call_result", EVENT.to_avro()))


def sent(
    messages: list[Message],
    *,
    acknowledged: bool = True,
    limit: ShareLimit | None = None,
    refuses: Callable[[list[ProducerRecord]], bool] = lambda _: False,
) -> tuple[Any, Counts]:
    """Return what is acknowledged; *refuses* says of everything that was sent so far whether the last is too large."""
    parcels: list[ProducerRecord] = []
    tried: list[ProducerRecord] = []
    counts = Counts()

    async def send(parcel: ProducerRecord) -> Awaitable[object]:
        tried.append(parcel)
        future = asyncio.get_running_loop().create_future()
        if refuses(tried):
            future.set_exception(TooLarge("the topic takes less"))
            return future
        parcels.append(parcel)
        if acknowledged:
            future.set_result(None)
        else:
            future.set_exception(ConnectionError("no acknowledgement"))
        return future

    asyncio.run(hand_over(counts, limit or ShareLimit(1.0)).batch(messages, send))
    return parcels, counts


def test_an_event_becomes_a_command_on_its_orgs_one_partition() -> None:
    [parcel], counts = sent([GOOD])
    assert (parcel.topic, parcel.partition, parcel.key) == ("crm.command.acme", 0, b"c1")
    assert SingleObject().decode("command", parcel.value)["trace_id"] == "a" * 32
    assert counts.seen == [
        ("events_consumed_total", {"topic": "crm.event.call-result"}),
        ("commands_sent_total", {"org": "acme", "integration": "one"}),
    ]


def test_a_message_without_key_and_value_is_a_dead_letter_that_says_so() -> None:
    [parcel], _ = sent([replace(message(None), key=None)])
    assert (parcel.topic, parcel.key, parcel.value) == ("crm.dead-letter.call-result", None, b"")
    assert dict(parcel.headers)[NULL_VALUE] == b"true"


def test_a_registry_that_does_not_answer_makes_no_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise Transient("schema registry: cannot read schema 7")

    monkeypatch.setattr("processors.intake.forward.decode", away)
    with pytest.raises(Transient):
        sent([GOOD])


@pytest.mark.parametrize("value", [None, b"", b"\xff"])
def test_an_unreadable_message_becomes_a_dead_letter_with_its_own_bytes_key_and_headers(value: bytes | None) -> None:
    [parcel], counts = sent([message(value)])
    assert (parcel.topic, parcel.key, parcel.value) == ("crm.dead-letter.call-result", b"key", value)
    said = dict(parcel.headers)
    assert said["own"] == b"1"
    assert (said["__connect.errors.partition"], said["__connect.errors.offset"]) == (b"2", b"7")
    assert counts.seen[-1] == ("dead_letters_total", {"topic": "crm.event.call-result", "reason": "Undecodable"})


def said(parcel: ProducerRecord) -> dict[str, bytes]:
    return dict(parcel.headers)


CLASS, TEXT = "__connect.errors.exception.class.name", "__connect.errors.exception.message"


@pytest.mark.parametrize("fault", [ValueError("ann@example.com"), KeyError("x"), RecursionError(), MemoryError()])
def test_a_message_that_our_own_code_fails_at_is_set_apart_with_the_place_and_without_what_it_held(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    real = route_of

    def route(event: Any, known: Any) -> Any:
        if event.call_id == "bad":
            raise fault
        return real(event, known)

    monkeypatch.setattr("processors.intake.forward.route", route)
    bad = message(SingleObject().encode("call_result", {**EVENT.to_avro(), "call_id": "bad"}))
    [first, dead, last], counts = sent([GOOD, bad, GOOD])
    assert [first.topic, dead.topic, last.topic] == [
        "crm.command.acme",
        "crm.dead-letter.call-result",
        "crm.command.acme",
    ]
    assert dead.value == bad.value
    assert said(dead)[CLASS].endswith(b"Unprocessable")
    assert said(dead)[TEXT].startswith(f"{type(fault).__name__} at processors/intake/forward.py:".encode())
    assert b"ann@" not in said(dead)[TEXT]
    assert ("dead_letters_total", {"topic": "crm.event.call-result", "reason": "Unprocessable"}) in counts.seen


def test_an_event_whose_command_no_topic_takes_is_a_dead_letter_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.intake.forward.MESSAGE_BYTES", 300)
    [dead], _ = sent([GOOD])
    assert dead.topic == "crm.dead-letter.call-result"
    assert b"more than the 300 of a message" in said(dead)[TEXT]


def test_garbage_as_large_as_a_message_can_be_becomes_a_shortened_dead_letter() -> None:
    [dead], _ = sent([message(b"x" * 1_048_000)])
    assert dead.size() <= MESSAGE_BYTES
    assert SHORTENED in said(dead)


def test_a_batch_that_the_broker_refuses_for_its_size_is_sent_one_by_one() -> None:
    parcels, counts = sent([GOOD, GOOD], refuses=lambda tried: len(tried) <= 2)
    assert [parcel.topic for parcel in parcels] == ["crm.command.acme"] * 2
    assert [name for name, _ in counts.seen].count("commands_sent_total") == 2


def test_a_command_that_the_broker_refuses_even_alone_is_a_dead_letter_and_the_others_pass() -> None:
    many = {**EVENT.to_avro()["person"], "phones": ["5" * 1_900] * 3}
    large = message(SingleObject().encode("call_result", {**EVENT.to_avro(), "person": many}))
    parcels, counts = sent([GOOD, large, GOOD], refuses=lambda tried: tried[-1].size() > 5000)
    assert [parcel.topic for parcel in parcels] == [
        "crm.command.acme",
        "crm.command.acme",
        "crm.dead-letter.call-result",
    ]
    assert parcels[-1].size() <= 5000
    assert SHORTENED in said(parcels[-1])
    assert ("dead_letters_total", {"topic": "crm.event.call-result", "reason": "TooLarge"}) in counts.seen


def test_a_command_larger_than_a_message_is_sent_with_shorter_texts_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("processors.intake.forward.MESSAGE_BYTES", 30_000)
    long_value = "x" * 25_000
    large = message(SingleObject().encode("call_result", {**EVENT.to_avro(), "fields": {"comment": long_value}}))
    maps = {name: {"Description": "fields.comment"} for name in ("lead", "contact")}
    mapped = integration(map=maps)
    monkeypatch.setattr(
        "processors.intake.forward.route", lambda event, _known: route_of(event, Integrations.of([mapped]))
    )
    [parcel], _ = sent([large])
    told = SingleObject().decode("command", parcel.value)
    assert parcel.topic == "crm.command.acme"
    assert parcel.size() <= 30_000
    assert told["shortened"] == ["Lead.Description", "Contact.Description"]


def test_a_dead_letter_topic_that_takes_nothing_at_all_fails_the_batch() -> None:
    with pytest.raises(TooLarge):
        sent([message(b"x")], refuses=bool)


def test_a_missing_acknowledgement_fails_the_batch() -> None:
    with pytest.raises(ConnectionError):
        sent([GOOD, GOOD], acknowledged=False)


def test_too_large_a_share_of_dead_letters_fails_the_batch() -> None:
    with pytest.raises(TooManyDeadLetters, match="source"):
        sent([message(b"x")] * 3, limit=ShareLimit(0.5, least=3))


def test_accepted_dead_letters_count_no_more() -> None:
    limit = ShareLimit(0.5, least=3)
    forwarder = hand_over(Counts(), limit)
    letters = [message(b"x")] * 3

    async def send(_record: ProducerRecord) -> Awaitable[object]:
        return asyncio.sleep(0)

    with pytest.raises(TooManyDeadLetters) as raised:
        asyncio.run(forwarder.batch(letters, send))
    assert raised.value.where == letters[0].where
    forwarder.accept({2: 8})
    asyncio.run(forwarder.batch(letters, send))
    forwarder.accept({2: 7})
    with pytest.raises(TooManyDeadLetters):
        asyncio.run(forwarder.batch(letters, send))


def test_a_small_share_of_dead_letters_passes_however_long_it_lasts() -> None:
    limit = ShareLimit(0.5, window=10, least=3)
    assert not any(limit.exceeded(dead=number % 4 == 0) for number in range(1000))
    assert any(limit.exceeded(dead=True) for _ in range(20))


def test_a_letter_that_failed_again_carries_one_answer() -> None:
    once = headers(Coordinates("a", 0, 1), Undecodable("x"), stage="decode", now=NOW, own=[("own", b"1")])
    twice = headers(Coordinates("b", 0, 2), Undecodable("y"), stage="decode", now=NOW, own=once)
    assert len(twice) == len(once)
    assert dict(twice)["__connect.errors.topic"] == b"b"


class Ended(BaseException):
    pass


def _ended_in_order() -> NoReturn:
    raise AssertionError("no topic is paused")


def _ended(code: int) -> None:
    raise Ended(code)


def test_a_stop_lets_the_batch_under_way_end_before_its_offsets_pass() -> None:
    done = []

    async def batch() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        done.append(True)

    async def stopped() -> None:
        task = asyncio.ensure_future(app._safely(batch(), _ended_in_order, lambda: False))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    assert done == [True]


@pytest.mark.parametrize("cancel", [False, True])
def test_a_batch_that_fails_ends_the_process_before_its_offsets_pass(
    monkeypatch: pytest.MonkeyPatch, cancel: bool
) -> None:
    monkeypatch.setattr("os._exit", _ended)
    monkeypatch.setattr("logging.shutdown", lambda: None)

    async def batch() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        raise ConnectionError("the broker is gone")

    async def ended() -> int:
        async def guarded() -> int:
            try:
                await app._safely(batch(), _ended_in_order, lambda: False)
            except Ended as error:
                return int(error.args[0])
            return 0

        task = asyncio.ensure_future(guarded())
        await asyncio.sleep(0)
        if cancel:
            task.cancel()
        return await task

    assert asyncio.run(ended()) == 70
