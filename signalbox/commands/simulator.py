"""
Command *simulator*: the simulated org, with the options of `python -m simulator`.

Rule of this file: options go through as they are; the simulator is loaded only when it is asked for.
"""

import importlib

import typer


def simulator(context: typer.Context) -> None:
    """Run the simulated org; options as of `python -m simulator`. Example: `signalbox simulator --port 8080`."""
    # Nobody who runs against a real org needs it in memory.
    main = importlib.import_module("simulator.__main__").main
    raise typer.Exit(main(context.args))
