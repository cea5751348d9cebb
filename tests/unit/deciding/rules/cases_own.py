"""Scenarios of own records: what an earlier event wrote, and whom the next event of its source entity means. Data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from processors.matching.index import Index
from processors.matching.match import match_person, with_account_and_opportunity
from processors.matching.own import by_own
from processors.model.record import OwnRecord, Record
from processors.model.rule_table import Book
from processors.sources.decide import decide
from processors.sources.rule_book import BOOK
from schemas.command import BookingChange, MatchKey
from schemas.values import Person, plain
from tests.unit.deciding.rules.scenarios import (
    CONTACT,
    KEY,
    LEAD,
    LEAD_2,
    NOW,
    command,
    contact,
    integration,
    lead,
    org_facts,
    told,
)

ANN = Person("Ann", "Lee", "ann@old.example.com", ("+14155550100",))
MADE = "create Lead new LastName=Lee Company=Acme Title=Boss"
GONE = (
    "said: record LEAD, which an earlier event of the same source entity wrote, is deleted or hidden from us; "
    "the next event is matched anew"
)
SAID = {"LastName": "Lee", "Company": "Acme", "Title": "Boss"}
TITLE = "update Lead LEAD Title=Boss"


def wrote(record: str = LEAD, said: Person | None = ANN, attendee: str = "", event: str = "e-0") -> OwnRecord:
    """Return what is kept of an earlier event that made the record."""
    body = None if said is None else orjson.dumps(plain(said))
    kind, role = ("Lead", "lead") if record.startswith("00Q") else ("Contact", "contact")
    return OwnRecord("calls", "call-1", record, kind, role, "call_result", event, True, body, attendee)  # type: ignore[arg-type]  # a role is a word


@dataclass(frozen=True)
class Own:
    """One case: the rows of the org, what earlier events wrote, what this one says of the person."""

    name: str
    then: tuple[str, ...]
    person: Person = ANN
    own: tuple[OwnRecord, ...] = (wrote(),)
    rows: tuple[Record, ...] = (lead(Email="corrected@example.com", LastName="Lee", FirstName="Ann"),)
    command: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rules(self) -> frozenset[str]:
        """The rule IDs that the name states, up to the colon."""
        return frozenset(self.name.partition(":")[0].split())

    def run(self, book: Book = BOOK) -> tuple[str, ...]:
        """Return what is decided, in lines; the own record that was passed over, and what is disowned."""
        asked = command(**{"person": self.person, "keys": (), "lead": SAID, **self.command})
        settings, index = integration("lead", **self.settings), Index(self.rows)
        match = by_own(match_person(asked, settings, index, {}, book), asked, settings, self.own, (), index, "US", book)
        match = with_account_and_opportunity(match, asked, settings, index, {}) if match.step == "own" else match
        decision = decide(asked, match, settings, org_facts(), NOW, book)
        more = [f"passed {match.own_passed}"] if match.own_passed else []
        more += [f"disowned {text}" for text in decision.disowned]
        return (*told(match, decision), *(line.replace(LEAD, "LEAD") for line in more))


def _about(attendee: str) -> dict[str, Any]:
    return {"booking": BookingChange("booked", attendee_id=attendee)}


BOB = Person("Bob", "Ray", "bob@example.com")
PHONE = MatchKey(1, "phone", "+14155550100", lead="Phone", contact="Phone")
ANNS = lead(Email="ann@example.com", Phone="+14155550100", FirstName="Ann", LastName="Lee")
BOBS = lead(LEAD_2, Email="bob@example.com", FirstName="Bob", LastName="Ray")


def _found_anns(name: str, then: tuple[str, ...], key: MatchKey, person: Person, *, own: bool) -> "Own":
    """Return a case of attendee a-2, whose key finds the record of a-1; *own*: a-2 has one too."""
    written = (wrote(attendee="a-1"), *((wrote(LEAD_2, BOB, "a-2", "e-00"),) if own else ()))
    return Own(f"OW-8: {name}", then, person, written, (ANNS, BOBS), {**_about("a-2"), "keys": (key,)})


BOBS_TITLE = ("updated none", "update Lead LEAD_2 LastName=Lee Title=Boss")
ATTENDEE_KEYS = [
    _found_anns(f"{what}, {named}: the attendee's own record", BOBS_TITLE, key, person, own=True)
    for what, key in (("another attendee's e-mail", KEY), ("a shared number", PHONE))
    for named, person in (("another name", BOB), ("no name", Person(email="ann@example.com")))
]
ATTENDEE_KEYS += [
    _found_anns(
        "another attendee's e-mail with another name: somebody else", ("created none", MADE), KEY, BOB, own=False
    ),
    _found_anns(
        "another attendee's e-mail and nothing against it: that record",
        ("updated none", TITLE),
        KEY,
        Person(email="ann@example.com"),
        own=False,
    ),
    _found_anns("a shared number with another name: somebody else", ("created none", MADE), PHONE, BOB, own=False),
    _found_anns(
        "a shared number alone: somebody else",
        ("created none", MADE),
        PHONE,
        Person(phones=("+14155550100",)),
        own=False,
    ),
]

NUMBER = "+14155550100"
DAN = Person("Dan", "Fox", "dan@example.com", (NUMBER,))
TWO_ROWS = (
    lead(FirstName="Ann", LastName="Lee", Email="ann@example.com", Phone=NUMBER),
    lead(LEAD_2, FirstName="Dan", LastName="Fox", Email="dan@example.com", Phone=NUMBER),
)
APART = "said: several attendees of this booking are known, and a name or a number alone does not tell them apart: "
UNCLEAR = APART + "send attendee_id or the e-mail under a new event_id"
ONE_ASKED = ("error multiple_match", "candidate Lead LEAD", UNCLEAR)
TWO_ASKED = ("error multiple_match", "candidate Lead LEAD", "candidate Lead LEAD_2", UNCLEAR)
SEVERAL_MATCH = (*TWO_ASKED[:3], "said: 2 records match: merge them, or send the SalesforceID")
ANNS_OWN = ("updated none", TITLE)
NEW = ("created none", MADE)


def _among(
    name: str, then: tuple[str, ...], person: Person, *, attendee: str = "", ids: bool = False, **over: Any
) -> "Own":
    """Return a case of a booking to which Ann and Dan come, who share a number; *ids*: the source told their IDs."""
    people = replace(ANN, email="ann@example.com"), DAN
    first, second = (
        wrote(record, said, f"a-{at}" if ids else "", f"e-0{at}")
        for at, (record, said) in enumerate(zip((LEAD, LEAD_2), people, strict=True), 1)
    )
    booking = BookingChange("booked", attendee_id=attendee or None)
    command = {"booking": booking, **over.pop("command", {})}
    settings = over.pop("settings", {})
    return Own(name, then, person, over.pop("own", (first, second)), over.pop("rows", TWO_ROWS), command, settings)


SEVERAL = [
    case
    for ids, told_by in ((False, "without IDs"), (True, "with IDs"))
    for case in (
        _among(f"OW-9: {told_by}, a name alone asks who is meant", ONE_ASKED, Person("Ann", "Lee"), ids=ids),
        _among(f"OW-9: {told_by}, a part of a name alone", ONE_ASKED, Person(last_name="Lee"), ids=ids),
        _among(f"OW-9: {told_by}, a shared number alone", TWO_ASKED, Person(phones=(NUMBER,)), ids=ids),
        _among(
            f"OW-3: {told_by}, a name and a number", ANNS_OWN, Person("LEE", "Ann", phones=("(415) 555-0100",)), ids=ids
        ),
        _among(
            f"OW-3: {told_by}, a name and a number correct the e-mail",
            ANNS_OWN,
            Person("Ann", "Lee", "ann@new.example.com", (NUMBER,)),
            ids=ids,
        ),
        _among(f"OW-3: {told_by}, an e-mail alone", ANNS_OWN, Person(email="ANN@example.com"), ids=ids),
        _among(
            f"OW-6: {told_by}, a shared number with another name", NEW, Person("Cat", "Ray", phones=(NUMBER,)), ids=ids
        ),
        _among(
            f"OW-6: {told_by}, a shared number with another e-mail",
            NEW,
            Person(email="c@example.com", phones=(NUMBER,)),
            ids=ids,
        ),
        _among(
            f"OW-6: {told_by}, a name with another e-mail", NEW, Person("Ann", "Lee", "ann@new.example.com"), ids=ids
        ),
        _among(
            f"OW-6: {told_by}, the e-mail of an attendee with another name",
            NEW,
            Person("Cat", "Ray", "ann@example.com"),
            ids=ids,
        ),
        _among(f"OW-4 VS-14: {told_by}, nothing is said of anybody", SEVERAL_MATCH, Person(), ids=ids),
        _among(
            f"OW-10: {told_by}, what is said agrees with nobody",
            NEW,
            Person(email="cat@example.com"),
            ids=ids,
            rows=(
                lead(FirstName="Ann", LastName="Lee", Email=None),
                lead(LEAD_2, FirstName="Dan", LastName="Fox", Email=None),
            ),
            own=(
                wrote(said=Person("Ann", "Lee"), attendee="a-1" if ids else ""),
                wrote(LEAD_2, Person("Dan", "Fox"), "a-2" if ids else "", "e-00"),
            ),
        ),
    )
]
SEVERAL += [
    _among(
        "OW-9: where somebody can choose, the choice is asked for and nothing is to be sent",
        (*ONE_ASKED[:2], APART + "choose the one that is meant", "parked"),
        Person("Ann", "Lee"),
        settings={"match": {"several": "park"}},
    ),
    _among(
        "OW-1: the attendee's ID, and a name that is somebody else's",
        ANNS_OWN,
        Person("Dan", "Fox"),
        attendee="a-1",
        ids=True,
    ),
    _among("OW-2: a third attendee's ID, and nothing else", NEW, Person(), attendee="a-3", ids=True),
    _among("OW-1 OW-2: the attendee's ID, and nothing else", ANNS_OWN, Person(), attendee="a-1", ids=True),
    _among(
        "OW-3 VS-14: an e-mail that two attendees share tells neither",
        SEVERAL_MATCH,
        Person(email="desk@example.com"),
        own=(
            wrote(said=replace(ANN, email="desk@example.com")),
            wrote(LEAD_2, replace(DAN, email="desk@example.com"), "", "e-00"),
        ),
    ),
    _among(
        "OW-3: of two attendees who share an e-mail, the one of that name",
        ANNS_OWN,
        Person("Ann", "Lee", "desk@example.com"),
        own=(
            wrote(said=replace(ANN, email="desk@example.com")),
            wrote(LEAD_2, replace(DAN, email="desk@example.com"), "", "e-00"),
        ),
    ),
    _among(
        "OW-8 OW-9: a number that finds one attendee's record by a key is a number alone all the same",
        TWO_ASKED,
        Person(phones=(NUMBER,)),
        rows=(TWO_ROWS[0], lead(LEAD_2, FirstName="Dan", LastName="Fox", Email="dan@example.com")),
        command={"keys": (PHONE,)},
    ),
    _among(
        "OW-8 OW-6: a number that finds an attendee's record by a key, and another name",
        NEW,
        Person("Cat", "Ray", "cat@example.com", (NUMBER,)),
        rows=(TWO_ROWS[0], lead(LEAD_2, FirstName="Dan", LastName="Fox", Email="dan@example.com")),
        command={"keys": (PHONE,)},
    ),
    _among(
        "OW-5: two records of one person are not several attendees",
        ANNS_OWN,
        Person("Ann", "Lee", "ann@new.example.com"),
        own=(
            wrote(said=Person("Ann", "Lee", "ann@old.example.com")),
            wrote(LEAD_2, Person("Ann", "Lee", "a@example.com"), "", "e-00"),
        ),
        rows=(
            lead(FirstName="Ann", LastName="Lee"),
            replace(TWO_ROWS[1], fields={**TWO_ROWS[1].fields, "IsDeleted": True}),
        ),
    ),
]

CAT = Person("Cat", "Ray", "cat@example.com", ("+14155550177",))


def _stronger(name: str, first: Person, second: Person, person: Person = ANN, **over: Any) -> "Own":
    """Return a case of one call with two own records, of which the *first* agrees more."""
    own = over.pop("own", (wrote(said=first), wrote(LEAD_2, second, "", "e-00")))
    rows = (lead(LastName="Lee"), lead(LEAD_2, LastName="Lee"))
    return Own(name, ANNS_OWN, person, own, rows, over.pop("command", {}))


STRONGEST = [
    _stronger(
        "OW-1: of several own records the attendee before all",
        CAT,
        ANN,
        own=(wrote(said=CAT, attendee="a-1"), wrote(LEAD_2, ANN, "", "e-00")),
        command=_about("a-1"),
    ),
    _stronger(
        "OW-3: of several own records the SalesforceID before the e-mail",
        Person("Ann", "Lee"),
        ANN,
        command={"salesforce_id": LEAD},
    ),
    _stronger(
        "OW-3: of several own records the e-mail before number and name",
        replace(CAT, email=ANN.email),
        replace(ANN, email="x@example.com"),
    ),
    _stronger(
        "OW-3: of several own records the number before the name",
        replace(CAT, phones=ANN.phones),
        Person("Ann", "Lee", "x@example.com", ("+14155550188",)),
    ),
    _stronger(
        "OW-5: of several own records the name before nothing",
        Person("Ann", "Lee"),
        Person(),
        Person("Ann", "Lee", "new@example.com"),
    ),
    _stronger(
        "OW-3: of two that share the e-mail the one of that number",
        replace(CAT, email=ANN.email, phones=ANN.phones),
        replace(ANN, phones=()),
    ),
]

OWN: list[Own] = [
    *ATTENDEE_KEYS,
    *SEVERAL,
    *STRONGEST,
    Own(
        "OW-3: an e-mail that an earlier event said finds its record, though it was corrected since",
        ("updated none", TITLE),
    ),
    Own(
        "OW-3: a telephone number in another form finds it too",
        ("updated none", TITLE),
        Person("Bea", "Other", "bea@example.com", ("(415) 555-0100",)),
    ),
    Own("OW-4: nothing is said of the person", ("updated none", TITLE), Person()),
    Own(
        "OW-4: what is absent is not different",
        ("updated none", TITLE),
        Person(last_name="Lee"),
    ),
    Own(
        "OW-5: another e-mail and number with the same full name correct the record",
        ("updated none", TITLE),
        Person("LEE", "Änn", "ann@new.example.com", ("+14155550199",)),
    ),
    Own(
        "OW-6: every key and the name differ, so it is somebody else",
        ("created none", MADE),
        Person("Bob", "Ray", "bob@example.com", ("+14155550177",)),
    ),
    Own("OW-6: there is no name and every key differs", ("created none", MADE), Person(email="bob@example.com")),
    Own(
        "OW-1: the attendee decides first, whatever differs",
        ("updated none", TITLE),
        Person("Bob", "Ray", "bob@example.com"),
        own=(wrote(attendee="a-1"),),
        command=_about("a-1"),
    ),
    Own(
        "OW-2: another attendee is somebody else, though e-mail and name are the same",
        ("created none", MADE),
        own=(wrote(attendee="a-1"),),
        command=_about("a-2"),
    ),
    Own(
        "OW-6: among several attendees a name alone says nothing",
        ("created none", MADE),
        Person("Ann", "Lee", "ann@new.example.com"),
        own=(wrote(attendee="a-1"), wrote(LEAD_2, Person("Bob", "Ray", "bob@example.com"), "a-2", "e-00")),
        rows=(
            lead(LastName="Lee", FirstName="Ann", Email=None),
            lead(LEAD_2, LastName="Ray", FirstName="Bob", Email=None),
        ),
    ),
    Own(
        "OW-3: of several own records the strongest agreement counts",
        ("updated none", TITLE),
        own=(wrote(), wrote(LEAD_2, Person("Ann", "Lee"), event="e-00")),
        rows=(lead(LastName="Lee", FirstName="Ann"), lead(LEAD_2, LastName="Lee", FirstName="Ann", Email=None)),
    ),
    Own(
        "OW-4 VS-14: several own records of which none agrees more are several matches",
        (
            "error multiple_match",
            "candidate Lead LEAD",
            "candidate Lead LEAD_2",
            "said: 2 records match: merge them, or send the SalesforceID",
        ),
        Person(),
        own=(wrote(), wrote(LEAD_2, event="e-00")),
        rows=(lead(LastName="Lee"), lead(LEAD_2, LastName="Lee")),
    ),
    Own(
        "OW-7: the own record was deleted",
        (
            "error record_deleted",
            GONE,
            "disowned LEAD",
        ),
        rows=(lead(IsDeleted=True),),
    ),
    Own(
        "OW-7: the contact that the own lead became was deleted",
        ("error record_deleted", GONE, "disowned LEAD"),
        rows=(lead(IsConverted=True, ConvertedContactId=CONTACT),),
    ),
    Own(
        "OW-4: two own records that were merged are one",
        ANNS_OWN,
        Person(),
        own=(wrote(), wrote(LEAD_2, CAT, "", "e-00")),
        rows=(lead(LastName="Lee"), lead(LEAD_2, IsDeleted=True, MasterRecordId=LEAD)),
    ),
    *(
        Own(
            f"OW-5: the same name in another writing, {what}",
            ("updated none", "update Lead LEAD Title=Boss"),
            Person(first, last, "new@example.com", full_name=whole),
            own=(wrote(said=Person(None, None, "old@example.com", full_name=said)),),
            rows=(lead(LastName="Lee", FirstName=None, Name=None),),
        )
        for what, said, first, last, whole in (
            ("family and given name apart", "山田太郎", "太郎", "山田", None),
            ("an apostrophe, a stroke", "OBrien Lukasz", "Łukasz", "O’Brien", None),
            ("capitals of Greek", "ΠΑΠΑΔΟΠΟΥΛΟΥ ΑΝΝΑ", "Άννα", "Παπαδοπούλου", None),
            (
                "signs that nobody sees",
                "Ann Lee-Fox",
                None,
                None,
                "An\u200bn Lee-\u00adFox",
            ),
        )
    ),
    Own(
        "OW-6: a deleted own record of somebody else is in nobody's way",
        ("created none", MADE),
        Person("Bob", "Ray", "bob@example.com", ("+14155550177",)),
        rows=(lead(IsDeleted=True),),
    ),
    Own(
        "OW-3 VS-7: an own lead that was converted is its contact",
        ("updated unchanged", "linked Contact CONTACT", "followed LEAD"),
        rows=(
            lead(IsConverted=True, ConvertedContactId=CONTACT, Email="x@example.com"),
            contact(Title="Boss", LastName="Ann"),
        ),
    ),
    Own(
        "OW-3: keys that find another record win, and the outcome names both",
        ("updated none", "update Lead LEAD_2 Title=Boss", "passed LEAD"),
        rows=(
            lead(Email="corrected@example.com", LastName="Lee"),
            lead(LEAD_2, Email="ann@example.com", LastName="Lee"),
        ),
        command={"keys": (KEY,)},
    ),
    Own(
        "OW-1: what this very event made is its own, whatever was changed since",
        ("updated none", TITLE),
        Person("Bob", "Ray", "bob@example.com"),
        own=(wrote(said=None, event="e-1"),),
    ),
]
