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
EXECUTOR = "processors.executor."
CARRYING = ("session", "pipeline", "in_doubt")
"""The rooms that an event goes through; those below them are asked (decision 0105)."""
ASKED = ("connection", "org_queue", "dependencies", "jobs")
NOT_ON_THE_WAY = {"pipeline.__init__", "pipeline.duplicates", "pipeline.duplicate_owners"}
"""What an event that creates one record does not come to."""
INNER = ("<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>", "<lambda>", "__init__")


class Trace:
    """
    Which module of ours called into which other one, in order, in every thread that began meanwhile.

    To make a value of a class is no call into its module.
    """

    def __init__(self) -> None:
        self.entered: list[str] = []

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """Note a call from one module into another."""
        if event == "call" and (callee := _module(frame)) is not None and _caller(frame) != callee:
            self.entered.append(callee)


def _module(frame: FrameType) -> str | None:
    name = str(frame.f_globals.get("__name__", ""))
    return name if name.startswith("processors.") and frame.f_code.co_name not in INNER else None


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


def modules(room: str) -> set[str]:
    """Return the names of the modules of a room of the executor, from the executor on."""
    return {f"{room}.{file.stem}" for file in (ROOT / "processors" / "executor" / room).glob("*.py")}


def stages() -> list[str]:
    """Return the stages of the README's table that have a module of the pipeline, in its order."""
    rows = re.findall(r"^\| (\w+) \| \[processors/", (ROOT / "README.md").read_text(), re.MULTILINE)
    return [row for row in rows if f"pipeline.{row}" in modules("pipeline")]


def test_the_stages_are_called_in_the_readmes_order_and_no_module_is_entered_more_than_twice(
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
    entered = [name.removeprefix(EXECUTOR) for name in trace.entered if name.startswith(EXECUTOR)]
    assert {name.split(".")[0] for name in entered} <= {*CARRYING, *ASKED}
    counts = Counter(name for name in entered if name.split(".")[0] in CARRYING)
    assert set(counts) == modules("pipeline") - NOT_ON_THE_WAY | {"session.runner"}
    assert {name: count for name, count in counts.items() if count > 2} == {}
    called = [name.removeprefix("pipeline.") for name in entered]
    assert list(dict.fromkeys(name for name in called if name in stages())) == stages()
    assert stages() == ["claim", "match", "decide", "pack", "execute", "settle"]


def test_every_room_of_the_executor_is_gone_through_or_asked() -> None:
    folder = ROOT / "processors" / "executor"
    rooms = {file.parent.name for file in folder.glob("*/__init__.py")}
    alone = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert rooms | alone == {*CARRYING, *ASKED}
