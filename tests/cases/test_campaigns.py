"""A campaign is named by an external ID, and a status that it lacks becomes its default."""

from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import Run
from tests.cases.test_external_ids import ACTIVITIES, FILES, event_of, has, persons, result
from tests.cases.test_pbx_calls import ANN

SPRING = {"Name": "Spring", "IsActive": True, "Number__c": "S-42"}
OTHER = {"Name": "Spring", "IsActive": True, "Number__c": "S-43"}
PERSON = {"LastName": "Ann", "Email": "ann@example.com", "Phone": ANN}


def joining(campaign: str) -> dict[str, str]:
    return persons("contact", "FirstName: fields.first", f"campaign: {campaign}\n")


def member(run: Run) -> Any:
    return run.row("CampaignMember")


@pytest.mark.parametrize("source", ACTIVITIES)
def test_the_person_of_each_source_joins_the_campaign_that_has_the_number(play: Play, source: str) -> None:
    text = ACTIVITIES[source] + "campaign: { external_id: { Number__c: s-42 } }\n"
    run = play(
        [has("Contact", PERSON), has("Campaign", OTHER, SPRING), event_of(source, None)], **{FILES[source]: text}
    )
    assert member(run)["CampaignId"] == run.row("Campaign", Number__c="S-42")["Id"]
    assert member(run)["ContactId"] == run.row("Contact")["Id"]


def test_a_second_event_makes_no_second_member(play: Play) -> None:
    file = joining("{ external_id: { Number__c: S-42 }, status: Responded }")
    run = play([has("Campaign", SPRING), result(), result("r-2", fields={"first": "Ann"})], **file)
    assert member(run)["HasResponded"] is True


def test_a_number_that_no_campaign_has_costs_the_membership_alone(play: Play) -> None:
    run = play([has("Campaign", OTHER), result()], **joining("{ external_id: { Number__c: S-42 } }"))
    outcome = run.outcomes()[-1]
    assert (outcome.kind, "campaign_unknown" in outcome.flags) == ("created", True)
    assert "the campaign of external_id Number__c 'S-42' is not there" in str(outcome.detail)
    assert run.rows("CampaignMember") == []


def test_a_status_that_the_campaign_lacks_becomes_its_default(play: Play) -> None:
    run = play([has("Campaign", SPRING), result()], **joining("{ name: spring, status: Invited }"))
    assert (member(run)["Status"], member(run)["HasResponded"]) == ("Sent", False)


def test_a_status_of_the_campaigns_own_is_kept(play: Play) -> None:
    run = play([has("Campaign", SPRING)], **joining("{ name: spring, status: Came }"))
    own = {"CampaignId": run.row("Campaign")["Id"], "Label": "Came", "HasResponded": True}
    run.play([has("CampaignMemberStatus", own), result()])
    assert (member(run)["Status"], member(run)["HasResponded"]) == ("Came", True)
