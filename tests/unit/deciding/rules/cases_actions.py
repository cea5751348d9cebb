"""Scenarios of the four actions and of the match. Rule of this file: data alone."""

from processors.deciding.case import NO_KEYS as KEYLESS
from schemas.command import MatchKey
from tests.unit.deciding.rules.scenarios import (
    ACCOUNT,
    ACTIONS,
    CONTACT,
    CONTACT_2,
    CONVERTED,
    KEY,
    LEAD_2,
    Scenario,
    account,
    contact,
    lead,
)

NO_MATCH = "said: no lead and no contact matches, and the action creates none"
CHOOSE = "said: 2 records match: choose the one that is meant"
OLD, NEW = "2026-01-01T00:00:00.000+0000", "2026-02-01T00:00:00.000+0000"
SEVERAL = "said: 2 records match: merge them, or send the SalesforceID"
BLOCKED = "said: only a converted lead matches, which the setting match.converted_leads refuses: set it to follow"
UPDATE_LEAD = ("updated none", "update Lead LEAD Title=Boss")
UPDATE_CONTACT = ("updated none", "update Contact CONTACT Title=Boss")
CREATE_LEAD = ("created none", "create Lead new LastName=Ann Company=Acme Title=Boss")
CREATE_CONTACT = ("created none", "create Contact new LastName=Ann Title=Boss")
CONVERT = (
    "converted none",
    "update Lead LEAD Title=Boss",
    "convert Lead LEAD status=Closed - Converted",
    "update Contact of convert LastName=Ann Title=Boss",
)
NOTHING = ("error no_match", NO_MATCH)
TWO_LEADS = ("error multiple_match", "candidate Lead LEAD", "candidate Lead LEAD_2", SEVERAL)
REFUSED = ("error no_match", "candidate Lead LEAD", BLOCKED)

ASKED = {"match": {"no_keys": "error"}}

ACTION = [
    Scenario("VS-11: update only, nobody found, fails", "only", NOTHING),
    Scenario("VS-9: update only, one lead is updated", "only", UPDATE_LEAD, (lead(),)),
    Scenario("VS-9: update only, one contact is updated", "only", UPDATE_CONTACT, (contact(),)),
    Scenario("VS-12: update only, two leads, fails", "only", TWO_LEADS, (lead(), lead(LEAD_2))),
    Scenario("VS-15: create lead, nobody found, makes one lead", "lead", CREATE_LEAD),
    Scenario("VS-13: create lead, one lead is updated", "lead", UPDATE_LEAD, (lead(),)),
    Scenario("VS-13: create lead, one contact is updated and no lead made", "lead", UPDATE_CONTACT, (contact(),)),
    Scenario("VS-14: create lead, two leads, fails", "lead", TWO_LEADS, (lead(), lead(LEAD_2))),
    Scenario("VS-20: create contact, nobody found, makes one contact", "contact", CREATE_CONTACT),
    Scenario("VS-18: create contact, one lead is updated and stays a lead", "contact", UPDATE_LEAD, (lead(),)),
    Scenario("VS-18: create contact, one contact is updated", "contact", UPDATE_CONTACT, (contact(),)),
    Scenario("VS-19: create contact, two leads, fails", "contact", TWO_LEADS, (lead(), lead(LEAD_2))),
    Scenario("VS-25: convert, nobody found, makes one contact", "convert", CREATE_CONTACT),
    Scenario("VS-23: convert, one lead is updated, converted, then the contact updated", "convert", CONVERT, (lead(),)),
    Scenario("VS-24: convert, one contact is updated", "convert", UPDATE_CONTACT, (contact(),)),
    Scenario("VS-27: convert, two leads, fails", "convert", TWO_LEADS, (lead(), lead(LEAD_2))),
    *(
        Scenario(
            f"VS-7: a converted lead refused by setting is never written, action {action}",
            action,
            REFUSED,
            (CONVERTED,),
            settings={"match": {"converted_leads": "error"}},
        )
        for action in ACTIONS
    ),
    Scenario(
        "VS-1 VS-5: what no integration wants is skipped with its reason",
        "lead",
        ("skipped no_integration",),
        (lead(),),
        command={"kind": "skip", "skip_reason": "no_integration"},
    ),
    Scenario(
        "VS-9: nothing to change is updated, unchanged",
        "only",
        ("updated unchanged", "linked Lead LEAD"),
        (lead(Title="Boss"),),
    ),
]

BY_NAME = MatchKey(2, "text", "ann", lead="LastName", contact="LastName")
BY_COMPANY = MatchKey(1, "text", "acme", lead="Company")
ID_OF_CONTACT = {"salesforce_id": CONTACT[:15]}
NO_ID = {"match": {"salesforce_id": False}}
NO_KEYS = ("error no_keys", f"said: {KEYLESS}")

