"""
What is decided: steps, links, and values that did not fit.

Objects, fields and limits are those of Salesforce, under its API names: Salesforce is the domain (decision 0071).

Rule of this file: frozen values without behaviour beyond their own invariants; no I/O, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from processors.model.record import Record, Role
from schemas.outcome import OutcomeKind, Reason
from schemas.values import Scalar


@dataclass(frozen=True, slots=True)
class Step:
    """
    One write of a decision, in the order given.

    `record_id` names the target where it is known; else `target` names the role whose result is the target.
    `refs` maps a field to the role whose record ID goes there. `effect` makes a created record the same for ever.
    `before` holds the target's values of `fields` as read (for unchanged, audit and undo). `allow_duplicates` and
    `assign` say what the org's duplicate and assignment rules may do (`Write`). `guest` tells which guest of the
    command a step of the role `guest` is about.
    """

    role: Role
    operation: Literal["create", "update", "convert", "delete"]
    object: str
    record_id: str | None = None
    target: Role | None = None
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    before: Mapping[str, Scalar] = field(default_factory=dict)
    refs: Mapping[str, Role] = field(default_factory=dict)
    effect: str | None = None
    status: str | None = None
    owner_id: str | None = None
    allow_duplicates: bool = False
    assign: bool = False
    guest: str | None = None


EVERY_NAME = "*"
"""Source ID of a link that is kept under every e-mail and number that the command's person goes by."""


@dataclass(frozen=True, slots=True)
class Link:
    """What the ledger keeps: the record of a source entity. `record_id` None: the record that *role* comes to."""

    kind: str
    source_id: str
    record_id: str | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Unfit:
    """A value that `field` (`Object.Field`) does not take as it was `sent`: written as `kept`, or `dropped`; `why`."""

    field: str
    sent: Scalar
    kept: Scalar
    why: str
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What one command does to Salesforce: `kind` and `reason` of its outcome if every step succeeds.

    No steps: it is settled at once. `rule_ids` are the rows of the rule tables that led here. `linked` names records
    that the outcome lists although nothing is written to them. `park`: it waits for someone to choose among
    `candidates` (kind and reason are what it comes to if nobody does). `source_states` (by source ID) and `links` are
    kept in the ledger when it is settled as decided, and `unlinked` are forgotten. `unfit` are values that fields do
    not take as they were sent. `wait_seconds`: it is not settled, but decided anew after that long. `stale_fields`
    (`Object.Field`) were not written, since something newer was, or a person's own value. `at` is the event's time as
    the field history takes it, `seen` the fields by record ID that held what the event says already, `carried` what is
    kept of a converted lead's fields that its contact takes over. `disowned` are the IDs of records that no longer
    count as written by the source entity's events: they are deleted. `names`, `owner_names` and `owner_ids` are those
    of the records that it writes or lists, by record ID. `received` is None, but of an event whose time is that of its
    receipt: when it was last said what the fields of these records hold, by record ID and field.
    """

    kind: OutcomeKind
    reason: Reason = "none"
    steps: tuple[Step, ...] = ()
    rule_ids: tuple[str, ...] = ()
    candidates: tuple[Record, ...] = ()
    missing_fields: tuple[str, ...] = ()
    discarded_fields: tuple[str, ...] = ()
    linked: tuple[Record, ...] = ()
    detail: str | None = None
    park: bool = False
    tie_break: str | None = None
    flags: tuple[str, ...] = ()
    source_states: Mapping[str, bytes] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    unlinked: tuple[Link, ...] = ()
    stale_fields: tuple[str, ...] = ()
    wait_seconds: float | None = None
    at: str = ""
    seen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    carried: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    disowned: tuple[str, ...] = ()
    own_record: str | None = None
    unfit: tuple[Unfit, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    owner_names: Mapping[str, str] = field(default_factory=dict)
    owner_ids: Mapping[str, str] = field(default_factory=dict)
    received: Mapping[str, Mapping[str, str]] | None = None
