"""
One command on the table: everything that its decision may look at, and the steps that it may take.

In: command, match, settings, facts, now.  Out: single steps with the rules that shaped them.
Rule of this file: pure; what is consulted here is what the outcome names in `rule_ids`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from processors.deciding import field_rules
from processors.deciding.conform import Conform, written
from processors.deciding.event_order_rules import Guard, clamped
from processors.deciding.owners import OWNER, OwnedValues, owned
from processors.deciding.part import Part, no_mapping
from processors.integration.model import Integration
from processors.matching.attendees import attendee_of
from processors.model.advice import SEND_AGAIN
from processors.model.call import Call
from processors.model.decision import Decision, Link, Step
from processors.model.field_history import Fields, restricted_to, stamp
from processors.model.match import Match, Resolution
from processors.model.normalise import is_blank
from processors.model.org_facts import OrgFacts
from processors.model.record import Record, Role
from processors.model.rule_table import Book
from processors.model.stored_form import as_stored, moment_text, same_value
from processors.model.zones import Zone, zone_of
from schemas.command import Command
from schemas.identity import create_key
from schemas.outcome import OutcomeKind, Reason
from schemas.values import Scalar


@dataclass(frozen=True, slots=True)
class Case:
    """The arguments of one decision; `call` is the assembled call of a PBX command, `resolution` someone's choice."""

    command: Command
    match: Match
    settings: Integration
    facts: OrgFacts
    now: datetime
    book: Book
    call: Call | None = None
    resolution: Resolution | None = None

    @property
    def zone(self) -> Zone:
        """The zone in which the event's days are meant: its own, or the integration's where it has none known."""
        return zone_of(self.call.zone if self.call else self.command.zone, self.settings.zone)

    @property
    def conform(self) -> Conform:
        """What fits mapped values to their fields."""
        return Conform(self.command, self.settings, self.facts.objects, self.zone)

    @property
    def allows_duplicates(self) -> bool:
        """Whether duplicate rules that warn are passed: by setting, or since someone chose none of what matches."""
        chosen = self.resolution is not None and not self.resolution.expired and self.resolution.record_id is None
        return chosen or self.settings.org_rules.duplicates == "save"

    def assigns(self, object_name: str, fields: Mapping[str, Scalar]) -> bool:
        """Whether the org's assignment rules choose the owner of a new record with these *fields*."""
        wanted = self.settings.org_rules.assignment == "new" and object_name in ASSIGNED
        return wanted and is_blank(fields.get("OwnerId"))

    def update(
        self, role: Role, record: Record, mapped: Mapping[str, Scalar], extra: Mapping[str, Scalar] | None = None
    ) -> Part:
        """
        Return the update of *record* to its *mapped* values, as far as they change it and policy allows (VS-9, 1F).

        *extra* (a link to another record) is written whatever the policy. With nothing to write the record is linked.
        """
        write = self.settings.write
        known = self.owned(record.object, mapped)
        fitting, unfit = self.conform.update(record.object, known.fields)
        changes = field_rules.update(
            fitting,
            record.fields,
            self.facts.objects.get(record.object),
            lambda name: write.policy_of(f"{record.object}.{name}"),
            lambda name: write.blank_of(f"{record.object}.{name}"),
            self.guard(record),
            self.book,
        )
        stale = tuple(f"{record.object}.{name}" for name in changes.stale)
        added = dict(extra or {})
        ours = self._link_fields(role, record, writing=bool(changes.fields or added))
        added = {**added, **ours}
        values = {**changes.fields, **added}
        unfit = written(unfit, changes.fields)
        if not values:
            rules = changes.rules
            return Part(None, record, rules, (record,), stale=stale, seen=changes.seen, unfit=unfit, flags=known.flags)
        before = {**changes.before, **{name: self.held(record, name) for name in added}}
        step = Step(
            role,
            "update",
            record.object,
            record_id=record.id,
            fields=values,
            before=before,
            allow_duplicates=self.allows_duplicates,
        )
        rules = (*changes.rules, *(("LL-9",) if ours else ()))
        return Part(step, record, rules, stale=stale, seen=changes.seen, unfit=unfit, flags=known.flags)

    def owned(self, name: str, mapped: Mapping[str, Scalar]) -> OwnedValues:
        """Return what an update of *name* writes of *mapped*, its owner as an ID; a default owner is for creation."""
        key = "activity" if name in ("Task", "Event") else name.lower()
        default = getattr(self.command, key, {}).get(OWNER)
        if f"{key.title()}.{OWNER}" in self.command.defaulted and mapped.get(OWNER) == default:
            mapped = {field: value for field, value in mapped.items() if field != OWNER}
        return owned(self.match.users, mapped)

    @property
    def at(self) -> str:
        """The event's time as the field history takes it."""
        return stamp(clamped(self.command.event_time, self.now))

    def guard(self, record: Record) -> Guard:
        """Return the event against what is kept of the record's fields."""
        return Guard(self.at, self.command.event_id, self._kept(record), bool(self.command.time_is_receipt))

    def keyless(self) -> Part:
        """Return what an event that matches nobody comes to where it has no key to look by: a refusal, by setting."""
        if self.match.step != "none":
            return Part()
        row = self.book.row("keys", self.settings.match.no_keys, "keys" if self.command.keys else "no_keys")
        if row.then != "refuse":
            return Part()
        return Part(rules=(row.rule,), refusal="no_keys", detail=NO_KEYS)

    def _kept(self, record: Record) -> Fields:
        """Return what is kept of a record's fields; of a contact, what was written to the lead that it was, too."""
        field_history, match = self.match.field_history, self.match
        if not field_history:
            return {}
        before = (match.followed, *match.also) if record.object == "Contact" else ()
        return {name: item for id_ in (*before, record.id) for name, item in field_history.get(id_ or "", {}).items()}

    def _carried(self, steps: tuple[Step, ...]) -> Fields:
        """Return what is kept of a lead that is converted here, of the fields that its contact takes over."""
        contact = self.facts.objects.get("Contact")
        lead = next((step.record_id for step in steps if step.operation == "convert"), None)
        return restricted_to(self.match.field_history.get(lead or "", {}), contact.fields if contact else {})

    def held(self, record: Record, name: str) -> Scalar:
        """Return what the record holds in a field, as the org keeps it."""
        return as_stored(self.facts.field(record.object, name), record.fields.get(name))

    def _link_fields(self, role: Role, record: Record, *, writing: bool) -> dict[str, Scalar]:
        """Return what the record is to say of the source's record: its ID, and when we last wrote it (LL-9)."""
        own, link = self.command.record, self.settings.record_link
        if own is None or own.activity is not None or role not in ("lead", "contact"):
            return {}
        fields: dict[str, Scalar] = {}
        if link.id_field:
            fact = self.facts.field(record.object, link.id_field)
            if not same_value(fact, own.id, record.fields.get(link.id_field)):
                fields[link.id_field] = as_stored(fact, own.id)
        if link.synced_field and (writing or fields):
            fields[link.synced_field] = as_stored(
                self.facts.field(record.object, link.synced_field), moment_text(self.now)
            )
        return fields

    def create(
        self,
        role: Role,
        object_name: str,
        mapped: Mapping[str, Scalar],
        *,
        creation: str,
        links: Mapping[str, Scalar] | None = None,
        refs: Mapping[str, Role] | None = None,
        allow_duplicates: bool = False,
    ) -> Part:
        """
        Return the create of one record, or its refusal where there is no mapping or a mandatory field is missing.

        *allow_duplicates*: the org's duplicate rules may warn, and it is saved all the same (XB-24).
        """
        if (before := self.match.made.get(role)) is not None:
            # This very event made it before, and it was not found by any key since: it is that one.
            record = Record(object_name, before)
            return Part(record=record, linked=(record,))
        row = self.book.row("mapping", f"create_{role}", "mapped" if mapped else "no_mapping")
        if row.then == "refuse":
            return no_mapping(object_name, row.rule)
        settings = self.settings.mandatory
        known = owned(self.match.users, mapped)
        fitting, unfit = self.conform.create(object_name, known.fields)
        made = field_rules.create_fields(
            creation,
            fitting,
            self.facts.objects.get(object_name),
            settings.empty,
            (settings.text, settings.number),
            self.now,
            self.book,
        )
        if made.missing:
            names = ", ".join(made.missing)
            detail = f"the new {object_name} needs {names}: map a value to each, then {SEND_AGAIN}"
            return Part(rules=made.rules, refusal="mandatory_unmapped", missing=made.missing, detail=detail)
        step = Step(
            role,
            "create",
            object_name,
            fields={**made.fields, **(links or {}), **self._link_fields(role, Record(object_name, ""), writing=True)},
            refs=dict(refs or {}),
            effect=self._key(role),
            allow_duplicates=allow_duplicates or self.allows_duplicates,
            assign=self.assigns(object_name, made.fields),
        )
        return Part(step, rules=made.rules, unfit=written(unfit, made.fields), flags=known.flags)

    def _key(self, role: Role) -> str:
        command = self.command
        return create_key(command.integration, command.contract, command.event_id, role, attendee_of(command))

    def decided(
        self,
        kind: str,
        rules: tuple[str, ...],
        parts: tuple[Part, ...],
        reason: Reason = "none",
        source_states: Mapping[str, bytes] | None = None,
        links: tuple[Link, ...] = (),
    ) -> Decision:
        """
        Return the decision that *parts* make together, in their order; any refusal refuses the whole.

        *reason* is that of a decision that writes something, and of one that is skipped.
        """
        ids = tuple(dict.fromkeys((*self.command.rule_ids, *rules, *(rule for part in parts for rule in part.rules))))
        for part in parts:
            if part.refusal:
                return self._refused(part.refusal, part, parts, ids)
        steps = tuple(step for part in parts for step in part.steps)
        stale = tuple(dict.fromkeys(name for part in parts for name in part.stale))
        detail = next((part.detail for part in parts if part.detail), None)
        if not steps and kind != "skipped" and reason != "resolved":
            kind, reason, detail = ("skipped", "stale", detail or STALE) if stale else (kind, "unchanged", detail)
        return Decision(
            cast(OutcomeKind, kind),
            reason,
            steps,
            ids,
            discarded_fields=tuple(name for part in parts for name in part.discarded),
            linked=tuple({(record.object, record.id): record for part in parts for record in part.linked}.values()),
            detail=detail,
            tie_break=next((part.tie_break for part in parts if part.tie_break), None),
            flags=tuple(dict.fromkeys(flag for part in parts for flag in part.flags)),
            source_states=source_states or {},
            links=links,
            stale_fields=stale,
            at=self.at,
            carried=self._carried(steps),
            own_record=self.match.own_passed,
            unfit=tuple(dict.fromkeys(unfit for part in parts for unfit in part.unfit)),
            seen={part.record.id: part.seen for part in parts if part.seen and part.record and part.record.id},
        )

    def _refused(self, reason: Reason, refused: Part, parts: tuple[Part, ...], ids: tuple[str, ...]) -> Decision:
        """Return the decision that *refused* makes of all parts: nothing is written."""
        return Decision(
            "error",
            reason,
            rule_ids=ids,
            candidates=refused.candidates,
            missing_fields=tuple(name for part in parts for name in part.missing),
            detail=refused.detail,
            park=refused.park and self.resolution is None,
            own_record=self.match.own_passed,
            disowned=tuple(name for part in parts for name in part.disowned),
        )


ASSIGNED = ("Lead", "Account")
"""Objects whose new records the org's assignment rules may give to somebody (leads; accounts by territory)."""
NO_KEYS = "the event has no key by which a person can be looked for: map one, or set match.no_keys to create"
STALE = "nothing is written: each field holds what a newer event, or a person, wrote (see stale_fields)"
"""Detail of an outcome that is `skipped.stale`."""
