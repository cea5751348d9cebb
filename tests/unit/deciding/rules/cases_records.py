"""Scenarios of prospects, field records and field activities. Rule of this file: data, and how a command is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson

from processors.deciding.source_record import resumed
from processors.matching.index import Index
from processors.matching.links import apply_link
from processors.matching.manual_choice import apply_choice
from processors.matching.match import match_person
from processors.model.match import Resolution
from processors.model.org_facts import ObjectFacts, OrgFacts
from processors.model.record import Record
from processors.model.rule_table import Book
from processors.sources.decide import decide
from processors.sources.field_sales import activity as field_sales_activity
from processors.sources.rule_book import BOOK
from processors.sources.settings import integration_of
from schemas.command import Command, MatchKey, Request, SourceRecord
from schemas.values import Agent, Person, plain
from tests.unit.deciding.rules.scenarios import (
    ACCOUNT,
    ACCOUNT_2,
    CONTACT,
    CONVERTED,
    LEAD,
    LEAD_2,
    NOW,
    USER,
    account,
    contact,
    fact,
    lead,
    org_facts,
    told,
)

BOSS = "005000000000002AAA"
TASK = "00T000000000001AAA"
USERS = (
    Record("User", USER, {"Email": "rep@example.com", "Username": "rep@acme", "IsActive": True}),
    Record("User", BOSS, {"Email": "boss@example.com", "Username": "boss@acme", "IsActive": True}),
)
PROSPECTS: dict[str, Any] = {
    "name": "marketing",
    "source": "prospect",
    "org": "acme",
    "enabled": True,
    "workspace": "acme",
    "action": "update_or_create_lead",
    "write": {"default": "fill_blank"},
}
FIELD: dict[str, Any] = {
    "name": "field",
    "source": "field_sales",
    "org": "acme",
    "enabled": True,
    "workspace": "acme",
    "field_sales": {"to_salesforce": True, "convert_at": "Won"},
    "activity": {"enabled": True},
}
ANN = MatchKey(1, "email", "ann@example.com", lead="Email", contact="Email")


def facts() -> OrgFacts:
    """Return the facts of an org with Task and Event, and with the fields that a link is told in."""
    plain = org_facts({"Lead": (fact("Profile__c"), fact("Synced__c", "datetime"))})
    task = ("WhoId", "WhatId", "OwnerId", "Subject", "Status", "Description")
    held = {text: fact(text) for text in task}
    times = {text: fact(text, "datetime") for text in ("StartDateTime", "EndDateTime")}
    day = {"ActivityDate": fact("ActivityDate", "date")}
    objects = {"Task": ObjectFacts("Task", {**held, **day}), "Event": ObjectFacts("Event", {**held, **times})}
    return replace(plain, objects={**plain.objects, **objects})


def command(contract: str, **over: Any) -> Command:
    """Return the command of one state of Ann as prospect or field record p-1."""
    base: dict[str, Any] = {
        "command_id": "c",
        "kind": "apply",
        "contract": contract,
        "event_id": "e",
        "event_digest": "d",
        "source_id": "p-1",
        "integration": "marketing" if contract in ("prospect", "user_action") else "field",
        "org": "acme",
        "lane": "bulk",
        "event_time": NOW,
        "command_time": NOW,
        "settings_digest": "s",
        "person": Person(last_name="Ann", email="ann@example.com"),
        "keys": (ANN,),
        "lead": {"LastName": "Ann", "Company": "Acme", "Title": "Boss"},
        "contact": {"LastName": "Ann", "Title": "Boss"},
        "record": SourceRecord("p-1"),
    }
    return Command(**{**base, **over})


@dataclass(frozen=True)
class Synced:
    """One state of a source's record: given rows of the org, a link and settings, then exactly that is decided."""

    name: str
    contract: str
    then: tuple[str, ...]
    rows: tuple[Record, ...] = ()
    linked: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    command: Mapping[str, Any] = field(default_factory=dict)
    chosen: str | None = None
    known: tuple[MatchKey, ...] | None = None
    left_out: str | None = None
    taken: Mapping[str, str] = field(default_factory=dict)
    logged: Record | None = None
    winner: str | None = None

    @property
    def rules(self) -> frozenset[str]:
        """The rules that the name begins with."""
        return frozenset(self.name.partition(":")[0].split())

    def run(self, book: Book = BOOK) -> tuple[str, ...]:
        """Return what is decided, in lines; links, flags, what is kept and what waits are told too."""
        base = FIELD if self.contract.startswith("field") else PROSPECTS
        own = integration_of({**base, **self.settings})
        asked = command(self.contract, **self.command)
        if self.contract == "user_action":
            asked = resumed(
                replace(asked, record=None, lead={}, contact={}, keys=self.command.get("keys", ())),
                {} if self.known is None else _known(*self.known),
            )
        index, choice = Index(self.rows), Resolution(self.chosen) if self.chosen else None
        match = match_person(asked, own, index, {}, book)
        match = replace(match, linked_id=self.linked) if choice else apply_link(match, self.linked, own, index, book)
        match = apply_choice(match, choice, None, own, index, book)
        activities = {field_sales_activity.effects(asked)[0]: self.logged} if self.logged else {}
        kept = {"left_out:p-1": orjson.dumps({"why": self.left_out})} if self.left_out else {}
        match = replace(match, users=USERS, activities=activities, source_states=kept, taken=self.taken)
        match = replace(match, winner_link=self.winner)
        decision = decide(asked, match, own, facts(), NOW, book, resolution=choice)
        more = [f"link {link.source_id} {link.record_id or link.role}" for link in decision.links]
        more += [f"unlink {link.source_id}" for link in decision.unlinked]
        more += [f"flag {flag}" for flag in decision.flags]
        more += [f"keep {name}" for name in decision.source_states]
        more += [f"wait {decision.wait_seconds}"] if decision.wait_seconds is not None else []
        return tuple(_short(line) for line in (*told(match, decision), *more))


