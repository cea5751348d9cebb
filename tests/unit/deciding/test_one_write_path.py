"""There is one way to write a record: a second one would pass the policies, the guard and the conversion by."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
CREATES = {
    "processors/deciding/case.py",
    "processors/deciding/activity.py",
    "processors/deciding/campaign.py",
}
"""
Where a step that creates a record may be made: people and what comes with them, activities, and the membership of a
person in a campaign, which has no field that anybody else writes.
"""


def steps_that(operation: str) -> set[str]:
    """Return the files that make a step of that operation, or of one that is not written there."""
    found = set()
    for file in (ROOT / "processors").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Step"):
                continue
            said = (
                next((keyword.value for keyword in node.keywords if keyword.arg == "operation"), None) or node.args[1]
            )
            if not isinstance(said, ast.Constant) or said.value == operation:
                found.add(file.relative_to(ROOT).as_posix())
    return found


def test_records_are_created_in_one_place_for_people_one_for_activities_and_one_for_members() -> None:
    assert steps_that("create") == CREATES


def test_no_write_goes_by_an_external_id() -> None:
    """An upsert writes onto the record that has the key already."""
    text = (ROOT / "connectors/salesforce/write.py").read_text("utf-8")
    assert 'Subrequest("POST", "composite/sobjects", body, headers)' in text
    paths = [
        node.args[1]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Subrequest"
    ]
    written = [path.value for path in paths if isinstance(path, ast.Constant)]
    assert set(written) == {"composite/sobjects"}
    assert all("external" not in ast.unparse(path) for path in paths)
