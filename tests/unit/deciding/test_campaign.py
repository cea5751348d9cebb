"""Who joins a campaign, and which settings are none."""

import pytest
from pydantic import ValidationError

from processors.integration.check_campaigns import campaign_faults
from processors.integration.model import Integration
from processors.integration.org_settings import CampaignSettings
from processors.model.members import MEMBER, creates_member, is_member
from processors.model.record import Record
from processors.model.requests import Write
from processors.sources.settings import integration_of

CAMPAIGN, LEAD, CONTACT = "701000000000001AAA", "00Q000000000001AAA", "003000000000001AAA"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": CAMPAIGN, "name": "Spring"},
        {"id": "00Q000000000001AAA"},
        {"name": "Spring", "external_id": {"Number__c": "42"}},
        {"external_id": {}},
        {"external_id": {"Number__c": "42", "Code__c": "S"}},
        {"external_id": {"Number__c": " "}},
        {"name": " "},
        {"status": "Sent"},
        {"name": "Spring", "existing": "update"},
        {"name": "Spring", "existing": "never"},
    ],
)
def test_settings_that_say_no_one_thing_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CampaignSettings.model_validate(wrong)


def test_nobody_joins_unless_a_campaign_is_named() -> None:
    assert not CampaignSettings().wanted
    assert CampaignSettings(name="Spring").wanted


def test_a_campaign_is_named_by_its_id_of_15_or_18_characters_or_its_name_in_any_case() -> None:
    record = Record("Campaign", "701000000000001AAA", {"Name": "Spring Fair"})
    assert CampaignSettings(id="701000000000001").names(record)
    assert CampaignSettings(name="SPRING fair").names(record)
    assert not CampaignSettings(name="Spring").names(record)


@pytest.mark.parametrize(
    ("fields", "people", "same"),
    [
        ({"LeadId": LEAD}, (LEAD,), True),
        ({"LeadId": LEAD, "ContactId": CONTACT}, (CONTACT,), True),
        ({"LeadId": LEAD[:15]}, (LEAD,), True),
        ({"ContactId": CONTACT}, (LEAD, None), False),
        ({}, (None, ""), False),
    ],
)
def test_a_member_is_known_by_campaign_and_either_person(
    fields: dict[str, str], people: tuple[str | None, ...], same: bool
) -> None:
    record = Record(MEMBER, "00v000000000001AAA", {"CampaignId": CAMPAIGN, **fields})
    assert is_member(record, CAMPAIGN, people) is same
    assert not is_member(record, "701000000000002AAA", people)


def test_the_creation_of_a_member_alone_has_a_natural_key() -> None:
    assert creates_member(Write("create", MEMBER))
    assert not creates_member(Write("update", MEMBER))
    assert not creates_member(Write("create", "Lead"))
    assert not creates_member(None)


@pytest.mark.parametrize(("value", "held", "same"), [("S-42", "s-42", True), (42, 42.0, True), ("42", None, False)])
def test_a_campaign_is_named_by_an_external_id_without_case(value: object, held: object, same: bool) -> None:
    settings = CampaignSettings.model_validate({"external_id": {"Number__c": value}})
    assert settings.names(Record("Campaign", CAMPAIGN, {"Number__c": held})) is same


def joining(status: str) -> Integration:
    told = {"name": "one", "org": "main", "source": "prospect", "workspace": "a", "action": "update_or_create_lead"}
    return integration_of({**told, "campaign": {"name": "Spring", "status": status}})


@pytest.mark.parametrize(
    ("status", "statuses", "wrong"),
    [
        ("Sent", ["Sent", "Responded"], []),
        ("Invited", ["Sent", "Responded"], ["campaign.status 'Invited' is no member status of Spring, which has Sent"]),
        ("Invited", [], []),
        ("sent", ["Sent"], ["campaign.status 'sent' is no member status of Spring, which has Sent"]),
    ],
)
def test_check_knows_the_member_statuses_of_the_campaign(status: str, statuses: list[str], wrong: list[str]) -> None:
    campaign = Record("Campaign", CAMPAIGN, {"Name": "Spring", "IsActive": True})
    rows = [Record("CampaignMemberStatus", label, {"CampaignId": CAMPAIGN, "Label": label}) for label in statuses]
    found = [fault.text for fault in campaign_faults([joining(status)], "main", [campaign], rows)]
    assert len(found) == len(wrong)
    assert all(text in told for text, told in zip(wrong, found, strict=True))
