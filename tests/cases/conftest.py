"""The simulated org of the cases, and an executor on it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

import simulator
from tests.cases.runner import AGENTS, Run, Step, integrations, org_file, user


class Play(Protocol):
    """Plays steps on an org that has its users; *changed* holds other texts of integration files, by name."""

    def __call__(self, steps: Iterable[Step] = (), **changed: str) -> Run: ...


@pytest.fixture(scope="module")
def running() -> Iterator[simulator.Running]:
    with simulator.serve([org_file()]) as running:
        yield running


@pytest.fixture
def play(tmp_path: Path, running: simulator.Running) -> Iterator[Play]:
    runs: list[Run] = []

    def begin(steps: Iterable[Step] = (), **changed: str) -> Run:
        assert not runs, "one test plays on one org"
        control = simulator.Control(running.control_url)
        control.wipe()
        control.seed("User", [user(email) for email in AGENTS])
        runs.append(Run(tmp_path, running, integrations(**changed)))
        return runs[0].play(steps)

    yield begin
    for run in runs:
        run.executor.stop()
        run.executor.close()
