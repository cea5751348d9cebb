"""
What every test can ask for, and what the run as a whole does: start servers on demand, end them, tell what was skipped.

Rule of this file: wiring only; what a fixture does stands in `tests/fixtures/`.
"""

import gc
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.fixtures.run import begin_run, end_run, skipped_tiers
from tests.fixtures.tiers import ByUnit, arrange

pytest_plugins = [
    "tests.fixtures.kafka",
    "tests.fixtures.postgres",
    "tests.fixtures.quick",
    "tests.fixtures.scripted_server",
]

settings.register_profile(
    "signalbox",
    derandomize=True,  # the same examples each time: a red run is red for whoever looks into it
    database=None,
    deadline=None,  # how long an example takes depends on what else the machine does
    suppress_health_check=[HealthCheck.too_slow],  # for the same reason; all other checks hold
    print_blob=True,
)
settings.register_profile("explore", settings.get_profile("signalbox"), derandomize=False, max_examples=1000)
settings.register_profile("quick", settings.get_profile("signalbox"), max_examples=20)  # `make test` takes 100
settings.load_profile("signalbox")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Arrange the tests before workers are given theirs."""
    arrange(items)


def pytest_collection_finish() -> None:
    """Leave out of each later search for garbage what was imported and collected: it stays to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByUnit:
    """Give units of tests to workers, whatever `--dist` says."""
    return ByUnit(config, log)


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
