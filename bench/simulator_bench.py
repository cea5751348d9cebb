"""
Figures of the simulated org: requests and records per second, one long query, memory.

In: nothing.  Out: `entries()`, one dict a figure: name, value, unit, against (what it is compared with), ratio.
Rule of this file: the simulator runs in a process of its own, so that the client's work is not counted as its.
"""

import json
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

LEADS, KEYS = 100_000, 200
_SECONDS = 3.0
_BASE = "/services/data/v65.0"
_START = 120.0


@dataclass(frozen=True)
class Simulated:
    """A simulator in a process of its own: its address, its process and how long it took to serve."""

    host: str
    port: int
    pid: int
    seconds: float


@contextmanager
def simulated(folder: Path, leads: int = 0) -> Iterator[Simulated]:
    """Run a simulator, with *leads* leads from its org file."""
    rows = [{"type": "Lead", "fields": {"LastName": f"Name {n}", "Company": "Example", "Email": f"lead{n}@example.com",
                                        "Phone": f"+49228{n:07d}", "Signalbox_Key__c": f"{n:032x}"}}
            for n in range(leads)]  # fmt: skip
    file = folder / "org.json"
    file.write_text(json.dumps({"name": "bench", "daily_limit": 10_000_000, "records": rows}), encoding="utf-8")
    begin = time.monotonic()
    command = [sys.executable, "-m", "simulator", "--port", "0", "--control-port", "0", "--org", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None:
            raise RuntimeError("the simulator has no output")
        words = process.stdout.readline().split()
        if len(words) < 3:
            raise RuntimeError(f"the simulator did not start: exit code {process.wait(_START)}")
        address = urlsplit(words[2])
        yield Simulated(address.hostname or "", address.port or 0, process.pid, time.monotonic() - begin)
    finally:
        process.terminate()
        process.wait(_START)


class Connection:
    """One kept-alive connection; as little work as an HTTP client can do."""

    def __init__(self, item: Simulated, token: str = "") -> None:
        self._socket = socket.create_connection((item.host, item.port), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")
        self._head = f"Host: {item.host}\r\nAuthorization: Bearer {token}\r\n"

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> bytes:
        """Return the body of the answer. Raises RuntimeError where it is no 2xx."""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        status = self._stream.readline()
        length = 0
        while (line := self._stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        answer = self._stream.read(length)
        if b" 20" not in status:
            raise RuntimeError(f"{method} {path[:60]}: {status!r} {answer[:200]!r}")
        return answer

    def close(self) -> None:
        """Close it."""
        self._stream.close()
        self._socket.close()


def token(item: Simulated) -> str:
    """Log in."""
    form = {"grant_type": "client_credentials", "client_id": "signalbox", "client_secret": "simulated-secret"}
    connection = Connection(item)
    answer = connection.ask("POST", "/services/oauth2/token", urlencode(form).encode(),
                            "application/x-www-form-urlencoded")  # fmt: skip
    connection.close()
    return str(json.loads(answer)["access_token"])


def composite(number: int) -> bytes:
    """Return a composite that finds one person and writes that one's lead, as a small batch does."""
    soql = f"SELECT Id, LastName FROM Lead WHERE Email = 'n{number}@example.com'"  # noqa: S608  # no SQL; our own number
    row = {"attributes": {"type": "Lead"}, "LastName": "A", "Company": "B", "Signalbox_Key__c": f"k{number}"}
    subs: list[dict[str, Any]] = [
        {"method": "GET", "url": f"{_BASE}/query?q=" + quote(soql, safe=""), "referenceId": "find"},
        {"method": "PATCH", "url": f"{_BASE}/composite/sobjects/Lead/Signalbox_Key__c", "referenceId": "write",
         "body": {"allOrNone": False, "records": [row]}},
    ]  # fmt: skip
    return json.dumps({"allOrNone": False, "compositeRequest": subs}).encode()


def collections() -> bytes:
    """Return a composite of five collections of 200 leads each: the most that one call writes."""
    rows = [{"attributes": {"type": "Lead"}, "LastName": f"N{n}", "Company": "B"} for n in range(200)]
    subs = [{"method": "POST", "url": f"{_BASE}/composite/sobjects", "referenceId": f"c{n}",
             "body": {"allOrNone": False, "records": rows}} for n in range(5)]  # fmt: skip
    return json.dumps({"compositeRequest": subs}).encode()


def requests_a_second(item: Simulated, connections: int) -> float:
    """Return how many composites are answered in a second over that many connections."""
    word = token(item)
    bodies = [composite(number) for number in range(100)]
    end = time.monotonic() + _SECONDS

    def work(_: int) -> int:
        connection, count = Connection(item, word), 0
        while time.monotonic() < end:
            connection.ask("POST", f"{_BASE}/composite", bodies[count % 100])
            count += 1
        connection.close()
        return count

    begin = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        done = sum(pool.map(work, range(connections)))
    return done / (time.monotonic() - begin)


def records_a_second(item: Simulated) -> float:
    """Return how many records are created in a second, 1,000 a call."""
    connection, body, calls = Connection(item, token(item)), collections(), 0
    begin = time.monotonic()
    while time.monotonic() < begin + _SECONDS:
        connection.ask("POST", f"{_BASE}/composite", body)
        calls += 1
    connection.close()
    return calls * 1000 / (time.monotonic() - begin)


def query_ms(item: Simulated, field: str, keys: list[str]) -> float:
    """Return the median of the time that a query of those keys takes, in milliseconds."""
    listed = ",".join(f"'{key}'" for key in keys)
    soql = f"SELECT Id, LastName, Email, Phone, IsConverted FROM Lead WHERE {field} IN ({listed})"  # noqa: S608  # ours
    path = f"{_BASE}/query?q=" + quote(soql, safe="'(),=")
    connection, times = Connection(item, token(item)), []
    for _ in range(21):
        begin = time.monotonic()
        found = json.loads(connection.ask("GET", path))
        times.append((time.monotonic() - begin) * 1000)
        if found["totalSize"] != len(keys):
            raise RuntimeError(f"the query found {found['totalSize']} of {len(keys)}")
    connection.close()
    return statistics.median(times)


def memory_mb(item: Simulated) -> float:
    """Return the resident memory of the simulator's process, in MB (Linux; elsewhere that of the largest child)."""
    status = Path(f"/proc/{item.pid}/status")
    if status.exists():
        line = next(text for text in status.read_text().splitlines() if text.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _entry(
    name: str, value: float, unit: str, against: str | None = None, ratio: float | None = None
) -> dict[str, Any]:
    shown = None if ratio is None else round(ratio, 2)
    return {"name": name, "value": round(value, 1), "unit": unit, "against": against, "ratio": shown}


def entries() -> list[dict[str, Any]]:
    """Measure everything; takes less than a minute."""
    with tempfile.TemporaryDirectory() as folder:
        with simulated(Path(folder)) as item:
            alone, four = requests_a_second(item, 1), requests_a_second(item, 4)
            rows = records_a_second(item)
        with simulated(Path(folder), LEADS) as item:
            memory = memory_mb(item)
            sample = range(0, LEADS, LEADS // KEYS)
            by_email = query_ms(item, "Email", [f"lead{n}@example.com" for n in sample])
            start = item.seconds
    wanted = "500 requests/s, so that it is never the bottleneck"
    return [
        _entry("simulator composite, 1 connection", alone, "requests/s", wanted, alone / 500),
        _entry("simulator composite, 4 connections", four, "requests/s", wanted, four / 500),
        _entry("simulator collections of 200", rows, "records/s", "350 records/s measured on a real org", rows / 350),
        _entry(f"simulator SOQL, {KEYS} keys on {LEADS:,} leads", by_email, "ms"),
        _entry(f"simulator memory with {LEADS:,} leads", memory, "MB"),
        _entry(f"simulator start with {LEADS:,} leads", start, "s"),
    ]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(entries(), indent=2) + "\n")