def _short(line: str) -> str:
    names = {
        ACCOUNT: "ACCOUNT",
        ACCOUNT_2: "ACCOUNT_2",
        LEAD: "LEAD",
        LEAD_2: "LEAD_2",
        CONTACT: "CONTACT",
        BOSS: "BOSS",
        TASK: "TASK",
    }
    for record, name in names.items():
        line = line.replace(record, name)
    return line


def _known(*keys: MatchKey) -> dict[str, bytes]:
    """Return what the ledger keeps of prospect p-1, who has these keys."""
    state = {
        "person": {"first_name": None, "last_name": "Ann", "email": None, "phones": [], "company": None},
        "keys": [plain(key) for key in keys],
        "lead": {"LastName": "Ann", "Company": "Acme", "Title": "Boss", "LeadSource": "Search Terms"},
        "contact": {"LastName": "Ann", "Title": "Boss"},
        "account": {},
        "opportunity": {},
    }
    return {"prospect:p-1": orjson.dumps(state)}


STATE = "keep prospect:p-1"
NEW = "create Lead new LastName=Ann Company=Acme Title=Boss"
WRITTEN = ("updated none", "update Lead LEAD Title=Boss")
TO_LEAD = "link marketing/p-1 LEAD"
ANON = {"keys": (), "person": Person(last_name="Ann")}
ANONYMOUS = (
    "skipped anonymous",
    "said: the prospect has no key to match by: what is known of it is kept until a user links it (LL-15)",
    STATE,
)
ASKED = {"prospects": {"sync": "requested"}}
NOT_ASKED = (
    "skipped not_requested",
    "said: prospects go to Salesforce when a user asks for them: it is kept until then (LL-22)",
    STATE,
)


def _gone(name: str, *more: str) -> tuple[str, ...]:
    said = "said: record LEAD, which it was linked with, is deleted or hidden from us; the link is dropped (LL-26)"
    return ("error record_deleted", said, f"unlink {name}/p-1", *more)


OLD, MIDDLE, LATE = (f"2026-0{month}-01T00:00:00.000+0000" for month in (1, 2, 3))
TWINS = (
    lead(CreatedDate=OLD, LastModifiedDate=LATE),
    lead(LEAD_2, CreatedDate=MIDDLE, LastModifiedDate=MIDDLE),
)
LINK_FIELDS = {"link": {"id_field": "Profile__c", "synced_field": "Synced__c"}}
STAMP = "Synced__c=2026-03-02T09:30:00.000Z"

