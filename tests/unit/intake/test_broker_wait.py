import logging
import socket

import pytest

from processors.intake import broker_wait


def test_brokers_are_read_from_every_form_of_the_option() -> None:
    expected = [("a", 1), ("b", 9092)]
    assert broker_wait.addresses("kafka://a:1;kafka://b") == broker_wait.addresses(["kafka://a:1", "b"]) == expected


@pytest.mark.outside
def test_it_waits_with_one_line_until_the_broker_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(broker_wait, "RETRY_SECONDS", 0.01)
    tries = []
    with socket.socket() as broker:
        broker.bind(("127.0.0.1", 0))
        port = broker.getsockname()[1]

        def alive() -> None:
            tries.append(1)
            if len(tries) == 4:
                broker.listen()

        with caplog.at_level(logging.WARNING):
            broker_wait.for_broker(f"kafka://127.0.0.1:{port}", alive)
    assert len(tries) == 4
    assert [record.getMessage().split(" at ")[0] for record in caplog.records] == [
        "Kafka cannot be reached",
        "Kafka answers again",
    ]
