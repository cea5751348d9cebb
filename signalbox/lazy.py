"""
Commands that are loaded when somebody runs them, so that the command line starts fast.

In: a table of rows.  Out: a group for typer.
Rule of this file: help and completion of a group show its rows and import no command.
"""

import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from signalbox.commands.common import Commands


@dataclass(frozen=True, slots=True)
class CommandRow:
    """A command: the name that users type, the line in its group's help, where its function is (`module:function`)."""

    name: str
    help: str
    function: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of `typer.Typer.command`."""


@dataclass(frozen=True, slots=True)
class Group:
    """Commands under one word. `example` is shown below the help of the group."""

    name: str
    help: str
    example: str
    rows: tuple[CommandRow, ...]


class LazyGroup(Commands):
    """A group of `rows`. Subclasses set them as a class attribute, since typer makes the instance."""

    rows: Sequence[CommandRow | Group] = ()

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Loading(self.rows)  # type: ignore[assignment]  # typer only reads it

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options of the group, each of which is a switch that is off by default."""
        found = super().get_params(ctx)
        for option in found:
            # typer's own have no default, and it loads pydantic to learn that this is no bool.
            option.default = option.default or False
        return found

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 -- the name that typer gives it
        """Return what help and completion show of a command: its name and its line."""
        return next((TyperCommand(row.name, help=row.help) for row in self.rows if row.name == cmd_name), None)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- as above
        """Return the names in the order of the rows."""
        return [row.name for row in self.rows]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return name, command and further arguments; the command is loaded here."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and self.commands[name or ""], rest


class _Loading(Mapping[str, Any]):
    """Commands by name; each is loaded when it is taken out."""

    def __init__(self, rows: Sequence[CommandRow | Group]) -> None:
        self._rows = {row.name: row for row in rows}

    def __getitem__(self, name: str) -> Any:
        row = self._rows[name]
        return _group(row) if isinstance(row, Group) else _command(row)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _command(row: CommandRow) -> Any:
    module, _, function = row.function.partition(":")
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    run = getattr(importlib.import_module(module), function)
    # The example is a line of its own, so that it can be copied whole.
    help_text = inspect.getdoc(run) or ""
    app.command(row.name, help=help_text.replace(" Example: ", "\n\nExample: "), **row.options)(run)
    return get_command(app)


def _group(row: Group) -> Any:
    kind = type(row.name, (LazyGroup,), {"rows": row.rows})
    help_text = f"{row.help}\n\nExample: {row.example}"
    return kind(name=row.name, help=help_text, no_args_is_help=True, rich_markup_mode=None)