PROSPECT = [
    Synced(
        "LL-6 LL-7: a prospect meets a lead by e-mail and is linked", "prospect", (*WRITTEN, TO_LEAD, STATE), (lead(),)
    ),
    Synced(
        "LL-6: a prospect whom nobody has becomes a lead, linked",
        "prospect",
        ("created none", NEW, "link marketing/p-1 lead", STATE),
    ),
    Synced(
        "LL-7: the link beats the e-mail",
        "prospect",
        (*WRITTEN, STATE),
        (lead(Email="new@example.com"), lead(LEAD_2)),
        linked=LEAD,
    ),
    Synced(
        "LL-7: a linked lead that was converted is its contact from now on",
        "prospect",
        ("updated none", "update Contact CONTACT Title=Boss", "followed LEAD", "link marketing/p-1 CONTACT", STATE),
        (CONVERTED, contact(Email=None)),
        linked=LEAD,
    ),
    Synced(
        "LL-7: what is linked goes on, also where prospects are sent on request",
        "prospect",
        (*WRITTEN, STATE),
        (lead(),),
        linked=LEAD,
        settings=ASKED,
    ),
    Synced("LL-26 LL-27: the linked record is deleted", "prospect", _gone("marketing", STATE), (), linked=LEAD),
    Synced(
        "LL-26: it is deleted, and another one has the e-mail: nothing is written this time",
        "prospect",
        _gone("marketing", STATE),
        (lead(LEAD_2),),
        linked=LEAD,
        settings=ASKED,
    ),
    Synced("LL-15: an anonymous prospect waits", "prospect", ANONYMOUS, (lead(),), command=ANON),
    Synced("LL-15: an anonymous prospect waits, also on request", "prospect", ANONYMOUS, (), None, ASKED, ANON),
    Synced("LL-22: a prospect that nobody asked for waits", "prospect", NOT_ASKED, (lead(),), settings=ASKED),
    Synced(
        "LL-13: what Salesforce has stays",
        "prospect",
        ("updated unchanged", "linked Lead LEAD", TO_LEAD, STATE),
        (lead(Title="Chief"),),
    ),
    Synced("LL-14: what Salesforce lacks is filled", "prospect", (*WRITTEN, TO_LEAD, STATE), (lead(Title=" "),)),
    Synced(
        "LL-14: 0 and false are values, and stay",
        "prospect",
        ("updated unchanged", "linked Lead LEAD", TO_LEAD, STATE),
        (lead(Title=0),),
    ),
    Synced(
        "LL-9: the record is told whose it is, and when that was written, in UTC",
        "prospect",
        ("updated none", f"update Lead LEAD Title=Boss Profile__c=p-1 {STAMP}", TO_LEAD, STATE),
        (lead(),),
        settings=LINK_FIELDS,
    ),
    Synced(
        "LL-9: where nothing changes, nothing is told",
        "prospect",
        ("updated unchanged", "linked Lead LEAD", STATE),
        (lead(Title="Boss", Profile__c="p-1", Synced__c=OLD),),
        linked=LEAD,
        settings=LINK_FIELDS,
    ),
    Synced(
        "LL-8: duplicates, the account refuses",
        "prospect",
        (
            "error multiple_match",
            "candidate Lead LEAD",
            "candidate Lead LEAD_2",
            "said: 2 records match: merge them, or send the SalesforceID",
            STATE,
        ),
        TWINS,
    ),
    Synced(
        "LL-8: duplicates, the newest",
        "prospect",
        ("updated none", "update Lead LEAD_2 Title=Boss", "tie broken by newest", "link marketing/p-1 LEAD_2", STATE),
        TWINS,
        settings={"match": {"several": "newest"}},
    ),
    Synced(
        "LL-8: duplicates, the oldest",
        "prospect",
        (*WRITTEN, "tie broken by oldest", TO_LEAD, STATE),
        TWINS,
        settings={"match": {"several": "oldest"}},
    ),
    Synced(
        "LL-8: duplicates, the one modified last",
        "prospect",
        (*WRITTEN, "tie broken by last_modified", TO_LEAD, STATE),
        TWINS,
        settings={"match": {"several": "last_modified"}},
    ),
    Synced(
        "LL-8: duplicates, the contact is preferred",
        "prospect",
        ("updated none", "update Contact CONTACT Title=Boss", "link marketing/p-1 CONTACT", STATE),
        (lead(), contact()),
        settings={"match": {"lead_and_contact": "prefer_contact"}},
    ),
]

TAKEN = (
    "error link_taken",
    "candidate Lead LEAD",
    "said: Lead LEAD is linked with 'p-0' of this source already: merge the two there, or set link.taken: share",
)
SHARED = {"link": {"taken": "share"}}

