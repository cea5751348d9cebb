"""Scenarios of telephone calls. Rule of this file: data, and how such a call is made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from processors.deciding.case import Case
from processors.executor.org_queue.call_buffer import command_of
from processors.integration.model import Integration
from processors.matching.index import Index
from processors.matching.manual_choice import apply_choice
from processors.matching.match import match_person
from processors.model.decision import Decision
from processors.model.match import Resolution
from processors.model.org_facts import ObjectFacts, OrgFacts
from processors.model.record import Record
from processors.model.rule_table import Book
from processors.sources.pbx_call.assemble import assemble
from processors.sources.pbx_call.decide import decide_call, effects
from processors.sources.rule_book import BOOK
from processors.sources.settings import integration_of
from schemas.pbx_call_event import CallStep, Party, PartyKind
from schemas.values import Agent
from tests.unit.deciding.rules.scenarios import (
    ACCOUNT,
    ACCOUNT_2,
    CONTACT,
    CONTACT_2,
    LEAD,
    LEAD_2,
    NAMES,
    NOW,
    USER,
    account,
    command,
    contact,
    fact,
    lead,
    org_facts,
)

NUMBER = "+4930901820"
ANN = Party("external", number=NUMBER, name="Ann Example")
ALICE, BOB = Party("internal", extension="201"), Party("internal", extension="202")
AGENT = Agent("agent@example.com", "Alice")
ADMIN = "005000000000002AAA"
TASK, TASK_2 = "00T000000000001AAA", "00T000000000002AAA"
USERS = (
    Record("User", USER, {"Email": "agent@example.com", "Username": "agent@acme", "IsActive": True}),
    Record("User", ADMIN, {"Email": "desk@example.com", "Username": "desk@acme", "IsActive": True}),
)
SETTINGS: dict[str, Any] = {
    "name": "pbx",
    "source": "pbx_call",
    "org": "acme",
    "enabled": True,
    "network": "hq",
    "activity": {"enabled": True, "owner": "desk@example.com"},
}
PARTIES: Mapping[str, tuple[Party | None, Party | None]] = {
    "internal": (ALICE, BOB),
    "inbound": (ANN, ALICE),
    "outbound": (ALICE, ANN),
    "unknown": (None, None),
}


def steps(direction: str = "inbound", ring: float = 8.0, talk: float | None = 60.0, **more: Any) -> list[CallStep]:
    """Return the steps of a call that rang and, with *talk*, was answered."""
    caller, callee = PARTIES[direction]
    begun = CallStep("started", NOW, caller=caller, callee=callee, user=AGENT, zone="Europe/Berlin")
    answered = [] if talk is None else [CallStep("answered", NOW + timedelta(seconds=ring), user=AGENT)]
    ended = NOW + timedelta(seconds=ring + (talk or 0.0))
    return [replace(begun, **more), *answered, CallStep("ended", ended, cause="normal")]


def pbx(**over: Any) -> Integration:
    """Return the settings of a German network, with parts replaced."""
    calls = {"region": "DE", **over.pop("calls", {})}
    return integration_of({**SETTINGS, "calls": calls, **over})


def facts() -> OrgFacts:
    """Return the facts of an org with Task, whose subtype can only be told when it is made."""
    plain = org_facts()
    names = ("WhoId", "WhatId", "OwnerId", "Subject", "Status", "CallType", "CallDisposition")
    task = {name: fact(name) for name in names}
    task["TaskSubtype"] = replace(fact("TaskSubtype", "picklist"), updateable=False)
    task["CallDurationInSeconds"] = fact("CallDurationInSeconds", "int")
    task["ActivityDate"] = fact("ActivityDate", "date")
    task["Description"] = replace(fact("Description", "textarea"), length=32_000)
    return replace(plain, objects={**plain.objects, "Task": ObjectFacts("Task", task)})


def case_of(
    rows: Iterable[Record],
    told: Iterable[CallStep],
    settings: Integration,
    book: Book = BOOK,
    *,
    assigned: str | None = None,
    logged: Record | None = None,
    resolution: Resolution | None = None,
    timed_out: bool = False,
    org: OrgFacts | None = None,
) -> Case:
    """Return the case of a call, as the executor puts it on the table."""
    call = assemble("call-1", told, "DE", timed_out=timed_out)
    asked = command_of(command(contract="pbx_call", integration="pbx", keys=(), lead={}, contact={}), call, "DE")
    index = Index(rows)
    match = apply_choice(match_person(asked, settings, index, {}, book), resolution, assigned, settings, index, book)
    activities = {effects(asked)[0]: logged} if logged else {}
    match = replace(match, users=USERS, activities=activities)
    return Case(asked, match, settings, org or facts(), NOW, book, call, resolution)


def in_lines(decision: Decision) -> tuple[str, ...]:
    """Return what a decision says of whose record it is; what the Task says is another matter."""
    lines = [f"{decision.kind} {decision.reason}"]
    for step in decision.steps:
        links = [f"{name}={step.fields[name]}" for name in ("WhoId", "WhatId") if name in step.fields]
        lines.append(" ".join((step.operation, step.object, *links)))
    lines += [f"candidate {candidate.id}" for candidate in decision.candidates]
    lines += [f"linked {record.id}" for record in decision.linked]
    lines += ["parked"] if decision.park else []
    lines += [f"tie {decision.tie_break}"] if decision.tie_break else []
    lines += [f"flag {flag}" for flag in decision.flags]
    return tuple(_short(line) for line in lines)


def _short(line: str) -> str:
    for record, name in {**NAMES, TASK: "TASK", TASK_2: "TASK_2"}.items():
        line = line.replace(record, name)
    return line


@dataclass(frozen=True, slots=True)
class Calling:
    """One call: given rows of the org, when it is over, then exactly this is decided."""

    name: str
    then: tuple[str, ...]
    rows: tuple[Record, ...] = ()
    steps: tuple[CallStep, ...] = tuple(steps())
    settings: Mapping[str, Any] = field(default_factory=dict)
    assigned: str | None = None
    logged: Record | None = None

    @property
    def rules(self) -> frozenset[str]:
        """The rules that the name begins with."""
        return frozenset(self.name.partition(":")[0].split())

    def run(self, book: Book = BOOK) -> tuple[str, ...]:
        """Return what is decided, in lines."""
        settings = pbx(**self.settings)
        case = case_of(self.rows, self.steps, settings, book, assigned=self.assigned, logged=self.logged)
        return in_lines(decide_call(case))


def a_lead(record: str = LEAD, created: str = "2025-01-01T00:00:00.000+0000", **more: Any) -> Record:
    """Return a lead who has the number."""
    return lead(record, Phone="030 901820", CreatedDate=created, **more)


def a_contact(record: str = CONTACT, of: str | None = None, created: str = "2025-01-01T00:00:00.000+0000") -> Record:
    """Return a contact who has the number."""
    return contact(record, HomePhone="+49 30 901820", AccountId=of, CreatedDate=created)


AN_ACCOUNT = account(Phone="030901820")
LATER = "2025-06-01T00:00:00.000+0000"


def on(name: str, field_name: str = "WhoId") -> tuple[str, ...]:
    """Return what is said of a Task on a record."""
    return ("activity activity_created", f"create Task {field_name}={name}", f"linked {name}")


ON_LEAD, ON_CONTACT, ON_ACCOUNT = on("LEAD"), on("CONTACT"), on("ACCOUNT", "WhatId")
WHICH = ("error multiple_match",)
SHORT, FULL = (3.0, None), (8.0, 60.0)
EITHER = {
    "person_first": {"calls": {"objects": ["Lead", "Contact", "Account"]}},
    "account_first": {"calls": {"objects": ["Account", "Lead", "Contact"]}},
}


def waiting(kind: PartyKind, leg: str = "0") -> list[CallStep]:
    """Return the steps of a call that a machine answers and no person does."""
    machine = Party(kind, extension="700", name="Desk")
    begun = [
        CallStep("started", NOW, leg, direction="inbound", caller=ANN, callee=machine),
        CallStep("answered", NOW, leg, caller=ANN, callee=machine),
    ]
    rung = [
        CallStep("ringing", NOW + timedelta(seconds=5), "1", caller=ANN, callee=ALICE, user=AGENT),
        CallStep("ended", NOW + timedelta(seconds=95), "1", caller=ANN, user=AGENT, cause="no_answer"),
    ]
    return [*begun, *rung, CallStep("ended", NOW + timedelta(seconds=95), leg, cause="normal")]


_KINDS: tuple[tuple[PartyKind, str, str], ...] = (
    ("queue", "who gives up in a queue was not spoken with", "gave_up_waiting"),
    ("ivr", "who gives up in a menu was not spoken with", "gave_up_waiting"),
    ("voicemail", "a mailbox that answers is a voicemail", "left_voicemail"),
)
MACHINES = [
    Calling("1F-machines: a ring group that answers is nobody", ON_LEAD, (a_lead(),), tuple(waiting("ring_group"))),
    *(
        Calling(f"1F-machines: {what}", (*ON_LEAD, f"flag {flag}"), (a_lead(),), tuple(waiting(kind)))
        for kind, what, flag in _KINDS
    ),
    Calling(
        "XB-13: a call that nobody answers is a missed one", ON_LEAD, (a_lead(),), tuple(steps("inbound", 9, None))
    ),
    Calling(
        "XB-13 XB-11: a person who answers after a queue makes it a talk",
        ON_LEAD,
        (a_lead(),),
        (
            *waiting("queue")[:3],
            CallStep("answered", NOW + timedelta(seconds=60), "1", caller=ANN, callee=ALICE, user=AGENT),
            CallStep("ended", NOW + timedelta(seconds=90), "1"),
            CallStep("ended", NOW + timedelta(seconds=90), "0"),
        ),
    ),
]

SECOND = Party("external", number="+4930901821", name="Ben Example")
CONFERENCE = (
    *steps("outbound")[:2],
    CallStep("answered", NOW + timedelta(seconds=30), "2", caller=ALICE, callee=SECOND, user=AGENT),
    CallStep("ended", NOW + timedelta(seconds=68), cause="normal"),
    CallStep("ended", NOW + timedelta(seconds=68), "2", cause="normal"),
)


def second_contact(record: str = CONTACT_2) -> Record:
    """Return a contact who has the number of the second person of the conference."""
    return contact(record, Phone=SECOND.number, AccountId=None)


FURTHER = [
    Calling("XB-28: an unknown number beside a known one makes no further Task", ON_LEAD, (a_lead(),), CONFERENCE),
    Calling(
        "XB-28 XB-11: each known person of a conference has a Task",
        (
            "activity activity_created",
            "create Task WhoId=LEAD",
            "create Task WhoId=CONTACT_2",
            "linked LEAD",
            "linked CONTACT_2",
        ),
        (a_lead(), second_contact()),
        CONFERENCE,
    ),
    Calling(
        "XB-28: two numbers of one person make one Task",
        ON_CONTACT,
        (contact(CONTACT, Phone=NUMBER, HomePhone=SECOND.number, AccountId=None),),
        CONFERENCE,
    ),
    Calling(
        "XB-28: nobody chooses for a further person among several, and the others have their Tasks",
        (
            "activity activity_created",
            "create Task WhoId=LEAD",
            "candidate CONTACT",
            "candidate CONTACT_2",
            "linked LEAD",
            "flag person_left_out",
        ),
        (a_lead(), second_contact(CONTACT), second_contact()),
        CONFERENCE,
    ),
    Calling(
        "XB-28: where nobody else is known, several of a further number are an error",
        (*WHICH, "candidate CONTACT", "candidate CONTACT_2"),
        (second_contact(CONTACT), second_contact()),
        CONFERENCE,
        settings={"match": {"several": "park"}},
    ),
]

LOGGED_OR_NOT = [
    *(
        Calling(
            f"XB-16: a call inside the network is not logged, {length}, even of someone assigned: {assigned}",
            ("skipped internal",),
            (a_lead(),),
            tuple(steps("internal", *times)),
            assigned=assigned,
        )
        for length, times in (("short", SHORT), ("answered", FULL))
        for assigned in (None, LEAD)
    ),
    *(
        Calling(f"XB-11: an inbound call of someone known is logged, {length}", ON_LEAD, (a_lead(),), tuple(told))
        for length, told in (
            ("answered", steps("inbound", *FULL)),
            ("missed", steps("inbound", 20.0, None)),
            ("missed at once", steps("inbound", *SHORT)),
        )
    ),
    *(
        Calling(
            f"XB-14: an inbound call of an unknown number is not logged and makes no lead, {length}",
            ("skipped unknown_number",),
            (),
            tuple(told),
        )
        for length, told in (
            ("received", steps("inbound", *FULL)),
            ("missed", steps("inbound", 20.0, None)),
            ("missed at once", steps("inbound", *SHORT)),
            ("withheld", steps("inbound", *FULL, caller=Party("external", number="anonymous"))),
        )
    ),
    *(
        Calling(
            f"XB-15: an outbound call given up at once is not logged, rows: {len(rows)}",
            ("skipped short_call",),
            rows,
            tuple(steps("outbound", *SHORT)),
        )
        for rows in ((), (a_lead(),))
    ),
    *(
        Calling(f"XB-11: an outbound call to someone known is logged, {length}", ON_LEAD, (a_lead(),), tuple(told))
        for length, told in (
            ("answered", steps("outbound", *FULL)),
            ("answered at once", steps("outbound", 1.0, 1.0)),
            ("rung for long", steps("outbound", 20.0, None)),
        )
    ),
    Calling(
        "XB-27: an outbound call to an unknown number is not logged",
        ("skipped unknown_number",),
        (),
        tuple(steps("outbound", *FULL)),
    ),
    *(
        Calling(
            f"XB-14: a call of which nobody knows who it was is not logged, {length}",
            ("skipped unknown_number",),
            (a_lead(),),
            tuple(steps("unknown", *times)),
        )
        for length, times in (("short", SHORT), ("answered", FULL))
    ),
    *(
        Calling(
            f"XB-11: a call whose way is not told, {length}, is logged on whom someone assigned",
            ON_LEAD,
            (a_lead(),),
            tuple(steps("unknown", *times)),
            assigned=LEAD,
        )
        for length, times in (("short", SHORT), ("answered", FULL))
    ),
    Calling(
        "XB-11: with activities off nothing is logged",
        ("skipped no_activity",),
        (a_lead(),),
        settings={"activity": {"enabled": False}},
    ),
    Calling(
        "XB-20: an activity that is there is amended and stays where it is",
        ("activity activity_updated", "update Task"),
        (a_lead(LEAD_2),),
        logged=Record("Task", TASK, {"WhoId": LEAD, "Subject": "Call"}),
    ),
    Calling("XB-20: one that is not there is made on whom the number means now", on("LEAD_2"), (a_lead(LEAD_2),)),
]

PLACES = [
    *(
        Calling(f"XB-11: {what} alone has the Task, {first}", then, rows, settings=EITHER[first])
        for first in EITHER
        for what, then, rows in (
            ("a lead", ON_LEAD, (a_lead(),)),
            ("a contact", ON_CONTACT, (a_contact(),)),
            ("an account", ON_ACCOUNT, (AN_ACCOUNT,)),
        )
    ),
    Calling(
        "XB-11: of a person and an account the person has it where that object comes first",
        ON_LEAD,
        (a_lead(), AN_ACCOUNT),
        settings=EITHER["person_first"],
    ),
    Calling(
        "XB-11: of a person and an account the account has it where that object comes first",
        ON_ACCOUNT,
        (a_lead(), AN_ACCOUNT),
        settings=EITHER["account_first"],
    ),
    *(
        Calling(
            f"XB-19: new calls go to the {what} that someone assigned, {first}, accounts too: {AN_ACCOUNT in rows}",
            then,
            rows,
            settings=EITHER[first],
            assigned=assigned,
        )
        for first in EITHER
        for what, then, assigned, rows in (
            ("lead", on("LEAD_2"), LEAD_2, (a_lead(created=LATER), a_lead(LEAD_2))),
            ("lead", on("LEAD_2"), LEAD_2, (a_lead(created=LATER), a_lead(LEAD_2), AN_ACCOUNT)),
            ("contact", ON_CONTACT, CONTACT, (a_contact(), a_lead())),
            ("account", ON_ACCOUNT, ACCOUNT, (a_lead(), AN_ACCOUNT)),
        )
    ),
]

LEAD_FIRST = {"calls": {"objects": ["Lead", "Contact"]}}
CONTACT_FIRST = {"calls": {"objects": ["Contact", "Lead"]}}
PERSONS = (a_lead(), a_contact())
UNSURE = (*WHICH, "candidate LEAD", "candidate CONTACT")

BOTH_MATCH = [
    Calling("XB-22: of lead and contact the contact, which comes first", ON_CONTACT, PERSONS, settings=CONTACT_FIRST),
    Calling("XB-22: of lead and contact the lead, which comes first", ON_LEAD, PERSONS, settings=LEAD_FIRST),
    *(
        Calling(
            f"XB-22: lead and contact under {mode}, {name}",
            then,
            PERSONS,
            settings={**order, "match": {"lead_and_contact": mode}},
        )
        for name, order in (("lead first", LEAD_FIRST), ("contact first", CONTACT_FIRST))
        for mode, then in (
            ("error", UNSURE),
            ("park", (*UNSURE, "parked")),
            ("prefer_contact", ON_CONTACT),
            ("prefer_lead", ON_LEAD),
        )
    ),
]

TWO_LEADS = (a_lead(created=LATER), a_lead(LEAD_2))
COLLEAGUES = (a_contact(of=ACCOUNT, created=LATER), a_contact(CONTACT_2, of=ACCOUNT))
STRANGERS = (a_contact(of=ACCOUNT, created=LATER), a_contact(CONTACT_2, of=ACCOUNT_2))
LONERS = (a_contact(created=LATER), a_contact(CONTACT_2))
TWO_ACCOUNTS = (
    account(Phone=NUMBER, CreatedDate=LATER),
    account(ACCOUNT_2, Phone=NUMBER, CreatedDate="2025-01-01T00:00:00.000+0000"),
)

SEVERAL = [
    Calling("XB-17: of several leads the newest", (*ON_LEAD, "tie newest"), TWO_LEADS),
    Calling(
        "XB-17: of several leads the newest, made after the installation",
        (*ON_LEAD, "tie newest"),
        TWO_LEADS,
        settings={"calls": {"installed": "2025-03-01T00:00:00Z"}},
    ),
    Calling(
        "XB-18: of several leads from before the installation always the same one",
        (*ON_LEAD, "tie pre_install"),
        (a_lead(LEAD_2, LATER), a_lead()),
        settings={"calls": {"installed": "2025-07-01T00:00:00Z"}},
    ),
    Calling("1F-shared_number: a company's number is the account's", ON_ACCOUNT, COLLEAGUES),
    Calling(
        "1F-shared_number: a company's number is the newest contact's where the setting says so",
        (*ON_CONTACT, "tie newest"),
        COLLEAGUES,
        settings={"calls": {"shared_number": "newest"}},
    ),
    Calling(
        "1F-shared_number: a company's number waits for a choice where the setting says so",
        (*WHICH, "candidate CONTACT", "candidate CONTACT_2", "parked"),
        COLLEAGUES,
        settings={"calls": {"shared_number": "park"}},
    ),
    *(
        Calling(
            f"1F-several: several {what} under {several}",
            then,
            rows,
            settings={"match": {"several": several}},
        )
        for what, rows, newest, field_name in (
            ("contacts of different accounts", STRANGERS, "CONTACT", "WhoId"),
            ("contacts of no account", LONERS, "CONTACT", "WhoId"),
            ("accounts", TWO_ACCOUNTS, "ACCOUNT", "WhatId"),
        )
        for several, then in (
            ("error", (*WHICH, f"candidate {newest}", f"candidate {newest}_2")),
            ("park", (*WHICH, f"candidate {newest}", f"candidate {newest}_2", "parked")),
            ("newest", (*on(newest, field_name), "tie newest")),
            ("oldest", (*on(f"{newest}_2", field_name), "tie oldest")),
            ("last_modified", (*on(f"{newest}_2", field_name), "tie last_modified")),
        )
    ),
]

CALLS = [*LOGGED_OR_NOT, *FURTHER, *MACHINES, *PLACES, *BOTH_MATCH, *SEVERAL]
