"""
Rules for bookings: whom a booking registers, what is overwritten, what becomes of its activity.

In: a situation.  Out: the row that decides it.
Rule of this file: data alone; each row names its rule (JI, the booking document; 1F, what is a setting), and the tables
are total. With both registrations on the contact's rows hold (JI-17), but for a converted lead (JI-4). A torn sentence
of the document adds no rule (JI-26). Where nobody matches, the registration decides (1F-unknown_person).
"""

from processors.model.rule_table import Row, Table

_REGISTER = ("lead", "contact", "both")
_FOUND = ("none", "lead", "converted_lead", "contact", "both", "converted_refused")
"""`converted_lead`: the contact of a lead that was converted; `converted_refused`: the lead itself, by setting."""


def _rows(register: str, *decided: tuple[str, str]) -> tuple[Row, ...]:
    """Return the rows of one way to register: (rule, decision) for each situation, in their order."""
    return tuple(Row(rule, (register, found), then) for found, (rule, then) in zip(_FOUND, decided, strict=True))


BOOKING = Table(
    "booking",
    (_REGISTER, _FOUND),
    ("create_lead", "create_contact", "update_lead", "update_contact", "leave", "refuse"),
    (
        *_rows(
            "lead",
            ("JI-2", "create_lead"),
            ("JI-12", "update_lead"),
            ("JI-4", "leave"),
            ("JI-13", "update_contact"),
            ("JI-14", "update_contact"),
            ("VS-7", "refuse"),
        ),
        *_rows(
            "contact",
            ("JI-8", "create_contact"),
            ("JI-15", "create_contact"),
            ("JI-16", "update_contact"),
            ("JI-16", "update_contact"),
            ("JI-17", "update_contact"),
            ("VS-7", "refuse"),
        ),
        *_rows(
            "both",
            ("JI-8", "create_contact"),
            ("JI-15", "create_contact"),
            ("JI-4", "leave"),
            ("JI-17", "update_contact"),
            ("JI-17", "update_contact"),
            ("VS-7", "refuse"),
        ),
    ),
)

BOOKING_PERSON = Table(
    "booking_person",
    (("booked", "moved", "cancelled"),),
    ("register", "leave"),
    (
        Row("JI-3", ("booked",), "register"),
        Row("JI-3", ("moved",), "register"),
        Row("JI-3", ("cancelled",), "leave"),
    ),
)
"""Who cancels is registered as nothing: a person is registered when a booking is made."""

OVERWRITE = Table(
    "overwrite",
    (("on", "off"), ("update_lead", "update_contact")),
    ("write", "leave"),
    (
        Row("JI-5", ("on", "update_lead"), "write"),
        Row("JI-9", ("on", "update_contact"), "write"),
        Row("JI-6", ("off", "update_lead"), "leave"),
        Row("JI-11", ("off", "update_contact"), "leave"),
    ),
)

BOOKING_BOTH = Table(
    "booking_both",
    (("unset", "error", "prefer_contact", "prefer_lead", "park"),),
    ("both", "lead", "refuse", "park"),
    (
        Row("JI-14", ("unset",), "both"),
        Row("1F-lead_and_contact", ("error",), "refuse"),
        Row("JI-14", ("prefer_contact",), "both"),
        Row("1F-lead_and_contact", ("prefer_lead",), "lead"),
        Row("1F-lead_and_contact", ("park",), "park"),
    ),
)
"""A lead and a contact with the e-mail; `both` asks the table `booking`, in which the contact wins."""

_ACTIVITY = {
    ("on", "booked", "logged"): ("JI-20", "overwrite"),
    ("on", "booked", "not_logged"): ("JI-19", "create"),
    ("on", "moved", "logged"): ("JI-20", "overwrite"),
    ("on", "moved", "not_logged"): ("JI-19", "create"),
    ("on", "cancelled", "not_logged"): ("JI-21", "no_activity"),
    ("off", "booked", "logged"): ("JI-22", "nothing"),
    ("off", "booked", "not_logged"): ("JI-22", "nothing"),
    ("off", "moved", "logged"): ("JI-22", "nothing"),
    ("off", "moved", "not_logged"): ("JI-22", "nothing"),
    ("off", "cancelled", "logged"): ("JI-22", "no_activity"),
    ("off", "cancelled", "not_logged"): ("JI-22", "no_activity"),
}
_CANCELLED = ("delete", "mark")

BOOKING_ACTIVITY = Table(
    "booking_activity",
    (("on", "off"), ("booked", "moved", "cancelled"), ("logged", "not_logged"), _CANCELLED),
    ("create", "overwrite", "delete", "mark", "no_activity", "nothing"),
    (
        *(Row(rule, (*when, setting), then) for when, (rule, then) in _ACTIVITY.items() for setting in _CANCELLED),
        Row("JI-21", ("on", "cancelled", "logged", "delete"), "delete"),
        Row("JI-21", ("on", "cancelled", "logged", "mark"), "mark"),
    ),
)

LEADS = Table(
    "booking_leads",
    (("lead", "contact", "both"),),
    ("count", "ignore"),
    (
        Row("JI-25", ("lead",), "count"),
        Row("JI-15", ("contact",), "ignore"),
        Row("JI-25", ("both",), "count"),
    ),
)
"""Whether several leads are several matches: a contact is registered whatever leads there are (JI-15)."""

STATUS = Table(
    "booking_status",
    (("booked", "moved", "cancelled", "fields", "ignore"),),
    ("change", "fields", "ignore"),
    (
        Row("BK-1", ("booked",), "change"),
        Row("BK-1", ("moved",), "change"),
        Row("BK-1", ("cancelled",), "change"),
        Row("BK-2", ("fields",), "fields"),
        Row("BK-3", ("ignore",), "ignore"),
    ),
)
"""What becomes of a booking's status, by the setting `booking.statuses`."""

ATTENDEE = Table(
    "booking_attendee",
    (("cancelled", "noted"), ("whole", "last", "others_stand")),
    ("meeting", "attendee"),
    (
        Row("BK-4", ("cancelled", "whole"), "meeting"),
        Row("BK-4", ("cancelled", "last"), "meeting"),
        Row("BK-4", ("cancelled", "others_stand"), "attendee"),
        Row("BK-5", ("noted", "whole"), "meeting"),
        Row("BK-5", ("noted", "last"), "meeting"),
        Row("BK-5", ("noted", "others_stand"), "attendee"),
    ),
)
"""
Whether a cancellation, or a status that sets fields alone (`noted`), is the meeting's or one attendee's. `last`: nobody
else stands; of a noted status, everybody who stands has it.
"""

WHO = Table(
    "booking_who",
    (("this_one", "another"),),
    ("this", "other"),
    (
        Row("BK-6", ("this_one",), "this"),
        Row("BK-6", ("another",), "other"),
    ),
)
"""Where several attendees stand: on whom the activity hangs, by who booked first."""

GUESTS = Table(
    "booking_guests",
    (("register", "name", "leave"),),
    ("register", "name", "leave"),
    (
        Row("BK-7", ("register",), "register"),
        Row("BK-8", ("name",), "name"),
        Row("BK-8", ("leave",), "leave"),
    ),
)
"""What becomes of those who come along with the invitee, by the setting `booking.guests`."""

TABLES = (STATUS, ATTENDEE, WHO, GUESTS, BOOKING, BOOKING_PERSON, OVERWRITE, LEADS, BOOKING_BOTH, BOOKING_ACTIVITY)
