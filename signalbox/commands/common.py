"""
What commands share: errors become exit codes, settings become clients, `--json` becomes lines.

Rule of this file: the one place where an error turns into text and exit code: 2 for settings, 1 for all else.
"""

import json
from typing import Any

import typer
from confluent_kafka import KafkaError, KafkaException
from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError
from typer.core import TyperGroup

from connectors.database.engine import open_engine
from connectors.database.migrate import at_head
from processors.model.errors import Misconfigured, SignalboxError, Transient
from signalbox.settings import Settings, load_settings

FAULTS = 2
FAILED = 1


class Commands(TyperGroup):
    """A group of commands whose errors are lines for the reader, never a stack trace."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; raise `typer.Exit` with 2 where settings are wrong, with 1 where it failed otherwise."""
        try:
            return super().invoke(ctx)
        except Misconfigured as error:
            for fault in error.faults:
                say(" ".join(fault.split()))
            raise typer.Exit(FAULTS) from None
        except ArgumentError:
            # Its own text may quote the URL with its password.
            say(
                "settings: database: no URL of SQLite or PostgreSQL; write sqlite:///file or postgresql://user@host/name"
            )
            raise typer.Exit(FAULTS) from None
        except SignalboxError as error:
            say(" ".join(str(error).split()))
            raise typer.Exit(FAILED) from None
        except TimeoutError:
            say("Kafka gave no answer in time (the embedded broker cannot tell topic settings); try again")
            raise typer.Exit(FAILED) from None
        except KafkaException as error:
            cause = error.args[0]
            say(f"Kafka: {cause.str() if isinstance(cause, KafkaError) else cause}")
            raise typer.Exit(FAILED) from None


def group(help_text: str) -> typer.Typer:
    """Return a command group of the house: readable errors, no variables (they may be secrets) in a stack trace."""
    return typer.Typer(
        cls=Commands, help=help_text, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
    )


def say(line: str) -> None:
    """Print one line for the reader to standard error."""
    typer.echo(line, err=True)


def as_json_line(value: Any) -> None:
    """Print one JSON object as one ASCII line, so that nothing in it can move a cursor."""
    typer.echo(json.dumps(value, ensure_ascii=True, default=str))


def migrated_engine(settings: Settings | None = None) -> Engine:
    """Return an engine on the settings' database; raise `Transient` where it is away or lacks this build's tables."""
    engine = open_engine((settings or load_settings()).database.get_secret_value())
    if not at_head(engine):
        raise Transient("the database lacks this version's tables; run `signalbox migrate`")
    return engine
