"""What counts as a sign that the end of a transaction may come late, and when."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from connectors.kafka.options import LIBRDKAFKA, KafkaSettings, transactional_config
from connectors.kafka.transactions import SLOW_SECONDS, WatchedProducer

BROKEN = ("FAIL", "rdkafka#producer-1", "[thrd:TxnCoordinator]: TxnCoordinator: Disconnected")


class Client:
    """librdkafka's producer: it delivers the lines of its log at a poll, and does what it is told in a call."""

    def __init__(self, watched: WatchedProducer) -> None:
        self._watched = watched
        self.lines: list[tuple[str, ...]] = []
        self.left = 0
        self.during: Callable[[], None] = lambda: None

    def poll(self, _timeout: float) -> int:
        for line in self.lines:
            self._watched._lines.log(logging.INFO, "%s [%s] %s", *line)
        self.lines.clear()
        return 0

    def begin_transaction(self) -> None:
        """Begin."""

    def flush(self, _timeout: float) -> int:
        return self.left

    def commit_transaction(self, _timeout: float) -> None:
        self.during()

    abort_transaction = commit_transaction


class Rig:
    def __init__(self) -> None:
        self.now = 0.0
        config = transactional_config(KafkaSettings("127.0.0.1:1"), "a-test")
        self.producer = WatchedProducer(config, lambda: self.now)
        self.client = Client(self.producer)
        self.producer._client = self.client  # type: ignore[assignment]  # a client of a test

    def late(self) -> str:
        """Return why no further transaction may be begun, or nothing."""
        return self.producer.late_end or ""

    def transaction(self, during: Callable[[], None] = lambda: None, end: str = "commit_transaction") -> None:
        self.producer.begin_transaction()
        self.client.during = during
        getattr(self.producer, end)(30)


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.mark.parametrize("end", ["commit_transaction", "abort_transaction"])
def test_a_connection_that_breaks_while_a_transaction_ends_is_a_sign(rig: Rig, end: str) -> None:
    rig.transaction(end=end)
    assert rig.late() == ""
    rig.transaction(lambda: rig.client.lines.append(BROKEN), end)
    assert "TxnCoordinator: Disconnected" in rig.late()
    with pytest.raises(RuntimeError, match="begins no transaction any more"):
        rig.producer.begin_transaction()


def test_a_connection_that_breaks_while_a_transaction_is_open_is_a_sign(rig: Rig) -> None:
    rig.producer.begin_transaction()
    rig.client.lines.append(("REQTMOUT", "rdkafka#producer-1", "[thrd:host/1]: Timed out ProduceRequest in flight"))
    rig.producer.poll(0)
    assert "Timed out" in rig.late()


def test_a_connection_that_breaks_while_nothing_is_open_is_no_sign(rig: Rig) -> None:
    rig.transaction()
    rig.client.lines.append(BROKEN)
    rig.producer.poll(0)
    rig.client.lines.append(BROKEN)
    rig.transaction()
    assert rig.late() == ""


def test_other_lines_are_no_sign_and_all_go_on_to_the_clients_log(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LIBRDKAFKA.name)
    rig.transaction(lambda: rig.client.lines.append(("BGQUEUE", "rdkafka#producer-1", "a FAIL in its text")))
    assert rig.late() == ""
    rig.transaction(lambda: rig.client.lines.append(BROKEN))
    assert [record.getMessage().split()[0] for record in caplog.records] == ["BGQUEUE", "FAIL"]


def test_an_error_a_slow_answer_and_messages_without_an_answer_are_signs(rig: Rig) -> None:
    def fail() -> None:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer", retriable=True))

    with pytest.raises(KafkaException):
        rig.transaction(fail)
    assert rig.late() == "no answer"

    slow = Rig()

    def wait() -> None:
        slow.now += SLOW_SECONDS

    slow.transaction(wait)
    assert slow.late() == "an answer took 5.0 s"

    silent = Rig()
    silent.producer.begin_transaction()
    silent.client.left = 2
    assert silent.producer.flush(30) == 2
    assert silent.late() == "2 messages without an answer after 30 s"


def test_the_client_is_asked_for_the_lines_that_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr("connectors.kafka.transactions.Producer", asked.update)
    watched = WatchedProducer({**transactional_config(KafkaSettings("127.0.0.1:1"), "a-test"), "log_level": 0})
    assert (asked["log_level"], asked["log.connection.close"], asked["logger"]) == (6, True, watched._lines)
