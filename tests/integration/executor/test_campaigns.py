"""The campaign of an integration: whoever is written joins it, once, whatever becomes of an answer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import simulator
from processors.sources.settings import integration_of
from tests.fakes.scheduler import command, integration
from tests.fakes.simulated import SimulatedRig, answered, calls, step_command

Opened = Callable[..., SimulatedRig]
CONVERT = "update_and_convert_lead_or_create_contact"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    with ExitStack() as stack:
        running = stack.enter_context(simulator.serve())

        def make(campaign: Any = None, *others: Any, **more: Any) -> SimulatedRig:
            simulator.Control(running.control_url).seed("Campaign", [{"Name": "Spring Fair", "IsActive": True}])
            settings = {"campaign": {"name": "spring fair"} if campaign is None else campaign}
            rig = SimulatedRig(tmp_path, running, [integration("upsert", **settings, **more), *others], request_limit=3)
            stack.callback(rig.executor.close)
            stack.callback(rig.executor.stop)
            return rig

        yield make


def member(rig: SimulatedRig) -> Any:
    (row,) = rig.rows("CampaignMember")
    return row


def test_a_new_lead_joins_the_campaign_with_its_default_status(opened: Opened) -> None:
    rig = opened()
    rig.send(command("ann@example.com"))
    (outcome,) = rig.settle(1)
    assert rig.kinds([outcome]) == ["created"]
    assert [(record.object, record.operation) for record in outcome.records] == [
        ("Lead", "created"),
        ("CampaignMember", "created"),
    ]
    (lead,) = rig.rows("Lead")
    assert (member(rig)["LeadId"], member(rig)["Status"]) == (lead["Id"], "Sent")


def test_a_second_event_of_the_person_makes_no_second_member(opened: Opened) -> None:
    rig = opened()
    rig.send(command("ann@example.com"))
    rig.settle(1)
    rig.send(command("ann@example.com", Title="Boss"), command("ann@example.com", Title="Chief"))
    assert rig.kinds(rig.settle(3)) == ["created", "updated", "updated"]
    assert member(rig)["CampaignId"]


def test_a_person_of_whom_nothing_changes_joins_all_the_same(opened: Opened) -> None:
    rig = opened({"name": "Spring Fair", "status": "Responded"})
    contact = rig.seed("Contact", LastName="Doe", Email="ann@example.com")
    rig.send(command("ann@example.com"))
    (outcome,) = rig.settle(1)
    assert rig.kinds([outcome]) == ["updated"]
    assert (member(rig)["ContactId"], member(rig)["Status"]) == (contact, "Responded")


@pytest.mark.parametrize(("existing", "status"), [("keep", "Sent"), ("update", "Responded")])
def test_a_member_that_is_there_changes_its_status_only_if_said(opened: Opened, existing: str, status: str) -> None:
    rig = opened({"name": "Spring Fair", "status": "Responded", "existing": existing})
    lead = rig.seed("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    (campaign,) = rig.rows("Campaign")
    rig.seed("CampaignMember", CampaignId=campaign["Id"], LeadId=lead)
    rig.send(command("ann@example.com"))
    rig.settle(1)
    assert member(rig)["Status"] == status


def test_a_converted_lead_joins_as_its_contact_and_a_member_moves_along(opened: Opened) -> None:
    rig = opened(action=CONVERT)
    rig.seed("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    other = rig.seed("Lead", LastName="Doe", Company="Acme", Email="bob@example.com")
    (campaign,) = rig.rows("Campaign")
    rig.seed("CampaignMember", CampaignId=campaign["Id"], LeadId=other)
    rig.send(command("ann@example.com"), command("bob@example.com"))
    assert {outcome.kind for outcome in rig.settle(2)} == {"converted"}, [
        outcome.refusals for outcome in rig.outcomes()
    ]
    contacts = {row["Email"]: row["Id"] for row in rig.rows("Contact")}
    assert {row["ContactId"] for row in rig.rows("CampaignMember")} == set(contacts.values())
    assert len(rig.rows("CampaignMember")) == 2


def test_a_campaign_that_is_not_there_costs_nobody_the_record(opened: Opened) -> None:
    rig = opened({"id": "701000000000000AAA"})
    rig.send(command("ann@example.com"))
    (outcome,) = rig.settle(1)
    assert (outcome.kind, outcome.flags) == ("created", ("campaign_unknown",))
    assert "701000000000000AAA" in (outcome.detail or "")
    assert rig.rows("CampaignMember") == []


def test_a_campaign_is_named_by_its_id(tmp_path: Path) -> None:
    with simulator.serve() as running:
        (campaign,) = simulator.Control(running.control_url).seed("Campaign", [{"Name": "Autumn Fair"}])
        rig = SimulatedRig(tmp_path, running, [integration("upsert", campaign={"id": campaign[:15]})])
        rig.send(command("ann@example.com"))
        rig.settle(1)
        assert member(rig)["CampaignId"] == campaign
        rig.executor.stop()
        rig.executor.close()


def test_two_campaigns_of_one_name_are_none(opened: Opened) -> None:
    rig = opened()
    rig.seed("Campaign", Name="SPRING FAIR")
    rig.send(command("ann@example.com"))
    (outcome,) = rig.settle(1)
    assert (outcome.kind, outcome.flags) == ("created", ("campaign_unknown",))


def test_a_caller_who_is_known_joins_the_campaign_of_the_calls(opened: Opened) -> None:
    pbx = integration_of({**calls().model_dump(by_alias=True), "campaign": {"name": "Spring Fair"}})
    rig = opened({}, pbx)
    lead = rig.seed("Lead", LastName="Doe", Company="Acme", Phone="+14155552671")
    rig.send(*(step_command(pbx_call_event) for pbx_call_event in answered("c1")))
    rig.settle(1)
    assert member(rig)["LeadId"] == lead


@pytest.mark.parametrize("action", ["reset_before", "reset_after", "late_apply"])
def test_no_answer_makes_no_twin(opened: Opened, action: str) -> None:
    """The org refuses a second member; what became of the first is read."""
    rig = opened()
    rig.control().fault(action, match={"body_regex": "CampaignMember.{0,20}CampaignId"}, seconds=0.5)
    rig.send(*(command(f"p{n}@example.com", LastName=f"P{n}") for n in range(5)))
    assert rig.kinds(rig.settle(5)) == ["created"] * 5
    assert len(rig.rows("CampaignMember")) == 5
    assert len({row["LeadId"] for row in rig.rows("CampaignMember")}) == 5


def test_a_member_that_somebody_made_meanwhile_is_taken(opened: Opened) -> None:
    rig = opened()
    lead = rig.seed("Lead", LastName="Roe", Company="Acme", Email="ann@example.com")
    (campaign,) = rig.rows("Campaign")
    done: list[str] = []

    def somebody(place: str) -> None:
        if place == "after_intents" and not done:
            done.append(rig.seed("CampaignMember", CampaignId=campaign["Id"], LeadId=lead))

    rig.on_place = somebody
    rig.send(command("ann@example.com"))
    (outcome,) = rig.settle(1)
    assert outcome.kind == "updated", outcome.refusals
    assert member(rig)["Id"] == done[0]