MATCH = [
    Scenario("1F-no_keys: without keys a record is made, unless told otherwise", "lead", CREATE_LEAD, (), {"keys": ()}),
    Scenario("1F-no_keys: without keys, an error by setting", "lead", NO_KEYS, (), {"keys": ()}, ASKED),
    Scenario("1F-no_keys: with keys that match nobody, a record is made", "lead", CREATE_LEAD, (), {}, ASKED),
    Scenario("1F-no_keys: nobody matches, the keys are there", "lead", CREATE_LEAD),
    Scenario("1F-no_keys: without keys nothing is said of a match", "only", NO_KEYS, (lead(),), {"keys": ()}, ASKED),
    Scenario("VS-7: lead and contact are both searched", "lead", UPDATE_CONTACT, (contact(), lead(LEAD_2, Email=None))),
    Scenario(
        "VS-8: the SalesforceID goes before the keys",
        "only",
        UPDATE_CONTACT,
        (lead(), contact(Email=None)),
        ID_OF_CONTACT,
    ),
    Scenario(
        "VS-8: a SalesforceID that is not found is noted and the keys decide",
        "only",
        (*UPDATE_LEAD, "ignored 003000000000001"),
        (lead(),),
        ID_OF_CONTACT,
    ),
    Scenario(
        "VS-8: a deleted record falls through to the keys",
        "only",
        (*UPDATE_LEAD, "ignored 003000000000001"),
        (lead(), contact(IsDeleted=True)),
        ID_OF_CONTACT,
    ),
    Scenario(
        "VS-8: the ID of another object is noted and the keys decide",
        "only",
        (*UPDATE_LEAD, "ignored ACCOUNT"),
        (lead(), account()),
        {"salesforce_id": ACCOUNT},
    ),
    Scenario(
        "VS-8: a SalesforceID that is found is not used where the setting is off",
        "only",
        UPDATE_LEAD,
        (lead(), contact(Email=None)),
        ID_OF_CONTACT,
        NO_ID,
    ),
    Scenario(
        "VS-8: a SalesforceID that is not found is not noted where the setting is off",
        "only",
        UPDATE_LEAD,
        (lead(),),
        ID_OF_CONTACT,
        NO_ID,
    ),
    Scenario(
        "VS-8: keys of one set are joined by AND",
        "only",
        UPDATE_LEAD,
        (lead(), lead(LEAD_2, Company="Other")),
        {"keys": (KEY, BY_COMPANY)},
    ),
    Scenario(
        "VS-8: an object that lacks one key of a set is not matched by it",
        "only",
        UPDATE_LEAD,
        (lead(), contact()),
        {"keys": (KEY, BY_COMPANY)},
    ),
    Scenario(
        "VS-8: the next set is tried where the first finds nobody",
        "only",
        UPDATE_CONTACT,
        (contact(Email="other@example.com"),),
        {"keys": (KEY, BY_NAME)},
    ),
    Scenario(
        "VS-8: the next set is not tried where the first finds somebody",
        "only",
        UPDATE_LEAD,
        (lead(), lead(LEAD_2, Email=None)),
        {"keys": (KEY, BY_NAME)},
    ),
    Scenario(
        "VS-8: telephone numbers are compared as numbers",
        "only",
        UPDATE_LEAD,
        (lead(Phone="(415) 555-2671"),),
        {"keys": (MatchKey(1, "phone", "+1 415 555 2671", lead="Phone", contact="Phone"),)},
    ),
    Scenario(
        "VS-7: a converted lead leads to its contact",
        "only",
        (*UPDATE_CONTACT, "followed LEAD"),
        (CONVERTED, contact(Email=None)),
    ),
    Scenario("VS-7: a converted lead and its contact are one match", "only", UPDATE_CONTACT, (CONVERTED, contact())),
    Scenario("VS-7: a converted lead whose contact is gone matches nobody", "only", NOTHING, (CONVERTED,)),
    Scenario(
        "VS-7: converted leads are left out by setting",
        "only",
        NOTHING,
        (CONVERTED, contact(Email=None)),
        settings={"match": {"converted_leads": "ignore"}},
    ),
    Scenario(
        "VS-7: converted leads are an error by setting",
        "only",
        REFUSED,
        (CONVERTED, contact(Email=None)),
        settings={"match": {"converted_leads": "error"}},
    ),
    Scenario(
        "VS-32: a lead and a contact are several by default",
        "only",
        ("error multiple_match", "candidate Lead LEAD", "candidate Contact CONTACT", SEVERAL),
        (lead(), contact()),
    ),
    Scenario(
        "VS-32: the contact is preferred by setting",
        "only",
        UPDATE_CONTACT,
        (lead(), contact()),
        settings={"match": {"lead_and_contact": "prefer_contact"}},
    ),
    Scenario(
        "VS-32: the lead is preferred by setting",
        "only",
        UPDATE_LEAD,
        (lead(), contact()),
        settings={"match": {"lead_and_contact": "prefer_lead"}},
    ),
    Scenario(
        "VS-32: two contacts stay several although contacts are preferred",
        "only",
        ("error multiple_match", "candidate Contact CONTACT", "candidate Contact CONTACT_2", SEVERAL),
        (lead(), contact(), contact(CONTACT_2)),
        settings={"match": {"lead_and_contact": "prefer_contact"}},
    ),
    Scenario(
        "VS-32: someone is to choose between lead and contact, by setting",
        "only",
        ("error multiple_match", "candidate Lead LEAD", "candidate Contact CONTACT", CHOOSE, "parked"),
        (lead(), contact()),
        settings={"match": {"lead_and_contact": "park"}},
    ),
    Scenario("1F-several: two leads are an error, unless told otherwise", "only", TWO_LEADS, (lead(), lead(LEAD_2))),
    Scenario(
        "1F-several: the newest of two leads is taken by setting",
        "only",
        ("updated none", "update Lead LEAD_2 Title=Boss", "tie broken by newest"),
        (lead(CreatedDate=OLD), lead(LEAD_2, CreatedDate=NEW)),
        settings={"match": {"several": "newest"}},
    ),
    Scenario(
        "1F-several: someone is to choose between two leads, by setting",
        "only",
        ("error multiple_match", "candidate Lead LEAD", "candidate Lead LEAD_2", CHOOSE, "parked"),
        (lead(), lead(LEAD_2)),
        settings={"match": {"several": "park"}},
    ),
]
