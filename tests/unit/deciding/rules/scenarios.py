"""
Scenarios: given an org and an integration, when a command comes, then exactly this is decided. Plain data.

Rule of this file: a scenario's name starts with the IDs of the rules that it proves; `then` is all that is decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from processors.integration.model import Integration
from processors.matching.index import Index
from processors.matching.match import match_person
from processors.model.decision import Decision
from processors.model.match import Match
from processors.model.org_facts import FieldFacts, ObjectFacts, OrgFacts
from processors.model.record import Record
from processors.model.rule_table import Book
from processors.sources.decide import decide
from processors.sources.rule_book import BOOK
from processors.sources.settings import integration_of
from schemas.command import Command, MatchKey
from schemas.values import Person

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
USER, QUEUE, DELEGATE = "005000000000001AAA", "00G000000000001EAA", "005000000000009AAA"
LEAD, LEAD_2 = "00Q000000000001EAA", "00Q000000000002EAA"
CONTACT, CONTACT_2 = "003000000000001AAA", "003000000000002AAA"
ACCOUNT, ACCOUNT_2 = "001000000000001AAA", "001000000000002AAA"
OPPORTUNITY = "006000000000001AAA"
NAMES = {
    USER: "USER",
    QUEUE: "QUEUE",
    DELEGATE: "DELEGATE",
    LEAD: "LEAD",
    LEAD_2: "LEAD_2",
    CONTACT: "CONTACT",
    CONTACT_2: "CONTACT_2",
    ACCOUNT: "ACCOUNT",
    ACCOUNT_2: "ACCOUNT_2",
    OPPORTUNITY: "OPPORTUNITY",
}
ACTIONS = {
    "only": "update_only",
    "lead": "update_or_create_lead",
    "contact": "update_or_create_contact",
    "convert": "update_and_convert_lead_or_create_contact",
}

_FIELDS = {
    "Lead": "Name FirstName Title Email Phone OwnerId ConvertedContactId ConvertedAccountId",
    "Contact": "Name FirstName Title Email Phone OwnerId AccountId",
    "Account": "Industry Site OwnerId",
    "Opportunity": "NextStep OwnerId AccountId ContactId",
}
_REQUIRED = {"Lead": "LastName Company", "Contact": "LastName", "Account": "Name", "Opportunity": "Name StageName"}


def fact(name: str, kind: str = "string", *, required: bool = False, restricted: bool = False) -> FieldFacts:
    """Return what describe says of one field."""
    return FieldFacts(name, kind, 255, True, True, not required, False, False, False, restricted)


def org_facts(extra: Mapping[str, tuple[FieldFacts, ...]] | None = None) -> OrgFacts:
    """Return the facts of a plain org; *extra* fields by object."""
    objects = {}
    for name, optional in _FIELDS.items():
        fields = [fact(text) for text in ("Id", "CreatedDate", "LastModifiedDate", *optional.split())]
        fields += [fact(part, required=True) for part in _REQUIRED[name].split()]
        if name == "Lead":
            fields.append(fact("IsConverted", "boolean"))
        if name == "Opportunity":
            fields += [
                fact("CloseDate", "date", required=True),
                fact("IsClosed", "boolean"),
                fact("Amount", "currency"),
            ]
        objects[name] = ObjectFacts(name, {item.name: item for item in (*fields, *(extra or {}).get(name, ()))})
    return OrgFacts("acme", "00D000000000001EAA", USER, objects, {}, "Closed - Converted", NOW)


def lead(record: str = LEAD, **fields: Any) -> Record:
    """Return a lead of Ann, not converted, owned by a user, with a blank title."""
    base = {"Email": "Ann@Example.com", "LastName": "Ann", "Company": "Acme", "IsConverted": False, "OwnerId": USER}
    return Record("Lead", record, {**base, **fields})


def contact(record: str = CONTACT, **fields: Any) -> Record:
    """Return a contact of Ann, without account, with a blank title."""
    return Record("Contact", record, {"Email": "ann@example.com", "LastName": "Ann", "AccountId": None, **fields})


def account(record: str = ACCOUNT, **fields: Any) -> Record:
    """Return an account named Acme of no industry."""
    return Record("Account", record, {"Name": "ACME", "Industry": None, **fields})


def opportunity(**fields: Any) -> Record:
    """Return an open opportunity."""
    return Record("Opportunity", OPPORTUNITY, {"Name": "Deal", "IsClosed": False, "NextStep": None, **fields})


KEY = MatchKey(1, "email", "ann@example.com", lead="Email", contact="Email")
CONVERTED = lead(IsConverted=True, ConvertedContactId=CONTACT)
PERSON_ACCOUNT: dict[str, Any] = {"Name": "Acme", "Industry": "Rail"}
DEAL: dict[str, Any] = {"Name": "Deal", "StageName": "New", "CloseDate": "2026-04-01", "NextStep": "Meet"}


def command(**over: Any) -> Command:
    """Return a command that sets Ann's title."""
    base: dict[str, Any] = {
        "command_id": "c-1",
        "kind": "apply",
        "contract": "call_result",
        "event_id": "e-1",
        "event_digest": "d",
        "source_id": "call-1",
        "integration": "calls",
        "org": "acme",
        "lane": "live",
        "event_time": NOW,
        "command_time": NOW,
        "settings_digest": "s",
        "person": Person(email="ann@example.com"),
        "keys": (KEY,),
        "lead": {"LastName": "Ann", "Company": "Acme", "Title": "Boss"},
        "contact": {"LastName": "Ann", "Title": "Boss"},
    }
    return Command(**{**base, **over})


