"""
Values that flow between the stages: what was found, what is decided, what is written, what came back.

Objects, fields and limits are those of Salesforce, under its API names: Salesforce is the domain (decision 0071).

Rule of this file: frozen values without behaviour beyond their own invariants; no I/O, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from processors.model.connection import Cause
from schemas.outcome import OutcomeKind, Reason
from schemas.values import Scalar

PersonObject = Literal["Lead", "Contact"]
IS_PERSON = "IsPersonAccount"
"""The field that says whether a contact, or an account, is one person with the other (decision 0107)."""
Role = Literal[
    "account", "lead", "convert", "contact", "opportunity", "activity", "other_activity", "campaign_member", "guest"
]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as the org answered it: `fields` by API name, exactly those that were asked for."""

    object: str
    id: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """
    A record that an event of a source entity made or wrote (docs/decisions/0074).

    `made` says whether the event with `event_id` created it: then its key is that event's. `person` is the person as
    the event said them (JSON, raw); None where only the org's record is known. `attendee` tells apart the people of
    one booking. `at` is the event's time in seconds since the epoch.
    """

    integration: str
    source_id: str
    record_id: str
    object: str
    role: Role
    contract: str
    event_id: str
    made: bool
    person: bytes | None = None
    attendee: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Match:
    """
    What the org holds for one command.

    `leads` and `contacts` are the records that match (after key sets in order, converted leads already followed to
    their contact, and lead and contact that are one converted person already joined). `step` says how: `salesforce_id`,
    `key_set:<n>` (from 1), `phone` (a caller's number), `chosen` or `assigned` (by someone), `link` (the record that
    the source's own record is linked with), or `none`. `ignored_id` is the event's SalesforceID where it was not found
    or deleted, and the keys were used instead. `accounts` are those that match the command's account keys; `account_of`
    is the matched contact's own account; `opportunity` is the open one kept for the matched contact, where there is
    one. `of_company` are the accounts that bear the name of the lead's company, else of the event's,
    where a lead may be converted; `merged`: a record was named that was merged into the one that matches; `unsettled`
    are numbers of which the org's search found more than it tells, so that nobody can say whose they are.
    `followed` is the ID of the converted lead through which the contact was found; `also` are the IDs of converted
    leads that are the same person. `activities` are the activities logged for the command's source entity so far, by
    effect key; `users` are the org's users whom the acting agent's e-mail or user name, or the default owner, names;
    `source_states` is what the ledger keeps of source entities, by source ID; `together` is what it keeps of this
    person's interactions with this agent, for this integration and the one that shares activities with it, by the
    source IDs under which it is kept; `assigned` is the record that someone chose for good for this person (XB-19);
    `linked_id` is the ID of the record that the source's own record is linked with, whether it is still there or not
    (LL-7). `made` are the records that this very event created before, by role; `own_gone` is the deleted record that
    an earlier event of the source entity wrote for this person, `own_passed` the one that it wrote where the keys found
    another, `own_unclear` that `leads` and `contacts` are attendees of whom a name or a number alone agrees, and
    `own_rules` the rules that say so (`matching/own.py`; step `own`). `own_people` are all leads and
    contacts that events of the source entity made or wrote, and `current_ids` maps each ID of a person that is kept of
    it to the record that it is now: merged and converted ones to what they became. `campaign` is the ID of the
    integration's campaign, `members` are memberships in it of people in sight, and `member_statuses` what its members
    may have (none: not known). `taken` names the other record of
    the source that each of these records is linked with, by record ID; `winner_link` is the record that the one is
    linked with into which the source merged the command's. `further` is what matches the numbers of the other people
    outside who were in a call, by E.164. `parents` are the records that mapped references name by an external ID
    (`processors/model/parents.py`). `field_history` says which event wrote which
    fields of these records, by record ID (`processors/model/field_history.py`).
    """

    step: str = "none"
    leads: tuple[Record, ...] = ()
    contacts: tuple[Record, ...] = ()
    ignored_id: str | None = None
    followed: str | None = None
    also: tuple[str, ...] = ()
    accounts: tuple[Record, ...] = ()
    of_company: tuple[Record, ...] = ()
    merged: bool = False
    unsettled: tuple[str, ...] = ()
    account_of: Record | None = None
    opportunity: Record | None = None
    activities: Mapping[str, Record] = field(default_factory=dict)
    users: tuple[Record, ...] = ()
    source_states: Mapping[str, bytes] = field(default_factory=dict)
    together: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    assigned: str | None = None
    linked_id: str | None = None
    made: Mapping[Role, str] = field(default_factory=dict)
    own_gone: str | None = None
    own_passed: str | None = None
    own_unclear: bool = False
    own_rules: tuple[str, ...] = ()
    own_people: tuple[OwnRecord, ...] = ()
    current_ids: Mapping[str, str] = field(default_factory=dict)
    taken: Mapping[str, str] = field(default_factory=dict)
    winner_link: str | None = None
    campaign: str | None = None
    members: tuple[Record, ...] = ()
    member_statuses: tuple[str, ...] = ()
    further: Mapping[str, "Match"] = field(default_factory=dict)
    parents: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    field_history: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def people(self) -> tuple[Record, ...]:
        """The leads and contacts that match, those of a call's further people among them."""
        own = (*self.leads, *self.contacts)
        return (*own, *(record for match in self.further.values() for record in match.people))

    @property
    def is_nobody(self) -> bool:
        """Whether no lead, contact or account matches; further people of a call do not count."""
        return not (self.leads or self.contacts or self.accounts)

    @property
    def record_ids(self) -> tuple[str, ...]:
        """The IDs of all records in it that may have a field history: people, what comes with them, leads they were."""
        alone = (one.id for one in (self.account_of, self.opportunity) if one is not None)
        many = (
            one.id for one in (*self.leads, *self.contacts, *self.accounts, *self.of_company, *self.activities.values())
        )
        return (*many, *alone, *self.also, *((self.followed,) if self.followed else ()))


