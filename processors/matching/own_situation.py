"""
How an event relates to one record that an earlier event of its source entity made or wrote.

In: what the event says of its person, what is known of the record's.  Out: a situation of the table `own_record`, and
how strongly they agree.
Rule of this file: pure. What is absent is not different. Among several attendees of a booking neither a name nor a
number says who is meant where it is all that agrees (docs/decisions/0099).
"""

from typing import NamedTuple

from processors.matching.attendees import attendee_of
from processors.matching.known_person import (
    Comparison,
    KnownPerson,
    Relation,
    compared_name,
    emails_said,
    name_relation,
    phones_said,
    relation,
)
from processors.model.normalise import record_id
from schemas.command import Command


class Agreement(NamedTuple):
    """In what an event and an own record agree, the strongest first: two agreements compare in this order."""

    attendee: bool = False
    salesforce_id: bool = False
    email: bool = False
    phone: bool = False
    name: bool = False


def situation_of(
    command: Command, known: KnownPerson, record: str, compare: Comparison, *, several: bool, made: bool
) -> tuple[str, Agreement]:
    """
    Return the situation of the table `own_record`, and in what event and record agree.

    Args:
        record: The ID of the own record.
        several: Other attendees of the same booking are known.
        made: This very event made the record.
    """
    attendee = attendee_of(command)
    if made:
        # Nothing that was changed since makes it somebody else's.
        return "attendee_same", Agreement(attendee=True)
    if attendee and known.attendees and attendee not in known.attendees:
        return "attendee_other", Agreement()
    person = command.person
    mail = relation(compare.emails(emails_said(command)), known.emails)
    number = relation(compare.numbers(phones_said(command)), known.phones)
    name = name_relation(compared_name(person), known.names)
    agreed = Agreement(
        bool(attendee and attendee in known.attendees),
        record_id(command.salesforce_id) == record,
        mail == "same",
        number == "same",
        name == "same",
    )
    if agreed.attendee:
        return "attendee_same", agreed
    if several:
        says = bool(person.is_named or emails_said(command) or phones_said(command))
        return _among_several(agreed, (mail, number, name), says=says), agreed
    if agreed.email or agreed.phone:
        return "key_shared", agreed
    if "other" not in (mail, number, name):
        return "nothing_differs", agreed
    return ("name_same" if agreed.name else "all_differs"), agreed


def _among_several(agreed: Agreement, relations: tuple[Relation, ...], *, says: bool) -> str:
    name = relations[-1]
    if agreed.salesforce_id or (agreed.email and name != "other") or (agreed.phone and name in ("same", "part")):
        return "key_shared"
    if "other" in relations:
        return "all_differs"
    if not says:
        return "nothing_differs"
    return "one_alone" if agreed.phone or name in ("same", "part") else "nothing_agrees"
