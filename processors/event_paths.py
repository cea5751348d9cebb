"""
Dotted paths in an event: `person.email`, `agent.name`, `person.phones.1`, `fields.budget`.

In: a path as an integration file says it, and an event. Out: whether the contract has it; the value there.
Rule of this file: what may be named is written down once, here; settings are checked by it and the intake reads by it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from schemas.values import Scalar

PATHS = (
    "event_id",
    "call_id",
    "project",
    "result_code",
    "salesforce_id",
    "resulted",
    "started",
    "ended",
    "zone",
    "agent.email",
    "agent.name",
    "person.first_name",
    "person.last_name",
    "person.email",
    "person.company",
    "person.phones",
)
"""All paths of the contract CallResult. `person.phones` is the first number, as `person.phones.0`; `.1` the second."""


def check_path(path: str) -> str:
    """Return *path* if the contract has it; raise ValueError with the nearest one otherwise."""
    head, _, rest = path.partition(".")
    if path in PATHS or (head == "fields" and rest.strip()):
        return path
    if path.startswith("person.phones.") and path.removeprefix("person.phones.").isdecimal():
        return path
    near = get_close_matches(path, PATHS, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else "name one of " + ", ".join(PATHS)
    raise ValueError(f"the event has no '{path}'; {hint} (the project's own values are 'fields.<name>')")


def value_at(event: object, path: str) -> Scalar:
    """
    Return what the event holds at *path*, as a scalar: text trimmed, blank as None, moments as ISO 8601 in UTC.

    A path that this event does not fill (no agent, one number only, no such own value) is None.
    """
    head, _, rest = path.partition(".")
    if head == "fields":
        return _scalar(getattr(event, "fields", {}).get(rest))
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
