"""Commands that wait for someone's choice: parked, chosen for once, forgotten never."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import simulator
from processors.integration.model import Integration
from schemas.user_action import UserAction
from simulator.orgfile import OrgFile
from tests.fakes.scheduler import command, integration
from tests.fakes.simulated import SimulatedRig, answered, by_hand, calls, person, step_command

Opened = Callable[..., SimulatedRig]
PARKING = integration("upsert", match={"several": "park", "lead_and_contact": "park"})


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    rigs: list[SimulatedRig] = []
    with simulator.serve() as running:

        def make(*integrations: Integration) -> SimulatedRig:
            rigs.append(SimulatedRig(tmp_path, running, integrations or (PARKING, calls())))
            return rigs[-1]

        yield make
        for rig in rigs:
            rig.executor.stop()
            rig.executor.close()


def two(rig: SimulatedRig) -> tuple[str, str]:
    first, second = (
        rig.seed("Lead", LastName="Ann", Company="Acme", Email="ann@example.com", Phone="+14155552671")
        for _ in range(2)
    )
    return first, second


def action(name: str, event: str = "a1", **more: Any) -> UserAction:
    told: dict[str, Any] = {"integration": "upsert", "person": person(), **more}
    return UserAction(event, name, at=datetime.now(UTC), **told)  # type: ignore[arg-type]  # a test's own name


def parked(rig: SimulatedRig) -> str:
    rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["parked"] == 1, what="the command to be parked")
    return rig.notices()[-1].command_id


def test_several_matches_wait_for_a_choice_and_the_notice_lists_them(opened: Opened) -> None:
    rig = opened()
    leads = two(rig)
    rig.send(command("ann@example.com", Title="Boss"))
    parked(rig)
    (notice,) = rig.notices()
    assert notice.kind == "parked"
    assert {candidate.id for candidate in notice.candidates} == set(leads)
    assert rig.outcomes() == []


def test_d16_the_choice_resumes_the_command_once_and_a_second_one_comes_too_late(opened: Opened) -> None:
    """Two choices; both share the person with the parked command, and nobody waits for anybody."""
    rig = opened()
    _, second = two(rig)
    rig.send(command("ann@example.com", Title="Boss"))
    about = parked(rig)
    rig.send(
        by_hand(action("choose_match", "a1", about=about, salesforce_id=second)),
        by_hand(action("choose_match", "a2", about=about, salesforce_id=second)),
    )
    outcomes = {outcome.event_ids[0]: outcome for outcome in rig.settle(3)}
    assert sorted(rig.kinds([outcomes["a1"], outcomes["a2"]])) == ["skipped.already_resolved", "updated.resolved"]
    titles = {row["Id"]: row.get("Title") for row in rig.rows("Lead")}
    assert titles[second] == "Boss"
    assert list(titles.values()).count("Boss") == 1
    notices = rig.notices()
    assert [notice.kind for notice in notices] == ["parked", "resumed"]
    [chosen] = notices[1].candidates
    assert (chosen.id, f"chose Lead {chosen.name} ({second})" in notices[1].reason) == (second, True)


def test_d16_after_its_time_the_command_is_an_error_and_a_choice_comes_too_late(opened: Opened) -> None:
    rig = opened(integration("upsert", match={"several": "park", "park_hours": 0.5}), calls())
    first, _ = two(rig)
    rig.send(command("ann@example.com", Title="Boss"))
    about = parked(rig)
    rig.hour_later()
    rig.settle(1)
    rig.send(by_hand(action("choose_match", about=about, salesforce_id=first)))
    assert rig.kinds(rig.settle(2)) == ["error.multiple_match", "skipped.already_resolved"]
    assert not any(row.get("Title") for row in rig.rows("Lead"))


def test_a_choice_and_what_is_parked_survive_a_restart(opened: Opened) -> None:
    rig = opened()
    first, _ = two(rig)
    rig.send(command("ann@example.com", Title="Boss"))
    about = parked(rig)
    rig.restart()
    assert rig.executor.scheduler.counts(rig.clock())["parked"] == 1
    rig.send(by_hand(action("choose_match", about=about, salesforce_id=first)))
    rig.settle(2)
    assert {row["Id"]: row.get("Title") for row in rig.rows("Lead")}[first] == "Boss"
    assert len(rig.notices()) == 2


def test_a_choice_of_no_record_leaves_the_command_parked(opened: Opened) -> None:
    rig = opened()
    two(rig)
    rig.send(command("ann@example.com", Title="Boss"))
    about = parked(rig)
    rig.send(by_hand(action("choose_match", about=about, salesforce_id="nonsense")))
    (refused,) = rig.settle(1)
    assert rig.kinds([refused]) == ["error.no_match"]
    assert rig.executor.scheduler.counts(rig.clock())["parked"] == 1


def test_none_of_them_makes_a_new_record(opened: Opened) -> None:
    rig = opened()
    two(rig)
    rig.send(command("ann@example.com", Title="Boss"))
    about = parked(rig)
    rig.send(by_hand(action("choose_match", about=about, create_new=True)))
    kinds = rig.kinds(rig.settle(2))
    assert sorted(kinds) == ["created", "updated.resolved"]
    assert len(rig.rows("Lead")) == 3


def test_a_choice_for_good_holds_for_what_follows(opened: Opened) -> None:
    """XB-19, XB-20."""
    rig = opened()
    _, second = two(rig)
    rig.send(command("ann@example.com", Title="Boss"))
    about = parked(rig)
    rig.send(by_hand(action("choose_match", about=about, salesforce_id=second, remember=True)))
    rig.settle(2)
    rig.send(command("ann@example.com", Title="Chief"))
    outcomes = rig.settle(3)
    assert outcomes[-1].match_step == "assigned"
    assert {row["Id"]: row.get("Title") for row in rig.rows("Lead")}[second] == "Chief"


@pytest.mark.parametrize(("setting", "passes"), [("wait", False), ("pass", True)])
def test_what_follows_for_the_person_waits_or_passes_by_setting(opened: Opened, setting: str, passes: bool) -> None:
    rig = opened(
        integration("upsert", match={"several": "park", "while_parked": setting}),
        integration("other", project="q", match={"several": "newest"}),
        calls(),
    )
    first, _ = two(rig)
    rig.send(command("ann@example.com", Title="Boss"))
    about = parked(rig)
    rig.send(command("ann@example.com", integration="other", Title="Later"))
    rig.send(command("bob@example.com", Title="Else"))
    if passes:
        rig.settle(2)
    else:
        (only,) = rig.settle(1)
        assert only.person.email == "bob@example.com"
    rig.send(by_hand(action("choose_match", about=about, salesforce_id=first)))
    assert len(rig.settle(4)) == 4


def test_a_user_forces_a_new_lead_which_is_the_match_from_then_on(opened: Opened) -> None:
    """XB-24: what follows goes to the lead that was made."""
    rig = opened()
    two(rig)
    rig.send(by_hand(action("force_new", integration="pbx", person=person(phones=("+14155552671",)))))
    (made,) = rig.settle(1)
    assert rig.kinds([made]) == ["created"]
    new = next(record.id for record in made.records if record.object == "Lead")
    rig.send(*(step_command(pbx_call_event) for pbx_call_event in answered("c1")))
    rig.settle(2)
    (task,) = rig.rows("Task")
    assert task["WhoId"] == new


def test_a_manual_log_of_several_waits_and_goes_to_the_one_chosen(opened: Opened) -> None:
    """XB-21, XB-22, XB-10."""
    rig = opened()
    first, _ = two(rig)
    contact = rig.seed("Contact", LastName="Ann", Email="ann@example.com")
    rig.send(by_hand(action("log_activity", "l1", integration="pbx", subject="Talk")))
    about = parked(rig)
    assert {candidate.id for candidate in rig.notices()[0].candidates} > {first, contact}
    rig.send(by_hand(action("choose_match", "l2", integration="pbx", about=about, salesforce_id=contact)))
    rig.settle(2)
    (task,) = rig.rows("Task")
    assert (task["WhoId"], task["Status"], task["Subject"]) == (contact, "Completed", "Talk")


@pytest.mark.parametrize(("name", "kind"), [("create_lead", "error.salesforce_refused"), ("force_new", "created")])
def test_only_a_lead_made_by_force_passes_a_duplicate_rule_that_warns(tmp_path: Path, name: str, kind: str) -> None:
    """XB-24: the user has seen the others."""
    rule = {"object": "Lead", "name": "Phone", "action": "alert", "fields": ["LastName"], "match": ["Lead"]}
    with simulator.serve([OrgFile(duplicate_rules=[rule])]) as running:
        rig = SimulatedRig(tmp_path, running, [PARKING])
        rig.seed("Lead", LastName="Ann", Company="Acme", Email="else@example.com")
        rig.send(by_hand(action(name)))
        assert rig.kinds(rig.settle(1)) == [kind]
        rig.executor.stop()
        rig.executor.close()
