"""One interaction, one activity: the dialler's result and the PBX's record of a call share one Task."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import simulator
from processors.integration.model import Integration
from schemas.command import Command
from schemas.values import Agent
from tests.fakes.scheduler import command, integration
from tests.fakes.simulated import AGENT, START, SimulatedRig, answered, calls, step, step_command

Opened = Callable[..., SimulatedRig]
DIALLER = integration("upsert", activity={"enabled": True, "object": "Task", "one_with": "pbx"})
PBX = calls(activity={"enabled": True, "object": "Task", "one_with": "upsert"})


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    rigs: list[SimulatedRig] = []
    with simulator.serve() as running:

        def make(*integrations: Integration) -> SimulatedRig:
            rigs.append(SimulatedRig(tmp_path, running, integrations or (DIALLER, PBX)))
            return rigs[-1]

        yield make
        for rig in rigs:
            rig.executor.stop()
            rig.executor.close()


def result(seconds: float, code: str = "YES", agent: str = AGENT) -> Command:
    """Return the command of a call result that was closed so many seconds after the call began."""
    made = command("ann@example.com", phone="+14155552671")
    return replace(
        made,
        agent=Agent(agent),
        event_time=START + timedelta(seconds=seconds),
        activity={"Subject": f"Call: {code}", "CallDisposition": code},
    )


def steps(call: str = "c1") -> list[Command]:
    return [step_command(pbx_call_event) for pbx_call_event in answered(call)]


@pytest.mark.parametrize("pbx_first", [True, False])
def test_a_result_and_a_record_within_two_minutes_make_one_task(opened: Opened, pbx_first: bool) -> None:
    rig = opened()
    rig.seed("Lead", LastName="Ann", Company="Acme", Email="ann@example.com", Phone="+14155552671")
    parts = [steps(), [result(100)]]
    for number, part in enumerate(parts if pbx_first else reversed(parts), start=1):
        rig.send(*part)
        rig.settle(number)
    (task,) = rig.rows("Task")
    assert (task["Subject"], task["CallDisposition"], task["CallDurationInSeconds"]) == ("Call: YES", "YES", 60)


def test_a_result_three_minutes_later_is_another_interaction(opened: Opened) -> None:
    rig = opened()
    rig.seed("Lead", LastName="Ann", Company="Acme", Email="ann@example.com", Phone="+14155552671")
    rig.send(*steps())
    rig.settle(1)
    rig.send(result(64 + 121))
    rig.settle(2)
    assert len(rig.rows("Task")) == 2


def test_another_agent_is_another_interaction(opened: Opened) -> None:
    rig = opened()
    rig.seed("Lead", LastName="Ann", Company="Acme", Email="ann@example.com", Phone="+14155552671")
    rig.send(*steps())
    rig.settle(1)
    rig.send(result(70, agent="other@example.com"))
    rig.settle(2)
    assert len(rig.rows("Task")) == 2


def test_a_part_that_comes_later_amends_the_task_of_both(opened: Opened) -> None:
    rig = opened()
    rig.seed("Lead", LastName="Ann", Company="Acme", Email="ann@example.com", Phone="+14155552671")
    rig.send(result(10))
    rig.settle(1)
    rig.send(*steps())
    rig.settle(2)
    rig.restart()
    rig.send(step_command(step("c1", "recorded", 300, recording="https://pbx.example.com/r/1")))
    rig.settle(3)
    (task,) = rig.rows("Task")
    assert task["Subject"] == "Call: YES"
    assert "https://pbx.example.com/r/1" in task["Description"]


def test_on_conversion_the_task_follows_to_the_contact_and_is_amended_there(opened: Opened) -> None:
    converting = integration(
        "upsert",
        action="update_and_convert_lead_or_create_contact",
        activity={"enabled": True, "object": "Task", "one_with": "pbx"},
    )
    rig = opened(converting, PBX)
    rig.seed("Lead", LastName="Ann", Company="Acme", Email="ann@example.com", Phone="+14155552671")
    rig.send(*steps())
    rig.settle(1)
    rig.send(result(100))
    outcome = rig.settle(2)[-1]
    assert outcome.kind == "converted"
    (contact,) = rig.rows("Contact")
    (task,) = rig.rows("Task")
    assert (task["WhoId"], task["Subject"], task["CallDurationInSeconds"]) == (contact["Id"], "Call: YES", 60)


def test_where_nobody_names_the_other_each_source_logs_its_own(opened: Opened) -> None:
    rig = opened(integration("upsert", activity={"enabled": True}), calls())
    rig.seed("Lead", LastName="Ann", Company="Acme", Email="ann@example.com", Phone="+14155552671")
    rig.send(*steps(), result(70))
    rig.settle(2)
    assert len(rig.rows("Task")) == 2
