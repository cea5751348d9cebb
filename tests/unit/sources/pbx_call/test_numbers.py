"""Numbers of a call: whom they name, in whatever form a PBX and an org write them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from processors.integration.model import Integration
from processors.matching.index import Index
from processors.matching.match import match_call, match_person
from processors.matching.queries import person_questions
from processors.model.call import Call
from processors.model.match import Match
from processors.model.org_facts import ObjectFacts, OrgFacts
from processors.model.phone_numbers import dialled, outside_number
from processors.model.record import Record
from processors.model.requests import In
from processors.sources.settings import integration_of
from schemas.command import Command, MatchKey, Request
from schemas.pbx_call_event import Party
from schemas.values import Person
from tests.unit.deciding.rules.scenarios import command, fact, org_facts

NUMBER = "+4930901820"
LEAD, LEAD_2 = "00Q000000000001EAA", "00Q000000000002EAA"
CONTACT, ACCOUNT = "003000000000001AAA", "001000000000001AAA"


def settings(**calls: Any) -> Integration:
    """Return an integration of a German network."""
    base = {"name": "pbx", "org": "acme", "source": "pbx_call", "network": "hq"}
    return integration_of({**base, "calls": {"region": "DE", **calls}})


def asked(*phones: str, source_id: str = "call-1") -> Command:
    """Return the command of a call with a person of these numbers."""
    return command(contract="pbx_call", source_id=source_id, keys=(), lead={}, contact={}, person=Person(phones=phones))


def facts() -> OrgFacts:
    """Return an org that has telephone fields on all three objects."""
    plain = org_facts()
    more = {
        "Lead": ("Name", "Phone", "MobilePhone"),
        "Contact": ("Name", "Phone", "MobilePhone", "HomePhone", "OtherPhone"),
        "Account": ("Name", "Phone"),
    }
    objects = {
        name: ObjectFacts(name, {**plain.objects[name].fields, **{field: fact(field, "phone") for field in fields}})
        for name, fields in more.items()
    }
    return replace(plain, objects={**plain.objects, **objects})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+4930901820", NUMBER),
        ("004930901820", NUMBER),
        ("030 901820", NUMBER),
        ("(030) 90 18 20", NUMBER),
        ("+49 (0)30 901820", NUMBER),
        ("sip:+4930901820@pbx.example.com", NUMBER),
        ("sip:%2B4930901820@pbx.example.com;transport=tcp", NUMBER),
        ('"Ann" <sips:+4930901820@pbx.example.com>', NUMBER),
        ("tel:+49-30-901820;phone-context=example.com", NUMBER),
        ("+49 30 901820 ext. 12", NUMBER),
        ("+1 415 555 2671 x123", "+14155552671"),
        ("sip:alice@pbx.example.com", None),
        ("sip:alice2025551234@pbx.example.com", None),
        ("anonymous", None),
        ("Anonymous <sip:anonymous@anonymous.invalid>", None),
        ("Unknown", None),
        ("restricted", None),
        ("+266696687", None),
        ("266696687", None),
        (None, None),
        (" ", None),
        ("201", None),
        ("110", None),
        ("112", None),
        ("116117", None),
        ("12345", None),
        ("*43", None),
        ("*#06#", None),
        ("+49", None),
        ("+123456789012345678", None),
        ("not a number", None),
    ],
)
def test_xb_14_a_number_is_read_in_any_form_and_what_names_nobody_is_none(text: str | None, expected: str) -> None:
    """XB-14: withheld, internal and service numbers are not looked up; SIP addresses are read."""
    assert dialled(text, "DE") == expected


def test_the_networks_country_is_that_of_a_number_without_one() -> None:
    """The same digits are different people in different countries."""
    ann = Call("c", "inbound", Party("external", number="030 901820"), (), datetime(2026, 3, 2, tzinfo=UTC))
    assert outside_number(ann, "DE") == NUMBER
    assert outside_number(ann, "AT") == "+4330901820"
    assert outside_number(replace(ann, outside=None), "DE") is None


@pytest.mark.parametrize(
    "held",
    ["+4930901820", "+49 30 901820", "030 901820", "030901820", "4930901820", "30 901820"],
)
def test_xb_11_a_number_is_found_in_each_written_form_and_any_field(held: str) -> None:
    """XB-11: the questions ask for the form, and the match knows it again."""
    (question,) = (
        item for item in person_questions([(asked(NUMBER), settings())], facts()) if item.object == "Contact"
    )
    forms = {value for alternative in question.any_of for condition in alternative for value in condition.values}
    assert held in forms
    row = Record("Contact", CONTACT, {"Phone": None, "OtherPhone": held})
    match = match_person(asked(NUMBER), settings(), Index([row]), {})
    assert ([contact.id for contact in match.contacts], match.step) == ([CONTACT], "phone")


def test_all_fields_of_a_batch_are_alternatives_and_values_are_merged() -> None:
    """One question an object; any field will do; what the org has no field for is not asked."""
    two = [(asked(NUMBER), settings()), (asked("+442079460018", source_id="call-2"), settings())]
    by_object = {question.object: question for question in person_questions(two, facts())}
    assert set(by_object) == {"Lead", "Contact", "Account"}
    contact = by_object["Contact"]
    assert [condition.field for (condition,) in contact.any_of] == ["Phone", "MobilePhone", "HomePhone", "OtherPhone"]
    assert all({NUMBER, "+442079460018"} <= set(condition.values) for (condition,) in contact.any_of)
    assert {"Name", "CreatedDate", "AccountId", "HomePhone"} <= set(contact.fields)
    assert "Phone" in by_object["Account"].fields


def test_xb_11_configured_fields_and_objects_alone_are_searched() -> None:
    """XB-11: an own field of the org, and no object that the setting leaves out."""
    own = settings(objects=["Lead"], phone_fields={"Lead": ["Direct__c"]})
    base = facts()
    lead = ObjectFacts("Lead", {**base.objects["Lead"].fields, "Direct__c": fact("Direct__c", "phone")})
    org = replace(base, objects={**base.objects, "Lead": lead})
    (question,) = person_questions([(asked("030 901820"), own)], org)
    assert (question.object, [condition.field for (condition,) in question.any_of]) == ("Lead", ["Direct__c"])
    assert "Direct__c" in question.fields
    rows = [Record("Lead", LEAD, {"Direct__c": "030 901820"}), Record("Lead", LEAD_2, {"Phone": "030 901820"})]
    assert [record.id for record in match_call(asked("030 901820"), own, Index(rows)).leads] == [LEAD]


def test_a_number_that_only_looks_alike_is_no_match() -> None:
    """Text found by its digits is compared as E.164: the same digits abroad are someone else."""
    rows = [Record("Lead", LEAD, {"Phone": "+4330901820"}), Record("Account", ACCOUNT, {"Phone": "030/901821"})]
    assert match_call(asked(NUMBER), settings(), Index(rows)) == Match()


def test_a_number_held_with_an_extension_is_the_same_line() -> None:
    """Its extension does not count; and one that comes with an extension is asked for without it."""
    row = Record("Lead", LEAD, {"Phone": "+49 30 901820 ext. 7"})
    assert [lead.id for lead in match_call(asked(NUMBER), settings(), Index([row])).leads] == [LEAD]
    (question, *_) = person_questions([(asked("+49 30 901820 ext. 12"), settings())], facts())
    assert any(NUMBER in condition.values for alternative in question.any_of for condition in alternative)


def test_a_withheld_or_short_number_asks_nothing_and_matches_nobody() -> None:
    """Also where a record holds the very same text."""
    for text in ("anonymous", "+266696687", "201", "110", "sip:alice@pbx.example.com"):
        assert person_questions([(asked(text), settings())], facts()) == ()
        row = Record("Lead", LEAD, {"Phone": text})
        assert match_call(asked(text), settings(), Index([row])) == Match()


def test_a_converted_lead_is_followed_to_its_contact() -> None:
    """Lead and contact are one person, the contact (VS-7)."""
    lead = Record("Lead", LEAD, {"Phone": NUMBER, "IsConverted": True, "ConvertedContactId": CONTACT})
    contact = Record("Contact", CONTACT, {"Phone": "+4930111111"})
    match = match_person(asked(NUMBER), settings(), Index([lead, contact]), {})
    assert (match.leads, [record.id for record in match.contacts], match.followed) == ((), [CONTACT], LEAD)


def test_leads_contacts_and_accounts_of_one_number_are_all_found() -> None:
    """In a stable order, whatever the org's was; deleted ones are not there."""
    rows = [
        Record("Lead", LEAD_2, {"Phone": NUMBER}),
        Record("Lead", LEAD, {"MobilePhone": "030 901820"}),
        Record("Contact", CONTACT, {"HomePhone": NUMBER}),
        Record("Account", ACCOUNT, {"Phone": "+49 30 901820"}),
        Record("Lead", "00Q000000000003EAA", {"Phone": NUMBER, "IsDeleted": True}),
    ]
    match = match_call(asked(NUMBER), settings(), Index(rows))
    assert [lead.id for lead in (*match.leads, *match.contacts, *match.accounts)] == [LEAD, LEAD_2, CONTACT, ACCOUNT]


