"""
Telephone calls step by step, and bookings change by change, for torture tests, by a seed.

In: a seed, how many.  Out: messages by topic in the order of their delivery, and what the verifier is to expect.
Rule of this file: equal seeds give equal messages; what a call ends as follows from its steps, not from their order.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from schemas.booking import Booking, BookingStatus
from schemas.pbx_call_event import Party, PbxCallEvent, StepName
from schemas.topics import SOURCE_BOOKING, SOURCE_PBX_CALL
from schemas.values import Agent, Person
from tests.torture.calls import CODEC, START, TEAM, address

INTEGRATIONS: Mapping[str, str] = {
    "acme-pbx": f"""
name: acme-pbx
source: pbx_call
org: acme
enabled: true
network: acme
calls: {{region: US}}
activity: {{enabled: true, object: Task}}
map:
  activity: {{CallObject: call.call_id}}
recipients: [{TEAM}]
""",
    "acme-meetings": f"""
name: acme-meetings
source: booking
org: acme
enabled: true
workspace: acme
match:
  key_sets:
    - - {{from: person.email, kind: email, lead: Email, contact: Email}}
activity: {{enabled: true, object: Event}}
map:
  lead: {{LastName: person.last_name, Company: person.company, Email: person.email}}
  activity: {{Subject: title}}
recipients: [{TEAM}]
""",
}
KNOWN = 200
"""People of whom the org has a record."""
STRANGERS = 20
FIRST, SECOND = Agent("agent1@example.com", "Agent One"), Agent("agent2@example.com", "Agent Two")
DESK, OTHER = Party("internal", extension="201", name="Agent One"), Party("internal", extension="202", name="Agent Two")


@dataclass(frozen=True)
class Step:
    """What happens on a leg, *at* seconds after the call began."""

    name: StepName
    at: float
    leg: str = "1"
    more: Mapping[str, Any] = field(default_factory=dict)


def step(name: StepName, at: float, leg: str = "1", **more: Any) -> Step:
    """Return one step of a course."""
    return Step(name, at, leg, more)


@dataclass(frozen=True)
class Course:
    """The steps of one sort of call; *talk* seconds are to be logged, and *says* is in the Task."""

    steps: tuple[Step, ...]
    talk: float = 0.0
    says: tuple[str, ...] = ()
    inside: bool = False
    outbound: bool = False
    known: bool = True
    conference: bool = False
    reason: str | None = None


_ANSWERED = (step("started", 0), step("ringing", 1), step("answered", 6))
_HELD = (step("held", 20), step("retrieved", 30))
_PASSED = (
    step("transferred_blind", 30, user=FIRST, to_leg="2", transfer_to=OTHER),
    step("ended", 31, cause="transferred"),
    step("answered", 36, "2", user=SECOND, callee=OTHER),
    step("ended", 96, "2", user=SECOND, callee=OTHER, cause="normal"),
)
_RECORDED = step("recorded", 120, recording="https://pbx.example.com/recordings/{call}")
_LINK = "https://pbx.example.com/recordings/{call}"
RECORDED = Course((*_ANSWERED, step("ended", 48, cause="normal"), _RECORDED), 42, (_LINK,))
"""A plain call whose recording is told when it is over."""
_SECOND: Mapping[str, Any] = {"second": True}
CONFERENCE = Course(
    (
        step("started", 0),
        step("answered", 5),
        step("started", 12, "2", **_SECOND),
        step("answered", 15, "2", **_SECOND),
        step("conference_joined", 20),
        step("conference_joined", 20, "2", **_SECOND),
        step("ended", 65, cause="normal"),
        step("ended", 65, "2", cause="normal", **_SECOND),
    ),
    60,
    ("Conference: yes",),
    outbound=True,
    conference=True,
)
"""Two people whom an agent dials into one call."""
COURSES: tuple[tuple[int, Course], ...] = (
    (6, Course((*_ANSWERED, step("ended", 66, cause="normal")), 60, ("Ended: normal",))),
    (4, RECORDED),
    (3, Course((*_ANSWERED, *_HELD, step("ended", 81), _RECORDED), 75, (_LINK,))),
    (4, Course((*_ANSWERED, *_PASSED), 90, ("blind by Agent One to Agent Two (ext. 202)",))),
    (4, Course((*_ANSWERED, *_PASSED, _RECORDED), 90, ("blind by Agent One to Agent Two (ext. 202)", _LINK))),
    (3, Course((step("started", 0), step("answered", 9), step("ended", 39)), 30, outbound=True)),
    (3, Course((step("started", 0), step("ringing", 1), step("ended", 26, cause="no_answer")), 0, ("missed",))),
    (2, CONFERENCE),
    (2, Course((*_ANSWERED, step("ended", 20)), inside=True, reason="internal")),
    (2, Course((*_ANSWERED, step("ended", 30), _RECORDED), known=False, reason="unknown_number")),
    (2, Course((step("started", 0), step("ringing", 1), step("ended", 4)), outbound=True, reason="short_call")),
)
"""How often, and which: three to eight steps each."""


@dataclass
class Dealt:
    """Messages in the order of their delivery, by a number that grows; those that come late; what to expect."""

    messages: list[tuple[float, str, bytes, bytes]] = field(default_factory=list)
    late: list[tuple[float, str, bytes, bytes]] = field(default_factory=list)
    expected: list[dict[str, Any]] = field(default_factory=list)

    def in_order(self) -> list[tuple[str, bytes, bytes]]:
        """Return all but the late ones: topic, key, value."""
        return [message[1:] for message in sorted(self.messages, key=lambda entry: entry[0])]

    def at_last(self) -> list[tuple[str, bytes, bytes]]:
        """Return the late ones."""
        return [entry[1:] for entry in sorted(self.late, key=lambda entry: entry[0])]

    def event(self, event_id: str, integration: str, *kinds: str) -> None:
        """Expect one outcome that lists this event."""
        self.expected.append({"type": "event", "event_id": event_id, "integration": integration, "kinds": list(kinds)})


def number(person: int) -> str:
    """Return a person's number as the network tells it."""
    return f"+1415555{2000 + person}"


