"""
Command *demo*: the main job on embedded parts, in under a minute.

Rule of this file: options only; what happens stands in `signalbox/demo/`, which is loaded when it is asked for.
"""

from typing import Annotated

import typer

from signalbox.commands.extra import demo_module


def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Stay up after the summary, until Ctrl-C.")] = False,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal events.")] = 1,
) -> None:
    """Run everything on embedded parts and add the numbers up. Example: `signalbox demo --serve`."""
    run = demo_module("signalbox.demo.run")
    from rich.console import Console

    raise typer.Exit(run.run_demo(seed, serve=serve, console=Console()))
