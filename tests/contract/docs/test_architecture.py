"""docs/architecture.md draws the states of a command as the code has them, and names rooms that there are."""

import re
from pathlib import Path

from processors.model.ledger import MAY_FOLLOW

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "architecture.md"
BLOCK = re.compile(r"```mermaid\nstateDiagram-v2\n(.*?)```", re.DOTALL)


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


def test_the_layers_are_those_that_are_checked() -> None:
    table = re.findall(r"^\| (`.*?`) \| ", PAGE.read_text(), re.MULTILINE)
    told = [re.findall(r"`(\w+)`", row) for row in table]
    config = (ROOT / ".importlinter").read_text()
    (block,) = re.findall(r"type = layers\nlayers =\n((?:    .*\n)+)", config)
    checked = [re.findall(r"processors\.(\w+)", line) for line in block.splitlines()]
    assert [sorted(row) for row in told] == [sorted(row) for row in checked]
