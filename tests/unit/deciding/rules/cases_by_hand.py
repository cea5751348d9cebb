"""Scenarios of what users do by hand. Rule of this file: data, and how such a command is made."""

from dataclasses import dataclass, field, replace
from typing import Any

from processors.matching.index import Index
from processors.matching.manual_choice import apply_choice
from processors.matching.match import match_person
from processors.model.match import Resolution
from processors.model.org_facts import ObjectFacts, OrgFacts
from processors.model.record import Record
from processors.model.rule_table import Book
from processors.sources.decide import decide
from processors.sources.rule_book import BOOK
from processors.sources.settings import integration_of
from schemas.command import Command, MatchKey, Request
from schemas.values import Agent, Person
from tests.unit.deciding.rules.scenarios import CONTACT, LEAD, LEAD_2, NOW, USER, contact, fact, lead, org_facts, told

SETTINGS = {
    "name": "by-hand",
    "source": "pbx_call",
    "org": "acme",
    "enabled": True,
    "network": "acme",
    "activity": {"enabled": True, "object": "Task", "owner": "desk@example.com"},
}
USERS = (Record("User", USER, {"Email": "agent@example.com", "Username": "agent@acme", "IsActive": True}),)
GONE = "00Q000000000009EAA"


@dataclass(frozen=True, slots=True)
class ByHand:
    """One action: given rows of the org, when a user does this, then exactly that is decided."""

    name: str
    action: str
    then: tuple[str, ...]
    rows: tuple[Record, ...] = ()
    chosen: str | None = None
    more: dict[str, Any] = field(default_factory=dict)
    unsettled: bool = False

    @property
    def rules(self) -> frozenset[str]:
        """The rules that the name begins with."""
        return frozenset(self.name.partition(":")[0].split())

    def run(self, book: Book = BOOK) -> tuple[str, ...]:
        """Return what is decided, in lines; links to be kept are told too."""
        settings = integration_of(SETTINGS)
        asked = command(self.action, self.chosen, **self.more)
        index = Index(self.rows)
        choice = Resolution(self.chosen) if self.chosen else None
        match = apply_choice(match_person(asked, settings, index, {}, book), choice, None, settings, index, book)
        decision = decide(
            asked,
            replace(match, users=USERS, unsettled=("555",) if self.unsettled else ()),
            settings,
            facts(),
            NOW,
            book,
            resolution=choice,
        )
        links = [f"{link.kind} {link.source_id} {link.record_id or link.role}" for link in decision.links]
        allowed = ["duplicates allowed" for step in decision.steps if step.allow_duplicates]
        return (*told(match, decision), *allowed, *(line.replace(LEAD_2, "LEAD_2") for line in links))


def facts() -> OrgFacts:
    """Return the facts of an org with Task."""
    plain = org_facts()
    task = ("WhoId", "WhatId", "OwnerId", "Subject", "Status", "Description", "ActivityDate")
    held = ObjectFacts("Task", {text: fact(text) for text in task})
    return OrgFacts(
        plain.org,
        plain.organization_id,
        plain.user_id,
        {**plain.objects, "Task": held},
        plain.external_field,
        plain.converted_status,
        NOW,
    )


def command(action: str, chosen: str | None = None, **more: Any) -> Command:
    """Return the command of one action of a user about Ann."""
    return Command(
        command_id="c",
        kind="apply",
        contract="user_action",
        event_id="e",
        event_digest="d",
        source_id="action-1",
        integration="by-hand",
        org="acme",
        lane="live",
        event_time=NOW,
        command_time=NOW,
        settings_digest="s",
        person=Person(last_name="Ann", email="ann@example.com"),
        agent=Agent("agent@example.com"),
        salesforce_id=chosen,
        keys=(MatchKey(1, "email", "ann@example.com", lead="Email", contact="Email"),),
        lead={"LastName": "Ann", "Company": "Acme"},
        activity={"Subject": "Talk"},
        request=Request(action, **more),
    )


NEW = ("created none", "create Lead new LastName=Ann Company=Acme")
ASSIGNED = ("duplicates allowed", "assignment * lead")
OPEN = "Subject=Talk Status=Not Started"
DONE = "Subject=Talk Status=Completed"
TWO = (lead(), lead(LEAD_2))
BOTH = (lead(), contact())
NOBODY = ("error no_match", "said: no lead, contact or account matches")
UNNAMED = ("error no_match", "said: the choice names no record: send its salesforce_id")
IGNORED = f"ignored {GONE}"
NOT_THERE = ("error no_match", IGNORED, f"said: record {GONE} is not there: choose another one")
WHICH = ("error multiple_match", "candidate Lead LEAD", "candidate Lead LEAD_2")
ASK = ("said: 2 records match: choose the one that is meant", "parked")
LOG = "create Task new"
LINKED = "linked Lead LEAD"


