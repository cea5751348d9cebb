"""The last check before the bytes leave, however long the way to the connection was."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3.util.connection

from processors.model.errors import TooLate
from processors.model.requests import Write

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WRITES = [Write("update", "Lead", "00Q000000000001AAA", fields={"Company": "Example"})]


def test_a_connection_that_took_too_long_to_open_sends_nothing(serve: Any, connect: Any, monkeypatch: Any) -> None:
    times = [NOW]
    opened: list[int] = []
    real = urllib3.util.connection.create_connection

    def slow(*args: Any, **kwargs: Any) -> Any:
        opened.append(1)
        connection = real(*args, **kwargs)
        if len(opened) == 2:  # the first is the login's
            times[0] += timedelta(seconds=6)
        return connection

    server = serve(lambda _: b"")
    real_token = server.token
    server.login = lambda number: real_token(number).replace(
        b"HTTP/1.1 200 X\r\n", b"HTTP/1.1 200 X\r\nConnection: close\r\n"
    )
    client = connect(server, clock=lambda: times[0])
    monkeypatch.setattr(urllib3.util.connection, "create_connection", slow)

    with pytest.raises(TooLate, match="send-by"):
        client.write(WRITES, send_by=NOW + timedelta(seconds=5))

    assert len(opened) == 2
    assert server.requests == []
    assert client.api_calls() == 1
