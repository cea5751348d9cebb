"""What the executor tells of itself: gauges of what is at hand."""

from types import SimpleNamespace
from typing import Any

from processors.executor.session.report import SHARED, Report, shares
from tests.fakes.scheduler import Gauges


class Counted(Gauges):
    """Keeps sums of counters too."""

    def __init__(self) -> None:
        super().__init__()
        self.sums: dict[tuple[str, ...], float] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add it."""
        key = (name, *labels.values())
        self.sums[key] = self.sums.get(key, 0) + amount


def executor(**more: Any) -> Any:
    made = {
        "counts": lambda: {"due": 3, "parked": 1},
        "ages": lambda: {"due": 12.0},
        "take_worked": lambda: {"one": 3, "two": 1},
        "deps": SimpleNamespace(
            org="main", salesforce=SimpleNamespace(api_calls=lambda: 8, usage=lambda: (500, 1_000))
        ),
    }
    return SimpleNamespace(**{**made, **more})


def test_calls_are_shared_by_how_many_commands_of_each_integration_were_worked_on() -> None:
    assert shares({"one": 3, "two": 1}, 8) == {"one": 6.0, "two": 2.0}
    assert shares({}, 8) == {SHARED: 8.0}
    assert shares({"one": 3}, 0) == {}


def test_an_org_tells_where_its_commands_wait_and_how_much_of_its_api_calls_is_used() -> None:
    metrics = Counted()
    report = Report(metrics, SimpleNamespace())  # type: ignore[arg-type]  # no lag is told here
    assert report.org(executor()) == 3
    assert metrics.last["commands_waiting", "main", "due"] == 3
    assert metrics.last["commands_oldest_seconds", "main", "due"] == 12.0
    assert metrics.last["api_usage_ratio", "main"] == 0.5
    assert metrics.sums["api_calls_by_integration_total", "main", "one"] == 6.0


def test_only_the_calls_since_the_last_report_are_counted_and_a_client_that_begins_anew_takes_none_back() -> None:
    metrics, made = Counted(), iter((8, 10, 2))
    report = Report(metrics, SimpleNamespace())  # type: ignore[arg-type]  # no lag is told here
    salesforce = SimpleNamespace(api_calls=lambda: next(made), usage=lambda: None)
    for _ in range(3):
        report.org(executor(deps=SimpleNamespace(org="main", salesforce=salesforce)))
    assert metrics.sums["api_calls_total", "main"] == 10
    assert ("api_usage_ratio", "main") not in metrics.last


def test_an_org_without_salesforce_tells_of_its_commands_alone() -> None:
    metrics = Counted()
    report = Report(metrics, SimpleNamespace())  # type: ignore[arg-type]  # no lag is told here
    report.org(executor(deps=SimpleNamespace(org="none", salesforce=None)))
    assert set(metrics.last) == {
        ("commands_waiting", "none", "due"),
        ("commands_waiting", "none", "parked"),
        ("commands_oldest_seconds", "none", "due"),
    }
    assert metrics.sums == {}


def test_an_org_that_is_another_process_is_told_of_no_more() -> None:
    metrics, forgotten = Counted(), list[Any]()
    report = Report(metrics, SimpleNamespace(forget=forgotten.extend))  # type: ignore[arg-type]  # a lag in small
    report.org(executor())
    partition = SimpleNamespace(topic="crm.command.main")
    report.leave(SimpleNamespace(org="main", partition=partition, executor=executor()))  # type: ignore[arg-type]  # in small
    assert forgotten == [("crm.command.main", 0)]
    assert metrics.last["commands_waiting", "main", "due"] == 0
    assert metrics.last["commands_oldest_seconds", "main", "due"] == 0