TWICE = [
    Synced(
        "1F-link_taken: another prospect is linked with the lead",
        "prospect",
        (*TAKEN, STATE),
        (lead(),),
        taken={LEAD: "p-0"},
    ),
    Synced(
        "1F-link_taken: another prospect is linked with the lead, and they share it",
        "prospect",
        (*WRITTEN, TO_LEAD, STATE),
        (lead(),),
        settings=SHARED,
        taken={LEAD: "p-0"},
    ),
    Synced(
        "1F-link_taken: nobody is linked with the lead yet, which others may share",
        "prospect",
        (*WRITTEN, TO_LEAD, STATE),
        (lead(),),
        settings=SHARED,
    ),
    Synced("1F-link_taken: nobody is linked with the lead", "prospect", (*WRITTEN, TO_LEAD, STATE), (lead(),)),
    Synced(
        "1F-link_taken: two that were linked with one lead before stay so",
        "prospect",
        (*WRITTEN, STATE),
        (lead(),),
        LEAD,
        taken={LEAD: "p-0"},
    ),
    Synced(
        "1F-link_taken: the lead was converted since",
        "prospect",
        (
            "error link_taken",
            "candidate Contact CONTACT",
            "followed LEAD",
            TAKEN[2].replace("Lead LEAD", "Contact CONTACT"),
            STATE,
        ),
        (CONVERTED, contact(Email=None)),
        taken={LEAD: "p-0"},
    ),
    Synced(
        "1F-link_taken: another field record is linked with the lead",
        "field_record",
        TAKEN,
        (lead(),),
        taken={LEAD: "p-0"},
    ),
]

ENDS: dict[str, Any] = {"keys": (), "lead": {}, "contact": {}, "record": SourceRecord("p-1", "deleted")}
MERGED: dict[str, Any] = {**ENDS, "record": SourceRecord("p-1", "merged", merged_into="p-0")}
TWO_STAY = (
    "said: it was merged into 'p-0' at the source, which is linked with record LEAD_2; "
    "record LEAD stays: merge the two in Salesforce"
)
MINE = "unlink marketing/p-1"

ENDED = [
    Synced(
        "1F-source_deleted: the prospect was deleted, the lead stays",
        "prospect",
        (
            "skipped source_deleted",
            "linked Lead LEAD",
            "said: it was deleted at the source; the link with record LEAD is dropped, and the record stays",
            MINE,
            STATE,
        ),
        (lead(),),
        LEAD,
        command=ENDS,
    ),
    Synced(
        "1F-source_deleted: the prospect was never linked",
        "prospect",
        (
            "skipped source_deleted",
            "said: it was deleted at the source; it was linked with no record",
            STATE,
        ),
        (lead(),),
        command=ENDS,
    ),
    Synced(
        "1F-source_deleted: the lead is gone as well, and the link goes nowhere",
        "prospect",
        (
            "skipped source_merged",
            "said: it was merged into 'p-0' at the source; the link with record LEAD, which is gone, is dropped",
            MINE,
            STATE,
        ),
        (),
        LEAD,
        command=MERGED,
    ),
    Synced(
        "1F-source_merged: the winner takes the link over",
        "prospect",
        (
            "skipped source_merged",
            "linked Lead LEAD",
            "said: it was merged into 'p-0' at the source; record LEAD is linked with that one now",
            "link marketing/p-0 LEAD",
            MINE,
            STATE,
        ),
        (lead(),),
        LEAD,
        command=MERGED,
    ),
    Synced(
        "1F-source_merged: the winner is linked with another lead, which people merge",
        "prospect",
        (
            "skipped source_merged",
            "linked Lead LEAD",
            TWO_STAY,
            MINE,
            STATE,
        ),
        (lead(),),
        LEAD,
        command=MERGED,
        winner=LEAD_2,
    ),
    Synced(
        "1F-source_merged: both shared the lead",
        "prospect",
        (
            "skipped source_merged",
            "linked Lead LEAD",
            "said: it was merged into 'p-0' at the source, which is linked with record LEAD as well",
            MINE,
            STATE,
        ),
        (lead(),),
        LEAD,
        command=MERGED,
        winner=LEAD,
    ),
    Synced(
        "1F-source_merged: neither was linked",
        "prospect",
        ("skipped source_merged", "said: it was merged into 'p-0' at the source; it was linked with no record", STATE),
        command=MERGED,
    ),
    Synced(
        "1F-source_merged: the winner alone is linked",
        "prospect",
        ("skipped source_merged", "said: it was merged into 'p-0' at the source; it was linked with no record", STATE),
        command=MERGED,
        winner=LEAD,
    ),
    Synced(
        "1F-source_merged: a field record, whose activities are left out from now on",
        "field_record",
        (
            "skipped source_merged",
            "linked Lead LEAD",
            "said: it was merged into 'p-0' at the source; record LEAD is linked with that one now",
            "link field/p-0 LEAD",
            "unlink field/p-1",
            "keep left_out:p-1",
        ),
        (lead(),),
        LEAD,
        command=MERGED,
    ),
    Synced(
        "1F-source_merged: it names itself, and keeps its link",
        "prospect",
        (
            "skipped source_merged",
            "said: it names itself as the record that it became",
            STATE,
        ),
        (lead(),),
        LEAD,
        command={**ENDS, "record": SourceRecord("p-1", "merged", merged_into="p-1")},
    ),
]

