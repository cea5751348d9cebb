"""
What an event comes to where it is not known, or is no more, whose record an earlier event of its source entity wrote.

In: a case.  Out: the part that refuses it.
Rule of this file: pure; asked before an action chooses its way, by every source that registers people.
"""

from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.model.match import Match

UNCLEAR = "several attendees of this booking are known, and a name or a number alone does not tell them apart"


def own_record_refused(case: Case) -> Part | None:
    """Return the refusal where the own record is gone or is not known to be meant; None where the event goes on."""
    return _gone(case.match) or _unclear(case)


def _gone(match: Match) -> Part | None:
    """Return the refusal where the record that this person had from an earlier event is deleted; told once (0053)."""
    if match.own_gone is None:
        return None
    detail = (
        f"record {match.own_gone}, which an earlier event of the same source entity wrote, is deleted or hidden "
        "from us; the next event is matched anew"
    )
    return Part(rules=match.own_rules, refusal="record_deleted", detail=detail, disowned=(match.own_gone,))


def _unclear(case: Case) -> Part | None:
    """Return the refusal where a name or a number is all that agrees; none where a setting takes one of several."""
    if not case.match.own_unclear:
        return None
    row = case.book.row("several", case.settings.match.several)
    if row.then not in ("refuse", "park"):
        return None
    park = row.then == "park"
    advice = "choose the one that is meant" if park else "send attendee_id or the e-mail under a new event_id"
    return Part(
        rules=(*case.match.own_rules, row.rule),
        refusal="multiple_match",
        candidates=case.match.leads + case.match.contacts,
        detail=f"{UNCLEAR}: {advice}",
        park=park,
    )
