"""
Wait: until a broker answers, before Faust starts; Faust itself gives up at the first try.

In: Faust's `broker` option. Out: nothing; it returns once one broker takes a connection.
Rule of this file: one line when waiting begins and one when it ends, never a crash loop; SIGTERM ends it with exit 0.
"""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from urllib.parse import urlsplit

log = logging.getLogger("signalbox.intake")

RETRY_SECONDS = 1.0
_PORT = 9092


def addresses(broker: str | Iterable[str]) -> list[tuple[str, int]]:
    """Return host and port of each broker in Faust's option: a URL, several joined by `;`, or a list of them."""
    urls = broker.split(";") if isinstance(broker, str) else [str(url) for url in broker]
    parts = [urlsplit(url if "://" in url else f"kafka://{url}") for url in urls]
    return [(part.hostname or "localhost", part.port or _PORT) for part in parts]


def for_broker(broker: str | Iterable[str], alive: Callable[[], None]) -> None:
    """Return when one of the brokers can be reached; call *alive* at each try."""
    wanted = addresses(broker)
    named = ", ".join(f"{host}:{port}" for host, port in wanted)
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        for tries in _forever():
            alive()
            if any(_answers(address) for address in wanted):
                if tries:
                    log.warning("Kafka answers again at %s", named)
                return
            if not tries:
                log.warning(
                    "Kafka cannot be reached at %s; waiting, nothing is lost: start it or correct 'broker'", named
                )
            threading.Event().wait(RETRY_SECONDS)
    finally:
        signal.signal(signal.SIGTERM, before)


def _forever() -> Iterable[int]:
    tries = 0
    while True:
        yield tries
        tries += 1


def _answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=RETRY_SECONDS).close()
    except OSError:
        return False
    return True


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
