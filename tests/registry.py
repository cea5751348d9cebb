"""
The registry of scenarios: each row of faults (R), security (S) and interleavings (D), and the tests that own it.

In: registry.toml, the names of tests.  Out: `Row`s with their owners, and what is wrong with one.
Rule of this file: an owner is a test that runs; a row that nobody plays says so, and by what it will be played.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = Path(__file__).with_name("registry.toml")
LAST = {"R": 38, "S": 19, "D": 25}
"""Letter → the number of its last row; every number from 1 on is a row."""
_NEVER = frozenset({"skip", "xfail"})
_OPEN = re.compile(r"issue (\d+): \S")
_FIRST = 13
"""The first issue that may still owe a row: those before it are done."""


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario; *open* says what of it is not played yet, and by which issue it comes."""

    id: str
    means: str = ""
    tests: tuple[str, ...] = ()
    open: str = ""


def wanted() -> list[str]:
    """Return the ID of every row, in order."""
    return [f"{letter}{number:02}" if letter != "D" else f"D{number}" for letter, number in _numbers()]


@cache
def rows() -> dict[str, Row]:
    """Return the rows by ID: those of the file, and those that tests carry in their names."""
    told = tomllib.loads(FILE.read_text("utf-8"))
    found = {
        id_: Row(id_, item["means"], tuple(item.get("tests", ())), item.get("open", "")) for id_, item in told.items()
    }
    for test in running():
        for id_ in carried(test.partition("::")[2]):
            row = found.get(id_, Row(id_))
            found[id_] = Row(id_, row.means, tuple(dict.fromkeys((*row.tests, test))), row.open)
    return found


def carried(name: str) -> list[str]:
    """Return the interleavings that a test's name begins with: `test_d5_d7_late` plays D5 and D7."""
    found = []
    for word in name.split("_")[1:]:
        if re.fullmatch(r"d\d+", word) is None:
            break
        found.append(word.upper())
    return found


def faults(row: Row | None) -> list[str]:
    """Return what is wrong with one row."""
    if row is None:
        return ["is in no table and no test's name"]
    found = [f"names {test}, which is no test that runs" for test in row.tests if test not in running()]
    if not row.tests and not row.open:
        found.append("has no owner")
    by = _OPEN.match(row.open)
    if row.open and by is None:
        found.append("is open without the issue by which it comes")
    if by is not None and int(by[1]) < _FIRST:
        found.append(f"is open, though issue {by[1]} is done")
    return found


@cache
def running() -> frozenset[str]:
    """Return every test function that is not switched off, as `file::name`."""
    found = set()
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not _is_off(node):
                found.add(f"{file.relative_to(ROOT).as_posix()}::{node.name}")
    return frozenset(found)


def _is_off(node: ast.FunctionDef) -> bool:
    names = {part.attr for item in node.decorator_list for part in ast.walk(item) if isinstance(part, ast.Attribute)}
    return bool(names & _NEVER)


def _numbers() -> Iterator[tuple[str, int]]:
    for letter, last in LAST.items():
        yield from ((letter, number) for number in range(1, last + 1))
