"""The executor on a real ledger and a fake org, and how a test lets one die."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.scheduler import Rig

Begin = Callable[..., Rig]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Return a function that begins an executor; all of them end with the test."""
    rigs: list[Rig] = []

    def make(*integrations: Any, **options: Any) -> Rig:
        folder = tmp_path / str(len(rigs))
        folder.mkdir()
        rigs.append(Rig(folder, integrations, **options))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.executor.close()
