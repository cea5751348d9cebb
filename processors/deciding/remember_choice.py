"""
A choice that someone made by hand, kept for what follows about the person (XB-19, XB-21).

In: a case with its resolution, the decision.  Out: the decision with a link that the ledger keeps.
Rule of this file: pure; the link is kept under every name of the person, whatever record the decision ends on.
"""

from dataclasses import replace

from processors.deciding.case import Case
from processors.model.decision import EVERY_NAME, Decision, Link
from processors.model.normalise import record_id
from processors.model.record import Role


def with_choice_kept(case: Case, decision: Decision) -> Decision:
    """Return *decision* with the choice kept for what follows about this person, where that was asked for (XB-19)."""
    resolution = case.resolution
    if resolution is None or resolution.expired or not resolution.remember or decision.kind == "error":
        return decision
    role: Role | None = None
    if resolution.record_id is None:
        role = next((step.role for step in decision.steps if step.role in ("lead", "contact")), None)
        if role is None:
            return decision
    return replace(decision, links=(*decision.links, assignment_link(resolution.record_id, role)))


def assignment_link(record: str | None, role: Role | None = None) -> Link:
    """Return the link that assigns a record, or the one that *role* comes to, to a command's person for good."""
    return Link("assignment", EVERY_NAME, record_id(record) if record else None, role)
