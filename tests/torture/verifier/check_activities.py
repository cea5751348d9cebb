"""
I2d: each known person in a call has one complete Task, or none where it is not logged; each chain of bookings is one
Event of who booked first and still comes, or none.

Rule of this file: pure; an activity is known by the value that the sender put into one of its fields, and by nothing
that the product says of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.torture.verifier.history import BookingSent, CallSent, History, Violation

ROUNDING = 1.0
"""Seconds that a duration may differ by: fields of the org hold whole seconds."""


@dataclass
class Activity:
    """One activity as the org's log leaves it."""

    id: str
    fields: dict[str, Any] = field(default_factory=dict)
    deleted: bool = False


def calls_logged(history: History) -> Iterator[Violation]:
    """I2d: a call that is to be logged is one Task for each person, with all that was sent; another one is none."""
    if history.effects is None:
        return
    told = _reasons(history)
    for call in history.sent.calls:
        tasks = _marked(history, "Task", call.org, call.mark)
        if call.reason is None:
            yield from _logged(call, tasks)
        elif tasks:
            ids = ", ".join(task.id for task in tasks)
            yield Violation("I2d", f"call {call.call_id} is not to be logged ({call.reason}); it is Task {ids}")
        others = told.get((call.integration, call.call_id), set()) - {call.reason} if call.reason else ()
        for reason in sorted(others):
            yield Violation("I2d", f"call {call.call_id}: an outcome says {reason}, not {call.reason}")


def _logged(call: CallSent, tasks: list[Activity]) -> Iterator[Violation]:
    where, wanted = f"call {call.call_id} of {call.org}", max(1, len(call.people))
    if len(tasks) != wanted:
        yield Violation("I2d", f"{where} was created as {len(tasks)} Tasks, not {wanted}")
        return
    for person in call.people:
        own = [activity for activity in tasks if str(activity.fields.get("Subject")).endswith(person)]
        if len(own) != 1:
            yield Violation("I2d", f"{where}: {person} has {len(own)} Tasks, not 1")
    for task in tasks:
        yield from _complete(call, task, where)


def _complete(call: CallSent, task: Activity, where: str) -> Iterator[Violation]:
    if task.deleted:
        yield Violation("I2d", f"{where}: Task {task.id} is deleted")
    talk = task.fields.get("CallDurationInSeconds")
    if call.talk is not None and (talk is None or abs(float(talk) - call.talk) > ROUNDING):
        yield Violation("I2d", f"{where}: Task {task.id} says {talk} s of talk, not {call.talk:.0f}")
    text = str(task.fields.get("Description") or "")
    for word in call.says:
        if word not in text:
            yield Violation("I2d", f"{where}: Task {task.id} does not say {word!r}")


def bookings_logged(history: History) -> Iterator[Violation]:
    """I2d: a chain of bookings has one Event at the newest booking's times; one that ends cancelled has none."""
    if history.effects is None:
        return
    for booking in history.sent.bookings:
        events = [activity for activity in _marked(history, "Event", booking.org, booking.mark) if not activity.deleted]
        yield from _booked(booking, events)
        if booking.who is not None and len(events) == 1 and not booking.cancelled:
            yield from _hangs_on(history, booking, events[0])


def _hangs_on(history: History, booking: BookingSent, event: Activity) -> Iterator[Violation]:
    people = {
        effect.id: str(effect.after.get("Email"))
        for effect in history.effects or ()
        if effect.org == booking.org and effect.object in ("Lead", "Contact") and effect.after.get("Email")
    }
    found = people.get(str(event.fields.get("WhoId")))
    if found is None or found.lower() != str(booking.who).lower():
        where = f"booking {booking.booking_id} of {booking.org}"
        yield Violation("I2d", f"{where}: Event {event.id} hangs on {found}, not on {booking.who}")


def _booked(booking: BookingSent, events: list[Activity]) -> Iterator[Violation]:
    where = f"booking {booking.booking_id} of {booking.org}"
    ids = ", ".join(event.id for event in events)
    if booking.cancelled:
        if events:
            yield Violation("I2d", f"{where} was cancelled, and Event {ids} is there")
        return
    if len(events) != 1:
        yield Violation("I2d", f"{where} has {len(events)} Events, not 1: {ids}")
        return
    for name, wanted in (("StartDateTime", booking.start), ("EndDateTime", booking.end)):
        found = events[0].fields.get(name)
        if wanted is not None and (found is None or moment(str(found)) != moment(wanted)):
            yield Violation("I2d", f"{where}: {name} of Event {ids} is {found}, not {wanted}")


def _marked(history: History, name: str, org: str, mark: tuple[str, str]) -> list[Activity]:
    """Return the activities that were created with the mark, deleted or not."""
    return [
        activity
        for activity in _activities(history).get((org, name), ())
        if str(activity.fields.get(mark[0])) == mark[1]
    ]


def _activities(history: History) -> Mapping[tuple[str, str], list[Activity]]:
    known: dict[tuple[str, str], dict[str, Activity]] = {}
    for effect in history.effects or ():
        of_object = known.setdefault((effect.org, effect.object), {})
        if effect.kind == "create":
            of_object[effect.id] = Activity(effect.id)
        if effect.id in of_object:
            of_object[effect.id].fields.update(effect.after)
            of_object[effect.id].deleted |= effect.kind == "delete"
    return {key: list(found.values()) for key, found in known.items()}


def _reasons(history: History) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for outcome in history.outcomes:
        key = (str(outcome.value["integration"]), str(outcome.value.get("thing")))
        found.setdefault(key, set()).add(str(outcome.value["reason"]))
    return found


def moment(text: str) -> datetime | None:
    """Return the moment that a text of ISO 8601 tells, in UTC; None where it tells none."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    return told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC)
