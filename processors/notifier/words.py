"""
Stage *compose* of the notifier, first half: the plain words for each reason an outcome can carry.

In: an `Outcome`.  Out: `Words` for a person in sales operations.  Pure.
Rule of this file: every sentence that a mail says about a reason lives here, and none names a part of this program.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from processors.model.advice import SEND_AGAIN
from processors.sources.registry import source_of
from schemas.outcome import Outcome, Reason


@dataclass(frozen=True, slots=True)
class Words:
    """What a reason means: `short` for the subject, `why` it failed, `todo` for the reader."""

    short: str
    why: str
    todo: str


REASONS: Mapping[Reason, Words] = {
    "no_match": Words(
        "no matching record",
        "No lead or contact in Salesforce matches this person, and this integration only updates records that exist.",
        "Create the lead or contact in Salesforce, or correct its e-mail address or phone number there, "
        f"then {SEND_AGAIN}.",
    ),
    "multiple_match": Words(
        "several matching records",
        "More than one record in Salesforce matches this person, so it is not clear which one is meant.",
        f"Merge the records that match, or change them so that only one does, then {SEND_AGAIN}.",
    ),
    "no_keys": Words(
        "nothing to look for",
        "The event has no e-mail address, telephone number or other key by which its person could be looked for.",
        "Ask whoever maintains the source to send one, or the integration to create a record without one, "
        f"then {SEND_AGAIN}.",
    ),
    "other_account": Words(
        "another company",
        "The event names another company than the account that this contact belongs to in Salesforce.",
        f"Move the contact to its new account, or correct the company at the source, then {SEND_AGAIN}.",
    ),
    "no_mapping": Words(
        "nothing is mapped",
        "A record had to be made for which this integration maps no field.",
        f"Ask whoever maintains the integration to map fields of that object, then {SEND_AGAIN}.",
    ),
    "mandatory_unmapped": Words(
        "mandatory field has no source",
        "A new record was needed, but Salesforce demands fields that this integration does not fill.",
        f"Ask whoever maintains the integration to map the fields that are named here, then {SEND_AGAIN}.",
    ),
    "record_deleted": Words(
        "linked record is gone",
        "The record in Salesforce that this person was linked with is deleted, or hidden from the integration's user. "
        "The link is dropped: the next change is matched anew.",
        "Restore the record, or link the person to another one; where it was deleted on purpose, do nothing.",
    ),
    "link_taken": Words(
        "record is linked already",
        "The record in Salesforce that matches is linked with another record of the same source. "
        "Two records that write to one would overwrite each other.",
        "Merge the two records at the source, or correct the e-mail address or phone number of one. "
        "If they may share a record, ask whoever maintains the integration to set that.",
    ),
    "picklist_unmapped": Words(
        "value is not mapped",
        "A value is not in the integration's list of values for that field, and the integration refuses such values.",
        f"Ask whoever maintains the integration to add the values that are named here, then {SEND_AGAIN}.",
    ),
    "salesforce_refused": Words(
        "refused by Salesforce",
        "Salesforce refused to save the change. Its own answer is given here.",
        f"Correct what Salesforce objects to, in the record or in its rules, then {SEND_AGAIN}.",
    ),
    "id_reused": Words(
        "two events under one ID",
        "The source application sent this event under an ID that it had already used for an event with other content. "
        "The first one counts; this one was not written.",
        "Ask whoever maintains the source application to send each event under an ID of its own.",
    ),
    "settings_missing": Words(
        "integration is not set up",
        "The integration that wanted this event is not set up where it has to be carried out.",
        f"Ask whoever maintains the integration to add it there, then {SEND_AGAIN}.",
    ),
    "internal": Words(
        "internal fault",
        "A fault of this program stopped the event from being written. It is not a fault of your data.",
        "Give the outcome ID in this mail to whoever operates Signalbox.",
    ),
}
"""Reasons of errors. A reason of a later version, unknown here, takes `UNKNOWN`."""

UNKNOWN = Words(
    "not written",
    "The event could not be written to Salesforce.",
    "Give the outcome ID in this mail to whoever operates Signalbox.",
)

ACTIONS: Mapping[str, str] = {
    "update_only": "update the lead or contact",
    "update_or_create_lead": "update the lead or contact, or create a lead",
    "update_or_create_contact": "update the lead or contact, or create a contact",
    "update_and_convert_lead_or_create_contact": "convert the lead, update the contact, or create one",
}


NO_MATCH = Words(
    "no matching record",
    "No record in Salesforce is known to be the one that is meant, and none is made for such an event.",
    f"Create the record in Salesforce, or correct its e-mail address or phone number there, then {SEND_AGAIN}.",
)
"""Where it is not the integration that updates alone."""

OWN_RECORD_DELETED = Words(
    "record is gone",
    "The record in Salesforce that earlier events wrote for this person is deleted, or hidden from the integration's "
    "user. It does not count any more: the next event is matched anew.",
    "Restore the record; where it was deleted on purpose, do nothing.",
)
"""Where the source's records are not linked, but known by what they wrote (OW-7)."""

SEVERAL_ACCOUNTS = Words(
    "several matching accounts",
    "More than one account in Salesforce matches, so it is not clear which one is meant.",
    f"Merge the accounts that match, or change them so that only one does, then {SEND_AGAIN}.",
)

SEVERAL_ATTENDEES = Words(
    "several attendees",
    "Several people of this booking are known, and the event says only a name or a number, which does not tell them "
    "apart.",
    "Do not merge them. Have the source send attendee_id or the e-mail, under a new event_id.",
)
"""Where one of several attendees is meant (OW-9): the records are different people's."""


def action_meant(outcome: Outcome) -> str:
    """Return which of the four actions the event should have taken; the empty text where its source takes none."""
    takes_one = "action" in source_of(outcome.contract).settings.model_fields
    return (outcome.action or "") if takes_one else ""


def words_for(outcome: Outcome) -> Words:
    """Return the words for the outcome's reason, as they fit what came in."""
    if outcome.reason == "no_match" and action_meant(outcome) != "update_only":
        return NO_MATCH
    if outcome.reason == "record_deleted" and "OW-7" in outcome.rule_ids:
        return OWN_RECORD_DELETED
    if outcome.reason == "multiple_match" and {candidate.object for candidate in outcome.candidates} == {"Account"}:
        return SEVERAL_ACCOUNTS
    if outcome.reason == "multiple_match" and "OW-9" in outcome.rule_ids:
        return SEVERAL_ATTENDEES
    return REASONS.get(outcome.reason, UNKNOWN)
