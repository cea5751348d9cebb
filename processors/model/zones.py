"""
Time zones by the names that sources use: IANA's in any case, Windows' own, plain offsets from UTC.

In: a name as an event or a setting has it.  Out: the zone, and whether the name was known.
Rule of this file: pure and total; a name that is not known is told, never taken for UTC without a word.
Source: babel's table of Windows zones (CLDR, windowsZones.xml).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+−-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_KIND = re.compile(r"\b(?:standard|daylight|summer)?\s*time\b", re.IGNORECASE)
_DISPLAYED = {
    "alaska": "alaskan standard time",
    "arizona": "us mountain standard time",
    "hawaii": "hawaiian standard time",
    "indiana (east)": "us eastern standard time",
    "saskatchewan": "canada central standard time",
}
"""Names that Windows and calendars show, where they are not those of the zone's own name."""
UNKNOWN = "zone_unknown"
"""What an outcome flags where the event's zone is not known and the integration's own stands in."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone; `recognised` is False where the event named one that nobody knows, and another stands in."""

    tz: tzinfo
    recognised: bool = True

    def day(self, moment: datetime) -> str:
        """Return the day of *moment* in this zone, as ISO 8601."""
        return moment.astimezone(self.tz).date().isoformat()

    @property
    def flags(self) -> tuple[str, ...]:
        """What the outcome says about it."""
        return () if self.recognised else (UNKNOWN,)


def zone_of(name: str | None, home: str = "UTC") -> Zone:
    """Return the zone that *name* means; *home*, a zone that is known, where there is no name or nobody knows it."""
    found = named(name or "")
    if found is not None:
        return Zone(found)
    return Zone(named(home) or UTC, recognised=not (name or "").strip())


@lru_cache(maxsize=2_000)
def named(name: str) -> tzinfo | None:
    """
    Return the zone of that name, or None.

    Read are `America/New_York` in any case, `Eastern Standard Time`, `Eastern Time (US & Canada)`,
    `(UTC-05:00) Eastern Time`, `+05:30`, `UTC-5`.
    """
    text = " ".join(name.split()).casefold()
    if not text:
        return None
    if text in ("utc", "z", "gmt"):
        return UTC
    if (offset := _OFFSET.fullmatch(text)) is not None:
        return _fixed(*offset.groups())
    for form in _forms(text):
        key = _iana().get(form) or _windows().get(form)
        if key is not None:
            return ZoneInfo(key)
    return None


def _forms(text: str) -> tuple[str, ...]:
    """Return what a name may be looked up as: itself, what stands in brackets, Windows' name of what is shown."""
    inside = [occurrence.strip() for occurrence in _IN_BRACKETS.findall(text)]
    bare = _IN_BRACKETS.sub("", text).strip()
    shown = " ".join(_KIND.sub("", bare).split())
    displayed = [_DISPLAYED[item] for item in (text, bare, shown) if item in _DISPLAYED]
    return (text, text.replace(" ", "_"), *inside, bare, f"{shown} standard time", *displayed)


def _fixed(sign: str, hours: str, minutes: str | None) -> tzinfo | None:
    length = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(length if sign == "+" else -length) if length <= timedelta(hours=14) else None


@cache
def _iana() -> dict[str, str]:
    return {key.casefold(): key for key in available_timezones()}


@cache
def _windows() -> dict[str, str]:
    known = available_timezones()
    return {name.casefold(): key for name, key in get_global("windows_zone_mapping").items() if key in known}
