"""
Map: an event and its route → the command for its org.

In: event, `Route`, the time. Out: `Command`.
Rule of this file: it fills in what the settings say and decides nothing, and sends only what is mapped (SP-5, SP-21;
1G-constant for constants). A field that is mapped but empty stays in as
None, so that the executor can tell it from an unmapped one (VS-17, 1G); e-mails and phones are normalised there too.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from processors.intake.decode import Event
from processors.intake.route import Route
from processors.integration.mapping import fields, refused
from processors.integration.model import FieldMap, Integration, Key, Maps, MatchSettings
from processors.integration.paths import as_text, value_at
from schemas.booking import Booking
from schemas.call_result import CallResult
from schemas.command import BookingChange, Command, Lane, MatchKey, Request, SourceRecord
from schemas.field_activity import FieldActivity
from schemas.field_record import FieldRecord
from schemas.identity import command_id, digest
from schemas.pbx_call_event import PbxCallEvent
from schemas.prospect import Prospect
from schemas.user_action import UserAction
from schemas.values import Scalar

CONTRACTS: Mapping[type, str] = {
    CallResult: "call_result",
    Booking: "booking",
    PbxCallEvent: "pbx_call_event",
    Prospect: "prospect",
    FieldRecord: "field_record",
    FieldActivity: "field_activity",
    UserAction: "user_action",
}
"""The contract of an event, by what it was decoded into."""


def command(event: Event, way: Route, now: datetime, trace_id: str | None = None) -> Command:
    """Return the command of *event* on its way; one that is skipped carries neither keys nor fields."""
    wanted = way.integration
    apply = wanted is not None and way.skip_reason is None
    maps = wanted.map if apply and wanted else Maps()
    match = wanted.match if apply and wanted else MatchSettings(salesforce_id=False)
    contract = CONTRACTS[type(event)]
    made = Command(
        command_id=command_id(contract, event.event_id, way.name),
        kind="apply" if apply else "skip",
        contract=contract,
        event_id=event.event_id,
        event_digest=digest(event.to_avro()),
        source_id=event.source_id,
        integration=way.name,
        org=way.org,
        lane=_lane(event, wanted),
        event_time=event.event_time,
        command_time=now,
        settings_digest=way.digest,
        person=event.person,
        trace_id=trace_id,
        agent=event.agent,
        skip_reason=way.skip_reason,
        rule_ids=way.rule_ids,
        keys=match_keys(event, match),
        lead=fields(event, maps.lead),
        contact=fields(event, maps.contact),
        account=fields(event, maps.account),
        opportunity=fields(event, maps.opportunity),
        activity=fields(event, maps.activity),
        unmapped=refused(event, _read_by(event, maps)),
    )
    return _whole(made, event, match) if apply else made


def _lane(event: Event, wanted: Integration | None) -> Lane:
    """
    Return the lane: what is gathered for a cycle, or is part of a first load, goes in `bulk`, whatever the file says.

    A choice about a command that waits is somebody's who looks on: it is live (LL-22).
    """
    if wanted is None or (isinstance(event, UserAction) and event.action == "choose_match"):
        return "live"
    first_load = isinstance(event, Prospect) and event.occasion == "initial"
    return "bulk" if first_load or wanted.schedule.every is not None else wanted.lane


def _whole(made: Command, event: Event, match: MatchSettings) -> Command:
    """Return the command with what only events of its contract have."""
    if isinstance(event, CallResult):
        sfid = ((event.salesforce_id or "").strip() or None) if match.salesforce_id else None
        return replace(made, salesforce_id=sfid, started=event.started, ended=event.ended)
    if isinstance(event, Booking):
        change = BookingChange(event.status, (event.previous_booking or "").strip() or None)
        return replace(made, booking=change, started=event.start, ended=event.end)
    if isinstance(event, PbxCallEvent):
        # What a whole call maps to is known when its steps are one: the executor maps it.
        return replace(made, kind="step", step=event.call_step, keys=(), lead={}, contact={}, activity={}, unmapped=())
    if isinstance(event, Prospect):
        return replace(made, activity={}, record=SourceRecord(event.prospect_id, event.occasion))
    if isinstance(event, FieldRecord):
        return replace(made, activity={}, record=SourceRecord(event.record_id, stage=event.stage))
    if isinstance(event, FieldActivity):
        own = SourceRecord((event.record_id or "").strip(), activity=event.kind, done=event.done)
        bare: dict[str, Scalar] = {}
        made = replace(made, lead=bare, contact=bare, account=bare, opportunity=bare, record=own)
        return replace(made, started=event.started, ended=event.ended)
    return replace(
        made,
        kind="resolve" if event.action == "choose_match" else "apply",
        salesforce_id=(event.salesforce_id or "").strip() or None,
        started=event.started,
        ended=event.ended,
        activity=_by_hand(event, made.activity),
        request=Request(event.action, event.object, event.about, event.create_new, event.remember),
    )


def _read_by(event: Event, maps: Maps) -> dict[str, FieldMap]:
    """Return the field maps that an event fills: a field activity its activity's alone, other records theirs."""
    if isinstance(event, FieldActivity):
        return {"Activity": maps.activity}
    people = {"Lead": maps.lead, "Contact": maps.contact, "Account": maps.account, "Opportunity": maps.opportunity}
    return people if isinstance(event, Prospect | FieldRecord) else {**people, "Activity": maps.activity}


def _by_hand(event: UserAction, mapped: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return the fields of an activity that a user logs: what is mapped and filled, over what the action says."""
    day = event.due or event.ended or event.started or event.at
    said: dict[str, Scalar] = {
        "Subject": event.subject,
        "Description": event.description,
        "ActivityDate": day.astimezone(UTC).date().isoformat(),
    }
    filled = {name: value for name, value in mapped.items() if value is not None}
    return {name: value for name, value in {**said, **filled}.items() if value is not None}


def match_keys(event: Event, match: MatchSettings) -> tuple[MatchKey, ...]:
    """Return the keys of every set that is full, in the order of the sets: all of a set or nothing (1G-keys: AND)."""
    found: list[MatchKey] = []
    for number, keys in enumerate(match.key_sets, start=1):
        made = [_key(event, number, key) for key in keys]
        if all(key.value for key in made):
            found += made
    return tuple(found)


def _key(event: Event, number: int, key: Key) -> MatchKey:
    value = as_text(value_at(event, key.source))
    return MatchKey(set=number, kind=key.kind, value=value, lead=key.lead, contact=key.contact)
