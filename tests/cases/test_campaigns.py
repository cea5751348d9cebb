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


def test_a_status_that_the_campaign_lacks_is_left_out_and_told(play: Play) -> None:
    run = play([has("Campaign", SPRING), result()], **joining("{ name: spring, status: Invited }"))
    assert (member(run)["Status"], member(run)["HasResponded"]) == ("Sent", False)
    outcome = run.outcomes()[-1]
    assert outcome.kind == "created"
    told = [(field.field, field.sent, field.why) for field in outcome.dropped_fields]
    assert told == [("CampaignMember.Status", "Invited", "unknown_value")]


def test_a_status_in_another_case_is_written_as_the_campaign_has_it(play: Play) -> None:
    run = play([has("Campaign", SPRING), result()], **joining("{ name: spring, status: ' responded' }"))
    assert (member(run)["Status"], member(run)["HasResponded"]) == ("Responded", True)
    [told] = run.outcomes()[-1].conformed_fields
    assert (told.field, told.sent, told.kept) == ("CampaignMember.Status", " responded", "Responded")


@pytest.mark.parametrize("source", ACTIVITIES)
def test_a_status_that_the_campaign_lacks_costs_no_source_its_activity(play: Play, source: str) -> None:
    text = ACTIVITIES[source] + "campaign: { name: Spring, status: Invited }\n"
    run = play([has("Contact", PERSON), has("Campaign", SPRING), event_of(source, None)], **{FILES[source]: text})
    assert member(run)["Status"] == "Sent"
    assert len([*run.rows("Task"), *run.rows("Event")]) == 1
    assert [field.field for field in run.outcomes()[-1].dropped_fields] == ["CampaignMember.Status"]


def test_a_member_that_is_there_keeps_its_status_where_the_new_one_is_unknown(play: Play) -> None:
    file = joining("{ name: spring, status: Invited, existing: update }")
    run = play([has("Contact", PERSON), has("Campaign", SPRING)], **file)
    ids = {"CampaignId": run.row("Campaign")["Id"], "ContactId": run.row("Contact")["Id"]}
    run.play([has("CampaignMember", {**ids, "Status": "Responded"}), result()])
    assert member(run)["Status"] == "Responded"
    assert [field.field for field in run.outcomes()[-1].dropped_fields] == ["CampaignMember.Status"]


def test_a_status_that_was_taken_from_the_campaign_later_is_told_from_then_on(play: Play) -> None:
    run = play([has("Campaign", SPRING)], **joining("{ name: spring, status: Came }"))
    own = {"CampaignId": run.row("Campaign")["Id"], "Label": "Came"}
    run.play([has("CampaignMemberStatus", own), result()])
    assert run.outcomes()[-1].dropped_fields == ()
    run.control().change("CampaignMemberStatus", run.row("CampaignMemberStatus", Label="Came")["Id"], Label="Visited")
    run.play([result("r-2", person={"last_name": "Bob", "email": "bob@example.com"})])
    assert [field.field for field in run.outcomes()[-1].dropped_fields] == ["CampaignMember.Status"]


REFUSE = "write: { fields: { CampaignMember.Status: { unfit: refuse } } }\n"


def test_by_setting_a_status_in_another_case_is_not_refused(play: Play) -> None:
    text = {name: REFUSE + item for name, item in joining("{ name: spring, status: ' responded' }").items()}
    run = play([has("Campaign", SPRING), result()], **text)
    assert run.row("CampaignMember")["Status"] == "Responded"
    assert "campaign_status_unknown" not in run.outcomes()[-1].flags


@pytest.mark.parametrize("status", ["Invited", "sent by post"])
def test_by_setting_nobody_joins_with_a_status_that_the_campaign_lacks(play: Play, status: str) -> None:
    text = {name: REFUSE + item for name, item in joining(f"{{ name: spring, status: {status} }}").items()}
    run = play([has("Campaign", SPRING), result()], **text)
    outcome = run.outcomes()[-1]
    assert (outcome.kind, run.rows("CampaignMember")) == ("created", [])
    assert "campaign_status_unknown" in outcome.flags
    assert f"name 'Spring' has no member status '{status}'".casefold() in str(outcome.detail).casefold()


def test_a_status_of_the_campaigns_own_is_kept(play: Play) -> None:
    run = play([has("Campaign", SPRING)], **joining("{ name: spring, status: Came }"))
    own = {"CampaignId": run.row("Campaign")["Id"], "Label": "Came", "HasResponded": True}
    run.play([has("CampaignMemberStatus", own), result()])
    assert (member(run)["Status"], member(run)["HasResponded"]) == ("Came", True)
