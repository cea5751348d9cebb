"""What an integration needs of an org, and what of it is gone."""

from dataclasses import replace
from pathlib import Path

import pytest

from processors.integration.check_org import owner_faults, owners, targets
from processors.integration.model import Integration
from processors.model.org_facts import ObjectFacts, OrgFacts
from processors.model.record import Record
from processors.sources.load import read_integrations
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


def _referring() -> OrgFacts:
    known = facts()
    contact, like = known.objects["Contact"], known.objects["Lead"].fields["Title"]
    account = replace(like, name="AccountId", type="reference", references=("Account",), relationship="Account")
    fields = {**contact.fields, "AccountId": account}
    return replace(known, objects={**known.objects, "Contact": replace(contact, fields=fields)})


TYPED = _typed()
REFERRING = _referring()
LINKED = integration(link={"id_field": "Description", "synced_field": "Title"})
MAPPED = integration(map={"lead": {"Title": "person.company"}})
KEYED = integration(
    match={"key_sets": [[{"from": "person.email", "kind": "email", "lead": "Email", "contact": "Email"}]]}
)


@pytest.mark.parametrize(
    ("integration", "hidden", "named"),
    [
        (MAPPED, "Lead.Title", "Lead.Title"),
        (LINKED, "Lead.Description", "Lead.Description (link.id_field)"),
        (LINKED, "Contact.Title", "Contact.Title (link.synced_field)"),
        (KEYED, "Contact.Email", "Contact.Email"),
    ],
)
def test_ll_18_whatever_an_integration_names_is_gone_when_it_is_not_there(
    integration: Integration, hidden: str, named: str
) -> None:
    assert [found for found in targets(integration, facts()) if found.absent] == []
    (found,) = (found for found in targets(integration, facts(hidden)) if found.absent)
    assert named in found.text
    assert found.level == "error"


def test_an_object_that_is_not_visible_is_gone_for_who_writes_it() -> None:
    known = facts()
    without = replace(known, objects={name: sobject for name, sobject in known.objects.items() if name != "Lead"})
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
    (found,) = (
        target for target in targets(integration(map={"lead": {field: source}}), TYPED) if target.level == "error"
    )
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
    assert [
        target for target in targets(integration(map={"lead": {field: source}}), TYPED) if target.level == "error"
    ] == []


def test_a_fixed_value_that_will_be_conformed_is_a_warning() -> None:
    found = targets(integration(map={"lead": {"AnnualRevenue": {"constant": "1,000"}}}), TYPED)
    assert "Lead.AnnualRevenue: '1,000' is written as 1000 (number_format)" in {
        finding.text.split(": ", 1)[1] for finding in found
    }


def test_of_several_fields_of_a_key_one_that_is_there_is_enough() -> None:
    key = {"from": "person.phones", "kind": "phone", "lead": ["Phone", "MobilePhone"], "contact": ["Phone"]}
    item = integration(match={"key_sets": [[key]]})
    assert [found.level for found in targets(item, facts("Lead.MobilePhone"))] == ["warning"]
    assert [found.absent for found in targets(item, facts("Lead.MobilePhone", "Lead.Phone"))] == [True, True]


def sharing(item: Integration, known: OrgFacts | None = None) -> list[tuple[str, str]]:
    """Return the level and text of findings about an account that people without a company would share."""
    return [(found.level, found.text) for found in targets(item, known or facts()) if "share" in found.text]


@pytest.mark.parametrize(
    ("source", "held"),
    [
        ("person.company", None),
        ({"from": "person.company", "values": {"ACME": "Acme"}}, None),
        ({"from": "person.company", "default": "Unknown company"}, "'Unknown company'"),
        ({"from": "person.company", "values": {"ACME": "Acme"}, "unmapped": "default", "default": "Other"}, "'Other'"),
        ({"constant": "No Integration"}, "'No Integration'"),
        ({"constant": 0}, "0"),
    ],
)
def test_an_account_that_everybody_without_a_company_would_share_is_warned_of(source: object, held: str | None) -> None:
    item = integration(map={"account": {"Name": source}}, account={"enabled": True})
    said = f"account key Name is {held} where the event names no company"
    assert [(level, said in text) for level, text in sharing(item)] == ([("warning", True)] if held else [])


def test_each_account_key_is_warned_of_and_no_other_field() -> None:
    shared = {"constant": "Unknown"}
    mapped = {"Name": shared, "Site": {"from": "fields.site", "default": "Main"}, "Industry": shared}
    item = integration(map={"account": mapped}, account={"enabled": True, "keys": ["Name", "Site"]})
    assert [text.split(" is ")[0].partition("account key ")[2] for _, text in sharing(item)] == ["Name", "Site"]