def records() -> list[tuple[str, dict[str, Any]]]:
    """Return the records of the people that are known, with their numbers as people write them."""
    forms = ("+1 415-555-{}", "(415) 555-{}", "415.555.{}", "+1415555{}")
    found: list[tuple[str, dict[str, Any]]] = []
    for person in range(KNOWN):
        phone = forms[person % len(forms)].format(2000 + person)
        name, more = ("Lead", {"Company": f"Company {person}"}) if person % 3 else ("Contact", {})
        found.append((name, {"LastName": f"Caller {person}", "Phone": phone, **more}))
    return found


def outsider(person: int) -> Party:
    """Return a person outside as the network names them."""
    return Party("external", number(person), name=f"Caller {person}")


def second(person: int) -> int:
    """Return who is dialled into a call beside a person."""
    return (person + 1) % KNOWN


def call_events(call: str, course: Course, person: int, began: datetime) -> list[PbxCallEvent]:
    """Return the steps of one call in their order."""
    theirs = OTHER if course.inside else outsider(person)
    caller, callee = (DESK, theirs) if course.outbound else (theirs, DESK)
    told: dict[str, Any] = {
        "direction": "internal" if course.inside else "outbound" if course.outbound else "inbound",
        "caller": caller,
        "callee": callee,
        "user": FIRST,
    }
    found = []
    for place, item in enumerate(course.steps, start=1):
        more = {**told, **item.more}
        if more.pop("second", False):
            more["callee"] = outsider(second(person))
        if "recording" in more:
            more["recording"] = more["recording"].format(call=call)
        at = began + timedelta(seconds=item.at)
        found.append(PbxCallEvent(f"{call}-{place}", call, "acme", item.name, at, leg=item.leg, **more))
    return found


def deal_calls(made: Dealt, rng: random.Random, calls: int, prefix: str = "c") -> None:
    """Add *calls* calls: each step delivered one to three times, a fifth of them in any order, some steps late."""
    weights, courses = zip(*COURSES, strict=True)
    for place in range(calls):
        course = rng.choices(courses, weights)[0]
        call = f"{prefix}{place}"
        person = rng.randrange(KNOWN) if course.known else KNOWN + rng.randrange(STRANGERS)
        steps = call_events(call, course, person, START + timedelta(seconds=150 * place))
        expect_call(made, call, course, steps, person)
        held_back = rng.choice(steps) if rng.random() < 0.08 else None
        order = rng.sample(range(len(steps)), len(steps)) if rng.random() < 0.2 else range(len(steps))
        for turn, number_of in enumerate(order):
            for again in range(rng.choice((1, 1, 1, 2, 3))):
                when = place + turn * 3.0 + again * rng.uniform(0.0, 40.0)
                _deliver(made, steps[number_of], held_back, when)


def _deliver(made: Dealt, pbx_call_event: PbxCallEvent, held_back: PbxCallEvent | None, when: float) -> None:
    value = CODEC.encode("pbx_call_event", pbx_call_event.to_avro())
    into = made.late if pbx_call_event is held_back else made.messages
    into.append((when, SOURCE_PBX_CALL, pbx_call_event.call_id.encode(), value))


def expect_call(made: Dealt, call: str, course: Course, steps: Sequence[PbxCallEvent], person: int) -> None:
    """Tell the verifier what a call ends as."""
    kinds = ("skipped",) if course.reason else ("activity", "updated", "skipped")
    for pbx_call_event in steps:
        made.event(pbx_call_event.event_id, "acme-pbx", *kinds)
    says = [word.format(call=call) for word in course.says]
    entry = {"type": "call", "call_id": call, "integration": "acme-pbx", "org": "acme", "mark": ["CallObject", call]}
    people = [f"Caller {item}" for item in (person, second(person))] if course.conference else []
    made.expected.append({**entry, "reason": course.reason, "talk": course.talk, "says": says, "people": people})


