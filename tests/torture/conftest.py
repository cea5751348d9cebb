from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.torture import calls
from tests.torture.size import seeds
from tests.torture.stage import Stage, staged

HERE = Path(__file__).parent
Staging = Callable[..., Stage]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what kills processes, and give it time; the verifier's own tests are quick."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.torture)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(300))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for a seed those of this run."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", seeds())


@pytest.fixture
def stage(tmp_path: Path, clean_kafka: str) -> Iterator[Staging]:
    """Return a function that opens a stage on the real broker; all are closed after the test."""
    with ExitStack() as stack:

        def opened(**more: Any) -> Stage:
            given = {"integrations": calls.integrations(), **more}
            return stack.enter_context(staged(Stage(tmp_path / "stage", clean_kafka, **given)))

        yield opened
