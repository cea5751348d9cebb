"""
Map: an event and its route → the command for its org.

In: event, `Route`, the time. Out: `Command`.
Rule of this file: it fills in what the settings say and decides nothing. A field that is mapped but empty stays in as
None, so that the executor can tell it from an unmapped one (VS-17, 1G); e-mails and phones are normalised there too.
"""

from collections.abc import Mapping
from datetime import datetime

from processors.event_paths import as_text, value_at
from processors.intake.decode import CONTRACT
from processors.intake.route import Route
from processors.integration import FieldSource, Key, Maps, MatchSettings
from schemas.call_result import CallResult
from schemas.command import Command, MatchKey
from schemas.identity import command_id, digest
from schemas.values import Scalar


def command(event: CallResult, way: Route, now: datetime, trace_id: str | None = None) -> Command:
    """Return the command of *event* on its way; one that is skipped carries neither keys nor fields."""
    wanted = way.integration
    apply = wanted is not None and way.skip_reason is None
    maps = wanted.map if apply and wanted else Maps()
    match = wanted.match if apply and wanted else MatchSettings(salesforce_id=False)
    return Command(
        command_id=command_id(CONTRACT, event.event_id, way.name),
        kind="apply" if apply else "skip",
        contract=CONTRACT,
        event_id=event.event_id,
        event_digest=digest(event.to_avro()),
        thing=event.thing,
        integration=way.name,
        org=way.org,
        lane=wanted.lane if wanted else "live",
        event_time=event.event_time,
        command_time=now,
        settings_digest=way.digest,
        person=event.person,
        trace_id=trace_id,
        agent=event.agent,
        skip_reason=way.skip_reason,
        rule_ids=way.rule_ids,
        salesforce_id=((event.salesforce_id or "").strip() or None) if match.salesforce_id else None,
        keys=match_keys(event, match),
        lead=fields(event, maps.lead),
        contact=fields(event, maps.contact),
        account=fields(event, maps.account),
        opportunity=fields(event, maps.opportunity),
    )


def fields(event: CallResult, mapped: Mapping[str, FieldSource]) -> dict[str, Scalar]:
    """Return every mapped field with its value, None where it has none."""
    return {name: field_value(event, source) for name, source in mapped.items()}


def field_value(event: CallResult, source: FieldSource) -> Scalar:
    """Return a constant, or the event's value through the value map, else the default."""
    if source.source is None:
        return source.constant
    value = value_at(event, source.source)
    if value is not None:
        value = source.values.get(as_text(value), value)
    return source.default if value is None else value


def match_keys(event: CallResult, match: MatchSettings) -> tuple[MatchKey, ...]:
    """Return the keys of every set that is full, in the order of the sets: all of a set or nothing (1G: AND)."""
    found: list[MatchKey] = []
    for number, keys in enumerate(match.key_sets, start=1):
        made = [_key(event, number, key) for key in keys]
        if all(key.value for key in made):
            found += made
    return tuple(found)


def _key(event: CallResult, number: int, key: Key) -> MatchKey:
    value = as_text(value_at(event, key.source))
    return MatchKey(set=number, kind=key.kind, value=value, lead=key.lead, contact=key.contact)
