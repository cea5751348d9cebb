"""
Command *lookup*: which records of Salesforce a person is, and which of them is linked (LL-10 to LL-12, LL-26).

In: an e-mail, a record ID or the source's own ID.  Out: one line for each record.
Rule of this file: it reads the ledger and the org, and writes to neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from connectors.database.links import by_record, by_source
from connectors.salesforce.client import SalesforceClient
from processors.integration.catalog import Integrations
from processors.matching.links import record_name
from processors.model.errors import Misconfigured, RequestRefused, Transient
from processors.notifier.clean import clean
from processors.sources.load import load_integrations
from signalbox.commands.common import FAILED, as_json_line, say
from signalbox.commands.ledger import migrated_engine
from signalbox.people import FoundRecord, LookupTarget, lookup_records, lookup_target
from signalbox.settings import Settings, load_settings

_COLUMNS = ("state", "org", "object", "record", "name", "e-mail", "linked by")


def lookup(
    person: Annotated[str, typer.Argument(help="An e-mail, a record ID of Salesforce, or the source's own ID.")],
    integration: Annotated[str | None, typer.Option(help="Whose links and org; without it: all of them.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """
    Show which records a person is: by link first, else all of the same e-mail; nothing is linked or written.

    Example: `signalbox lookup ann@example.com`.
    """
    wanted = lookup_target(person)
    settings = load_settings()
    integrations = _wanted(load_integrations(settings.integrations), integration)
    engine = migrated_engine(settings)
    linked = _linked(engine, wanted, integrations)
    if wanted.kind == "source" and not linked:
        say(f"nothing is linked under {clean(wanted.value, 60)!r}{_of(integration)}; look it up by e-mail or record ID")
        raise typer.Exit(FAILED)
    seen, away = _everyone(settings, engine, wanted, linked, integrations)
    _show(seen, as_json=as_json)
    if not seen and not away:
        say(f"nobody is found by {clean(wanted.value, 60)!r}{_of(integration)}")
    if away or not seen:
        raise typer.Exit(FAILED)


def _wanted(integrations: Integrations, name: str | None) -> Mapping[str, str]:
    """Return the org of each integration that is asked about."""
    if name is None:
        return {integration.name: integration.org for integration in integrations.by_name.values()}
    if name not in integrations.by_name:
        known = ", ".join(sorted(integrations.by_name)) or "none"
        raise Misconfigured([f"lookup: there is no integration {clean(name, 60)!r}; known are {known}"])
    return {name: integrations.by_name[name].org}


def _linked(engine: Engine, wanted: LookupTarget, integrations: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Return the records by org that the source's own ID is linked to."""
    if wanted.kind != "source":
        return {}
    found: dict[str, list[str]] = {}
    for stored_link in by_source(engine, [record_name(name, wanted.value) for name in integrations]):
        found.setdefault(stored_link.org, []).append(stored_link.record_id)
    return found


def _everyone(
    settings: Settings,
    engine: Engine,
    wanted: LookupTarget,
    linked: Mapping[str, Sequence[str]],
    integrations: Mapping[str, str],
) -> tuple[list[FoundRecord], bool]:
    """Return who is found in the orgs, and whether one of them did not answer."""
    seen: list[FoundRecord] = []
    away = False
    for org in sorted(set(integrations.values())):
        connection = settings.orgs.get(org)
        if wanted.kind == "source" and org not in linked:
            continue
        if connection is None:
            say(f"{org}: has no connection in the settings; add orgs.{org}")
            away = True
            continue
        client = SalesforceClient(org, connection)
        try:
            links = partial(_links, engine, org, [name for name, own in integrations.items() if own == org])
            seen += lookup_records(org, wanted, linked.get(org, ()), client, client.facts(), links)
        except (Transient, RequestRefused) as error:
            say(f"{org}: cannot be asked: {' '.join(str(error).split())}")
            away = True
        finally:
            client.close()
    return seen, away


def _links(
    engine: Engine, org: str, integrations: Sequence[str], record_ids: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for stored_link in by_record(engine, org, record_ids):
        if stored_link.source_id.partition("/")[0] in integrations:
            found.setdefault(stored_link.record_id, []).append(stored_link.source_id)
    return found


def _of(integration: str | None) -> str:
    return f" of integration {integration}" if integration else ""


def _show(seen: Iterable[FoundRecord], *, as_json: bool) -> None:
    console = Console()
    if as_json:
        for found_record in seen:
            as_json_line(asdict(found_record))
    elif console.is_terminal:
        table = Table(box=None, pad_edge=False)
        for column in _COLUMNS:
            table.add_column(column, no_wrap=True, overflow="ellipsis")
        for found_record in seen:
            table.add_row(*map(Text, _cells(found_record)))
        console.print(table)
    else:
        for found_record in seen:
            console.print(
                Text("  ".join(cell or "-" for cell in _cells(found_record))), soft_wrap=True, highlight=False
            )


def _cells(found_record: FoundRecord) -> tuple[str, ...]:
    state = f"{found_record.state}, converted" if found_record.converted else found_record.state
    links = ", ".join(clean(link, 120) for link in found_record.links)
    return (
        state,
        found_record.org,
        found_record.object,
        clean(found_record.id, 18),
        clean(found_record.name, 60),
        clean(found_record.email, 80),
        links,
    )
