"""
Command *log*: what happened to which person, from the audit (SP-32).

In: filters.  Out: one line for each outcome, the latest first: a table on a terminal, plain lines or JSON elsewhere.
Rule of this file: text of others is printed only after `clean`, or as ASCII JSON; nothing that it holds can move the
cursor, colour the screen or begin a line. Records and owners are named where their names are known; on a terminal the
name leads to the record, where the org's address is known.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from connectors.database.audit import AuditFilter, DatabaseAudit
from processors.notifier.clean import clean
from processors.notifier.facts import link
from schemas.values import person_from
from signalbox.addresses import record_addresses
from signalbox.commands.ledger import migrated_engine
from signalbox.settings import load_settings

_ID = re.compile(r"\b[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\b")
_AGO = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_COLUMNS = ("settled", "outcome", "integration", "person", "records", "rules", "why", "id")
_COLOURS = {"error": "red", "skipped": "yellow"}


def show_log(
    engine: Engine,
    wanted: AuditFilter,
    *,
    as_json: bool,
    console: Console,
    addresses: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """
    Print the outcomes wanted, one line each; return how many. *addresses* are those of the orgs, by name.

    Raises `Transient` where the database is away.
    """
    outcomes = DatabaseAudit(engine).find(wanted)
    if as_json:
        for outcome in outcomes:
            _line(console, json.dumps(outcome, ensure_ascii=True))
    elif console.is_terminal:
        console.print(_table(outcomes, addresses))
    else:
        for outcome in outcomes:
            _line(console, "  ".join(cell or "-" for cell in _cells(outcome)))
    return len(outcomes)


def make_log(
    open_engine: Callable[[], Engine],
    clock: Callable[[], datetime],
    addresses: Callable[[], Mapping[str, str]] = dict,
) -> Callable[..., None]:
    """Return the command function for typer; the database is opened only when the command runs."""

    def log(
        integration: Annotated[str | None, typer.Option(help="Only this integration.")] = None,
        person: Annotated[str | None, typer.Option(help="Part of a name, an e-mail, a phone or a record ID.")] = None,
        outcome: Annotated[str | None, typer.Option(help="Kind, or kind.reason: error, error.no_match.")] = None,
        since: Annotated[str | None, typer.Option(help="Settled from: 2026-01-31, with T10:00, or 2h, 7d ago.")] = None,
        until: Annotated[str | None, typer.Option(help="Settled before: as --since.")] = None,
        record: Annotated[str | None, typer.Option(help="Touched or matched this record ID.")] = None,
        event: Annotated[str | None, typer.Option(help="Answers this event ID.")] = None,
        limit: Annotated[int, typer.Option(min=1, help="At most so many, the latest.")] = 100,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    ) -> None:
        """Show outcomes from the audit, the latest first. Example: `signalbox log --person dana@example.com`."""
        kind, _, reason = (outcome or "").partition(".")
        wanted = AuditFilter(
            integration=integration,
            person=person,
            kind=kind or None,
            reason=reason or None,
            since=moment_of(since, clock()) if since else None,
            until=moment_of(until, clock()) if until else None,
            record_id=record,
            event_id=event,
            limit=limit,
        )
        show_log(open_engine(), wanted, as_json=as_json, console=Console(), addresses=addresses())

    return log


def moment_of(text: str, now: datetime) -> datetime:
    """Return the moment that *text* names: ISO 8601 (UTC where no offset is given), or how long before *now*."""
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        named = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{clean(text, 40)!r} is no time: write 2026-01-31, 2026-01-31T10:00 or 2h") from None
    return named if named.tzinfo else named.replace(tzinfo=UTC)


def _cells(outcome: Mapping[str, Any]) -> tuple[str, ...]:
    person = person_from(outcome["person"])
    shown = next(iter(filter(None, (person.whole_name, *person.emails, *person.all_phones))), "")
    records = [f"{_named(r)}:{r['operation']}" for r in outcome["records"]]
    settled = datetime.fromisoformat(outcome["settled_time"]).astimezone(UTC)
    reason = "" if outcome["reason"] == "none" else f".{outcome['reason']}"
    return (
        f"{settled:%Y-%m-%dT%H:%M:%SZ}",
        clean(f"{outcome['kind']}{reason}", 60),
        clean(outcome["integration"], 60),
        clean(shown, 60),
        clean(", ".join(records), 200),
        clean(" ".join(outcome["rule_ids"]), 100),
        clean(_why(outcome), 200),
        clean(outcome["outcome_id"], 80),
    )


def _why(outcome: Mapping[str, Any]) -> str:
    refusals = [f"{refusal['code']}: {refusal['message']}" for refusal in outcome["refusals"]]
    matched = [_named(candidate) for candidate in outcome["candidates"]]
    return "; ".join(filter(None, [*refusals, *outcome["missing_fields"], *matched, _detail(outcome)]))


def _detail(outcome: Mapping[str, Any]) -> str:
    """Return the outcome's own line, where the name of each record that it lists stands before the record's ID."""
    named = (item for item in (*outcome["records"], *outcome["candidates"]) if item["id"] and item.get("name"))
    names = {item["id"][:15]: item["name"] for item in named}
    return _ID.sub(
        lambda found: f"{names[found[0][:15]]} ({found[0]})" if found[0][:15] in names else found[0],
        outcome["detail"] or "",
    )


def _named(record: Mapping[str, Any]) -> str:
    """Return a record by name, with its ID, and by its owner's name; what release 0.1.0 kept has neither name."""
    name, owner = record.get("name"), record.get("owner")
    if not name:
        return f"{record['object']}:{record['id'] or '?'}"
    owned = f", owner {owner}" if owner else ""
    return f"{record['object']} {name} ({record['id'] or '?'}{owned})"


def _linked(outcome: Mapping[str, Any], cell: str, addresses: Mapping[str, str]) -> Text:
    """Return the cell of an outcome's records, where the ID of each leads to the record."""
    text = Text(cell)
    for item in outcome["records"]:
        address = link(item["id"] or "", addresses.get(outcome["org"], ""))
        if address:
            text.highlight_words([item["id"]], style=Style(link=address))
    return text


def _table(outcomes: Sequence[Mapping[str, Any]], addresses: Mapping[str, str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        # The outcome and its ID stay whole; what tells least gives way on a narrow terminal.
        whole = column in ("settled", "outcome")
        table.add_column(column, no_wrap=True, overflow="ellipsis", min_width=20 if whole else None)
    for outcome in outcomes:
        style = _COLOURS.get(outcome["kind"], "")
        table.add_row(
            *(
                _linked(outcome, cell, addresses)
                if column == "records"
                else Text(cell, style=style if column == "outcome" else "")
                for column, cell in zip(_COLUMNS, _cells(outcome), strict=True)
            )
        )
    return table


def _line(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True, highlight=False)


log = make_log(migrated_engine, lambda: datetime.now(UTC), lambda: record_addresses(load_settings()))
