"""
Contract `Notice`: what is told about a command before its end (parked, deferred, resumed), or about an org's
connection (broken, mended). Never terminal.

In: the executor's waiting state. Out: the topic `crm.notice`.
Rule of this file: a notice answers nothing; each command still gets its one outcome.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from schemas.outcome import Candidate
from schemas.values import Person, from_millis, person_from, plain

NoticeKind = Literal["parked", "deferred", "resumed", "connection_broken", "connection_mended", "other"]


@dataclass(frozen=True, slots=True)
class Notice:
    """
    One thing that happened to a waiting command, or to an org's connection. `reason` is one line for the reader.

    `until` is when it goes on by itself (None: when someone acts); `candidates` are what someone has to choose from. Of
    a connection, `command_id` is the ID of the incident (the same when it breaks and when it is mended), `cause` says
    why, and `integrations` wait for it; it names no event and nobody.
    """

    command_id: str
    kind: NoticeKind
    integration: str
    org: str
    event_id: str
    person: Person
    reason: str
    time: datetime
    candidates: tuple[Candidate, ...] = ()
    until: datetime | None = None
    trace_id: str | None = None
    cause: str | None = None
    integrations: tuple[str, ...] = ()

    def to_avro(self) -> dict[str, Any]:
        """Return the value as fastavro writes it."""
        value: dict[str, Any] = plain(self)
        return value

    @classmethod
    def from_avro(cls, value: Mapping[str, Any]) -> "Notice":
        """Return the notice of a decoded Avro record."""
        return cls(
            **{
                **value,
                "person": person_from(value["person"]),
                "time": from_millis(value["time"]),
                "candidates": tuple(_candidate(candidate) for candidate in value["candidates"]),
                "until": _moment(value["until"]),
                "integrations": tuple(value["integrations"]),
            }
        )


def _candidate(value: Mapping[str, Any]) -> Candidate:
    return Candidate(**{**value, "created": _moment(value["created"]), "modified": _moment(value["modified"])})


def _moment(value: int | datetime | None) -> datetime | None:
    return None if value is None else from_millis(value)
