"""
One line for what became of an event, or came back of Salesforce, as a person reads it.

In: an outcome, a notice, or a change.  Out: a line.  Pure.
Rule of this file: a line says what came in and what it did: `call of 4 steps → Task on Lead`.
"""

from collections.abc import Iterator, Mapping

from processors.sources.registry import source_of
from schemas.change import Change, FieldChange
from schemas.notice import Notice
from schemas.outcome import Outcome, Touched
from schemas.values import Scalar

ACTIVITIES = ("Task", "Event")
FLAGS = {
    "owner_fallback": "for the default user",
    "owner_unknown": "for nobody in particular",
    "converted_lead": "its lead is converted",
    "closed_by_time_out": "closed by its time-out",
    "merged_record": "on what it was merged into",
    "other_account": "its account is another company's",
    "zone_unknown": "its zone is not known",
    "time_unknown": "without a time",
    "attendee_cancelled": "one attendee cancelled",
    "guest_left_out": "a guest is left out",
    "person_left_out": "one of its people is left out",
    "gave_up_waiting": "given up while waiting",
    "left_voicemail": "with a message",
    "campaign_unknown": "its campaign is not there",
    "campaign_status_unknown": "its campaign lacks the status",
}
_TIES = {"newest": "the newest of several", "pre_install": "one of several from before"}
_WORDS = {
    "record_deleted": "the link with the deleted record is dropped",
    "anonymous": "kept until a user links it",
    "resolved": "what waited for it goes on",
    "already_resolved": "too late: it was chosen for before",
    "before_activation": "nothing written: it is older than the integration's start",
}
_SAID = {"Transfers:": "transferred", "Recording:": "recorded"}


def line(outcome: Outcome) -> str:
    """Return what came in, and what it did."""
    reason = "" if outcome.reason == "none" else f".{outcome.reason}"
    return f"{outcome.kind + reason:<28} {outcome.integration:<16} {_who(outcome):<26} {_what(outcome)}"


def brief(outcome: Outcome) -> str:
    """Return the same where a line has less room."""
    return f"{outcome.kind:<10} {_who(outcome):<25} {_what(outcome, brief=True)}"


def notice_line(notice: Notice) -> str:
    """Return what is told about a command before its end."""
    return f"{notice.kind:<28} {notice.integration:<16} {_whose(notice):<26} {notice.reason}"


def brief_notice(notice: Notice) -> str:
    """Return the same where a line has less room."""
    return f"{notice.kind:<10} {_whose(notice):<25} {notice.reason}"


def change_line(change: Change) -> str:
    """Return what a person did in Salesforce, as the source is told."""
    return f"{'change.' + change.operation:<28} {change.integration:<16} {_known_as(change):<26} {_edit(change)}"


def brief_change(change: Change) -> str:
    """Return the same where a line has less room."""
    return f"{'change':<10} {_known_as(change):<25} {_edit(change, brief=True)}"


def _known_as(change: Change) -> str:
    return change.source_id or change.record_id


def _edit(change: Change, *, brief: bool = False) -> str:
    fields = ", ".join(map(_field, change.changes))
    by = f" by {change.changed_by_email}" if change.changed_by_email else ""
    where = " by hand" if brief else f" in Salesforce{by}"
    return f"{change.object} {change.operation}{where}" + (f": {fields}" if fields else "")


def _field(field_change: FieldChange) -> str:
    if field_change.before == field_change.after:
        return f"{field_change.field} {field_change.after}"
    return (
        f"{field_change.field} {field_change.before} → {field_change.after}"
        if field_change.before
        else f"{field_change.field} → {field_change.after}"
    )


def _whose(notice: Notice) -> str:
    return notice.person.email or next(iter(notice.person.phones), "somebody")


def _who(outcome: Outcome) -> str:
    return source_of(outcome.contract).words.who(outcome)


def _what(outcome: Outcome, *, brief: bool = False) -> str:
    words = source_of(outcome.contract).words
    done = ", ".join(_done(outcome)) or _nothing(outcome, brief=brief)
    return f"{words.subject(outcome)} → {done}"


def _nothing(outcome: Outcome, *, brief: bool) -> str:
    """Return what an outcome says that wrote nothing."""
    if brief:
        return outcome.reason.replace("_", " ")
    if outcome.reason == "filtered" and any(rule_id.startswith("filter:") for rule_id in outcome.rule_ids):
        names = ", ".join(
            rule_id.removeprefix("filter:") for rule_id in outcome.rule_ids if rule_id.startswith("filter:")
        )
        return f"nothing written: left out by the filter {names}"
    return _WORDS.get(outcome.reason) or f"nothing written: {outcome.detail or outcome.reason.replace('_', ' ')}"


def _done(outcome: Outcome) -> Iterator[str]:
    """Yield what was done to each record; an activity names the record that it hangs on."""
    logged = [
        touched for touched in outcome.records if touched.object in ACTIVITIES and touched.operation != "unchanged"
    ]
    for record in outcome.records:
        if record in logged:
            yield _activity(outcome, record)
        elif not logged or record.operation != "unchanged":
            yield f"{record.object} {record.operation}"
    yield from (f"{field.field} conformed" for field in outcome.conformed_fields)
    yield from (f"{field.field} left out" for field in outcome.dropped_fields)
    yield from (FLAGS[flag] for flag in outcome.flags if flag in FLAGS)
    if outcome.tie_break:
        yield _TIES.get(outcome.tie_break, outcome.tie_break)


def _activity(outcome: Outcome, activity: Touched) -> str:
    place = next((record.object for record in outcome.records if record.object not in ACTIVITIES), None)
    on = f" on {place}" if place else ""
    done = "" if activity.operation == "created" else f" {activity.operation}"
    says = ", ".join(_says(activity.fields))
    return f"{activity.object}{on}{done}" + (f" ({says})" if says else "")


def _says(fields: Mapping[str, Scalar]) -> Iterator[str]:
    """Yield what was written to an activity, as far as a line has room."""
    if fields.get("Subject"):
        yield str(fields["Subject"])
    talk = fields.get("CallDurationInSeconds")
    if isinstance(talk, int | float) and talk:
        yield f"{int(talk) // 60}:{int(talk) % 60:02d}"
    text = str(fields.get("Description") or "")
    yield from (word for mark, word in _SAID.items() if mark in text)
