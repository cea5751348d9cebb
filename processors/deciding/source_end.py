"""
A prospect or a field record was deleted or merged at the source: its link is closed, or goes to the winner.

In: a case whose record is no more.  Out: a `Decision` that writes nothing to the org.
Rule of this file: pure; what becomes of the record in Salesforce is for people (docs/decisions/0080).
"""

from dataclasses import replace

from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.matching import links
from processors.model.decision import Decision, Link
from schemas.outcome import Reason


def is_ended(case: Case) -> bool:
    """Whether the command says that its record is no more at the source."""
    return case.command.record is not None and case.command.record.is_ended and case.command.request is None


def ended(case: Case) -> Decision:
    """Return what becomes of the link; the records that are concerned are listed, and left as they are."""
    own, winner = links.name_of(case.command), links.winner_of(case.command)
    record = case.command.record
    reason: Reason = "source_merged" if record and record.occasion == "merged" else "source_deleted"
    if own == winner:
        return case.decided("skipped", (), (Part(detail="it names itself as the record that it became"),), reason)
    linked = case.match.linked_id
    row = case.book.row("source_end", "linked" if linked else "unlinked", _heir(case, winner))
    decision = case.decided("skipped", (row.rule,), (Part(detail=_detail(case, row.then)),), reason)
    if row.then == "nothing" or own is None:
        return decision
    people = (*case.match.contacts, *case.match.leads)
    decision = replace(decision, linked=people, unlinked=(Link(links.KIND, own),))
    if row.then == "move" and winner is not None:
        return replace(decision, links=(Link(links.KIND, winner, linked),))
    return decision


def _heir(case: Case, winner: str | None) -> str:
    """Return whether the record that it became has a link; a link with a record that is gone goes nowhere."""
    if winner is None or _is_gone(case):
        return "nowhere"
    return "taken" if case.match.winner_link else "free"


def _is_gone(case: Case) -> bool:
    return case.match.linked_id is not None and not (case.match.leads or case.match.contacts)


def _detail(case: Case, then: str) -> str:
    linked, other, record = case.match.linked_id, case.match.winner_link, case.command.record
    into = record.merged_into if record else None
    what = f"merged into '{into}' at the source" if into else "deleted at the source"
    if then == "nothing":
        return f"it was {what}; it was linked with no record"
    if then == "move":
        return f"it was {what}; record {linked} is linked with that one now"
    if _is_gone(case):
        return f"it was {what}; the link with record {linked}, which is gone, is dropped"
    if other is None:
        return f"it was {what}; the link with record {linked} is dropped, and the record stays"
    if other == linked:
        return f"it was {what}, which is linked with record {linked} as well"
    return f"it was {what}, which is linked with record {other}; record {linked} stays: merge the two in Salesforce"
