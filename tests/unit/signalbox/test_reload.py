"""Integration files while a process runs: a change starts it anew, a fault changes nothing and is told."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from connectors.prometheus.registry import PrometheusMetrics
from processors.model.errors import Transient
from processors.sources.last_good import running
from processors.sources.load import integration_files
from schemas.codec import SingleObject
from signalbox.commands import reload as reload_command
from signalbox.health import Heartbeat
from signalbox.instance import RunningProcess
from signalbox.reload import Reload, request_reload, with_last_good
from signalbox.settings import load_settings
from signalbox.waiting import Process
from tests.fixtures.processes import wait_until

GOOD = "name: {}\norg: acme\nenabled: true\nproject: Solar\nresult_codes: [{}]\naction: update_only\n"
A, B = GOOD.format("a", "YES"), GOOD.format("b", "NO")
WRONG = A.replace("org:", "orgg:")


@dataclass
class Store:
    """The store of last good texts, in memory; it fails as often as it is told to."""

    texts: dict[str, bytes] = field(default_factory=dict)
    failures: int = 0

    def read(self) -> dict[str, bytes]:
        if self.failures:
            self.failures -= 1
            raise Transient("Kafka is away")
        return dict(self.texts)

    def keep(self, texts: Mapping[str, bytes | None]) -> None:
        for name, text in texts.items():
            if text is None:
                del self.texts[name]
            else:
                self.texts[name] = text


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "integrations").mkdir()
    (tmp_path / "integrations" / "a.yaml").write_text(A)
    (tmp_path / "integrations" / "b.yaml").write_text(B)
    return tmp_path / "integrations"


@pytest.fixture
def process(folder: Path) -> Callable[[], Process]:
    def opened() -> Process:
        registry = CollectorRegistry()
        found = running(integration_files(folder))
        metrics = PrometheusMetrics(registry)
        return Process(load_settings(), found, SingleObject(), registry, metrics, Heartbeat(), threading.Event())

    return opened


Opened = Callable[[], Process]


def faulty(process: Process, file: str) -> float | None:
    return process.registry.get_sample_value("signalbox_integration_file_faulty", {"file": file})


def test_what_runs_is_kept_as_the_last_good_text_and_a_file_that_is_gone_is_forgotten(
    process: Opened, folder: Path
) -> None:
    store = Store({"old.yaml": b"x"})
    assert not Reload(process(), store).look()
    assert store.texts == {"a.yaml": A.encode(), "b.yaml": B.encode()}
    assert (folder / "a.yaml").exists()


def test_the_same_files_start_nothing_anew(process: Opened, folder: Path) -> None:
    reload = Reload(process(), Store())
    os.utime(folder / "a.yaml", (0, 0))
    assert [reload.look(), reload.look(), reload.look(asked=True)] == [False, False, False]


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_a_good_change_starts_the_process_anew(process: Opened, folder: Path, change: str) -> None:
    reload = Reload(process(), Store())
    assert not reload.look()
    match change:
        case "edited":
            (folder / "a.yaml").write_text(A + "# a word\n")
        case "added":
            (folder / "c.yaml").write_text(GOOD.format("c", "CB"))
        case _:
            (folder / "b.yaml").unlink()
    with capture_logs() as logs:
        assert reload.look()
    [line] = [log for log in logs if "starts anew" in log["event"]]
    assert line["files"] == [{"edited": "a.yaml", "added": "c.yaml", "removed": "b.yaml"}[change]]
    assert all(len(digest) == 12 for digest in line["digests"].values())


def test_a_faulty_change_leaves_what_runs_and_is_told_once_with_its_faults(process: Opened, folder: Path) -> None:
    store, item = Store(), process()
    reload = Reload(item, store)
    reload.look()
    (folder / "a.yaml").write_text(WRONG)
    with capture_logs() as logs:
        assert not reload.look()
        assert not reload.look()
    [line] = [log for log in logs if log["event"] == "integration file is faulty"]
    assert (line["file"], line["meanwhile"]) == ("a.yaml", "its last good text runs")
    assert "a.yaml:2: key 'orgg' is unknown; did you mean 'org'?" in line["faults"]
    assert faulty(item, "a.yaml") == 1
    assert store.texts["a.yaml"] == A.encode()
    (folder / "a.yaml").write_text(A)
    assert not reload.look(), "what runs is as before"
    assert faulty(item, "a.yaml") == 0


def test_a_good_change_beside_a_faulty_one_is_taken_up(process: Opened, folder: Path) -> None:
    store = Store()
    reload = Reload(process(), store)
    reload.look()
    (folder / "a.yaml").write_text(WRONG)
    (folder / "b.yaml").write_text(B + "# a word\n")
    assert reload.look()
    again = with_last_good(process(), store)
    assert again.running.texts["a.yaml"] == A.encode()
    assert again.running.texts["b.yaml"].endswith(b"# a word\n")
    assert faulty(again, "a.yaml") == 1


def test_a_start_with_a_faulty_file_takes_its_last_good_text_once_kafka_answers(process: Opened, folder: Path) -> None:
    (folder / "a.yaml").write_text(WRONG)
    found = with_last_good(process(), Store({"a.yaml": A.encode()}, failures=2))
    assert sorted(found.integrations.by_name) == ["a", "b"]
    assert found.integrations.unknown_sources == frozenset()


def test_a_start_without_a_last_good_text_goes_on_with_the_others(process: Opened, folder: Path) -> None:
    (folder / "a.yaml").write_text(WRONG)
    found = with_last_good(process(), Store())
    assert sorted(found.integrations.by_name) == ["b"]
    assert found.integrations.unknown_sources == {"call_result"}
    reload = Reload(found, Store())
    assert not reload.look()
    (folder / "a.yaml").write_text(A)
    assert reload.look(), "the file is mended"


def test_a_file_that_is_mended_while_kafka_is_away_needs_no_store(process: Opened, folder: Path) -> None:
    (folder / "a.yaml").write_text(WRONG)
    item = process()

    class Away(Store):
        def read(self) -> dict[str, bytes]:
            (folder / "a.yaml").write_text(A)
            raise Transient("Kafka is away")

    assert sorted(with_last_good(item, Away()).integrations.by_name) == ["a", "b"]


def test_a_store_that_is_away_is_asked_again_at_the_next_look(process: Opened) -> None:
    store = Store(failures=1)
    reload = Reload(process(), store)
    reload.look()
    assert store.texts == {}
    reload.look()
    assert sorted(store.texts) == ["a.yaml", "b.yaml"]


def test_a_folder_that_is_away_or_empty_leaves_what_runs_and_is_told_once(process: Opened, folder: Path) -> None:
    store = Store()
    reload = Reload(process(), store)
    reload.look()
    folder.rename(folder.with_name("elsewhere"))
    with capture_logs() as logs:
        assert [reload.look(), reload.look()] == [False, False]
    assert len(logs) == 1
    assert sorted(store.texts) == ["a.yaml", "b.yaml"]
    folder.with_name("elsewhere").rename(folder)
    assert not reload.look(), "the files are the same"


def test_reload_waits_for_processes_that_are_starting_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All may have let their names go, having seen the change before the command was given."""
    looks = iter([[], [], [RunningProcess("intake", "a", "new")]])
    monkeypatch.setattr(reload_command, "running_processes", lambda _: next(looks))
    found = reload_command._taken_up(tmp_path, "new", float("inf"), lambda _: None)
    assert [(each.process, each.digest) for each in found] == [("intake", "new")]


def test_a_fault_of_who_tells_does_not_end_the_look_out(process: Opened, folder: Path) -> None:
    def wrong(_faulty: object) -> None:
        raise RuntimeError("no such table")

    found, ended = process(), threading.Event()
    reload = Reload(found, Store(), end=ended.set, told=wrong)
    with capture_logs() as logs:
        reload.start()
        (folder / "a.yaml").write_text(A + "# a word\n")
        request_reload(found.settings.state)
        assert ended.wait(60)
    assert found.anew.is_set()
    assert all("could not be told" not in line["event"] or line["log_level"] == "error" for line in logs)


def test_a_request_is_seen_before_the_next_look_is_due(
    process: Opened, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNALBOX_RELOAD_EVERY", "3600")
    found, ended = process(), threading.Event()
    looks: list[object] = []
    Reload(found, Store(), end=ended.set, told=looks.append).start()
    wait_until(lambda: bool(looks), 60, "the first look")
    (folder / "a.yaml").write_text(A + "# a word\n")
    request_reload(found.settings.state)
    assert ended.wait(60)
