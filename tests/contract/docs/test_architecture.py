"""docs/architecture.md draws the states of a command as the code has them, and names rooms that there are."""

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

from processors.model.ledger import MAY_FOLLOW

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "architecture.md"
BLOCK = re.compile(r"```mermaid\nstateDiagram-v2\n(.*?)```", re.DOTALL)

TABLES = (("room", "layers", "processors."), ("room of the executor", "executor", ""))
"""The heading of a table, the contract that holds its order, and what stands before each name there."""


def drawing() -> str:
    """Return the state machine in the words of Mermaid, from the table."""
    first = next(iter(MAY_FOLLOW))
    lines = [f"[*] --> {first} : the ledger has it"]
    for state, following in MAY_FOLLOW.items():
        lines += [f"{state} --> {after} : {why}" for after, why in following.items()]
        lines += [] if following else [f"{state} --> [*]"]
    return "".join(f"    {line}\n" for line in lines)


def test_the_states_are_drawn_as_the_table_has_them() -> None:
    (drawn,) = BLOCK.findall(PAGE.read_text())
    assert drawn == drawing(), f"put this into {PAGE.name}:\n{drawing()}"


def test_every_state_is_reached_and_only_the_ends_lead_nowhere() -> None:
    reached = {next(iter(MAY_FOLLOW))} | {after for following in MAY_FOLLOW.values() for after in following}
    assert reached == set(MAY_FOLLOW)
    assert [state for state, following in MAY_FOLLOW.items() if not following] == ["settled", "absorbed"]


@pytest.mark.parametrize(("heading", "contract", "package"), TABLES)
def test_the_layers_are_those_that_are_checked(heading: str, contract: str, package: str) -> None:
    (table,) = re.findall(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE.read_text(), re.MULTILINE)
    told = [re.findall(r"`(\w+)`", row.split(" | ")[0]) for row in table.splitlines()]
    config = ConfigParser()
    config.read(ROOT / ".importlinter")
    layers = config[f"importlinter:contract:{contract}"]["layers"].split("\n")
    checked = [[name.strip().removeprefix(package) for name in layer.split("|")] for layer in layers if layer]
    assert [sorted(row) for row in told] == [sorted(row) for row in checked]
