"""
Command *demo*: the main job on embedded parts, in under a minute.

Rule of this file: options only; what happens stands in `signalbox/demo/`.
"""

from typing import Annotated

import typer
from rich.console import Console

from signalbox.demo.run import run_demo


def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Stay up after the summary, until Ctrl-C.")] = False,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal events.")] = 1,
) -> None:
    """Run everything on embedded parts and add the numbers up. Example: `signalbox demo --serve`."""
    raise typer.Exit(run_demo(seed, serve=serve, console=Console()))
