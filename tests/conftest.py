"""
What every test can ask for, and what the run as a whole does: start servers on demand, end them, tell what was skipped.

Rule of this file: wiring only; what a fixture does stands in `tests/fixtures/`.
"""

import pytest

from tests.fixtures.run import begin_run, end_run, skipped_tiers

pytest_plugins = ["tests.fixtures.kafka", "tests.fixtures.postgres"]

_GROUPS = {"kafka": "kafka", "postgres": "postgres"}
"""Fixture → xdist group: tests on one server run in one worker, one after another."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep the tests of one server together, and mark those that need real Kafka."""
    fixtures: list[str] = getattr(item, "fixturenames", [])
    for group in sorted({_GROUPS[name] for name in fixtures if name in _GROUPS}):
        item.add_marker(pytest.mark.xdist_group(group))
    if "kafka" in fixtures:
        item.add_marker(pytest.mark.real_kafka)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly, one line each, which tier this machine could not run."""
    for line in skipped_tiers():
        terminalreporter.write_line(f"!!! {line}", red=True, bold=True)


def pytest_configure() -> None:
    """Begin without what an earlier, killed run left."""
    begin_run()


def pytest_unconfigure() -> None:
    """End what the run started."""
    end_run()
