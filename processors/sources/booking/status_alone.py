"""
A status of a booking that sets fields of its activity and nothing else (BK-2, BK-5).

In: a case.  Out: a `Decision`.
Rule of this file: pure; the status of one attendee among several is theirs until everybody who stands has it.
"""

from processors.deciding import activity
from processors.deciding.activity import ActivityTarget
from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.model.decision import Decision
from processors.sources.booking.activity import status_fields
from processors.sources.booking.attending import attending, was_off
from processors.sources.booking.chain import join_chains
from processors.sources.booking.chain_activity import activity_of_chain
from schemas.command import BookingChange

NEWER = "a newer change of this booking, or of the one that replaced it, was applied before"
"""Detail of an outcome that is `skipped.superseded`."""
_ONE_OF_SEVERAL = "the status is one attendee's: others come who have another one, so the activity stays as it is"


def status_alone(case: Case, rule: str) -> Decision:
    """Return what a status does that sets fields of the activity and nothing else: the booking stays what it was."""
    change = case.command.booking or BookingChange("other")
    chain = join_chains(case.command, case.match.source_states)
    people = attending(case, chain, change)
    kept = activity_of_chain(case, chain, off=not people.after.standing)
    time = chain.time
    states = chain.noting(kept.root, people.after)
    if not case.settings.activity.enabled or kept.existing is None or was_off(people, chain):
        return case.decided("skipped", (rule,), (), "no_activity", states)
    whom = "whole" if people.is_whole else "last" if people.after.shared_note == change.status else "others_stand"
    row = case.book.row("booking_attendee", "noted", whom)
    rules = (rule, *(() if people.is_whole else (row.rule,)))
    if row.then == "attendee" and people.after.applies:
        return case.decided("skipped", rules, (Part(detail=_ONE_OF_SEVERAL),), "filtered", states)
    if not chain.applies or not people.after.applies or (chain.noted is not None and time < chain.noted):
        return case.decided("skipped", (*rules, "JI-20"), (Part(detail=NEWER),), "superseded", states)
    part = activity.overwrite(case, kept.existing, kept.effect, ActivityTarget(), status_fields(case))
    kind = "activity" if part.step else "updated"
    states = chain.noting(kept.root, people.after, time)
    return case.decided(kind, rules, (part,), "activity_updated", states)
