"""
SMTP through a forward proxy: a tunnel that the proxy opens by CONNECT.

In: the proxy's address.  Out: SMTP clients whose connections go through it.
Rule of this file: nothing is read beyond the proxy's own answer, for the mail server speaks first.
"""

import smtplib
import socket
from base64 import b64encode
from typing import Any
from urllib.parse import unquote, urlsplit

_LONGEST = 16_384
"""Bytes of a proxy's answer."""


def open_tunnel(proxy: str, host: str, port: int, timeout: float) -> socket.socket:
    """Return a connection to *host* and *port* that *proxy* opened. Raises OSError where it refuses."""
    parts = urlsplit(proxy)
    connection = socket.create_connection((parts.hostname or "", parts.port or 80), timeout)
    try:
        lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
        if parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            lines.append(f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}")
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        status = _answer(connection)
        if status[1:2] != ["200"]:
            raise OSError(f"the proxy {parts.hostname}:{parts.port} refused the connection: {' '.join(status)[:200]}")
    except BaseException:
        connection.close()
        raise
    return connection


def _answer(connection: socket.socket) -> list[str]:
    """Return the words of the proxy's status line."""
    answer = bytearray()
    while not answer.endswith(b"\r\n\r\n"):
        data = connection.recv(1)
        if not data or len(answer) > _LONGEST:
            raise OSError("the proxy gave no answer to CONNECT")
        answer += data
    return answer.partition(b"\r\n")[0].decode("latin-1").split()


class ProxiedSMTP(smtplib.SMTP):
    """SMTP through a proxy; with STARTTLS where it is asked for."""

    def __init__(self, proxy: str, *args: Any, **kwargs: Any) -> None:
        """*proxy* is the address of the proxy, everything else as of `smtplib.SMTP`."""
        self._proxy = proxy
        super().__init__(*args, **kwargs)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return open_tunnel(self._proxy, host, port, timeout)


class ProxiedTLS(smtplib.SMTP_SSL, ProxiedSMTP):
    """SMTP over TLS through a proxy: the tunnel first, TLS inside of it."""

    def __init__(self, proxy: str, host: str, port: int, **kwargs: Any) -> None:
        """*proxy* is the address of the proxy, everything else as of `smtplib.SMTP_SSL`."""
        self._proxy = proxy
        smtplib.SMTP_SSL.__init__(self, host, port, **kwargs)