def integration(action: str, **over: Any) -> Integration:
    """Return settings with one of the four actions, by its short name."""
    base = {"name": "calls", "org": "acme", "project": "p", "result_codes": ["YES"], "action": ACTIONS[action]}
    return integration_of({**base, **over})


@dataclass(frozen=True)
class Scenario:
    """One case: `rows` are what the org answers, `kept` the opportunity kept for a contact."""

    name: str
    action: str
    then: tuple[str, ...]
    rows: tuple[Record, ...] = ()
    command: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, tuple[FieldFacts, ...]] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def rules(self) -> frozenset[str]:
        """The rule IDs that the name states, up to the colon."""
        return frozenset(self.name.partition(":")[0].split())

    def run(self, book: Book = BOOK) -> tuple[str, ...]:
        """Return what is decided, in lines."""
        asked, settings = command(**self.command), integration(self.action, **self.settings)
        match = match_person(asked, settings, Index(self.rows), self.kept, book)
        return told(match, decide(asked, match, settings, org_facts(self.facts), NOW, book))


def told(match: Match, decision: Decision) -> tuple[str, ...]:
    """Return everything that a decision says, but the rules consulted, one line a thing."""
    lines = [f"{decision.kind} {decision.reason}"]
    for step in decision.steps:
        values = [f"{name}={value}" for name, value in step.fields.items()]
        values += [f"{name}<-{role}" for name, role in step.refs.items()]
        values += [f"{name}={value}" for name, value in (("status", step.status), ("owner", step.owner_id)) if value]
        target = step.record_id or (f"of {step.target}" if step.target else "new")
        lines.append(" ".join((step.operation, step.object, target, *values)))
    lines += [f"linked {record.object} {record.id}" for record in decision.linked]
    lines += [f"candidate {record.object} {record.id}" for record in decision.candidates]
    lines += [f"missing {name}" for name in decision.missing_fields]
    lines += [f"discarded {name}" for name in decision.discarded_fields]
    lines += [f"ignored {match.ignored_id}"] if match.ignored_id else []
    lines += [f"followed {match.followed}"] if match.followed else []
    lines += [f"said: {decision.detail}"] if decision.detail else []
    lines += [f"tie broken by {decision.tie_break}"] if decision.tie_break else []
    lines += ["parked"] if decision.park else []
    return tuple(_short(line) for line in lines)


def _short(line: str) -> str:
    for record, name in NAMES.items():
        line = line.replace(record, name)
    return line
