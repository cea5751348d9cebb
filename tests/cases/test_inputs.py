"""Every input has a test that plays it by its name."""

import ast
from pathlib import Path

from tests.cases.runner import FOLDER, kinds


def texts(file: Path) -> set[str]:
    """Return the texts that the code of a file names, without docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {one.value for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    found = (one for one in ast.walk(tree) if isinstance(one, ast.Constant) and one not in docstrings)
    return {one.value for one in found if isinstance(one.value, str)}


def test_every_input_has_a_test() -> None:
    played = set().union(*(texts(one) for one in FOLDER.glob("test_*.py")))
    assert set(kinds()) - played == set()