def deal_bookings(made: Dealt, rng: random.Random, chains: int, span: float) -> None:
    """Add *chains* bookings of one person each, made, moved (under the same ID or a new one), a third cancelled."""
    for chain in range(chains):
        changes = _changes(rng, chain)
        last = changes[-1]
        made.expected.append({"type": "person", "name": f"m{chain}", "emails": [address(f"m{chain}")]})
        entry = {"type": "booking", "booking_id": f"b{chain}", "org": "acme", "mark": ["Subject", f"Meeting {chain}"]}
        times = {name: moment.isoformat() for name, moment in (("start", last.start), ("end", last.end)) if moment}
        made.expected.append({**entry, "cancelled": last.status == "cancelled", **times})
        begins = rng.uniform(0.0, span)
        order = rng.sample(changes, len(changes)) if rng.random() < 0.3 else changes
        _deliver_changes(made, rng, order, begins, span)


def deal_seats(made: Dealt, rng: random.Random, meetings: int, span: float) -> None:
    """Add *meetings* of two to four attendees, who book, move and cancel for themselves; half arrive in any order."""
    for meeting in range(meetings):
        people = [f"s{meeting}-{item}" for item in range(rng.randrange(2, 5))]
        changes = [seat(meeting, place, "booked", who) for place, who in enumerate(people)]
        for _ in range(rng.randrange(4)):
            status: BookingStatus = rng.choice(("moved", "cancelled"))
            changes.append(seat(meeting, len(changes), status, rng.choice(people)))
        made.expected += [{"type": "person", "name": person, "emails": [address(person)]} for person in people]
        made.expected.append(seats_end(meeting, changes))
        begins = rng.uniform(0.0, span)
        order = rng.sample(changes, len(changes)) if rng.random() < 0.5 else changes
        _deliver_changes(made, rng, order, begins, span)


def _deliver_changes(made: Dealt, rng: random.Random, order: Sequence[Booking], begins: float, span: float) -> None:
    """Deliver the changes of one booking in this order, each once or twice."""
    for turn, change in enumerate(order):
        made.event(change.event_id, "acme-meetings", "created", "updated", "activity", "skipped")
        value = CODEC.encode("booking", change.to_avro())
        for again in range(rng.choice((1, 1, 2))):
            when = begins + turn * rng.uniform(1.0, span / 8) + again * rng.uniform(0.0, span / 8)
            made.messages.append((when, SOURCE_BOOKING, change.booking_id.encode(), value))


def seat(meeting: int, place: int, status: BookingStatus, person: str) -> Booking:
    """Return a change of one attendee of a meeting."""
    begins = START + timedelta(days=30, hours=meeting, minutes=10 * place)
    return Booking(
        f"s{meeting}-e{place}",
        f"s{meeting}",
        "acme",
        status,
        START + timedelta(minutes=place),
        Person(last_name=f"Guest {person}", email=address(person), company=f"Guests {person}"),
        begins,
        begins + timedelta(minutes=30),
        title=f"Seats {meeting}",
        attendee_id=person,
    )


def seats_end(meeting: int, changes: Sequence[Booking]) -> dict[str, Any]:
    """Return what is expected after *changes* in the order in which they happened: whoever booked first and comes."""
    first: dict[str, int] = {}
    stands: dict[str, bool] = {}
    newest = changes[0]
    for place, change in enumerate(changes):
        who = str(change.attendee_id)
        stands[who] = change.status != "cancelled"
        if stands[who]:
            first.setdefault(who, place)
            newest = change
    come = sorted((who for who, there in stands.items() if there), key=lambda who: first[who])
    entry = {"type": "booking", "booking_id": f"s{meeting}", "org": "acme", "mark": ["Subject", f"Seats {meeting}"]}
    times = {name: moment.isoformat() for name, moment in (("start", newest.start), ("end", newest.end)) if moment}
    return {**entry, "cancelled": not come, **times, **({"who": address(come[0])} if come else {})}


def _changes(rng: random.Random, chain: int) -> list[Booking]:
    statuses: list[BookingStatus] = ["booked"]
    statuses += ["moved"] * rng.randrange(4)
    if rng.random() < 0.35:
        statuses.append("cancelled")
    found: list[Booking] = []
    link = 0
    for place, status in enumerate(statuses):
        previous = None
        if status == "moved" and rng.random() < 0.5:
            previous, link = f"b{chain}.{link}", link + 1
        found.append(_change(chain, link, place, status, previous))
    return found


def _change(chain: int, link: int, place: int, status: BookingStatus, previous: str | None) -> Booking:
    begins = START + timedelta(days=7, hours=chain, minutes=10 * place)
    made = Booking(
        f"b{chain}-{place}",
        f"b{chain}.{link}",
        "acme",
        status,
        START + timedelta(minutes=place),
        Person(last_name=f"Guest {chain}", email=address(f"m{chain}"), company=f"Guests {chain}"),
        begins,
        begins + timedelta(minutes=30),
        title=f"Meeting {chain}",
    )
    # The new booking of a reschedule names the one that it replaces; later changes of it need not.
    return replace(made, previous_booking=previous)