LINK = {"source_id": "a-1", "request": Request("link_record", about="p-1")}
SYNC = {"source_id": "a-1", "request": Request("sync_record", about="p-1")}
NOBODY = ("error no_match", "said: no lead, contact or account matches")
UNKNOWN = "said: nothing is known of prospect 'p-1': it was never sent, or its name is another one"
PAST = "what was known of the prospect is past its time: it is linked, and what comes later goes to the record"
GONE = ("error no_match", "ignored LEAD_2", "said: record LEAD_2 is not there: choose another one")
NAMES_NONE = "said: a request to sync names a prospect and no record: link the prospect to the record by link_record"
NEWEST = ("tie broken by newest", "link marketing/p-1 LEAD_2")
BY_SYNC = ("created none", f"{NEW} LeadSource=Search Terms", "link marketing/p-1 lead")
FILLED = ("updated none", "update Lead LEAD Title=Boss", TO_LEAD)

BY_HAND = [
    Synced(
        "LL-15: a user links an anonymous prospect to a lead: its lead source stays, blanks are filled",
        "user_action",
        FILLED,
        (lead(LeadSource="Trade show A"),),
        command={**LINK, "salesforce_id": LEAD},
        chosen=LEAD,
        known=(),
    ),
    Synced(
        "LL-15: a user links a prospect that was never sent",
        "user_action",
        ("error no_match", UNKNOWN),
        (lead(),),
        command={**LINK, "salesforce_id": LEAD},
        chosen=LEAD,
    ),
    Synced(
        "LL-15: a user links a prospect that is linked, and of which nothing is kept any more, to another record",
        "user_action",
        (
            "updated resolved",
            "linked Lead LEAD",
            f"said: {PAST}",
            TO_LEAD,
        ),
        (lead(), lead(LEAD_2)),
        LEAD_2,
        command={**LINK, "salesforce_id": LEAD},
        chosen=LEAD,
    ),
    *(
        Synced(
            f"LL-15: a link that names no record, {count} there",
            "user_action",
            NOBODY,
            rows,
            command={**LINK, "keys": (ANN,)},
        )
        for count, rows in (("nobody", ()), ("one", (lead(),)), ("two", (lead(), lead(LEAD_2))))
    ),
    Synced(
        "LL-15: a link to a record that is gone",
        "user_action",
        GONE,
        (lead(),),
        command={**LINK, "salesforce_id": LEAD_2},
        chosen=LEAD_2,
        known=(),
    ),
    Synced("LL-22: a prospect is sent on request", "user_action", BY_SYNC, (), None, ASKED, SYNC, known=(ANN,)),
    Synced(
        "LL-22: a prospect that is sent on request meets a lead by e-mail",
        "user_action",
        FILLED,
        (lead(LeadSource="Trade show A"),),
        None,
        ASKED,
        SYNC,
        known=(ANN,),
    ),
    Synced(
        "LL-22: a prospect that is sent on request meets two leads",
        "user_action",
        ("updated none", "update Lead LEAD_2 Title=Boss LeadSource=Search Terms", *NEWEST),
        TWINS,
        None,
        {**ASKED, "match": {"several": "newest"}},
        {**SYNC, "keys": (ANN,)},
        known=(ANN,),
    ),
    *(
        Synced(
            f"LL-22: a request names no record, {what}",
            "user_action",
            ("error no_match", *said, NAMES_NONE),
            (lead(),),
            command={**SYNC, "salesforce_id": record},
            chosen=record,
            known=(ANN,),
        )
        for what, record, said in (("one that is there", LEAD, ()), ("one that is gone", LEAD_2, ("ignored LEAD_2",)))
    ),
    Synced(
        "LL-22: a request for a prospect that nobody knows", "user_action", ("error no_match", UNKNOWN), command=SYNC
    ),
    Synced(
        "LL-22: a request for a prospect that is linked",
        "user_action",
        ("updated none", "update Lead LEAD Title=Boss"),
        (lead(LeadSource="Trade show A"),),
        LEAD,
        ASKED,
        SYNC,
        known=(ANN,),
    ),
]

