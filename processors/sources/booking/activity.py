"""
What the activity of a booking says: its times, what the integration maps, what a status sets.

In: a case of the contract `Booking`, the activity that is there.  Out: field values by API name.
Rule of this file: pure; what the booking does not say stays as it is, and a time is never made up without a flag.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from processors.deciding.activity import object_of
from processors.deciding.case import Case
from processors.integration.paths import value_at
from processors.model.normalise import is_blank
from processors.model.record import Record
from processors.sources.booking.settings import BookingIntegration
from schemas.values import Scalar

_DAY = 24 * 60
_LONGEST = 14
"""Days that Salesforce lets an Event last."""
_TIMES = ("StartDateTime", "EndDateTime", "DurationInMinutes")
NO_TIME = "time_unknown"
"""What the outcome flags where a booking has no start: its Event is at the moment of the change."""


def fields_of(case: Case, existing: Record | None) -> dict[str, Scalar]:
    """Return what the activity says: the booking's times, then what the integration maps."""
    mapped = {name: value for name, value in case.command.activity.items() if not is_blank(value)}
    if object_of(case) != "Event":
        started = case.command.started
        return {"ActivityDate": case.zone.day(started) if started else None, **mapped}
    days = _whole_days(case)
    if days is not None:
        return {**{name: value for name, value in mapped.items() if name not in _TIMES}, **_all_day(*days)}
    timed: dict[str, Scalar] = {"IsAllDayEvent": False} if existing and existing.fields.get("IsAllDayEvent") else {}
    return {**_times(case, existing), **mapped, **timed}


def placeholders(case: Case) -> dict[str, Scalar]:
    """Return what a new activity says where neither the booking nor the integration says it."""
    if object_of(case) != "Event":
        return {"Subject": "Booking", "Status": "Not Started"}
    moment = value_at(case.command, "event_time")
    made_up = {} if case.command.started else {"StartDateTime": moment, "EndDateTime": moment}
    return {"Subject": "Booking", **made_up}


def timing_flags(case: Case) -> tuple[str, ...]:
    """Return what the outcome flags of a new activity's times."""
    return (NO_TIME,) if object_of(case) == "Event" and case.command.started is None else ()


def status_fields(case: Case) -> Mapping[str, Scalar]:
    """Return the fields of the activity that the booking's status sets."""
    change = case.command.booking
    return BookingIntegration.of(case.settings).booking.fields_set_by(change.status) if change else {}


def _times(case: Case, existing: Record | None) -> dict[str, Scalar]:
    """Return the times that the booking says; one that is moved without an end keeps its length."""
    command = case.command
    start, end = command.started, command.ended
    if start is None:
        return {}
    if end is None:
        end = start + _length(existing)
    return {"StartDateTime": value_at({"at": start}, "at"), "EndDateTime": value_at({"at": end}, "at")}


def _length(existing: Record | None) -> timedelta:
    held = existing.fields if existing else {}
    try:
        first, last = (datetime.fromisoformat(str(held.get(name))) for name in _TIMES[:2])
    except ValueError:
        return timedelta()
    return max(last - first, timedelta())


def _whole_days(case: Case) -> tuple[datetime, int] | None:
    """Return the first day and the number of days of a booking that lasts whole days; None where it does not."""
    command = case.command
    said = command.booking.all_day if command.booking else None
    if command.started is None or said is False:
        return None
    zone = case.zone.tz
    if said and command.started.astimezone(zone).time() != time() == command.started.astimezone(UTC).time():
        # A calendar's day without a time, which many sources send as midnight UTC.
        zone = UTC
    first, last = command.started.astimezone(zone), (command.ended or command.started).astimezone(zone)
    if said is None and not (first.time() == last.time() == time() and last > first):
        return None
    whole = (last.date() - first.date()).days + (1 if last.time() != time() else 0)
    return first, min(max(whole, 1), _LONGEST)


def _all_day(first: datetime, days: int) -> dict[str, Scalar]:
    """Return the times of an all-day Event: midnight UTC of its day, and its length (Salesforce, Event)."""
    midnight = datetime.combine(first.date(), time(), UTC)
    return {
        "IsAllDayEvent": True,
        "StartDateTime": value_at({"at": midnight}, "at"),
        "DurationInMinutes": days * _DAY,
    }