def test_accounts_that_are_off_share_nothing() -> None:
    assert sharing(integration(map={"account": {"Name": {"constant": "Unknown"}}})) == []


@pytest.mark.parametrize(
    ("field", "source", "warned"),
    [
        ("AccountId", {"constant": "0015g0000000001AAA"}, True),
        ("AccountId", {"from": "fields.account", "default": "0015g0000000001AAA"}, True),
        ("Account.Number__c", {"from": "fields.customer", "default": "0"}, True),
        ("AccountId", "fields.account", False),
        ("Account.Number__c", "fields.customer", False),
        ("Title", {"constant": "Owner"}, False),
    ],
)
def test_a_contact_that_is_always_put_on_one_account_is_warned_of(field: str, source: object, warned: bool) -> None:
    item = integration(map={"contact": {field: source}})
    assert [level for level, _ in sharing(item, REFERRING)] == (["warning"] if warned else [])


SHIPPED = sorted(path for folder in ("deploy", "signalbox/demo") for path in Path(folder).glob("integrations/*.yaml"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: path.stem)
def test_no_example_gives_everybody_without_a_company_one_account(file: Path) -> None:
    [item] = read_integrations({file.name: file.read_bytes()}).by_name.values()
    assert sharing(item) == []
    assert SHIPPED


def test_the_example_with_accounts_is_clean() -> None:
    text = Path("deploy/integrations/yes-to-contact.yaml").read_bytes()
    [item] = read_integrations({"yes-to-contact.yaml": text}).by_name.values()
    assert item.account.enabled
    assert [found.text for found in targets(item, facts()) if "account" in found.text.lower()] == []
    with_default = text.replace(b"Name: person.company #", b"Name: {from: person.company, default: Unknown} #")
    assert with_default != text
    [worse] = read_integrations({"yes-to-contact.yaml": with_default}).by_name.values()
    assert len(sharing(worse)) == 1


@pytest.mark.parametrize("setting", ["activity", "calls"])
def test_a_field_of_extensions_that_is_not_there_is_gone(setting: str) -> None:
    own = {"source": "pbx_call", "network": "N"} if setting == "calls" else {"source": "booking", "workspace": "W"}
    item = integration_of({"name": "one", "org": "main", **own, setting: {"user_extension": "Extension__c"}})
    known = facts()
    users = replace(known, objects={**known.objects, "User": ObjectFacts("User", known.objects["Lead"].fields)})
    [found] = [finding for finding in targets(item, users) if finding.absent]
    assert f"User.Extension__c ({setting}.user_extension) does not exist" in found.text


CONVERTING = {"source": "prospect", "action": "update_and_convert_lead_or_create_contact"}


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ({"activity": {"enabled": True, "owner": " a@example.com "}}, {"activity.owner": "a@example.com"}),
        ({"activity": {"owner": "a@example.com"}}, {}),
        ({**CONVERTING, "convert": {"owner": "b@example.com"}}, {"convert.owner": "b@example.com"}),
        ({**CONVERTING, "convert": {"owner": "005000000000001AAA"}}, {}),
        ({"convert": {"owner": "b@example.com"}}, {}),
    ],
)
def test_whoever_the_settings_name_has_to_be_an_active_user(told: dict[str, object], asked: dict[str, str]) -> None:
    item = integration(**told)
    assert owners([item, item]) == tuple(asked.values())
    users = [Record("User", "005000000000001AAA", {"Email": "A@example.com", "IsActive": True})]
    found = [finding.text for finding in owner_faults([item], "main", users)]
    wrong = {setting: name for setting, name in asked.items() if name != "a@example.com"}
    assert found == [
        f"integration one: {setting} {name!r} is no active user of the org; name one by e-mail or user name"
        for setting, name in wrong.items()
    ]


def test_the_default_owner_of_field_records_has_to_be_an_active_user() -> None:
    own = {"source": "field_sales", "workspace": "W", "field_sales": {"owner": "c@example.com"}}
    item = integration_of({"name": "one", "org": "main", **own})
    assert owners([item]) == ("c@example.com",)
    [found] = owner_faults([item], "main", [])
    assert "field_sales.owner 'c@example.com' is no active user" in found.text


@pytest.mark.parametrize(("action", "warned"), [("update_only", False), ("update_or_create_lead", True)])
def test_who_only_updates_is_not_warned_of_fields_that_a_create_needs(action: str, warned: bool) -> None:
    item = integration(action=action, map={"lead": {"Email": "person.email"}})
    assert any("Lead.LastName is mandatory" in found.text for found in targets(item, facts())) is warned
