"""The way of one event through the executor: the stages in the README's order, none of them entered again and again."""

import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from tests.fakes.scheduler import Rig, command

ROOT = Path(__file__).resolve().parents[3]
PIPELINE = "processors.executor.pipeline."
MODULES = ("batch_pipeline", "claim", "match", "decide", "pack", "execute", "answers", "settle", "unit_of_work")
"""What carries a batch out, and turns what becomes of it into a ledger transaction."""


class Trace:
    """Which module of ours called into which other one, in order, in every thread that began meanwhile."""

    def __init__(self) -> None:
        self.entered: list[str] = []

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """Note a call from one module into another."""
        if event == "call" and (callee := _module(frame)) is not None and _caller(frame) != callee:
            self.entered.append(callee)


def _module(frame: FrameType) -> str | None:
    name = str(frame.f_globals.get("__name__", ""))
    inner = frame.f_code.co_name in ("<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>", "<lambda>")
    return name if name.startswith("processors.") and not inner else None


def _caller(frame: FrameType) -> str | None:
    before = frame.f_back
    while before is not None and _module(before) is None:
        before = before.f_back
    return None if before is None else _module(before)


@pytest.fixture
def trace() -> Iterator[Trace]:
    """Follow the threads that begin from here on."""
    before, trace = sys.getprofile(), Trace()
    threading.setprofile(trace)
    yield trace
    threading.setprofile(before)


def stages() -> list[str]:
    """Return the stages of the README's table that have a module of the pipeline, in its order."""
    rows = re.findall(r"^\| (\w+) \| \[processors/", (ROOT / "README.md").read_text(), re.MULTILINE)
    return [row for row in rows if row in MODULES]


def test_the_stages_are_called_in_the_readmes_order_and_none_is_entered_more_than_twice(
    trace: Trace, tmp_path: Path
) -> None:
    rig = Rig(tmp_path)
    rig.settle_start()
    trace.entered.clear()
    rig.send(command("a@example.com"))
    (outcome,) = rig.settle(1)
    rig.wait(rig.executor.scheduler.idle, what="the end of the batch")
    rig.executor.close()

    assert outcome.kind == "created"
    entered = [name.removeprefix(PIPELINE) for name in trace.entered if name.startswith(PIPELINE)]
    counts = Counter(name for name in entered if name in MODULES)
    assert set(counts) == set(MODULES)
    assert {name: count for name, count in counts.items() if count > 2} == {}
    assert list(dict.fromkeys(name for name in entered if name in stages())) == stages()
    assert stages() == ["claim", "match", "decide", "pack", "execute", "settle"]
