"""
Command *why*: which event wrote a field of a record, when, from which mapping, by which rules, and over what.

In: the ledger's field history.  Out: lines, or one JSON object for each org.
Rule of this file: text of others is printed only after `clean`, or as ASCII JSON.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from connectors.database.field_history import field_history
from processors.model.errors import Misconfigured, SignalboxError
from processors.model.field_history import Fields, LastWrite, confirmed, last_write_of, written_fields
from processors.model.normalise import record_id
from processors.notifier.clean import clean
from signalbox.commands.common import as_json_line
from signalbox.commands.ledger import migrated_engine

VALUE = 200
"""Characters of a value that a line shows; `--json` shows all."""


def make_why(open_engine: Callable[[], Engine]) -> Callable[..., None]:
    """Return the command function for typer; the database is opened only when the command runs."""

    def why(
        record: Annotated[str, typer.Argument(help="ID of the record, of 15 or 18 characters.")],
        field: Annotated[str, typer.Argument(help="API name of the field: Status, or Lead.Status.")],
        org: Annotated[str | None, typer.Option(help="In this org alone.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    ) -> None:
        """Show which event wrote a field of a record, and why. Example: `signalbox why 00Q5g00000ABCDEEA4 Status`."""
        id_ = record_id(record)
        if id_ is None:
            raise Misconfigured([f"{clean(record, 40)!r} is no record ID: give its 15 or 18 letters and digits"])
        known = field_history(open_engine(), id_, org)
        found = [(name, fields, text) for name, fields in known if (text := _named(fields, field)) is not None]
        if not found:
            raise SignalboxError(_nothing(id_, field, org, [fields for _, fields in known]))
        for name, fields, text in found:
            told = _told(name, id_, text, fields)
            if as_json:
                as_json_line(told)
            else:
                for line in _lines(told):
                    typer.echo(line)

    return why


def _named(fields: Fields, asked: str) -> str | None:
    """Return the field's name as it is kept: without its object, and whatever its case."""
    wanted = asked.strip().rpartition(".")[2].casefold()
    return next((name for name in written_fields(fields) if name.casefold() == wanted), None)


def _nothing(id_: str, field: str, org: str | None, known: Iterable[Fields]) -> str:
    where = f" in org {clean(org, 60)}" if org else ""
    names = sorted({name for fields in known for name in written_fields(fields)})
    told = f"; of this record we wrote {', '.join(names)}" if names else "; of this record we wrote no field at all"
    return f"nothing is known of {clean(field, 80)} of {id_}{where}: we never wrote it, or over 400 days ago{told}"


def _told(org: str, id_: str, name: str, fields: Fields) -> dict[str, Any]:
    clock = last_write_of(fields, name)
    if clock is None:
        raise ValueError(f"{name} was just found")
    said = {text: value for text, value in asdict(clock).items() if text != "command"}
    return {"org": org, "record": id_, "field": name, **said, **_more(clock), "confirmed": confirmed(fields, name)}


def _more(clock: LastWrite) -> dict[str, Any]:
    return {"rules": list(clock.rules), "outcome_id": clock.command}


def _lines(told: Mapping[str, Any]) -> list[str]:
    shown = {name: clean(value, VALUE) for name, value in told.items() if isinstance(value, str)}
    lines = [
        f"{shown['field']} of {shown['record']} in {shown['org']}: {_value(told['value'])}",
        f"  event        {shown['event']} ({shown['contract']}) of {shown['at']}",
        f"  integration  {shown['integration']}",
        f"  mapping      {shown.get('source') or 'none: the decision itself set it'}",
        f"  rules        {clean(' '.join(told['rules']), VALUE) or '-'}",
        f"  before       {_value(told['before'])}",
        f"  outcome      {shown['outcome_id']} (signalbox log --event {shown['event']})",
    ]
    later = told["confirmed"]
    if later is not None:
        lines.append(f"  confirmed    by event {clean(later['event'], VALUE)} of {clean(later['at'], 40)}")
    return lines


def _value(value: Any) -> str:
    return "blank" if value is None or value == "" else clean(repr(value) if isinstance(value, str) else value, VALUE)


why = make_why(migrated_engine)
