"""tests/ mirrors the executor: whoever changes a module finds its tests by its name."""

import ast
from pathlib import Path

import pytest

from tests.contract.docs.pages import ROOT

LONGEST_WITHOUT = 60
"""Lines of a module that may be tested by those who use it alone."""
EXECUTOR = ROOT / "processors" / "executor"
ALL = sorted(EXECUTOR.rglob("*.py"))
MODULES = [file for file in ALL if len(file.read_text("utf-8").splitlines()) > LONGEST_WITHOUT]


def does_something(file: Path) -> bool:
    """Return whether a module has a function; one that names values alone has nothing to test."""
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(file.read_text("utf-8"))))


def places_of_tests(file: Path) -> list[Path]:
    """Return where the tests of a module may lie."""
    place = file.relative_to(ROOT / "processors").with_name(f"test_{file.name}")
    return [ROOT / "tests" / kind / place for kind in ("unit", "integration")]


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(EXECUTOR).as_posix())
def test_a_module_of_the_executor_has_the_tests_of_its_name(file: Path) -> None:
    assert not does_something(file) or any(test.is_file() for test in places_of_tests(file)), (
        f"write {places_of_tests(file)[0].relative_to(ROOT)}"
    )


@pytest.mark.parametrize("kind", ["unit", "integration"])
def test_a_test_file_in_a_room_is_of_a_module_there(kind: str) -> None:
    """A module that moves or goes takes its tests along; the room's own behaviours have names of their own."""
    rooms = [path.parent.name for path in EXECUTOR.glob("*/__init__.py")]
    here = [ROOT / "tests" / kind / "executor" / room for room in rooms]
    names = {f"{path.name}/{file.stem.removeprefix('test_')}" for path in here for file in path.glob("test_*.py")}
    modules = {f"{file.parent.name}/{file.stem}" for file in ALL}
    assert names - modules == {"unit": {"org_queue/hold_unknown", "session/renewal"}, "integration": set()}[kind]


def test_a_module_of_values_alone_is_known_from_one_that_does_something(tmp_path: Path) -> None:
    file = tmp_path / "one.py"
    file.write_text("class A:\n    x = 1\n")
    assert not does_something(file)
    file.write_text("class A:\n    def x(self):\n        return 1\n")
    assert does_something(file)
