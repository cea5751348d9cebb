"""
A scripted server on a raw socket: it can answer, hang, cut, reset and lie, and it keeps every request.

Rule of this file: nothing here knows what the right answer is; each test scripts its own.
"""

import contextlib
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings

HANG, RESET, CLOSE = "hang", "reset", "close"


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body, decoded."""
        return json.loads(self.body)


def reply(
    status: int = 200, body: Any = None, headers: dict[str, str] | None = None, *, length: int | None = None
) -> bytes:
    """Return the bytes of an answer; *length* lies about its size."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = {
        "Content-Type": "application/json;charset=UTF-8",
        "Content-Length": str(length or len(data)),
        **(headers or {}),
    }
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
    return head.encode() + b"\r\n" + data


@dataclass
class Server:
    """Answers what `script` says; `requests` holds all but logins, `logins` counts those."""

    script: Callable[[Request], Any]
    requests: list[Request] = field(default_factory=list)
    logins: int = 0
    connections: int = 0
    forms: list[dict[str, str]] = field(default_factory=list)
    login: Callable[[int], Any] | None = None
    release: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def token(self, number: int) -> bytes:
        """Return the answer of a good login."""
        identity = "https://login.example.com/id/00D000000000001AAA/005000000000001AAA"
        return reply(200, {"access_token": f"token-{number}", "instance_url": self.url, "id": identity})

    def close(self) -> None:
        """Stop, and let those that hang go."""
        self.release.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
                self.connections += 1
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while request := _read(stream):
                answer = self._answer(request)
                if answer == HANG:
                    self.release.wait(30)
                    return
                if answer == RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                if answer == CLOSE:
                    return
                connection.sendall(answer)
                if b"X-Cut" in answer:
                    return

    def _answer(self, request: Request) -> Any:
        with self._lock:
            if request.path.endswith("/services/oauth2/token"):
                self.logins += 1
                self.forms.append(dict(parse_qsl(request.body.decode())))
                number = self.logins
            else:
                self.requests.append(request)
                number = 0
        if number:
            return self.login(number) if self.login else self.token(number)
        return self.script(request)


def _read(stream: Any) -> Request | None:
    try:
        line = stream.readline().decode("latin-1")
        match = re.match(r"(\S+) (\S+) HTTP/1\.1\r\n", line)
        if not match:
            return None
        headers: dict[str, str] = {}
        while one := stream.readline().decode("latin-1").strip():
            name, _, value = one.partition(":")
            headers[name.strip().lower()] = value.strip()
        return Request(match[1], match[2], headers, stream.read(int(headers.get("content-length", "0"))))
    except OSError:
        return None


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Request], Any]], Server]]:
    """Return a function that starts a server with a script."""
    servers: list[Server] = []

    def start(script: Callable[[Request], Any]) -> Server:
        servers.append(Server(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def connect() -> Iterator[Callable[..., SalesforceClient]]:
    """Return a function that makes a client of a server."""
    clients: list[SalesforceClient] = []

    def make(server: Server, *, clock: Any = None, **settings: Any) -> SalesforceClient:
        values = {"client_id": "id", "client_secret": "canary-secret", "read_timeout": 5, **settings}
        more = {"clock": clock} if clock else {}
        clients.append(SalesforceClient("main", SalesforceSettings(login_url=server.url, **values), **more))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