@dataclass(frozen=True, slots=True)
class Resolution:
    """
    What someone chose for a parked command: a record, or none of them (`record_id` None: make a new one).

    `expired`: nobody chose in time. `by` is who chose; `remember` keeps the choice for what follows.
    """

    record_id: str | None = None
    by: str | None = None
    remember: bool = False
    expired: bool = False


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


@dataclass(frozen=True, slots=True)
class In:
    """
    `field IN (values)` of a question; values are raw text, the connector escapes them.

    *like*: the values are patterns of LIKE instead, in which `%` stands for any text; any of them will do.
    """

    field: str
    values: tuple[str, ...]
    like: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """
    Which records of one object to read: any of the alternatives, each a conjunction of INs. Rows come back whole.

    `deleted`: deleted and merged rows too (queryAll); they carry `IsDeleted`, and a merge's loser `MasterRecordId`.
    """

    object: str
    fields: tuple[str, ...]
    any_of: tuple[tuple[In, ...], ...]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """
    The answer to several questions: rows by question, in order, and the API calls that it took.

    `unsettled` are words of a search of which there are more records than it tells: what is not there may be all the
    same.
    """

    rows: tuple[tuple[Record, ...], ...]
    api_calls: int
    unsettled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """
    One record write. A create is an insert: `external` (field, value) is a Unique External ID that goes along, so that
    a second copy is refused with DUPLICATE_VALUE and no record that is there can be written.

    `fields` never contain the ID or the external ID field. `allow_duplicates`: a duplicate rule may warn, and the
    record is saved all the same. `assign`: the org's assignment rules choose the owner. Writes of different
    `collection` numbers go in different collections.
    """

    operation: Literal["create", "update", "delete"]
    object: str
    record_id: str | None = None
    external: tuple[str, str] | None = None
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    allow_duplicates: bool = False
    assign: bool = False
    collection: int = 0


@dataclass(frozen=True, slots=True)
class Conversion:
    """One lead to convert (never with an opportunity: we create that ourselves, VS-26); see `Write` for duplicates."""

    lead_id: str
    status: str
    account_id: str | None = None
    owner_id: str | None = None
    allow_duplicates: bool = False


@dataclass(frozen=True, slots=True)
class RowError:
    """
    Why Salesforce refused one row; `transient` rows (locks) are tried again, others are a refusal.

    `gone` names the field or object that the org says is not there (LL-18). `duplicates` are the records that a
    duplicate rule found (`rule` names it), with the fields that the org told of them. `unsure`: what may pass may as
    well not, and is a refusal after some tries. `too_many`: fewer rows in one collection may pass. `cause` is why the
    whole org takes no such row.
    """

    code: str
    message: str
    fields: tuple[str, ...] = ()
    transient: bool = False
    gone: str | None = None
    duplicates: tuple[Record, ...] = ()
    rule: str = ""
    unsure: bool = False
    too_many: bool = False
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to one write or conversion, in the order sent."""

    success: bool
    id: str | None = None
    created: bool = False
    account_id: str | None = None
    contact_id: str | None = None
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """
    What describe says of one field. Required on create = createable and not nillable and not defaulted.

    `precision` is the digits of a number in all, `scale` those behind the point; 0 where describe says none.
    `references` are the objects that a reference may be of, `relationship` its name; `lookup`: records may be named by
    the field's value (`idLookup`).
    """

    name: str
    type: str
    length: int
    createable: bool
    updateable: bool
    nillable: bool
    defaulted: bool
    unique: bool
    external_id: bool
    restricted: bool
    values: tuple[str, ...] = ()
    precision: int = 0
    scale: int = 0
    references: tuple[str, ...] = ()
    relationship: str = ""
    lookup: bool = False

    @property
    def required(self) -> bool:
        """Whether a create must name it."""
        return self.createable and not self.nillable and not self.defaulted


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """
    What describe says of one object: fields by API name, and the IDs of the record types that the user may give, by
    developer name. `createable`, `updateable`: the user's rights to the object.
    """

    name: str
    fields: Mapping[str, FieldFacts]
    record_types: Mapping[str, str] = field(default_factory=dict)
    createable: bool = True
    updateable: bool = True


@dataclass(frozen=True, slots=True)
class OrgFacts:
    """
    What is known of an org before any command: objects by name, the field that holds effect keys (None: not installed).

    `external_field` maps an object to its Unique External ID field; an object without one is created without it.
    `converted_status` is the org's default converted status; `user_id` is the integration user (for owners of queues).
    `looked_up` are the fields by which any integration looks for people, by object: they are read with each of them.
    """

    org: str
    organization_id: str
    user_id: str
    objects: Mapping[str, ObjectFacts]
    external_field: Mapping[str, str]
    converted_status: str
    read_at: datetime
    looked_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def field(self, object_name: str, name: str) -> FieldFacts | None:
        """Return what describe says of a field, or None where it is not known."""
        found = self.objects.get(object_name)
        return found.fields.get(name) if found else None
