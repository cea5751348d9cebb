"""
What comes with a person: membership in the integration's campaign.

In: a case and what its source decided.  Out: the decision with the member's step, or as it was.  Pure.
Rule of this file: one member for a person and campaign; a member that is there changes its status only where the
setting says so. What refuses, skips or takes back the event makes no member (docs/decisions/0086).
"""

from dataclasses import dataclass, replace

from processors.deciding.case import Case
from processors.model.decision import Decision, Step, Unfit
from processors.model.match import Match
from processors.model.members import CAMPAIGN, MEMBER, is_member
from processors.model.record import Record, Role
from schemas.values import Scalar

_TAKES_BACK = ("resolved", "activity_deleted", "activity_cancelled")


@dataclass(frozen=True, slots=True)
class _Person:
    """Who becomes a member: the field that names them, their record's ID or the role it comes from, and all IDs."""

    field: str
    record_id: str | None = None
    role: Role | None = None
    ids: tuple[str | None, ...] = ()


STATUS_FIELD = f"{MEMBER}.Status"
"""The field of a member's status, as settings and outcomes name it."""

ATTENDEE_CANCELLED = "attendee_cancelled"
"""What the outcome flags where one attendee of several cancelled: the activity stays with the others."""


def with_member(case: Case, decision: Decision) -> Decision:
    """Return *decision* with the membership of its person, where the integration has a campaign."""
    settings = case.settings.campaign
    waits = decision.park or decision.wait_seconds is not None or decision.reason in _TAKES_BACK
    waits = waits or ATTENDEE_CANCELLED in decision.flags
    if not settings.wanted or waits or decision.kind in ("error", "skipped"):
        return decision
    person = _person(case.match, decision)
    if person is None:
        return decision
    campaign = case.match.campaign
    if campaign is None:
        detail = f"the campaign of {settings.shown} is not there, or several have it: nobody joins"
        return _told(decision, "campaign_unknown", detail)
    there = next((member for member in case.match.members if is_member(member, campaign, person.ids)), None)
    if there is not None and settings.existing != "update":
        return replace(decision, linked=(*decision.linked, there))
    status, unfit = _status(case)
    if unfit and status is None and case.settings.write.unfit_of(STATUS_FIELD) == "refuse":
        # Salesforce would say nothing of it.
        detail = f"{settings.shown} has no member status {settings.status!r}, which the settings refuse: nobody joins"
        return _told(decision, "campaign_status_unknown", detail)
    step = _create(campaign, person, status) if there is None else _update(there, status)
    decision = replace(decision, unfit=(*decision.unfit, *unfit))
    if step is None:
        return replace(decision, linked=(*decision.linked, *((there,) if there else ())))
    reason = "none" if decision.reason == "unchanged" else decision.reason
    return replace(decision, steps=(*decision.steps, step), reason=reason)


def _told(decision: Decision, flag: str, detail: str) -> Decision:
    """Return *decision* with what it says of the campaign that nobody joins."""
    said = "; ".join(text for text in (decision.detail, detail) if text)
    return replace(decision, flags=(*decision.flags, flag), detail=said)


def _status(case: Case) -> tuple[Scalar, tuple[Unfit, ...]]:
    """Return the status that a member takes, None for the campaign's default, and what is told of one that it lacks."""
    wanted, known = case.settings.campaign.status, case.match.member_statuses
    return case.conform.listed(STATUS_FIELD, wanted, known) if wanted and known else (wanted, ())


def _create(campaign: str, person: _Person, status: Scalar) -> Step:
    fields: dict[str, Scalar] = {f"{CAMPAIGN}Id": campaign, **({"Status": status} if status else {})}
    if person.record_id is not None:
        fields[person.field] = person.record_id
    refs: dict[str, Role] = {person.field: person.role} if person.role is not None else {}
    return Step("campaign_member", "create", MEMBER, fields=fields, refs=refs)


def _update(member: Record, status: Scalar) -> Step | None:
    held = member.fields.get("Status")
    if not status or held == status:
        return None
    fields: dict[str, Scalar] = {"Status": status}
    return Step("campaign_member", "update", MEMBER, record_id=member.id, fields=fields, before={"Status": held})


def _person(match: Match, decision: Decision) -> _Person | None:
    """Return the person that the decision ends on: the contact before the lead; None where it is not known who."""
    steps = {step.role: step for step in decision.steps}
    before = (match.followed, *match.also)
    if (step := steps.get("contact")) is not None and step.record_id:
        return _Person("ContactId", step.record_id, ids=(step.record_id, *before))
    if (step := steps.get("contact") or steps.get("convert")) is not None:
        lead = steps["convert"].record_id if "convert" in steps else None
        return _Person("ContactId", role="contact", ids=(lead, *before))
    if (step := steps.get("lead")) is not None:
        return _Person("LeadId", step.record_id, None if step.record_id else "lead", (step.record_id,))
    return _known((*decision.linked, *match.contacts, *match.leads), before)


def _known(records: tuple[Record, ...], before: tuple[str | None, ...]) -> _Person | None:
    for name in ("Contact", "Lead"):
        ids = tuple(dict.fromkeys(record.id for record in records if record.object == name))
        if ids:
            return _Person(f"{name}Id", ids[0], ids=(ids[0], *before)) if len(ids) == 1 else None
    return None