TO_FIELD_LEAD = "link field/p-1 LEAD"
REP = {"agent": Agent("rep@example.com")}
STRANGER = {"agent": Agent("stranger@example.com")}
OWNED = "create Lead new OwnerId=USER LastName=Ann Company=Acme Title=Boss"
NEW_FIELD = "link field/p-1 lead"
WITH_DEFAULT = {"field_sales": {"to_salesforce": True, "owner": "boss@example.com"}}
ACCOUNTS = {"field_sales": {"to_salesforce": True, "object": "account", "convert_at": "Won"}}
WON = {"record": SourceRecord("p-1", stage="won ")}

FIELD_RECORD = [
    Synced("SP-4 SP-9: a new record becomes one lead, linked", "field_record", ("created none", NEW, NEW_FIELD)),
    Synced(
        "SP-4: the link comes before the keys",
        "field_record",
        WRITTEN,
        (lead(Email="new@example.com"), lead(LEAD_2)),
        linked=LEAD,
    ),
    Synced(
        "SP-4: a record without keys becomes a lead too: its own ID is enough",
        "field_record",
        ("created none", NEW, NEW_FIELD),
        command=ANON,
    ),
    Synced(
        "SP-4: a record that was left out before is taken in",
        "field_record",
        ("created none", NEW, NEW_FIELD, "keep left_out:p-1"),
        left_out="filtered, filter:stages",
    ),
    Synced("LL-26: a field record whose lead is deleted", "field_record", _gone("field"), (lead(LEAD_2),), linked=LEAD),
    Synced(
        "SP-11: at the stage chosen the lead is converted, and the contact is linked",
        "field_record",
        (
            "converted none",
            "update Lead LEAD Title=Boss",
            "convert Lead LEAD status=Closed - Converted",
            "update Contact of convert LastName=Ann Title=Boss",
            "link field/p-1 contact",
        ),
        (lead(),),
        linked=LEAD,
        command=WON,
    ),
    Synced(
        "SP-11: it is converted once: after that its contact is written",
        "field_record",
        ("updated none", "update Contact CONTACT Title=Boss", "followed LEAD", "link field/p-1 CONTACT"),
        (CONVERTED, contact(Email=None)),
        linked=LEAD,
        command=WON,
    ),
    Synced(
        "SP-11: a new record that stands there becomes a contact with an account that is made, accounts off",
        "field_record",
        (
            "created none",
            "create Account new Name=Acme",
            "create Contact new LastName=Ann Title=Boss AccountId<-account",
            "link field/p-1 contact",
        ),
        command=WON,
    ),
    Synced(
        "SP-11: a new record that stands there becomes a contact with an account, whose keys are not mapped",
        "field_record",
        (
            "created none",
            "create Account new Name=Acme",
            "create Contact new LastName=Ann Title=Boss AccountId<-account",
            "discarded Account.Industry",
            "link field/p-1 contact",
        ),
        command={**WON, "account": {"Name": None, "Industry": "Rail"}},
        settings={"account": {"enabled": True}},
    ),
    *(
        Synced(
            f"SP-11: a new record that stands there goes to the account of its company, accounts {on}",
            "field_record",
            (
                "created none",
                "create Contact new LastName=Ann Title=Boss AccountId=ACCOUNT",
                "linked Account ACCOUNT",
                "link field/p-1 contact",
            ),
            (account(Name="ACME, Inc."),),
            command={**WON, "account": {"Name": None}},
            settings={"account": {"enabled": on}},
        )
        for on in (True, False)
    ),
    *(
        Synced(
            f"SP-11: a new record of a company with two accounts is an error, accounts {on}",
            "field_record",
            (
                "error multiple_match",
                "candidate Account ACCOUNT",
                "candidate Account ACCOUNT_2",
                "said: 2 accounts match its keys: merge them or add a key, then send the event under a new event_id",
            ),
            (account(), account(ACCOUNT_2)),
            command={**WON, "account": {"Name": None}},
            settings={"account": {"enabled": on}},
        )
        for on in (True, False)
    ),
    Synced(
        "SP-11: a new record without a company becomes a contact without an account",
        "field_record",
        ("created none", "create Contact new LastName=Ann Title=Boss", "link field/p-1 contact"),
        command={**WON, "lead": {"LastName": "Ann", "Company": "No Integration"}},
    ),
    Synced(
        "SP-9: before that stage it stays a lead",
        "field_record",
        WRITTEN,
        (lead(),),
        linked=LEAD,
        command={"record": SourceRecord("p-1", stage="Qualified")},
    ),
    Synced(
        "SP-12 SP-3: as account, a contact is made, whatever leads there are",
        "field_record",
        ("created none", "create Contact new LastName=Ann Title=Boss", "link field/p-1 contact"),
        (lead(),),
        settings=ACCOUNTS,
    ),
    Synced(
        "SP-12: as account, no stage converts a lead that nobody linked",
        "field_record",
        ("created none", "create Contact new LastName=Ann Title=Boss", "link field/p-1 contact"),
        (lead(),),
        settings=ACCOUNTS,
        command=WON,
    ),
    Synced(
        "SP-12: as account, no stage converts a lead",
        "field_record",
        ("updated none", "update Contact CONTACT Title=Boss", "link field/p-1 CONTACT"),
        (lead(), contact()),
        settings=ACCOUNTS,
        command=WON,
    ),
    Synced("SP-28: a new lead is its owner's", "field_record", ("created none", OWNED, NEW_FIELD), command=REP),
    Synced(
        "SP-28: a new lead is its owner's, who is told by the ID of the Salesforce user",
        "field_record",
        ("created none", OWNED, NEW_FIELD),
        command={"agent": Agent(user_id=USER)},
    ),
    Synced(
        "SP-28: a new lead is its owner's, whatever the default",
        "field_record",
        ("created none", OWNED, NEW_FIELD),
        settings=WITH_DEFAULT,
        command=REP,
    ),
    Synced(
        "SP-28: a new lead of somebody unknown is the default user's, and says so",
        "field_record",
        ("created none", OWNED.replace("USER", "BOSS"), NEW_FIELD, "flag owner_fallback"),
        settings=WITH_DEFAULT,
        command=STRANGER,
    ),
    Synced(
        "SP-28: a lead that somebody owns is not given to the default user",
        "field_record",
        (*WRITTEN, TO_FIELD_LEAD),
        (lead(),),
        settings=WITH_DEFAULT,
        command=STRANGER,
    ),
    Synced(
        "SP-28: somebody unknown and no default: the org decides, and the outcome says so",
        "field_record",
        ("created none", NEW, NEW_FIELD, "flag owner_unknown"),
        command=STRANGER,
    ),
    Synced(
        "SP-28: a record that changes hands is its new owner's",
        "field_record",
        ("updated none", "update Lead LEAD OwnerId=USER Title=Boss", TO_FIELD_LEAD),
        (lead(OwnerId=BOSS),),
        command=REP,
    ),
    Synced(
        "SP-23: a value that no value map lists is refused where that is asked",
        "field_record",
        (
            "error picklist_unmapped",
            (
                "said: no value is mapped for Lead.Status=Lost: add it to 'values' of that field, "
                "then send the event under a new event_id"
            ),
        ),
        (lead(),),
        command={"unmapped": ("Lead.Status=Lost",)},
    ),
]

