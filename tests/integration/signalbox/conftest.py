from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.torture import calls
from tests.torture.stage import Stage, staged

Staging = Callable[..., Stage]


@pytest.fixture
def stage(tmp_path: Path, clean_kafka: str) -> Iterator[Staging]:
    """Return a function that opens a stage on the real broker; it is closed after the test."""
    with ExitStack() as stack:

        def opened(**more: Any) -> Stage:
            given = {"integrations": calls.integrations(), "mail_up": False, **more}
            return stack.enter_context(staged(Stage(tmp_path / "stage", clean_kafka, **given)))

        yield opened