def test_a_call_result_is_never_matched_by_number_alone() -> None:
    """Numbers without a key are the PBX's way alone."""
    calls = integration_of(
        {"name": "c", "org": "acme", "project": "p", "result_codes": ["YES"], "action": "update_only"}
    )
    item = command(keys=(), person=Person(phones=(NUMBER,)))
    assert person_questions([(item, calls)], facts()) == ()
    assert match_person(item, calls, Index([Record("Lead", LEAD, {"Phone": NUMBER})]), {}) == Match()


def test_questions_are_alternatives_of_one_field_each() -> None:
    """OR, and not a key set."""
    for question in person_questions([(asked(NUMBER), settings())], facts()):
        assert all(len(alternative) == 1 and isinstance(alternative[0], In) for alternative in question.any_of)


def test_a_call_is_matched_by_number_alone_and_what_a_user_does_by_keys_too() -> None:
    """Key sets would leave accounts and other fields aside; a user may name someone by another key."""
    rows = [Record("Contact", CONTACT, {"HomePhone": NUMBER}), Record("Lead", LEAD, {"Phone": NUMBER})]
    key = MatchKey(1, "phone", NUMBER, lead="Phone")
    call = replace(asked(NUMBER), keys=(key,))
    assert [contact.id for contact in match_person(call, settings(), Index(rows), {}).contacts] == [CONTACT]
    by_hand = replace(call, request=Request("log_activity"))
    assert match_person(by_hand, settings(), Index(rows), {}).step == "key_set:1"
    unkeyed = replace(by_hand, keys=())
    assert [contact.id for contact in match_person(unkeyed, settings(), Index(rows), {}).contacts] == [CONTACT]