VISIT = SourceRecord("p-1", activity="visit")
CALL = SourceRecord("p-1", activity="activity")
PLANNED: dict[str, Any] = {
    "source_id": "v-1",
    "record": CALL,
    "lead": {},
    "contact": {},
    "activity": {"Subject": "Door knock", "Description": "Nobody home", "ActivityDate": "2026-03-02"},
    **REP,
}
TIMES = "StartDateTime=2026-03-02T09:30:00.000Z EndDateTime=2026-03-02T09:30:00.000Z"
LATE_ONE = {**PLANNED, "command_time": NOW - timedelta(hours=1)}
FRESH = {**PLANNED, "command_time": NOW - timedelta(minutes=1)}
SAID = "Subject=Door knock Status=Not Started Description=Nobody home ActivityDate=2026-03-02"
CREATED_TASK = f"create Task new {SAID} WhoId=LEAD OwnerId=USER"
NOT_THERE = ("error no_match", "said: its field record is linked with no record of the org, and no key matches")
TWO_THERE = (
    "error multiple_match",
    "candidate Lead LEAD",
    "candidate Lead LEAD_2",
    "said: 2 records match: merge them, or let the field record come first, which links one",
)
LOGGED = Record("Task", TASK, {"Subject": "Door knock", "Status": "Not Started", "WhoId": LEAD})

