"""
The one activity of a chain of bookings: which it is, and what a change does to it.

In: a case, its chain.  Out: what is logged; parts that create, overwrite, delete or mark it (JI-19 to JI-22).
Rule of this file: pure; what two chains had logged before they were known to be one is one activity afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from processors.deciding import activity
from processors.deciding.activity import CANCELLED, ActivityTarget
from processors.deciding.case import Case
from processors.deciding.part import Part
from processors.model.record import Record
from processors.model.rule_table import Row
from processors.sources.booking.activity import fields_of, placeholders, timing_flags
from processors.sources.booking.chain import Chain, JoinedChains
from processors.sources.booking.guests import with_guests_named
from schemas.values import Scalar


@dataclass(frozen=True, slots=True)
class ChainActivity:
    """
    The activity of the joined chain: under which root, whether it is there, and another one that must go.

    `owner` is the user whom an earlier event gave it to; None where that is not known.
    """

    root: str
    effect: str
    existing: Record | None
    others: tuple[tuple[str, Record], ...]
    owner: str | None = None


def activity_of_chain(case: Case, chain: JoinedChains, *, off: bool) -> ChainActivity:
    """
    Return which activity the joined chain keeps: that of the newer one, or the only one that is there.

    *off*: the meeting does not stand after the change.
    """
    # Nothing can be said of a chain by a change that does not count, but that it is cancelled: so the one that
    # counts keeps its own, and an older one's is not kept in its place.
    takes = chain.applies or off
    found = [(item, case.match.activities.get(activity.activity_effect(case, item.root))) for item in chain.before]
    there = [item for item, record in found if record is not None]
    kept: Chain = there[0] if there and takes else chain.before[0]
    others = tuple((item.root, record) for item, record in found if record is not None and item is not kept)
    existing = next(record for item, record in found if item is kept)
    return ChainActivity(kept.root, activity.activity_effect(case, kept.root), existing, others, chain.owner(kept.root))


def activity_row(case: Case, status: str, existing: Record | None) -> Row:
    """Return the row that says what becomes of the activity of a booking of that *status*."""
    settings = case.settings.activity
    return case.book.row(
        "booking_activity",
        "on" if settings.enabled else "off",
        status,
        "logged" if existing else "not_logged",
        settings.cancelled,
    )


def activity_part(
    case: Case, verb: str, kept: ChainActivity, target: ActivityTarget, own: Mapping[str, Scalar]
) -> Part:
    """Return what *verb* does to the activity, which hangs on *target*; *own* are the fields that the status sets."""
    existing = kept.existing
    if verb == "create":
        fields = {**with_guests_named(case, fields_of(case, None), None), **own}
        part = activity.create_activity(case, kept.effect, target, fields, placeholders(case))
        return replace(part, flags=(*part.flags, *timing_flags(case)))
    if existing is None:
        raise ValueError(f"no activity to {verb}")
    if verb == "delete":
        return activity.delete(existing, kept.effect)
    if verb == "mark":
        return activity.mark_cancelled(existing, kept.effect, own)
    host = activity.moved_owner(case, existing, kept.owner, case.command.activity)
    # Who owns it is the host's and people's matter, unless the map names an owner: that one is a host too.
    said = {
        name: value
        for name, value in {**with_guests_named(case, fields_of(case, existing), existing), **own}.items()
        if name != "OwnerId"
    }
    fields = {**unmarked(existing), **said, **({"OwnerId": host} if host else {})}
    return activity.overwrite(case, existing, kept.effect, target, fields)


def unmarked(existing: Record) -> dict[str, Scalar]:
    """Return the subject of an activity that was marked as cancelled and stands again; nothing of any other."""
    subject = str(existing.fields.get("Subject") or "")
    return {"Subject": subject.removeprefix(CANCELLED)} if subject.startswith(CANCELLED) else {}


def without_others(case: Case, kept: ChainActivity) -> tuple[Part, ...]:
    """Return the deletion of what two chains had logged twice before they were known to be one."""
    return tuple(
        activity.delete(record, activity.activity_effect(case, root), "other_activity") for root, record in kept.others
    )


def owner_after(case: Case, kept: ChainActivity, parts: tuple[Part, ...]) -> str | None:
    """Return whom an event gave the activity to, after *parts*; who creates it without a name owns it."""
    for part in parts:
        if part.step is not None and part.step.role == "activity":
            given = part.step.fields.get("OwnerId")
            if part.step.operation == "create":
                return str(given or case.facts.user_id)
            if given:
                return str(given)
    return kept.owner
