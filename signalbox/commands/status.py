"""
Command *status*: the whole installation on one screen.

In: Kafka, the database, the integration files.  Out: the screen of `signalbox/status.py`, or one JSON object.
Rule of this file: reads only, asks no org, and shows what it can where a part gives no answer.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Engine

from connectors.database.org_status import OrgStatus, org_statuses, unpublished_since
from connectors.kafka.admin import admin_client, existing_topics
from connectors.kafka.asking import SECONDS
from connectors.kafka.group_status import held, waiting
from connectors.kafka.last_good_texts import LastGoodTexts
from connectors.kafka.owners import group_members
from processors.audit import app as audit_app
from processors.model.errors import SignalboxError
from processors.notifier import app as notifier_app
from processors.sources.last_good import running
from processors.sources.load import integration_files
from schemas.topics import DEAD_LETTER_SOURCES, SOURCES, command_topic, dead_letter_topic, topic_table
from signalbox.commands.common import FAILED, as_json_line
from signalbox.commands.ledger import migrated_engine
from signalbox.commands.org import published_through, unpublished
from signalbox.groups import GROUPS
from signalbox.settings import Settings, load_settings
from signalbox.status import Installation, OrgView, Stage, as_value, screen, what_to_do
from signalbox.waiting import changes_wanted, orgs_of

T = TypeVar("T")


def show_status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 where something needs somebody.")] = False,
) -> None:
    """Show processes, what waits, orgs, faulty files, and what to do next. Example: `signalbox status`."""
    found = _read(load_settings())
    if as_json:
        as_json_line(as_value(found))
    else:
        for line in screen(found):
            typer.echo(line)
    if exit_code and any(what_to_do(found)):
        raise typer.Exit(FAILED)


def _read(settings: Settings) -> Installation:
    unasked: list[str] = []

    def asked(read: Callable[[], T], what: str = "Kafka") -> T | None:
        try:
            return read()
        except SignalboxError as error:
            unasked.append(f"{' '.join(str(error).split())}: see that {what} can be reached.")
            return None

    kafka = settings.kafka.client(None)
    admin = admin_client(kafka)
    there = asked(lambda: existing_topics(admin, SECONDS))
    files = integration_files(settings.integrations)
    found = running(files)
    if found.faulty and there is not None:
        found = running(files, asked(LastGoodTexts(kafka).read) or {})
    orgs = orgs_of(settings, found.integrations)
    wanted = topic_table(orgs, changes_wanted(found.integrations))
    dead_letters = [dead_letter_topic(source) for source in DEAD_LETTER_SOURCES]
    # Where Kafka gives no answer, it is asked once: each further question would wait as long.
    return Installation(
        version=version("signalbox"),
        at=datetime.now(UTC),
        stages=tuple(
            Stage(
                name,
                name != "changes" or bool(changes_wanted(found.integrations)),
                None if there is None else asked(partial(group_members, admin, GROUPS[name])),
                None if there is None else asked(partial(waiting, kafka, GROUPS[name], topics)),
            )
            for name, topics in _topics(orgs).items()
        ),
        orgs=asked(lambda: _orgs(settings, published_here=there is not None), "the database"),
        integrations=tuple(sorted(found.integrations.by_name)),
        faulty=found.faulty,
        missing_topics=() if there is None else tuple(row.name for row in wanted if row.name not in there),
        dead_letters=None if there is None else asked(lambda: held(kafka, dead_letters)),
        unasked=tuple(dict.fromkeys(unasked)),
    )


def _topics(orgs: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return the topics that each process reads and commits; changes keep their position themselves."""
    return {
        "intake": tuple(SOURCES),
        "executor": tuple(map(command_topic, orgs)),
        "notifier": notifier_app.TOPICS,
        "audit": audit_app.TOPICS,
        "changes": (),
    }


def _orgs(settings: Settings, *, published_here: bool) -> tuple[OrgView, ...]:
    engine = migrated_engine(settings)
    found = org_statuses(engine)
    published = published_through(settings, [org.org for org in found]) if published_here else {}
    return tuple(_org(engine, org, published.get(org.org)) for org in found)


def _org(engine: Engine, org: OrgStatus, published: int | None) -> OrgView:
    since = None if published is None else unpublished_since(engine, org.org, published)
    return OrgView(org, unpublished(org, published), since)
