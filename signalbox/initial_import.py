"""
An initial import: lines of prospects → events with IDs of their own, all checked before the first is sent.

In: JSON lines, the integration.  Out: `InitialImport`.
Rule of this file: pure; the event ID of a line is a digest of its content, so that equal lines are the same event.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from processors.integration.catalog import code_key
from processors.model.errors import Undecodable
from processors.sources.prospect.settings import ProspectIntegration
from schemas.codec import Codec
from schemas.contracts import shipped
from schemas.identity import command_id, digest
from schemas.prospect import Prospect
from signalbox.commands.publish import from_json, json_object

_CONTRACT = "prospect"


@dataclass(frozen=True, slots=True)
class ImportEvent:
    """One prospect as it is sent, and the ID of the outcome that will answer it."""

    outcome_id: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class InitialImport:
    """Everything that is to be loaded into one integration; `repeats` are lines that say what one before them said."""

    integration: str
    events: tuple[ImportEvent, ...] = ()
    faults: tuple[str, ...] = ()
    lines: int = 0
    repeats: int = 0
    ids: frozenset[str] = field(default=frozenset())


def prepared(lines: Iterable[str], integration: ProspectIntegration, codec: Codec) -> InitialImport:
    """Return the load of these lines; each fault names its line."""
    events: dict[str, ImportEvent] = {}
    faults: list[str] = []
    count = repeats = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        count += 1
        try:
            event = _event(line, integration, codec)
        except ValueError as error:
            faults.append(f"line {number}: {' '.join(str(error).split())}")
            continue
        repeats += event.outcome_id in events
        events[event.outcome_id] = event
    return InitialImport(integration.name, tuple(events.values()), tuple(faults), count, repeats, frozenset(events))


def line_of(value: bytes, codec: Codec) -> str:
    """Return a prospect's message as a JSON line; raise ValueError-like text for what is none, which its line tells."""
    try:
        said = codec.decode(_CONTRACT, value)
    except Undecodable as error:
        return json.dumps(f"undecodable: {error.reason}")
    return json.dumps(said, default=lambda moment: moment.isoformat())


def _event(line: str, integration: ProspectIntegration, codec: Codec) -> ImportEvent:
    said = json_object(line)
    workspace = said.setdefault("workspace", integration.workspace)
    if code_key(str(workspace)) != code_key(integration.workspace):
        raise ValueError(f"workspace '{workspace}' is not that of {integration.name}, '{integration.workspace}'")
    said["occasion"] = "initial"
    # Whatever it was called where it was exported from: this is the event of its load, of this content.
    said["event_id"] = "load"
    filled: dict[str, Any] = from_json(shipped()[_CONTRACT].raw, said, "")
    if not str(filled["prospect_id"]).strip():
        raise ValueError("prospect_id is blank")
    filled["event_id"] = f"load-{digest(filled)[:32]}"
    value = codec.encode(_CONTRACT, filled)
    Prospect.from_avro(codec.decode(_CONTRACT, value))
    outcome = command_id(_CONTRACT, filled["event_id"], integration.name)
    return ImportEvent(outcome, str(filled["prospect_id"]).encode(), value)
