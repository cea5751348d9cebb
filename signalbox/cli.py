"""
The command line: which commands there are; each is a function of a module under `signalbox/commands/`.

Rule of this file: a table, and what holds for all commands; it imports no command.
"""

from typing import Annotated

import typer

from signalbox.lazy import CommandRow, Group, LazyGroup

_COMMANDS = "signalbox.commands"

ROWS: tuple[CommandRow | Group, ...] = (
    Group(
        "run",
        "Run one process of Signalbox.",
        "signalbox run executor",
        (
            CommandRow("intake", "Read events and hand commands over.", f"{_COMMANDS}.run:intake"),
            CommandRow("executor", "Carry commands out and publish outcomes.", f"{_COMMANDS}.run:executor"),
            CommandRow("notifier", "Mail errors to those responsible.", f"{_COMMANDS}.run:notifier"),
            CommandRow("audit", "Keep every outcome for `signalbox log`.", f"{_COMMANDS}.run:audit"),
            CommandRow("changes", "Publish what changes in Salesforce.", f"{_COMMANDS}.run:changes"),
        ),
    ),
    CommandRow("status", "Show what runs, what waits, and what to do.", f"{_COMMANDS}.status:show_status"),
    CommandRow("check", "Check integration files and their orgs.", f"{_COMMANDS}.check:check"),
    CommandRow("reload", "Take up changed integration files at once.", f"{_COMMANDS}.reload:reload"),
    CommandRow("migrate", "Create or upgrade the database's tables.", f"{_COMMANDS}.migrate:migrate"),
    Group(
        "topics",
        "Create and show Kafka topics.",
        "signalbox topics create",
        (
            CommandRow("create", "Create the topics that are missing.", f"{_COMMANDS}.topics:create"),
            CommandRow("show", "Show topics and where they differ.", f"{_COMMANDS}.topics:show"),
        ),
    ),
    Group(
        "org",
        "Show orgs, and resume a stopped one.",
        "signalbox org status",
        (
            CommandRow("status", "Show the state of each org.", f"{_COMMANDS}.org:status"),
            CommandRow("resume", "Resume an org that was stopped.", f"{_COMMANDS}.org:resume"),
        ),
    ),
    CommandRow("log", "Search outcomes, the latest first.", f"{_COMMANDS}.log:log"),
    CommandRow("why", "Show which event wrote a field, and why.", f"{_COMMANDS}.why:why"),
    CommandRow("lookup", "Show which records a person has.", f"{_COMMANDS}.lookup:lookup"),
    Group(
        "match",
        "Choose records for commands that wait for it.",
        "signalbox match list",
        (
            CommandRow("list", "Show what waits, with its candidates.", f"{_COMMANDS}.match:list_parked"),
            CommandRow("resolve", "Choose a record.", f"{_COMMANDS}.match:resolve"),
        ),
    ),
    Group(
        "dead-letters",
        "Show, accept and replay unreadable messages.",
        "signalbox dead-letters list",
        (
            CommandRow("list", "List dead letters.", f"{_COMMANDS}.dead_letters:show_list"),
            CommandRow("show", "Show one dead letter as JSON.", f"{_COMMANDS}.dead_letters:show"),
            CommandRow("accept", "Let a paused topic go on.", f"{_COMMANDS}.dead_letters:accept_topic"),
            CommandRow("replay", "Send dead letters to their topics again.", f"{_COMMANDS}.dead_letters:replay"),
        ),
    ),
    CommandRow("publish", "Publish JSON lines as Avro events.", f"{_COMMANDS}.publish:publish"),
    CommandRow("import", "Load prospects for the first time.", f"{_COMMANDS}.import_:import_"),
    Group(
        "schemas",
        "Check the contracts.",
        "signalbox schemas check",
        (CommandRow("check", "Check that contracts are compatible.", f"{_COMMANDS}.schemas:check"),),
    ),
    Group(
        "integrations",
        "Show the format of integration files.",
        "signalbox integrations schema",
        (CommandRow("schema", "Print their JSON Schema.", f"{_COMMANDS}.schemas:schema"),),
    ),
    CommandRow("demo", "Run everything on embedded parts.", f"{_COMMANDS}.demo:demo"),
    CommandRow(
        "simulator",
        "Run the simulated org.",
        f"{_COMMANDS}.simulator:simulator",
        {
            "add_help_option": False,
            "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
        },
    ),
)


class Root(LazyGroup):
    """All commands."""

    rows = ROWS


# Help is plain text: the library that frames and colours it takes three times as long to load as all the rest.
app = typer.Typer(cls=Root, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


def _show_version(wanted: bool) -> None:
    if wanted:
        # Loaded here, since it takes longer than the help of the command line.
        from importlib.metadata import version

        typer.echo(f"signalbox {version('signalbox')}")
        raise typer.Exit


@app.callback()
def _all_commands(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Bring what sales teams do into Salesforce, exactly once or with a clear word why not."""


if __name__ == "__main__":
    app()
