"""
Commands *schemas* and *integrations*: contracts may evolve; integration files have a JSON Schema.

Rule of this file: reads what ships, and nothing else.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from processors.model.errors import Misconfigured
from processors.sources.load import json_schema
from schemas.contracts import DIRECTORY
from schemas.evolution import check_all
from signalbox.commands.common import FAILED, say


def check(
    folder: Annotated[Path, typer.Option(help="The folder of contracts; the shipped one if left out.")] = DIRECTORY,
) -> None:
    """Refuse a contract that may not follow its released versions: exit 1. Example: `signalbox schemas check`."""
    if not folder.is_dir():
        raise Misconfigured([f"{folder}: is not a folder; name the folder that holds the contracts"])
    faults = check_all(folder)
    for fault in faults:
        say(fault)
    if faults:
        raise typer.Exit(FAILED)
    typer.echo(f"{len(list(folder.glob('*.avsc')))} contracts may follow their released versions")


def schema() -> None:
    """Print the JSON Schema of an integration file. Example: `signalbox integrations schema > integration.json`."""
    typer.echo(json.dumps(json_schema(), indent=2))
