"""
Commands *topics*: create the topics that are missing; show them as the broker has them.

Rule of this file: an existing topic is never changed.
"""

from typing import Annotated

import typer

from connectors.kafka.admin import admin_client, ensure_topics, show_topics
from processors.sources.load import load_integrations
from schemas.topics import Topic, topic_table
from signalbox.commands.common import FAILED, as_json_line
from signalbox.settings import Settings, load_settings
from signalbox.waiting import changes_wanted, orgs_of


def wanted(settings: Settings) -> tuple[Topic, ...]:
    """Return every topic of this installation: orgs of the settings and of the integrations, `none`, and changes."""
    integrations = load_integrations(settings.integrations)
    return topic_table(orgs_of(settings, integrations), changes_wanted(integrations))


def create() -> None:
    """Create the topics that are missing. Example: `signalbox topics create`."""
    settings = load_settings()
    admin = admin_client(settings.kafka.client(None))
    created = ensure_topics(admin, wanted(settings), replication=settings.kafka.replication)
    for name in created:
        typer.echo(f"created {name}")
    typer.echo(f"{len(created)} topics created, {len(wanted(settings)) - len(created)} were there")


def show(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """Show the topics and where they differ from the table; exit 1 if any does. Example: `signalbox topics show`."""
    settings = load_settings()
    topics = show_topics(admin_client(settings.kafka.client(None)), wanted(settings))
    for topic in topics:
        if as_json:
            as_json_line(
                {
                    "name": topic.name,
                    "partitions": topic.partitions,
                    "config": dict(topic.config),
                    "differences": list(topic.differences),
                }
            )
        else:
            said = "; ".join(topic.differences) or "as wanted"
            typer.echo(f"{topic.name}  {topic.partitions} partitions  {said}")
    if any(topic.differences for topic in topics):
        raise typer.Exit(FAILED)
