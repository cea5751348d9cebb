"""
What was found of a person: records, own records, and the match that is decided on.

Objects, fields and limits are those of Salesforce, under its API names: Salesforce is the domain (decision 0071).

Rule of this file: frozen values without behaviour beyond their own invariants; no I/O, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from processors.model.record import OwnRecord, Record, Role


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
        alone = (record.id for record in (self.account_of, self.opportunity) if record is not None)
        many = (
            lead.id
            for lead in (*self.leads, *self.contacts, *self.accounts, *self.of_company, *self.activities.values())
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
