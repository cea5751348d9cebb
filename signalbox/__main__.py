"""`python -m signalbox`: the command line."""

from signalbox.cli import app

app()
