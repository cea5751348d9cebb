"""Scenarios of bookings. Rule of this file: data, and how such a command is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from processors.deciding.case import Case
from processors.integration.model import Integration
from processors.matching.guests import match_guests
from processors.matching.index import Index
from processors.matching.manual_choice import apply_choice
from processors.matching.match import match_person
from processors.model.decision import Decision
from processors.model.match import Match, Resolution
from processors.model.org_facts import ObjectFacts, OrgFacts
from processors.model.record import Record
from processors.model.rule_table import Book
from processors.sources.booking.attendees import Attendee, StatusChange
from processors.sources.booking.chain import Chain, to_state
from processors.sources.booking.decide import decide_booking, effects
from processors.sources.rule_book import BOOK
from processors.sources.settings import integration_of
from schemas.command import BookingChange, BookingGuest, Command, MatchKey
from schemas.values import Agent, Person
from tests.unit.deciding.rules.scenarios import (
    CONTACT_2,
    CONVERTED,
    LEAD,
    LEAD_2,
    NOW,
    USER,
    contact,
    fact,
    lead,
    org_facts,
    told,
)

HOUR = timedelta(hours=1)
EVENT = "00U000000000001AAA"
USERS = (Record("User", USER, {"Email": "host@example.com", "Username": "host@acme", "IsActive": True}),)
SETTINGS: dict[str, Any] = {
    "name": "meetings",
    "source": "booking",
    "org": "acme",
    "enabled": True,
    "workspace": "acme",
    "activity": {"enabled": True, "object": "Event"},
}
START, END = "2026-03-09T10:00:00.000Z", "2026-03-09T10:30:00.000Z"


def facts() -> OrgFacts:
    """Return the facts of an org with Event."""
    names = ("WhoId", "WhatId", "OwnerId", "Subject", "Description")
    times = (fact("StartDateTime", "datetime"), fact("EndDateTime", "datetime"))
    held = ObjectFacts("Event", {item.name: item for item in (*map(fact, names), *times)})
    plain = org_facts()
    return replace(plain, objects={**plain.objects, "Event": held})


def settings(**over: Any) -> Integration:
    """Return the settings of a booking integration; `booking` and the like by name."""
    return integration_of({**SETTINGS, **over})


def command(status: str = "booked", source_id: str = "b-1", previous: str | None = None, **over: Any) -> Command:
    """Return the command of one change of a booking of Ann's."""
    base: dict[str, Any] = {
        "command_id": "c",
        "kind": "apply",
        "contract": "booking",
        "event_id": "e",
        "event_digest": "d",
        "source_id": source_id,
        "integration": "meetings",
        "org": "acme",
        "lane": "live",
        "event_time": NOW,
        "command_time": NOW,
        "settings_digest": "s",
        "person": Person(last_name="Ann", email="ann@example.com"),
        "agent": Agent("host@example.com"),
        "keys": (MatchKey(1, "email", "ann@example.com", lead="Email", contact="Email"),),
        "lead": {"LastName": "Ann", "Company": "Acme", "Title": "Boss"},
        "contact": {"LastName": "Ann", "Title": "Boss"},
        "activity": {"Subject": "Demo"},
        "booking": BookingChange(status, previous),
        "started": NOW + timedelta(days=7, minutes=30),
        "ended": NOW + timedelta(days=7, minutes=60),
    }
    return Command(**{**base, **over})


def event(subject: str = "Demo", record: str = EVENT) -> Record:
    """Return an Event that was logged for Ann as a lead."""
    times = {"StartDateTime": "2026-03-08T10:00:00.000+0000", "EndDateTime": "2026-03-08T10:30:00.000+0000"}
    return Record("Event", record, {"Subject": subject, "WhoId": LEAD, **times})


