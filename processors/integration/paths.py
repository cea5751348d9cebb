"""
Dotted paths in an event: `person.email`, `agent.name`, `person.phones.1`, `fields.budget`.

In: a path as an integration file says it, and an event. Out: whether the contract has it; the value there.
Rule of this file: which paths there are is said by the settings of each source; settings are checked and events are
read by them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from processors.model.zones import zone_of
from schemas.values import LocalDay, Scalar

PERSON = (
    "person.first_name",
    "person.last_name",
    "person.full_name",
    "person.email",
    "person.second_email",
    "person.company",
    "person.phones",
    "person.mobile",
    "person.work_phone",
    "person.home_phone",
    "person.other_phone",
)
"""
The paths of a person; `person.phones` is the first number of all, as `person.phones.0`; `.1` the second.

`person.full_name` is first and last name where there is no whole one.
"""
_READ_AS = {"phones": "all_phones", "full_name": "whole_name"}
AGENT = ("agent.email", "agent.name", "agent.extension", "agent.user_id")
OWNER = ("owner.email", "owner.name", "owner.extension", "owner.user_id")
BY_HAND = ("event_id", "action", "at", "subject", "description", "due", "started", "ended", "salesforce_id")
"""The paths of what a user did by hand, whatever the source of the integration."""


@dataclass(frozen=True, slots=True)
class Paths:
    """
    The paths of one kind of thing: an event, a whole call, what a user did by hand.

    `own` are the mappings below which the source names values as it likes (`fields.<name>`).
    """

    names: tuple[str, ...]
    own: tuple[str, ...] = ("fields",)

    def has(self, path: str) -> bool:
        """Whether *path* is one of them."""
        return path in self.names or any(
            path.startswith(f"{text}.") and path[len(text) + 1 :].strip() for text in self.own
        )


PATHS_BY_HAND = Paths(BY_HAND)
_OWN = {"fields": "the source's own values are 'fields.<name>'", "answers": "answers of the form are 'answers.<name>'"}


def check_path(path: str, paths: Paths) -> str:
    """Return *path* if it is one of *paths*; raise ValueError with the nearest one otherwise."""
    number = path.removeprefix("person.phones.")
    if paths.has(path) or (number != path and number.isdecimal()):
        return path
    near = get_close_matches(path, paths.names, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else "name one of " + ", ".join(paths.names)
    remarks = [_OWN[text] for text in paths.own if text in _OWN] + ["a fixed value is '{constant: <value>}'"]
    raise ValueError(f"the event has no '{path}'; {hint} ({'; '.join(remarks)})")


def concerns(path: str, paths: Paths | None) -> bool:
    """
    Return whether *path* is one that things with these *paths* can fill; None: the only kind of its integration.

    An integration carries out more than one kind: a condition on `call.direction` says nothing of an action by hand,
    one on `page` neither, and one on `action` says nothing of a telephone call; one on `stage` says nothing of a field
    activity, one on `activity.status` nothing of a field record.
    """
    return paths is None or path.partition(".")[0] in ("fields", "person", "agent") or paths.has(path)


def value_at(event: object, path: str, home: str = "UTC") -> Scalar:
    """
    Return what the event holds at *path*, as a scalar: text trimmed, blank as None, moments as ISO 8601 in UTC.

    A day is that of its own zone, as ISO 8601; in the zone *home* where it names none that is known.
    A list of the source's own is its items joined by `;`, as Salesforce writes a multi-select picklist.
    A path that this event does not fill (no agent, one number only, no such own value) is None.
    """
    head, _, rest = path.partition(".")
    if head in _OWN:
        value = getattr(event, head, {}).get(rest)
        return ";".join(items_of(value)) or None if isinstance(value, list) else _scalar(value, home)
    value = event
    for part in path.split("."):
        value = _step(value, _READ_AS.get(part, part) if head == "person" else part)
    return _scalar(value[0] if isinstance(value, tuple) and value else value, home)


def items_at(event: object, path: str) -> tuple[str, ...]:
    """Return the texts of a list of the source's own, trimmed, without blank ones; empty where the value is no list."""
    head, _, rest = path.partition(".")
    value = getattr(event, head, {}).get(rest) if head in _OWN else None
    return items_of(value) if isinstance(value, list) else ()


def items_of(value: Sequence[str]) -> tuple[str, ...]:
    """Return the items of a list, trimmed, each once, without blank ones."""
    return tuple(dict.fromkeys(text for item in value if (text := item.strip())))


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


def _scalar(value: Any, home: str) -> Scalar:
    if isinstance(value, LocalDay):
        return zone_of(value.zone, home).day(value.moment)
    if isinstance(value, datetime):
        # Salesforce's own form of a dateTime.
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, str):
        return value.strip() or None
    return value if isinstance(value, bool | int | float) else None
