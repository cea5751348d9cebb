"""
What becomes of a booking's guests: registered like the invitee, or named in the text of the activity.

In: a case.  Out: parts that write their records; the text.
Rule of this file: pure; a guest never keeps the booking from being logged: who cannot be registered is left out, and
the outcome says so. Neither account nor opportunity is made for a guest (BK-7).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.matching.guest_commands import guest_commands
from processors.model.decision import Step
from processors.model.match import Match
from processors.model.record import Record
from processors.sources.booking.person import register
from processors.sources.booking.settings import BookingIntegration
from schemas.identity import create_key
from schemas.values import Person, Scalar

LEFT_OUT = "guest_left_out"
"""What the outcome flags where a guest is not registered: several records match, or a mandatory field is missing."""
_TEXT = "Guests: "
_APART = "; "


@dataclass(frozen=True, slots=True)
class RegisteredGuest:
    """A guest whom the decision registers: the source's ID of them, if it tells one, and the record if it is there."""

    attendee_id: str | None
    record: str | None


def what_becomes_of(case: Case) -> tuple[str, str]:
    """Return the rule about guests, and what it says: `register`, `name` or `leave`."""
    row = case.book.row("booking_guests", BookingIntegration.of(case.settings).booking.guests)
    return row.rule, row.then


def register_guests(case: Case) -> tuple[tuple[Part, ...], tuple[RegisteredGuest, ...]]:
    """Return the parts that register the guests, and who they are; none where the setting does not say so."""
    rule, then = what_becomes_of(case)
    found: list[Part] = []
    registered: list[RegisteredGuest] = []
    for name, command in guest_commands(case.command).items() if then == "register" else ():
        match = case.match.further.get(name, Match())
        done = register(replace(case, command=command, match=match, settings=_person_alone(case)))
        if done.refused:
            who = command.person.whole_name or command.person.email or name
            why = next(part.detail or str(part.refusal) for part in done.parts if part.refusal)
            found.append(Part(rules=(rule,), flags=(LEFT_OUT,), detail=f"guest {who} is left out: {why}"))
            continue
        found += [_as_guest(case, name, part) for part in done.parts]
        found.append(Part(rules=(rule, *done.rules)))
        registered.append(RegisteredGuest(command.booking.attendee_id if command.booking else None, done.target.who))
    return tuple(found), tuple(registered)


def _as_guest(case: Case, name: str, part: Part) -> Part:
    """Return a part of a guest's: its step is theirs, and it names no record as the event's own."""
    step = part.step
    if step is None:
        return replace(part, linked=(), discarded=())
    return replace(part, step=replace(step, role="guest", guest=name, effect=_key(case, name, step)), linked=())


def _key(case: Case, name: str, step: Step) -> str | None:
    command = case.command
    if step.operation != "create":
        return step.effect
    return create_key(command.integration, command.contract, command.event_id, "guest", name)


def _person_alone(case: Case) -> BookingIntegration:
    settings = BookingIntegration.of(case.settings)
    off = {"enabled": False}
    return settings.model_copy(
        update={
            "account": settings.account.model_copy(update=off),
            "opportunity": settings.opportunity.model_copy(update=off),
        }
    )


def with_guests_named(case: Case, fields: Mapping[str, Scalar], existing: Record | None) -> dict[str, Scalar]:
    """
    Return *fields* of the activity with the guests named in its text, after what it says otherwise (BK-8).

    Who was named before stays: a change that names no guests, or those of another attendee, says nothing of them.
    """
    guests = case.command.booking.guests if case.command.booking else ()
    text, before = _taken_apart(str(existing.fields.get("Description") or "") if existing else "")
    named = dict.fromkeys((*before, *(_words(guest.person) for guest in guests)))
    if what_becomes_of(case)[1] != "name" or not named or not (guests or "Description" in fields):
        return dict(fields)
    said = str(fields.get("Description") or text)
    return {**fields, "Description": "\n\n".join(text for text in (said, _TEXT + _APART.join(named)) if text)}


def _taken_apart(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text without its last paragraph of guests, and those who are named there."""
    head, found, tail = text.rpartition(_TEXT)
    if not found or (head and not head.endswith("\n")):
        return text, ()
    return head.rstrip(), tuple(part.strip() for part in tail.split(_APART.strip()) if part.strip())


def _words(person: Person) -> str:
    """Return how a guest is named: the name, and the address or else the number."""
    reached = person.email or next(iter(person.all_phones), "")
    words = " ".join(
        text for text in (person.whole_name or "", f"<{reached}>" if person.whole_name and reached else reached) if text
    )
    return " ".join(words.replace(";", ",").split())
