"""
Connections that know whether a request was sent, and that refuse to send one after its send-by time.

In: a `Flight`, one attempt of one request.  Out: bytes on the wire, or `TooLate`.
Rule of this file: between the check of send-by and the first byte nothing happens; *left* turns true only then.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import ProxyManager

from processors.model.errors import TooLate
from processors.model.ports import Clock


@dataclass(slots=True)
class Flight:
    """One attempt of one request. `left`: its first byte may have been sent; before that nothing was applied."""

    clock: Clock
    send_by: datetime | None = None
    left: bool = False

    def leave(self) -> None:
        """Mark the request as sent, or raise `TooLate` where its send-by time has passed (design 3, point 4)."""
        if self.send_by is not None and self.clock() > self.send_by:
            raise TooLate(f"not sent: its send-by time {self.send_by.isoformat()} had passed")
        self.left = True


FLIGHT: ContextVar[Flight | None] = ContextVar("FLIGHT", default=None)
"""The attempt that this thread is making."""


class _Checked(HTTPConnection):
    """A connection that is open before send-by is checked: no handshake passes between check and send."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        flight = FLIGHT.get()
        if flight is not None:
            flight.leave()
        super().request(*args, **kwargs)


class _CheckedTLS(HTTPSConnection):
    """The same under TLS."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        flight = FLIGHT.get()
        if flight is not None:
            flight.leave()
        super().request(*args, **kwargs)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _CheckedTLS


_POOLS = {"http": _Pool, "https": _PoolTLS}


class CheckedAdapter(HTTPAdapter):
    """An adapter without retries whose connections check send-by last."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools with the checking connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        """Return the pools of a proxy with the checking connections: a tunnel is open before send-by is checked."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
