"""
What every test can ask for, and what the run as a whole does: start servers on demand, end them, tell what was skipped.

Rule of this file: wiring only; what a fixture does stands in `tests/fixtures/`.
"""

import pytest
from hypothesis import HealthCheck, settings

from tests.fixtures.run import begin_run, end_run, skipped_tiers

pytest_plugins = ["tests.fixtures.kafka", "tests.fixtures.postgres"]

settings.register_profile(
    "signalbox",
    derandomize=True,  # the same examples each time: a red run is red for whoever looks into it
    database=None,
    deadline=None,  # how long an example takes depends on what else the machine does
    suppress_health_check=[HealthCheck.too_slow],  # for the same reason; all other checks hold
    print_blob=True,
)
settings.register_profile("explore", settings.get_profile("signalbox"), derandomize=False, max_examples=1000)
settings.load_profile("signalbox")

_ORDER = ("torture", "integration", "clients", "contract", "unit")
"""Folders of tests, the slowest first: what takes long must not begin at the end, where the other workers idle."""
_ALONE = _ORDER[:2]
"""Folders whose tests are given out one by one; of the others a whole file goes to one worker."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest tests first, and tell the workers which tests belong together."""
    items.sort(key=_turn)
    for item in items:
        if _folder(item) not in _ALONE:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
        if "kafka" in getattr(item, "fixturenames", []):
            item.add_marker(pytest.mark.real_kafka)


def _folder(item: pytest.Item) -> str:
    """Return the folder below `tests` that a test lies in."""
    parts = item.path.parts
    return parts[parts.index("tests") + 1] if "tests" in parts else ""


def _turn(item: pytest.Item) -> int:
    folder = _folder(item)
    return _ORDER.index(folder) if folder in _ORDER else len(_ORDER)


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
