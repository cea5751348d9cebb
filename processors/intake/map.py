"""
Map: an event and its route → the command for its org.

In: event, `Route`, the time. Out: `Command`.
Rule of this file: it fills in what the settings say and decides nothing, and sends only what is mapped (SP-5, SP-21;
1G-constant for constants); what only commands of one contract carry is said by each source's `mapping.py`. A field that
is mapped but empty stays in as
None, so that the executor can tell it from an unmapped one (VS-17, 1G); e-mails and phones are normalised there too.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from processors.intake.route import Route
from processors.integration.mapping import defaulted, fields, refused
from processors.integration.model import FieldMap, Integration, Key, MatchSettings
from processors.integration.paths import as_text, value_at
from processors.model.person_name import is_given, split
from processors.sources.registry import source_of_event
from processors.sources.source import CommandMapping, Event, Source
from schemas.command import Command, Lane, MatchKey
from schemas.identity import command_id, digest
from schemas.values import Person


def command(event: Event, way: Route, now: datetime, trace_id: str | None = None) -> Command:
    """Return the command of *event* on its way; one that is skipped carries neither keys nor fields."""
    source, wanted = source_of_event(event), way.integration
    applied = wanted if way.skip_reason is None else None
    mapping: CommandMapping[Event] = source.mapping
    maps = _maps(mapping, applied)
    home = wanted.zone if wanted else "UTC"
    said = with_split_name(event, wanted.locale) if applied and wanted else event
    mapped: dict[str, Any] = {name: fields(said, own, home) for name, own in maps.items()}
    made = Command(
        command_id=command_id(source.contract, event.event_id, way.name),
        kind="apply" if applied else "skip",
        contract=source.contract,
        event_id=event.event_id,
        event_digest=digest(_content(event, source)),
        source_id=event.source_id,
        integration=way.name,
        org=way.org,
        lane=_lane(event, source, wanted),
        event_time=event.event_time,
        command_time=now,
        settings_digest=way.digest,
        person=event.person,
        trace_id=trace_id,
        agent=event.agent,
        skip_reason=way.skip_reason,
        rule_ids=way.rule_ids,
        keys=match_keys(said, applied.match) if applied else (),
        unmapped=refused(said, {name.title(): own for name, own in maps.items()}),
        defaulted=_defaulted(said, maps),
        zone=getattr(event, "zone", None),
        time_is_receipt=_is_received(event),
        **mapped,
    )
    if not applied:
        return made
    further_people = tuple(command(person, way, now, trace_id) for person in mapping.further_people(event))
    return mapping.with_further_people(mapping.complete(made, event, applied), further_people)


def _is_received(event: Event) -> bool | None:
    """Whether the event's time is that of its receipt; None of a contract that cannot say so."""
    found: bool | None = getattr(event, "time_is_receipt", None)
    return found


def _content(event: Event, source: Source[Event]) -> Mapping[str, Any]:
    """Return what makes the event's content: a time of receipt is another one at each delivery, and no part of it."""
    value = event.to_avro()
    left_out = source.reader.time if source.reader and _is_received(event) else None
    return {name: part for name, part in value.items() if name != left_out}


def with_split_name(event: Event, locale: str) -> Event:
    """Return *event* with first and last name, where its person has a whole name alone; the event itself is not."""
    person = event.person
    if not person.full_name or is_given(person.first_name) or is_given(person.last_name):
        return event
    first, last = split(person.full_name, locale)
    changed: Any = event
    made: Event = replace(changed, person=replace(person, first_name=first, last_name=last))
    return made


def _maps(mapping: CommandMapping[Event], applied: Integration | None) -> Mapping[str, FieldMap]:
    """Return the field maps that an event fills, by their key in the settings."""
    return {name: getattr(applied.map, name) for name in mapping.objects} if applied else {}


def _defaulted(event: Event, maps: Mapping[str, FieldMap]) -> tuple[str, ...]:
    """Return the mapped fields that the event says nothing of, so that their default stands in, as `Object.Field`."""
    return tuple(f"{name.title()}.{field}" for name, own in maps.items() for field in defaulted(event, own))


def _lane(event: Event, source: Source[Event], wanted: Integration | None) -> Lane:
    """
    Return the lane: what waits for a sync interval, or is part of an initial import, goes in `bulk`, whatever the file
    says; what somebody waits for is live.
    """
    if wanted is None or source.mapping.live(event):
        return "live"
    bulk = source.trigger.initial(event) or wanted.schedule.every is not None
    return "bulk" if bulk else wanted.lane


def match_keys(event: Event, match: MatchSettings) -> tuple[MatchKey, ...]:
    """Return the keys of every set that is full, in the order of the sets: all of a set or nothing (1G-keys: AND)."""
    found: list[MatchKey] = []
    for number, keys in enumerate(match.key_sets, start=1):
        made = [_key(event, number, key) for key in keys]
        if all(key.value for key in made):
            found += made
    return tuple(found)


def _no_values(_person: Person) -> tuple[str, ...]:
    return ()


_ALL: Mapping[str, Callable[[Person], tuple[str, ...]]] = {
    "person.phones": lambda person: person.all_phones,
    "person.email": lambda person: person.emails,
}
"""Of which paths a key takes all values that the event has, not the first alone."""


def _key(event: Event, number: int, key: Key) -> MatchKey:
    """Return the key with all values that the event has for it: every number, every e-mail address."""
    several = _ALL.get(key.source, _no_values)(event.person)
    value, *more = [text.strip() for text in several if text.strip()] or [as_text(value_at(event, key.source))]
    return MatchKey(
        set=number,
        kind=key.kind,
        value=value,
        lead=next(iter(key.lead), None),
        contact=next(iter(key.contact), None),
        more_values=tuple(more),
        more_lead=key.lead[1:],
        more_contact=key.contact[1:],
    )
