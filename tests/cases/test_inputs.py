"""Every input has a test that plays it by its name."""

import ast
from pathlib import Path

from tests.cases.runner import FOLDER, kinds


def texts(file: Path) -> set[str]:
    """Return the texts that the code of a file names, without docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in docstrings)
    return {node.value for node in found if isinstance(node.value, str)}


def test_every_input_has_a_test() -> None:
    played = set().union(*(texts(path) for path in FOLDER.glob("test_*.py")))
    assert set(kinds()) - played == set()
