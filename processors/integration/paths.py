"""
Dotted paths in an event: `person.email`, `agent.name`, `person.phones.1`, `fields.budget`.

In: a path as an integration file says it, and an event. Out: whether the contract has it; the value there.
Rule of this file: what may be named is written down once, here; settings are checked by it and the intake reads by it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, Literal

from schemas.values import Scalar

_PERSON = ("person.first_name", "person.last_name", "person.email", "person.company", "person.phones")
_AGENT = ("agent.email", "agent.name")
_BY_HAND = ("event_id", "action", "at", "subject", "description", "due", "started", "ended", "salesforce_id")
_CALL = tuple(
    f"call.{name}"
    for name in (
        "call_id",
        "direction",
        "talk",
        "ring",
        "started",
        "answered",
        "ended",
        "cause",
        "recording",
        "conference",
        "timed_out",
        "zone",
        "outside.number",
        "outside.name",
        *_AGENT,
    )
)
_RECORD = ("record_id", "kind", "stage", "changed", "created", "owner.email", "owner.name")
_ACTIVITY = tuple(
    f"activity.{name}"
    for name in (
        "activity_id",
        "record_id",
        "kind",
        "changed",
        "created",
        "name",
        "description",
        "status",
        "done",
        "started",
        "ended",
        "zone",
        "day",
    )
)
_PROSPECT = ("prospect_id", "occasion", "changed", "created", "owner.email", "owner.name")
PATHS: Mapping[str, tuple[str, ...]] = {
    "call_result": (
        "event_id",
        "call_id",
        "project",
        "result_code",
        "salesforce_id",
        "resulted",
        "started",
        "ended",
        "zone",
        *_AGENT,
        *_PERSON,
    ),
    "booking": (
        "event_id",
        "booking_id",
        "workspace",
        "status",
        "changed",
        "start",
        "end",
        "previous_booking",
        "page",
        "title",
        "description",
        "location",
        "zone",
        "cancel_reason",
        *_AGENT,
        *_PERSON,
    ),
    "pbx_call": (*_CALL, *_BY_HAND, *_AGENT, *_PERSON),
    "prospect": ("event_id", *_PROSPECT, *_PERSON),
    "field_sales": ("event_id", "workspace", *_RECORD, *_ACTIVITY, *_AGENT, *_PERSON),
}
"""
All paths of an event, by the source of the integration; of a PBX call those of the whole call (`call.talk`), and those
of what users do by hand. `person.phones` is the first number, as `person.phones.0`; `.1` the second.
"""
Kind = Literal["event", "call", "by_hand", "field_record", "activity"]
"""
What a path is looked up in: an event of the integration's source, a whole call, what a user did by hand, a field
record, a field activity.
"""
_OWN = {"fields": "the source's own values are 'fields.<name>'", "answers": "answers of the form are 'answers.<name>'"}


def check_path(path: str, source: str = "call_result") -> str:
    """Return *path* if events of *source* have it; raise ValueError with the nearest one otherwise."""
    known = PATHS[source]
    head, _, rest = path.partition(".")
    own = ("fields", "answers") if source == "booking" else ("fields",)
    if path in known or (head in own and rest.strip()):
        return path
    if path.startswith("person.phones.") and path.removeprefix("person.phones.").isdecimal():
        return path
    if source == "pbx_call" and path.startswith("call.fields.") and path.removeprefix("call.fields.").strip():
        return path
    near = get_close_matches(path, known, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else "name one of " + ", ".join(known)
    raise ValueError(f"the event has no '{path}'; {hint} ({'; '.join(_OWN[one] for one in own)})")


def concerns(path: str, kind: Kind) -> bool:
    """
    Return whether *path* is one that this kind of thing can fill.

    An integration carries out more than one kind: a condition on `call.direction` says nothing of an action by hand,
    one on `page` neither, and one on `action` says nothing of a telephone call; one on `stage` says nothing of a field
    activity, one on `activity.status` nothing of a field record.
    """
    head = path.partition(".")[0]
    if head in ("fields", "person", "agent") or kind == "event":
        return True
    if kind in ("call", "activity"):
        return head == kind
    return path in (_BY_HAND if kind == "by_hand" else (*_RECORD, "event_id", "workspace"))


def value_at(event: object, path: str) -> Scalar:
    """
    Return what the event holds at *path*, as a scalar: text trimmed, blank as None, moments as ISO 8601 in UTC.

    A path that this event does not fill (no agent, one number only, no such own value) is None.
    """
    head, _, rest = path.partition(".")
    if head in _OWN:
        return _scalar(getattr(event, head, {}).get(rest))
    value: Any = event
    for part in path.split("."):
        value = _step(value, part)
    return _scalar(value[0] if isinstance(value, tuple) and value else value)


def as_text(value: Scalar) -> str:
    """Return a scalar as people write it in settings: `true`, `3`, `YES`; None is the empty text."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _step(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value[int(part)] if int(part) < len(value) else None
    return getattr(value, part, None)


def _scalar(value: Any) -> Scalar:
    if isinstance(value, datetime):
        # Salesforce's own form of a dateTime.
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, str):
        return value.strip() or None
    return value if isinstance(value, bool | int | float) else None
