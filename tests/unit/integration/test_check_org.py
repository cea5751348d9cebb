"""What an integration needs of an org, and what of it is gone."""

from dataclasses import replace

import pytest

from processors.integration.check_org import targets
from processors.integration.model import Integration
from processors.model.values import OrgFacts
from processors.sources.settings import integration_of
from tests.fakes.org import FakeOrg


def facts(*hidden: str) -> OrgFacts:
    org = FakeOrg(lambda: 0.0)
    org.hidden.update(hidden)
    return org.facts()


def integration(**more: object) -> Integration:
    told = {"name": "one", "org": "main", "source": "prospect", "workspace": "acme", "action": "update_or_create_lead"}
    return integration_of({**told, **more})


def _typed() -> OrgFacts:
    known = facts()
    lead = known.objects["Lead"]
    like = lead.fields["Title"]
    kinds = {
        "AnnualRevenue": "currency",
        "OwnerId": "reference",
        "Rep__c": "reference",
        "Visit_Day__c": "date",
        "Opt_In__c": "boolean",
    }
    more = {name: replace(like, name=name, type=kind) for name, kind in {**kinds, "Email": "email"}.items()}
    return replace(known, objects={**known.objects, "Lead": replace(lead, fields={**lead.fields, **more})})


TYPED = _typed()
LINKED = integration(link={"id_field": "Description", "synced_field": "Title"})
MAPPED = integration(map={"lead": {"Title": "person.company"}})
KEYED = integration(
    match={"key_sets": [[{"from": "person.email", "kind": "email", "lead": "Email", "contact": "Email"}]]}
)


@pytest.mark.parametrize(
    ("one", "hidden", "named"),
    [
        (MAPPED, "Lead.Title", "Lead.Title"),
        (LINKED, "Lead.Description", "Lead.Description (link.id_field)"),
        (LINKED, "Contact.Title", "Contact.Title (link.synced_field)"),
        (KEYED, "Contact.Email", "Contact.Email"),
    ],
)
def test_ll_18_whatever_an_integration_names_is_gone_when_it_is_not_there(
    one: Integration, hidden: str, named: str
) -> None:
    assert [found for found in targets(one, facts()) if found.absent] == []
    (found,) = (found for found in targets(one, facts(hidden)) if found.absent)
    assert named in found.text
    assert found.level == "error"


def test_an_object_that_is_not_visible_is_gone_for_who_writes_it() -> None:
    known = facts()
    without = replace(known, objects={name: one for name, one in known.objects.items() if name != "Lead"})
    assert [found.absent for found in targets(MAPPED, without) if found.level == "error"] == [True]


def test_a_field_that_is_read_only_is_an_error_and_not_gone() -> None:
    org = FakeOrg(lambda: 0.0)
    org.read_only.add("Lead.Title")
    assert [(found.level, found.absent) for found in targets(MAPPED, org.facts()) if found.level == "error"] == [
        ("error", False)
    ]


@pytest.mark.parametrize(
    ("field", "source", "told"),
    [
        ("AnnualRevenue", "person.company", "Lead.AnnualRevenue takes a number, and 'person.company' is text"),
        ("AnnualRevenue", {"constant": "ten"}, "Lead.AnnualRevenue takes no 'ten' (not_a_number)"),
        ("AnnualRevenue", {"from": "fields.budget", "default": "none"}, "Lead.AnnualRevenue takes no 'none'"),
        ("Rep__c", "person.email", "Lead.Rep__c takes a record ID, and 'person.email' is an e-mail"),
        ("Rep__c", {"constant": "rep@example.com"}, "Lead.Rep__c takes no 'rep@example.com' (not_a_record_id)"),
        ("OwnerId", {"constant": "Rep"}, "Lead.OwnerId takes no 'Rep' (not_a_record_id)"),
        ("Visit_Day__c", "person.first_name", "Lead.Visit_Day__c takes a day, and 'person.first_name' is text"),
        ("Opt_In__c", "changed", "Lead.Opt_In__c takes true or false, and 'changed' is a moment"),
        ("Email", "person.last_name", "Lead.Email takes an e-mail, and 'person.last_name' is text"),
    ],
)
def test_sp_22_what_a_field_can_never_take_is_an_error(field: str, source: object, told: str) -> None:
    (found,) = (one for one in targets(integration(map={"lead": {field: source}}), TYPED) if one.level == "error")
    assert told in found.text
    assert not found.absent


@pytest.mark.parametrize(
    ("field", "source"),
    [
        ("AnnualRevenue", "fields.budget"),
        ("AnnualRevenue", {"constant": 5}),
        ("OwnerId", "fields.owner"),
        ("OwnerId", "person.email"),
        ("OwnerId", {"constant": "rep@example.com"}),
        ("OwnerId", {"from": "person.email", "values": {"rep@example.com": "0055g0000000001AAA"}, "unmapped": "error"}),
        ("Visit_Day__c", "changed"),
        ("Email", "person.email"),
        ("Title", "person.email"),
    ],
)
def test_what_a_field_may_take_is_no_fault(field: str, source: object) -> None:
    assert [one for one in targets(integration(map={"lead": {field: source}}), TYPED) if one.level == "error"] == []


def test_a_fixed_value_that_will_be_conformed_is_a_warning() -> None:
    found = targets(integration(map={"lead": {"AnnualRevenue": {"constant": "1,000"}}}), TYPED)
    assert "Lead.AnnualRevenue: '1,000' is written as 1000 (number_format)" in {
        one.text.split(": ", 1)[1] for one in found
    }


def test_of_several_fields_of_a_key_one_that_is_there_is_enough() -> None:
    key = {"from": "person.phones", "kind": "phone", "lead": ["Phone", "MobilePhone"], "contact": ["Phone"]}
    one = integration(match={"key_sets": [[key]]})
    assert [found.level for found in targets(one, facts("Lead.MobilePhone"))] == ["warning"]
    assert [found.absent for found in targets(one, facts("Lead.MobilePhone", "Lead.Phone"))] == [True, True]


@pytest.mark.parametrize(
    ("source", "warned"),
    [
        ("person.company", False),
        ({"from": "person.company", "default": "Unknown company"}, True),
        ({"constant": "No Integration"}, True),
    ],
)
def test_an_account_that_everybody_without_a_company_would_share_is_warned_of(source: object, warned: bool) -> None:
    one = integration(map={"account": {"Name": source}}, account={"enabled": True})
    found = [finding for finding in targets(one, facts()) if "share" in finding.text]
    assert [finding.level for finding in found] == (["warning"] if warned else [])
