"""
Command *simulator*: the simulated org, with the options of `python -m simulator`.

Rule of this file: options go through as they are; the simulator is loaded only when it is asked for.
"""

import typer

from signalbox.commands.extra import demo_module


def simulator(context: typer.Context) -> None:
    """Run the simulated org; options as of `python -m simulator`. Example: `signalbox simulator --port 8080`."""
    raise typer.Exit(demo_module("simulator.__main__").main(context.args))
