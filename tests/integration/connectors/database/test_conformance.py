"""The suite is whole: what speaks to the database is tested here, and a test that asks for one runs on both."""

import ast
from pathlib import Path

from tests.fixtures.kafka_server import ROOT

HERE = Path(__file__).parent
NO_STATEMENTS = {"__init__", "engine", "metadata", "tables", "tables_all", "stored_text"}
"""Modules that say how things are stored, and send nothing; what they say is met by every test here."""
PARTS = {"rows": "ledger", "statements": "ledger", "upserts": "ledger", "reads": "ledger", "own_records": "ledger"}
"""Modules that no other module but this one speaks through."""


def imported(file: Path) -> set[str]:
    """Return the modules of connectors.database that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("connectors.database"):
            found |= (
                {(node.module or "").rpartition(".")[2]}
                if node.module != "connectors.database"
                else {name.name for name in node.names}
            )
    return found


def test_every_module_that_speaks_to_the_database_is_tested_on_both() -> None:
    modules = {file.stem for file in (ROOT / "connectors" / "database").glob("*.py")} - NO_STATEMENTS
    tested = {module for file in HERE.glob("test_*.py") for module in imported(file)}
    assert {PARTS.get(module, module) for module in modules} - tested == set()


def test_a_test_that_is_bound_to_one_database_says_so() -> None:
    """Only what one database alone does is tested on it alone."""
    alone = set()
    for file in HERE.glob("test_*.py"):
        for node in ast.parse(file.read_text("utf-8")).body:
            asked = {argument.arg for argument in node.args.args} if isinstance(node, ast.FunctionDef) else set()
            if (
                isinstance(node, ast.FunctionDef)
                and node.name.startswith("test_")
                and asked & {"tmp_path", "postgres_url"}
            ):
                alone.add(node.name)
    assert alone == {
        "test_d15_a_writer_that_stands_still_is_put_out_by_postgresql",
        "test_d15_on_sqlite_others_wait_for_a_writer_that_stands_still_and_then_try_again",
        "test_d15_on_sqlite_the_status_is_told_beside_a_writer_that_stands_still_and_names_each_owner",
        "test_a_new_file_that_another_connection_writes_is_waited_for",
        "test_a_database_that_cannot_be_opened_is_an_outage_not_a_crash",
        "test_a_database_that_went_away_is_an_outage",
    }