FIELD_ACTIVITY = [
    Synced(
        "SP-6 SP-37: an activity becomes a task of the record that is linked",
        "field_activity",
        ("activity activity_created", CREATED_TASK, "linked Lead LEAD"),
        (lead(Email=None),),
        LEAD,
        command=FRESH,
    ),
    Synced(
        "SP-6: late or not, it is logged",
        "field_activity",
        ("activity activity_created", CREATED_TASK, "linked Lead LEAD"),
        (lead(),),
        LEAD,
        command=LATE_ONE,
    ),
    Synced(
        "SP-6: without a link the keys find its record",
        "field_activity",
        ("activity activity_created", CREATED_TASK, "linked Lead LEAD"),
        (lead(),),
        command=FRESH,
    ),
    Synced(
        "SP-6: its record is not there yet: it waits",
        "field_activity",
        (*NOT_THERE, "wait 30.0"),
        command=FRESH,
    ),
    Synced("SP-6: its record never came", "field_activity", NOT_THERE, command=LATE_ONE),
    *(
        Synced(
            f"SP-20: its record was left out, and it comes {when}",
            "field_activity",
            (
                "skipped filtered",
                "said: its field record was left out (filtered, filter:stages): what belongs to it is left out too",
            ),
            command=said,
            left_out="filtered, filter:stages",
        )
        for when, said in (("soon", FRESH), ("late", LATE_ONE))
    ),
    Synced(
        "SP-6: its record was left out, and a key finds the person",
        "field_activity",
        ("activity activity_created", CREATED_TASK, "linked Lead LEAD"),
        (lead(),),
        command=FRESH,
        left_out="filtered, filter:stages",
    ),
    Synced("SP-6: two records match", "field_activity", TWO_THERE, TWINS, command=FRESH),
    Synced("SP-6: two records match, late", "field_activity", TWO_THERE, TWINS, command=LATE_ONE),
    Synced(
        "SP-38: done completes the task that is there",
        "field_activity",
        (
            "activity activity_updated",
            "update Task TASK Status=Completed Description=Nobody home ActivityDate=2026-03-02",
            "linked Lead LEAD",
        ),
        (lead(),),
        LEAD,
        command={**PLANNED, "record": replace(CALL, done=True)},
        logged=LOGGED,
    ),
    Synced(
        "SP-25: an activity is an event where that is chosen",
        "field_activity",
        (
            "activity activity_created",
            f"create Event new Subject=Door knock {TIMES} Description=Nobody home WhoId=LEAD OwnerId=USER",
            "linked Lead LEAD",
        ),
        (lead(),),
        LEAD,
        settings={"activity": {"enabled": True, "object": "Event"}},
        command=PLANNED,
    ),
    Synced(
        "SP-26: a visit is an event, although activities are tasks",
        "field_activity",
        (
            "activity activity_created",
            f"create Event new Subject=Visit {TIMES} WhoId=LEAD OwnerId=USER",
            "linked Lead LEAD",
        ),
        (lead(),),
        LEAD,
        command={**PLANNED, "record": VISIT, "activity": {}},
    ),
    Synced(
        "SP-27: nothing but what is mapped is sent",
        "field_activity",
        (
            "activity activity_created",
            "create Task new Subject=Door knock Status=Not Started WhoId=LEAD OwnerId=USER",
            "linked Lead LEAD",
        ),
        (lead(),),
        LEAD,
        command={**PLANNED, "activity": {"Subject": "Door knock"}},
    ),
    Synced(
        "SP-25: activities are off: nothing is logged",
        "field_activity",
        ("skipped no_activity", "said: activities are off (activity.enabled): nothing is logged"),
        (lead(),),
        LEAD,
        settings={"activity": {"enabled": False}},
        command=PLANNED,
    ),
]

SYNCED = [*PROSPECT, *TWICE, *ENDED, *BY_HAND, *FIELD_RECORD, *FIELD_ACTIVITY]