def decided(
    asked: Command,
    rows: tuple[Record, ...],
    own: Integration,
    *,
    logged: Record | None = None,
    choice: Resolution | None = None,
    come: tuple[Attendee, ...] = (),
    book: Book = BOOK,
) -> tuple[Match, Decision]:
    """Return what matches and what is decided, with the activity that was logged for the booking, and who comes."""
    index = Index(rows)
    match = apply_choice(match_person(asked, own, index, {}, book), choice, None, own, index, book)
    activities = {effects(asked, {})[0]: logged} if logged else {}
    kept = Chain("b-1", ("b-1",), booking="b-1", time=NOW - HOUR, status="booked", attendees=come)
    states = {"b-1": to_state(kept)} if come else {}
    known = {attendee.record: attendee.record for attendee in come if attendee.record}
    match = replace(match, further=match_guests(asked, own, (), index, {}, "US"))
    match = replace(match, users=USERS, activities=activities, source_states=states, current_ids=known)
    return match, decide_booking(Case(asked, match, own, facts(), NOW, book, resolution=choice))


@dataclass(frozen=True)
class Booked:
    """One change of a booking: given rows of the org and settings, then exactly that is decided."""

    name: str
    then: tuple[str, ...]
    rows: tuple[Record, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    status: str = "booked"
    logged: Record | None = None
    choice: Resolution | None = None
    command: Mapping[str, Any] = field(default_factory=dict)
    come: tuple[Attendee, ...] = ()

    @property
    def rules(self) -> frozenset[str]:
        """The rules that the name begins with."""
        return frozenset(self.name.partition(":")[0].split())

    def run(self, book: Book = BOOK) -> tuple[str, ...]:
        """Return what is decided, in lines; flags, tie-breaks and parking are told too."""
        asked, own = command(self.status, **self.command), settings(**self.settings)
        match, decision = decided(
            asked, self.rows, own, logged=self.logged, choice=self.choice, come=self.come, book=book
        )
        more = [f"flag {flag}" for flag in decision.flags]
        lines = (line.replace(EVENT, "EVENT") for line in (*told(match, decision), *more))
        return tuple(line.replace(LEAD_2, "LEAD_2").replace(CONTACT_2, "CONTACT_2") for line in lines)


OFF = {"enabled": False, "object": "Event"}


def quiet(register: str = "lead", *, overwrite: bool = True, **over: Any) -> dict[str, Any]:
    """Return settings without activities."""
    return {"booking": {"register": register, "overwrite": overwrite}, "activity": OFF, **over}


NEW_LEAD = ("created none", "create Lead new LastName=Ann Company=Acme Title=Boss")
NEW_CONTACT = ("created none", "create Contact new LastName=Ann Title=Boss")
LEAD_WRITTEN = ("updated none", "update Lead LEAD Title=Boss")
CONTACT_WRITTEN = ("updated none", "update Contact CONTACT Title=Boss")
LEFT = ("updated unchanged", "linked Contact CONTACT", "followed LEAD", "flag converted_lead")
FOLLOWED = (CONVERTED, contact(Email="old@example.com"))
"""A converted lead with the e-mail; its contact has another one by now."""
ONLY_CONVERTED = (
    "error no_match",
    "candidate Lead LEAD",
    "said: only a converted lead matches, which the setting match.converted_leads refuses: set it to follow",
)
REFUSING = {"converted_leads": "error"}
BOTH = (lead(), contact())

REGISTER = [
    Booked("JI-1 JI-2: a new lead of an e-mail that nobody has", NEW_LEAD, (), quiet()),
    Booked("JI-3 JI-12 JI-5: the lead that has the e-mail is overwritten", LEAD_WRITTEN, (lead(),), quiet()),
    Booked("JI-4: the contact of a converted lead is left as it is", LEFT, FOLLOWED, quiet()),
    Booked(
        "JI-4 JI-14: a converted lead beside its contact, both with the e-mail: the contact is left",
        (*LEFT[:2], *LEFT[3:]),
        (CONVERTED, contact()),
        quiet(),
    ),
    Booked("JI-13 JI-10: register as lead, only a contact: it is written", CONTACT_WRITTEN, (contact(),), quiet()),
    Booked("JI-14: register as lead, both exist: the contact is written, the lead not", CONTACT_WRITTEN, BOTH, quiet()),
    Booked(
        "VS-7: register as lead, a converted lead is refused by setting",
        ONLY_CONVERTED,
        FOLLOWED[:1],
        quiet(match=REFUSING),
    ),
    Booked("JI-7 JI-8: register as contact, nobody there: a contact, no lead", NEW_CONTACT, (), quiet("contact")),
    Booked("JI-15: register as contact, only a lead: a contact beside it", NEW_CONTACT, (lead(),), quiet("contact")),
    Booked(
        "JI-16: register as contact, the contact of a converted lead is written",
        (*CONTACT_WRITTEN, "followed LEAD"),
        FOLLOWED,
        quiet("contact"),
    ),
    Booked(
        "JI-16 JI-9: register as contact, only a contact: it is written",
        CONTACT_WRITTEN,
        (contact(),),
        quiet("contact"),
    ),
    Booked("JI-17: register as contact, both exist: the contact is written", CONTACT_WRITTEN, BOTH, quiet("contact")),
    Booked(
        "VS-7: register as contact, a converted lead is refused by setting",
        ONLY_CONVERTED,
        FOLLOWED[:1],
        quiet("contact", match=REFUSING),
    ),
    Booked("JI-8: register as both, nobody there: one contact", NEW_CONTACT, (), quiet("both")),
    Booked("JI-15: register as both, only a lead: a contact beside it", NEW_CONTACT, (lead(),), quiet("both")),
    Booked("JI-4: register as both, a converted lead: its contact is left", LEFT, FOLLOWED, quiet("both")),
    Booked("JI-17: register as both, only a contact: it is written", CONTACT_WRITTEN, (contact(),), quiet("both")),
    Booked("JI-17: register as both, both exist: the contact is written", CONTACT_WRITTEN, BOTH, quiet("both")),
    Booked(
        "VS-7: register as both, a converted lead is refused by setting",
        ONLY_CONVERTED,
        FOLLOWED[:1],
        quiet("both", match=REFUSING),
    ),
    Booked("JI-3: a booking that is moved registers too", NEW_LEAD, (), quiet(), status="moved"),
    Booked("JI-3 JI-22: who cancels is not registered", ("skipped no_activity",), (), quiet(), status="cancelled"),
    Booked(
        "JI-6 JI-18 JI-12: the switch is off, the lead is left",
        ("updated unchanged", "linked Lead LEAD"),
        (lead(),),
        quiet(overwrite=False),
    ),
    Booked(
        "JI-11 JI-18: the switch is off, the contact is left",
        ("updated unchanged", "linked Contact CONTACT"),
        (contact(),),
        quiet(overwrite=False),
    ),
    Booked(
        "JI-5: the switch counts, though the preset's policy is never",
        LEAD_WRITTEN,
        (lead(),),
        quiet(write={"default": "never"}),
    ),
    Booked(
        "JI-23: exactly the fields that are mapped are written",
        ("updated none", "update Lead LEAD Title=Boss Phone=1 FirstName=A"),
        (lead(Industry="Rail"),),
        quiet(),
        command={"lead": {"Title": "Boss", "Phone": "1", "FirstName": "A"}},
    ),
    Booked("JI-24: the e-mail is compared without case", LEAD_WRITTEN, (lead(Email="ANN@example.COM"),), quiet()),
]

TWO = (lead(CreatedDate="2026-01-02T00:00:00.000+0000"), lead(LEAD_2, CreatedDate="2026-01-01T00:00:00.000+0000"))
WHICH = ("error multiple_match", "candidate Lead LEAD", "candidate Lead LEAD_2")
MERGE = "said: 2 records match: merge them, or set match.several and match.lead_and_contact"
CHOOSE = "said: 2 records match: choose the one that is meant"
LEAD_OR_CONTACT = ("error multiple_match", "candidate Lead LEAD", "candidate Contact CONTACT")

SEVERAL = [
    Booked("JI-25: two leads are an error", (*WHICH, MERGE), TWO, quiet()),
    Booked("JI-25: register as both, two leads are an error", (*WHICH, MERGE), TWO, quiet("both")),
    Booked("JI-15: register as contact, two leads: a contact beside them", NEW_CONTACT, TWO, quiet("contact")),
    Booked(
        "JI-25: of two leads the newest",
        (*LEAD_WRITTEN, "tie broken by newest"),
        TWO,
        quiet(match={"several": "newest"}),
    ),
    Booked(
        "JI-25: of two leads the oldest",
        ("updated none", "update Lead LEAD_2 Title=Boss", "tie broken by oldest"),
        TWO,
        quiet(match={"several": "oldest"}),
    ),
    Booked(
        "JI-25: of two leads the one modified last",
        ("updated none", "update Lead LEAD_2 Title=Boss", "tie broken by last_modified"),
        TWO,
        quiet(match={"several": "last_modified"}),
    ),
    Booked("JI-25: two leads wait for a choice", (*WHICH, CHOOSE, "parked"), TWO, quiet(match={"several": "park"})),
    Booked(
        "JI-25: nobody chose in time",
        (*WHICH, CHOOSE),
        TWO,
        quiet(match={"several": "park"}),
        choice=Resolution(expired=True),
    ),
    Booked(
        "JI-25: the one chosen is written",
        ("updated none", "update Lead LEAD_2 Title=Boss"),
        TWO,
        quiet(match={"several": "park"}),
        choice=Resolution(LEAD_2),
    ),
    Booked(
        "JI-25: none of them chosen: a new one",
        NEW_LEAD,
        TWO,
        quiet(match={"several": "park"}),
        choice=Resolution(None),
    ),
    Booked(
        "1F-lead_and_contact: lead and contact are an error by setting",
        (*LEAD_OR_CONTACT, MERGE),
        BOTH,
        quiet(match={"lead_and_contact": "error"}),
    ),
    Booked(
        "JI-14: the contact by setting",
        CONTACT_WRITTEN,
        BOTH,
        quiet(match={"lead_and_contact": "prefer_contact"}),
    ),
    Booked(
        "1F-lead_and_contact: the lead by setting",
        LEAD_WRITTEN,
        BOTH,
        quiet(match={"lead_and_contact": "prefer_lead"}),
    ),
    Booked(
        "1F-lead_and_contact: lead and contact wait for a choice by setting",
        (*LEAD_OR_CONTACT, CHOOSE, "parked"),
        BOTH,
        quiet(match={"lead_and_contact": "park"}),
    ),
]

TIMES = f"StartDateTime={START} EndDateTime={END}"
LOGGED = (
    "activity activity_created",
    f"create Event new Subject=Demo {TIMES} WhoId=LEAD OwnerId=USER",
    "linked Lead LEAD",
)
OVERWRITTEN = ("activity activity_updated", f"update Event EVENT {TIMES}", "linked Lead LEAD")
GONE = ("activity activity_deleted", "delete Event EVENT")
MARKED = ("activity activity_cancelled", "update Event EVENT Subject=Cancelled: Demo")
NOTHING = ("updated unchanged", "linked Lead LEAD")
NONE = ("skipped no_activity",)
DELETE, MARK = ({"enabled": True, "object": "Event", "cancelled": text} for text in ("delete", "mark"))
NO_DELETE, NO_MARK = ({**row, "enabled": False} for row in (DELETE, MARK))


def _activity(rule: str, then: tuple[str, ...], status: str, logged: bool, activity: dict[str, Any]) -> Booked:
    on = "on" if activity["enabled"] else "off"
    was = "logged" if logged else "not logged"
    name = f"{rule}: activities {on}, {status}, {was}, {activity['cancelled']}"
    return Booked(name, then, (lead(),), {"activity": activity}, status, event() if logged else None)


ACTIVITIES = [
    *(_activity("JI-19 JI-6", LOGGED, status, False, row) for status in ("booked", "moved") for row in (DELETE, MARK)),
    *(_activity("JI-20", OVERWRITTEN, status, True, row) for status in ("booked", "moved") for row in (DELETE, MARK)),
    *(_activity("JI-21", NONE, "cancelled", False, row) for row in (DELETE, MARK)),
    _activity("JI-21", GONE, "cancelled", True, DELETE),
    _activity("JI-21", MARKED, "cancelled", True, MARK),
    *(
        _activity("JI-22", NOTHING, status, logged, row)
        for status in ("booked", "moved")
        for logged in (True, False)
        for row in (NO_DELETE, NO_MARK)
    ),
    *(_activity("JI-22", NONE, "cancelled", logged, row) for logged in (True, False) for row in (NO_DELETE, NO_MARK)),
    Booked(
        "JI-2 JI-19: the activity hangs on the lead that the booking makes",
        (*NEW_LEAD, f"create Event new Subject=Demo {TIMES} OwnerId=USER WhoId<-lead"),
    ),
    Booked(
        "JI-4 JI-19: the activity of a converted lead is logged on its contact, which is not written",
        (
            "activity activity_created",
            f"create Event new Subject=Demo {TIMES} WhoId=CONTACT OwnerId=USER",
            *LEFT[1:],
        ),
        FOLLOWED,
        {"booking": {"register": "lead", "overwrite": True}},
    ),
    Booked(
        "JI-3 JI-21: who cancels is not overwritten, the activity goes",
        GONE,
        (lead(),),
        {"activity": DELETE, "booking": {"register": "lead", "overwrite": True}},
        "cancelled",
        event(),
    ),
    Booked(
        "JI-21: cancelled twice, the mark stays as it is",
        ("updated unchanged", "linked Event EVENT"),
        (lead(),),
        {"activity": MARK},
        "cancelled",
        event("Cancelled: Demo"),
    ),
]


def _taken_for(treated: str) -> dict[str, Any]:
    """Return settings that take a no-show for something, and set a field for it where that is `fields`."""
    shown: dict[str, Any] = {"as": treated, "fields": {"Description": "No show"} if treated == "fields" else {}}
    statuses = {"no_show": shown}
    return {"activity": DELETE, "booking": {"register": "lead", "statuses": statuses}}


IGNORED = ("skipped filtered", "said: a booking that is 'no_show' does nothing: booking.statuses may say what it does")
STATUSES = [
    Booked("BK-1: taken for a booking", LOGGED, (lead(),), _taken_for("booked"), "no_show"),
    Booked("BK-1: taken for a move", OVERWRITTEN, (lead(),), _taken_for("moved"), "no_show", event()),
    Booked("BK-1: taken for a cancellation", GONE, (lead(),), _taken_for("cancelled"), "no_show", event()),
    Booked("BK-1: reassigned is a move", OVERWRITTEN, (lead(),), {"activity": DELETE}, "reassigned", event()),
    Booked("BK-1: rejected is a cancellation", GONE, (lead(),), {"activity": DELETE}, "rejected", event()),
    Booked(
        "BK-2: a field of the activity is set, and nobody is registered",
        ("activity activity_updated", "update Event EVENT Description=No show"),
        (),
        _taken_for("fields"),
        "no_show",
        event(),
    ),
    Booked("BK-2: there is no activity", NONE, (), _taken_for("fields"), "no_show"),
    Booked("BK-3: ignored by setting", IGNORED, (lead(),), _taken_for("ignore"), "no_show", event()),
    Booked("BK-3: ignored where nothing is said of it", IGNORED, (lead(),), {"activity": DELETE}, "no_show", event()),
]


def _comes(attendee: str, record: str, minutes: int) -> Attendee:
    """Return an attendee who booked that many minutes after the first one."""
    booked = NOW - HOUR + timedelta(minutes=minutes)
    return Attendee(attendee, f"e-{attendee}", record, booked, StatusChange("b-1", booked, "booked"))


ANN, BOB = _comes("a-1", LEAD, 0), _comes("a-2", LEAD_2, 5)
BOBS_LEAD = lead(LEAD_2, Email="bob@example.com", LastName="Ray")
BOBS_KEY = (MatchKey(1, "email", "bob@example.com", lead="Email", contact="Email"),)
LEFT_ALONE = ("activity unchanged", "linked Event EVENT", "flag attendee_cancelled")
SHOWN = {**_taken_for("fields"), "activity": DELETE}
UNSHOWN = (
    "skipped filtered",
    "said: the status is one attendee's: others come who have another one, so the activity stays as it is",
)


def _of_one(name: str, then: tuple[str, ...], status: str, attendee: str | None, come: tuple[Attendee, ...]) -> Booked:
    """Return a change of Ann's and Bob's meeting, of one attendee or of the whole."""
    own: dict[str, Any] = {"booking": BookingChange(status, attendee_id=attendee)}
    if attendee == "a-2":
        own |= {"person": Person(last_name="Ray", email="bob@example.com"), "keys": BOBS_KEY}
    return Booked(name, then, (lead(), BOBS_LEAD), SHOWN, status, event(), command=own, come=come)


ATTENDEES = [
    _of_one("BK-4: the meeting is cancelled as a whole", GONE, "cancelled", None, (ANN, BOB)),
    _of_one("BK-4: one of two cancels, and the other one stays", LEFT_ALONE, "cancelled", "a-2", (ANN, BOB)),
    _of_one(
        "BK-4: the first one cancels, and the activity goes to the next",
        ("activity activity_updated", "update Event EVENT WhoId=LEAD_2", *LEFT_ALONE[1:]),
        "cancelled",
        "a-1",
        (ANN, BOB),
    ),
    _of_one("BK-4: the only one who comes cancels", GONE, "cancelled", "a-1", (ANN,)),
    _of_one(
        "BK-5: a status of the meeting as a whole sets its fields",
        ("activity activity_updated", "update Event EVENT Description=No show"),
        "no_show",
        None,
        (ANN, BOB),
    ),
    _of_one("BK-5: one of two did not come", UNSHOWN, "no_show", "a-2", (ANN, BOB)),
    _of_one(
        "BK-5: neither of them came",
        ("activity activity_updated", "update Event EVENT Description=No show"),
        "no_show",
        "a-2",
        (replace(ANN, note="no_show", noted=NOW - HOUR), BOB),
    ),
    _of_one("BK-6: the first one moves it", OVERWRITTEN, "moved", "a-1", (ANN, BOB)),
    _of_one(
        "BK-6: another one moves it, and it stays with the first",
        (*OVERWRITTEN[:2], "linked Lead LEAD_2"),
        "moved",
        "a-2",
        (ANN, BOB),
    ),
]

GUEST = BookingGuest(
    Person("Bob", "Ray", "bob@example.com"), None, BOBS_KEY, {"LastName": "Ray", "Company": "C"}, {"LastName": "Ray"}
)
CAME = {"booking": BookingChange("booked", guests=(GUEST,))}
NAMED = "\n\nGuests: Bob Ray <bob@example.com>"


def _with_guest(name: str, setting: str, then: tuple[str, ...], *rows: Record, **over: Any) -> Booked:
    own = {"activity": DELETE, "booking": {"register": "lead", "guests": setting, **over}}
    said = {**CAME, "activity": {"Subject": "Demo", "Description": "Talk"}}
    return Booked(name, then, (lead(), *rows), own, command=said)


WITH_TEXT = f"create Event new Subject=Demo {TIMES} Description=Talk WhoId=LEAD OwnerId=USER"
GUESTS = [
    _with_guest(
        "BK-7: a guest is registered after the activity",
        "register",
        ("created none", WITH_TEXT, "create Lead new LastName=Ray Company=C", "linked Lead LEAD"),
    ),
    _with_guest(
        "BK-7: a guest who is there is left as the invitee would be",
        "register",
        ("activity activity_created", WITH_TEXT, "linked Lead LEAD"),
        BOBS_LEAD,
    ),
    _with_guest(
        "BK-7: a guest whom several records have is left out, and the booking is logged",
        "register",
        (
            "activity activity_created",
            WITH_TEXT,
            "linked Lead LEAD",
            f"said: guest Bob Ray is left out: {MERGE.removeprefix('said: ')}",
            "flag guest_left_out",
        ),
        BOBS_LEAD,
        lead("00Q000000000003EAA", Email="bob@example.com"),
    ),
    _with_guest(
        "BK-8: a guest is named in the text",
        "name",
        ("activity activity_created", WITH_TEXT.replace("Talk", f"Talk{NAMED}"), "linked Lead LEAD"),
    ),
    _with_guest(
        "BK-8: guests are left alone by setting", "leave", ("activity activity_created", WITH_TEXT, "linked Lead LEAD")
    ),
]

BOOKINGS = [*REGISTER, *SEVERAL, *ACTIVITIES, *STATUSES, *ATTENDEES, *GUESTS]
