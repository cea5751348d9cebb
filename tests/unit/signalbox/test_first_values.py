"""What a process exports before its first event: its release, and counters at 0."""

import threading
from importlib.metadata import version
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from connectors.prometheus.registry import PREFIX, PrometheusMetrics
from processors.integration.catalog import Integrations
from processors.sources.last_good import Running
from schemas.codec import SingleObject
from signalbox.first_values import OF_A_PROCESS, begin_metrics
from signalbox.health import Heartbeat
from signalbox.processes import STARTS
from signalbox.settings import load_settings
from signalbox.waiting import Process
from tests.fakes.scheduler import integration


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Process:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "integrations").mkdir()
    (tmp_path / "integrations" / "yes.yaml").write_text(
        "{name: x, org: main, enabled: true, project: p, result_codes: [A], action: update_only,"
        " map: {lead: {Title: person.last_name}}}"
    )
    registry = CollectorRegistry()
    return Process(
        load_settings(), Running(Integrations.of([integration()]), {}), SingleObject(), registry,
        PrometheusMetrics(registry), Heartbeat(), threading.Event(),
    )  # fmt: skip


def value(process: Process, name: str, **labels: str) -> float | None:
    return process.registry.get_sample_value(PREFIX + name, labels)


def test_each_process_has_its_own() -> None:
    assert OF_A_PROCESS.keys() == STARTS.keys()


@pytest.mark.parametrize("name", list(STARTS))
def test_the_release_and_what_the_system_says_of_the_process_are_there_at_once(process: Process, name: str) -> None:
    begin_metrics(process, name)
    (build,) = [metric for metric in process.registry.collect() if metric.name == PREFIX + "build_info"]
    (sample,) = build.samples
    assert (sample.value, sample.labels["version"]) == (1, version("signalbox"))
    assert (process.registry.get_sample_value("process_start_time_seconds") or 0) > 0


def test_the_executors_counters_begin_at_nought(process: Process) -> None:
    begin_metrics(process, "executor")
    item = integration()
    assert value(process, "publish_failures_total", org="none") == 0
    own = {"org": item.org, "integration": item.name}
    assert value(process, "outcomes_total", **own, kind="error", reason="no_match") == 0
    assert value(process, "outcomes_total", **own, kind="created", reason="none") == 0


def test_dead_letters_of_each_source_and_mails_begin_at_nought(process: Process) -> None:
    begin_metrics(process, "intake")
    assert value(process, "dead_letters_total", topic="crm.event.booking", reason="Undecodable") == 0
    begin = process.metrics.begin
    begin("mails_total", state="refused")
    assert value(process, "mails_total", state="refused") == 0
