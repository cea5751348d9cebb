"""
The envelope of many subrequests in one API call: `POST /composite`.

In: subrequests.  Out: their answers, by position.
Rule of this file: at most 25 subrequests, of which at most 5 are queries and collections (fact sheet 0.1), in order,
independent of each other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.salesforce.errors import Unusable

MOST_SUBREQUESTS = 5
"""How many queries and collections one call takes."""
MOST_RECORDS = 25
"""How many subrequests of single records one call takes."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*){0,5}")
_RECORD_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")


@dataclass(frozen=True, slots=True)
class Subrequest:
    """One subrequest; *path* comes after `/services/data/vNN.0/`, already encoded."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one subrequest got."""

    status: int
    body: Any


def envelope(subrequests: Sequence[Subrequest], version: str) -> dict[str, Any]:
    """Return the body of the call. Each is named by its position; none depends on another."""
    most = (
        MOST_RECORDS if all(subrequest.path.startswith("sobjects/") for subrequest in subrequests) else MOST_SUBREQUESTS
    )
    if not 1 <= len(subrequests) <= most:
        raise ValueError(f"{len(subrequests)} subrequests: a composite call takes 1 to {most}")
    return {
        "allOrNone": False,
        "collateSubrequests": False,
        "compositeRequest": [_sub(number, subrequest, version) for number, subrequest in enumerate(subrequests)],
    }


def _sub(number: int, subrequest: Subrequest, version: str) -> dict[str, Any]:
    sub: dict[str, Any] = {
        "method": subrequest.method,
        "url": f"/services/data/v{version}/{subrequest.path}",
        "referenceId": f"s{number}",
    }
    if subrequest.body is not None:
        sub["body"] = subrequest.body
    if subrequest.headers:
        sub["httpHeaders"] = dict(subrequest.headers)
    return sub


def answers(content: Any, count: int) -> tuple[Answer, ...]:
    """Return the answers in order. Raises `Unusable` where one is missing or has no status."""
    try:
        by_name = {
            item["referenceId"]: Answer(int(item["httpStatusCode"]), item.get("body"))
            for item in content["compositeResponse"]
        }
        return tuple(by_name[f"s{number}"] for number in range(count))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unusable("the composite answer lacks an answer to a subrequest") from error


def checked_record_id(value: str) -> str:
    """Return *value* where it has the shape of a record ID; nothing else may come near a path (S02)."""
    if not _RECORD_ID.fullmatch(value):
        raise ValueError(f"not a record ID: {value!r:.60}")
    return value


def api_name(value: str) -> str:
    """Return *value* where it can be the API name of an object or field."""
    if not _NAME.fullmatch(value):
        raise ValueError(f"not an API name: {value!r:.60}")
    return value


def field_path(value: str) -> str:
    """Return *value* where it can be a field, or a field of a parent (`Account.Name`)."""
    if not _PATH.fullmatch(value):
        raise ValueError(f"not a field: {value!r:.60}")
    return value


def value_of(row: Mapping[str, Any], path: str) -> Any:
    """Return what a row holds at a dotted path, whatever the case of names; None where a part of it is empty."""
    if path in row:
        return row[path]
    value: Any = row
    for part in path.lower().split("."):
        if not isinstance(value, Mapping):
            return None
        value = {key.lower(): item for key, item in value.items()}.get(part)
    return value
