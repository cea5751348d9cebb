"""
Topics: the one table of topics, what travels in each, by which key, and how long it is kept.

In: nothing. Out: rows for `signalbox topics`, names for everyone. Rule of this file: no other file spells a topic.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.outcome import OutcomeKind

DAY = 24 * 60 * 60 * 1000
"""Milliseconds of a day, Kafka's unit of retention."""

SOURCE = "crm.event."
"""What the name of every source topic begins with; the rest names its dead letter topic too."""
SOURCE_CALL_RESULT = "crm.event.call-result"
SOURCE_BOOKING = "crm.event.booking"
SOURCE_PBX_CALL = "crm.event.pbx-call"
SOURCE_PROSPECT = "crm.event.prospect"
SOURCE_FIELD_RECORD = "crm.event.field-record"
SOURCE_FIELD_ACTIVITY = "crm.event.field-activity"
SOURCE_USER_ACTION = "crm.event.user-action"
NOTICE = "crm.notice"
INTEGRATION_FILE = "crm.integration-file"
"""The last good text of each integration file, by the file's name."""
NO_ORG = "none"
"""The reserved org of commands that no integration wanted."""
OUTCOME_KINDS: tuple[OutcomeKind, ...] = ("created", "updated", "converted", "activity", "skipped", "error")
_ORG = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: *contract* is the file stem of its contract (None: original bytes), *key* says what the key holds."""

    name: str
    contract: str | None
    key: str
    partitions: int
    config: Mapping[str, str]


def _kept(milliseconds: int, **more: str) -> Mapping[str, str]:
    return MappingProxyType({"cleanup.policy": "delete", "retention.ms": str(milliseconds), **more})


# Old segments alone are compacted: a small topic's would stay open for ever, and it is read whole at each start.
_COMPACTED: Mapping[str, str] = MappingProxyType({"cleanup.policy": "compact", "segment.ms": str(DAY // 4)})

SOURCE_TOPICS = (
    Topic(SOURCE_CALL_RESULT, "call_result", "call_id", 6, _kept(7 * DAY)),
    Topic(SOURCE_BOOKING, "booking", "booking_id", 6, _kept(7 * DAY)),
    Topic(SOURCE_PBX_CALL, "pbx_call_event", "call_id", 6, _kept(7 * DAY)),
    Topic(SOURCE_PROSPECT, "prospect", "prospect_id", 6, _kept(7 * DAY)),
    Topic(SOURCE_FIELD_RECORD, "field_record", "record_id", 6, _kept(7 * DAY)),
    Topic(SOURCE_FIELD_ACTIVITY, "field_activity", "activity_id", 6, _kept(7 * DAY)),
    Topic(SOURCE_USER_ACTION, "user_action", "event_id", 3, _kept(7 * DAY)),
)
"""The topics that sources write, each with its contract and key."""
SOURCES: Mapping[str, str] = MappingProxyType({row.name: row.contract for row in SOURCE_TOPICS if row.contract})
"""Source topics and the contract of each."""
DEAD_LETTER_SOURCES = (*(topic.removeprefix(SOURCE) for topic in SOURCES), "command", "outcome")


def command_topic(org: str) -> str:
    """Return the command topic of *org*; raises ValueError where it is no org name (`[a-z0-9-]+`)."""
    if not _ORG.fullmatch(org):
        raise ValueError(f"org {org!r}: a name is made of a-z, 0-9 and -; rename the org")
    return f"crm.command.{org}"


def outcome_topic(kind: str) -> str:
    """Return the topic of outcomes of *kind*; raises ValueError for a kind that is never published."""
    if kind not in OUTCOME_KINDS:
        raise ValueError(f"outcome kind {kind!r} has no topic; kinds are {', '.join(OUTCOME_KINDS)}")
    return f"crm.outcome.{kind}"


def change_topic(integration: str) -> str:
    """Return the topic of changes in Salesforce for *integration*; raises ValueError where it is no name."""
    if not _ORG.fullmatch(integration):
        raise ValueError(f"integration {integration!r}: a name is made of a-z, 0-9 and -; rename it")
    return f"crm.change.{integration}"


def change_state_topic(org: str) -> str:
    """Return the compacted topic of how far the changes of *org* were read; raises ValueError for no org name."""
    return f"crm.change-state.{command_topic(org).removeprefix('crm.command.')}"


def dead_letter_topic(source: str) -> str:
    """Return the dead letter topic of *source* (see `DEAD_LETTER_SOURCES`); raises ValueError for another."""
    if source not in DEAD_LETTER_SOURCES:
        raise ValueError(f"source {source!r} has no dead letter topic; sources are {', '.join(DEAD_LETTER_SOURCES)}")
    return f"crm.dead-letter.{source}"


def command_row(org: str) -> Topic:
    """Return the row of the command topic of *org*: one partition, never expired by time (design 3.11)."""
    # Size must not expire it either: records go only below committed offsets.
    config = _kept(-1, **{"retention.bytes": "-1"})
    return Topic(command_topic(org), "command", "thing", 1, config)


def change_rows(changes: Mapping[str, str]) -> tuple[Topic, ...]:
    """Return the rows of the integrations (name → org) that are told of changes, and of their orgs' state."""
    return (
        *(Topic(change_topic(name), "change", "record_id", 3, _kept(30 * DAY)) for name in sorted(changes)),
        *(
            Topic(change_state_topic(org), None, "cursor or record ID", 1, _COMPACTED)
            for org in sorted(set(changes.values()))
        ),
    )


def topic_table(orgs: Iterable[str] = (), changes: Mapping[str, str] = MappingProxyType({})) -> tuple[Topic, ...]:
    """
    Return every topic of an installation with *orgs*; `crm.command.none` is always among them.

    *changes* are the integrations (name → org) that are told of changes in Salesforce.
    """
    names = sorted({*orgs, NO_ORG})
    return (*(command_row(org) for org in names), *TOPICS, *change_rows(changes))


TOPICS: tuple[Topic, ...] = (
    *SOURCE_TOPICS,
    *(Topic(outcome_topic(kind), "outcome", "person's record", 3, _kept(30 * DAY)) for kind in OUTCOME_KINDS),
    Topic(NOTICE, "notice", "command_id", 1, _kept(7 * DAY)),
    Topic(INTEGRATION_FILE, None, "file name", 1, _COMPACTED),
    *(Topic(dead_letter_topic(source), None, "original key", 1, _kept(30 * DAY)) for source in DEAD_LETTER_SOURCES),
)
"""All topics but those of orgs."""
