"""
What commands share: errors become exit codes, `--json` becomes lines.

Rule of this file: the one place where an error turns into text and exit code: 2 for settings, 3 for a name that another
process has, 1 for all else. It loads
no library of an outside system.
"""

import json
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from processors.model.errors import Fenced, Misconfigured, SignalboxError

FAULTS = 2
FENCED = 3
FAILED = 1


class Commands(TyperGroup):
    """A group of commands whose errors are lines for the reader, never a stack trace."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; raise `typer.Exit` with the code of what went wrong."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            lines = _lines(error)
            if not lines:
                raise
            for line in lines:
                say(" ".join(line.split()))
            settings = isinstance(error, Misconfigured) or _is(error, "sqlalchemy.exc", "ArgumentError")
            raise typer.Exit(FAULTS if settings else FENCED if isinstance(error, Fenced) else FAILED) from None


def _lines(error: Exception) -> list[str]:
    """Return what the reader is told of an error; nothing where it is our bug."""
    if isinstance(error, Misconfigured):
        return list(error.faults)
    if isinstance(error, SignalboxError):
        return [str(error)]
    if _is(error, "sqlalchemy.exc", "ArgumentError"):
        # Its own text may quote the URL with its password.
        return [
            "settings: database: no URL of SQLite or PostgreSQL; write sqlite:///file or postgresql://user@host/name"
        ]
    if isinstance(error, TimeoutError):
        return ["Kafka gave no answer in time (the embedded broker cannot tell topic settings); try again"]
    if _is(error, "confluent_kafka", "KafkaException"):
        cause = error.args[0]
        return [f"Kafka: {cause.str() if _is(cause, 'confluent_kafka', 'KafkaError') else cause}"]
    return []


def _is(value: object, module: str, name: str) -> bool:
    """Whether *value* is of a library's class. Where the library is not loaded, nothing is of its classes."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, getattr(loaded, name))


def say(line: str) -> None:
    """Print one line for the reader to standard error."""
    typer.echo(line, err=True)


def as_json_line(value: Any) -> None:
    """Print one JSON object as one ASCII line, so that nothing in it can move a cursor."""
    typer.echo(json.dumps(value, ensure_ascii=True, default=str))
