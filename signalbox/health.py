"""
`/metrics`, `/livez`, `/readyz` of one process.

Rule of this file: liveness depends on our own loop alone, never on Kafka or an org; nothing here can change anything.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

LIVE_SECONDS = 60.0
"""A loop that has not turned for this long is stuck: longer than any bounded wait inside it."""


class Heartbeat:
    """The state of the main loop: when it last ran, and whether it can do its work."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beat = clock()
        self._ready = False
        self._why = "starting"

    def beat(self, ready: bool = True, why: str = "") -> None:
        """Record that the loop ran."""
        self._beat, self._ready, self._why = self._clock(), ready, why

    def live(self) -> bool:
        """Whether the loop ran lately."""
        return self._clock() - self._beat < LIVE_SECONDS

    def ready(self) -> tuple[bool, str]:
        """Whether the process can work, and if not, why."""
        return self._ready and self.live(), self._why


def serve_health(host: str, port: int, registry: CollectorRegistry, heartbeat: Heartbeat) -> ThreadingHTTPServer:
    """Listen in a thread of its own; return the server, whose port is `server_address[1]`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                encode, content_type = choose_encoder(self.headers.get("Accept", ""))
                self._answer(200, encode(registry), content_type)
            elif path == "/livez":
                self._json(200 if heartbeat.live() else 503, {"live": heartbeat.live()})
            elif path == "/readyz":
                ready, why = heartbeat.ready()
                self._json(200 if ready else 503, {"ready": ready, "why": why})
            else:
                self._json(404, {"known": ["/metrics", "/livez", "/readyz"]})

        def _json(self, status: int, body: Mapping[str, object]) -> None:
            self._answer(status, json.dumps(body).encode(), "application/json")

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing: a scrape every few seconds is no event."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
