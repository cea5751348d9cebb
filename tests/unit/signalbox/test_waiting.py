"""Waiting at a start: no crash, /readyz says why, and a stop ends it."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from connectors.prometheus.registry import PrometheusMetrics
from processors.model.errors import Transient
from processors.sources.last_good import running
from schemas.codec import Codec, SingleObject
from signalbox.health import Heartbeat, serve_health
from signalbox.settings import load_settings
from signalbox.waiting import PatientCodec, Process, open_database, wait_for_kafka, wait_until_well


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Process:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "integrations").mkdir()
    (tmp_path / "integrations" / "yes.yaml").write_text(
        "{name: x, org: main, enabled: true, project: p, result_codes: [A], action: update_only,"
        " map: {lead: {Title: person.last_name}}}"
    )
    monkeypatch.setenv("SIGNALBOX_KAFKA__BOOTSTRAP", "127.0.0.1:1")
    registry = CollectorRegistry()
    return Process(
        load_settings(), running([]), SingleObject(), registry, PrometheusMetrics(registry), Heartbeat(),
        threading.Event(),
    )  # fmt: skip


def test_a_reason_is_waited_out_and_told_meanwhile(process: Process) -> None:
    told: list[str] = []
    reasons = iter(["first", None])

    def why() -> str | None:
        told.append(process.heartbeat.ready()[1])
        return next(reasons)

    assert wait_until_well(process, why)
    assert told == ["starting", "first"]


def test_a_stop_ends_the_wait(process: Process) -> None:
    def why() -> str | None:
        process.stop.set()
        raise Transient("away")

    assert not wait_until_well(process, why)


@pytest.mark.outside
def test_a_database_without_tables_names_the_command(process: Process) -> None:
    waiting = threading.Thread(target=open_database, args=(process,))
    waiting.start()
    server = serve_health("127.0.0.1", 0, process.registry, process.heartbeat)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        for _ in range(200):
            if "signalbox migrate" in process.heartbeat.ready()[1]:
                break
            process.stop.wait(0.05)
        assert json.load(urllib.request.urlopen(f"{address}/livez", timeout=5)) == {"live": True}
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}/readyz", timeout=5)
        assert refused.value.code == 503
        assert "signalbox migrate" in json.load(refused.value)["why"]
    finally:
        process.stop.set()
        waiting.join(20)
        server.shutdown()
        server.server_close()
    assert not waiting.is_alive()


@pytest.mark.outside
def test_a_broker_that_is_away_is_named_and_a_stop_ends_the_wait(process: Process) -> None:
    ended: list[bool] = []
    waiting = threading.Thread(target=lambda: ended.append(wait_for_kafka(process)))
    waiting.start()
    for _ in range(300):
        if "127.0.0.1:1" in process.heartbeat.ready()[1]:
            break
        process.stop.wait(0.05)
    assert "Kafka does not answer at 127.0.0.1:1" in process.heartbeat.ready()[1]
    process.stop.set()
    waiting.join(20)
    assert ended == [False]


def test_a_registry_that_is_away_costs_no_message(process: Process) -> None:
    class Away(Codec):
        tries = 0

        def encode(self, contract: str, value: Mapping[str, object]) -> bytes:
            raise AssertionError("nothing is written here")

        def decode(self, contract: str, data: bytes) -> dict[str, object]:
            self.tries += 1
            if self.tries < 3:
                raise Transient("registry away")
            return {"contract": contract, "data": data}

    away = Away()
    assert PatientCodec(away, lambda: process).decode("outcome", b"x") == {"contract": "outcome", "data": b"x"}
    assert away.tries == 3