def _logged(what: str, who: str, fields: str) -> tuple[str, ...]:
    return ("activity activity_created", f"{LOG} {fields} WhoId={who} OwnerId=USER", f"linked {what} {who}")


BY_HAND = [
    ByHand("XB-1: a lead is created of a person who is not there", "create_lead", NEW),
    ByHand("XB-23: of one who is there none is created", "create_lead", ("updated unchanged", LINKED), (lead(),)),
    ByHand("XB-21: of one who is there twice, someone has to say which", "create_lead", (*WHICH, *ASK), TWO),
    ByHand("XB-23: the one chosen is left as it is", "create_lead", ("updated unchanged", LINKED), TWO, LEAD),
    ByHand("XB-1: a record chosen that is gone creates nothing", "create_lead", NOT_THERE, TWO, GONE),
    ByHand("XB-24: a new lead by force, nobody there", "force_new", (*NEW, *ASSIGNED)),
    ByHand("XB-24: a new lead by force, beside one that is there", "force_new", (*NEW, *ASSIGNED), (lead(),)),
    ByHand("XB-25: a new lead by force, beside several", "force_new", (*NEW, *ASSIGNED), TWO),
    ByHand("XB-24: a new lead by force, beside the one named", "force_new", (*NEW, *ASSIGNED), TWO, LEAD),
    ByHand("XB-24: a new lead by force, beside one that is gone", "force_new", (*NEW, IGNORED, *ASSIGNED), TWO, GONE),
    ByHand("XB-24: a new lead by force, though the search was full", "force_new", (*NEW, *ASSIGNED), unsettled=True),
    ByHand("XB-24: wrong match, though the search was full", "wrong_match", (*NEW, *ASSIGNED), unsettled=True),
    ByHand("XB-24: wrong match, nobody there", "wrong_match", (*NEW, *ASSIGNED)),
    ByHand("XB-24: wrong match, a new lead beside the wrong one", "wrong_match", (*NEW, *ASSIGNED), (lead(),)),
    ByHand("XB-24: wrong match, a new lead beside several", "wrong_match", (*NEW, *ASSIGNED), TWO),
    ByHand(
        "XB-19: wrong match, another one is meant from now on",
        "wrong_match",
        ("updated resolved", "linked Lead LEAD_2", "assignment * LEAD_2"),
        TWO,
        LEAD_2,
    ),
    ByHand("XB-19: wrong match, the other one is gone", "wrong_match", NOT_THERE, TWO, GONE),
    ByHand("XB-2: nobody to log to", "log_activity", NOBODY),
    ByHand(
        "XB-10 XB-3: an activity is logged as done, by who did it",
        "log_activity",
        _logged("Lead", "LEAD", DONE),
        (lead(),),
    ),
    ByHand("XB-21: an activity of one of two waits for the choice", "log_activity", (*WHICH, *ASK), TWO),
    ByHand(
        "XB-22: a lead and a contact of one person: the user has to say which",
        "log_activity",
        ("error multiple_match", "candidate Lead LEAD", "candidate Contact CONTACT", *ASK),
        BOTH,
    ),
    ByHand(
        "XB-22: an activity goes to the one chosen", "log_activity", _logged("Contact", "CONTACT", DONE), BOTH, CONTACT
    ),
    ByHand(
        "XB-22: the object alone may choose between lead and contact",
        "log_activity",
        _logged("Contact", "CONTACT", DONE),
        BOTH,
        more={"object": "Contact"},
    ),
    ByHand("XB-2: an activity for a record that is gone", "log_activity", NOT_THERE, TWO, GONE),
    ByHand("XB-2: nobody to open a task for", "create_task", NOBODY),
    ByHand("XB-10: a task is created open", "create_task", _logged("Lead", "LEAD", OPEN), (lead(),)),
    ByHand("XB-21: a task of one of two waits for the choice", "create_task", (*WHICH, *ASK), TWO),
    ByHand("XB-22: a task goes to the one chosen", "create_task", _logged("Lead", "LEAD", OPEN), TWO, LEAD),
    ByHand("XB-2: a task for a record that is gone", "create_task", NOT_THERE, TWO, GONE),
    ByHand("XB-19: a choice that names nobody, nobody there", "choose_match", UNNAMED),
    ByHand("XB-19: a choice that names nobody, one there", "choose_match", UNNAMED, (lead(),)),
    ByHand("XB-19: a choice that names nobody, several there", "choose_match", UNNAMED, TWO),
    ByHand(
        "XB-19: a match chosen for what follows",
        "choose_match",
        ("updated resolved", "linked Lead LEAD_2", "assignment * LEAD_2"),
        TWO,
        LEAD_2,
    ),
    ByHand("XB-19: a match chosen that is gone", "choose_match", NOT_THERE, TWO, GONE),
]
