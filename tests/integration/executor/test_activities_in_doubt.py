"""An activity whose answer was lost, in orgs with and without the Unique External ID on Activity."""

from pathlib import Path
from typing import Any

import pytest

import simulator
from simulator.client import Control
from simulator.orgfile import KEY_FIELD, OrgFile
from tests.fakes.simulated import SimulatedRig, answered, calls, step, step_command

WITHOUT = OrgFile(fields={name: [dict(KEY_FIELD)] for name in ("Lead", "Contact", "Account", "Opportunity")})


def send(rig: SimulatedRig, *steps: Any) -> None:
    rig.send(*(step_command(item) for item in steps))


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("fault", ["reset_after", "reset_before"])
def test_a_lost_answer_makes_one_task_with_and_without_an_external_id(tmp_path: Path, keyed: bool, fault: str) -> None:
    with simulator.serve([OrgFile() if keyed else WITHOUT]) as running:
        rig = SimulatedRig(tmp_path, running, [calls()], request_limit=0.5, send_within=2.0)
        rig.seed("Contact", LastName="Ann", Phone="+14155552671")
        Control(running.control_url).fault(fault, match={"method": "POST", "body_regex": "CallDurationInSeconds"})
        send(rig, *answered("c1"))
        rig.settle(1)
        (task,) = rig.rows("Task")
        assert task["CallDurationInSeconds"] == 60
        rig.executor.stop()
        rig.executor.close()


def test_without_an_external_id_a_late_step_finds_the_task_in_the_ledger(tmp_path: Path) -> None:
    with simulator.serve([WITHOUT]) as running:
        rig = SimulatedRig(tmp_path, running, [calls()])
        rig.seed("Contact", LastName="Ann", Phone="+14155552671")
        send(rig, *answered("c1"))
        rig.settle(1)
        rig.restart()
        send(rig, step("c1", "recorded", 90, recording="https://pbx.example.com/r/1"))
        assert rig.kinds(rig.settle(2))[1] == "activity.activity_updated"
        assert len(rig.rows("Task")) == 1
        rig.executor.stop()
        rig.executor.close()


def test_two_calls_alike_are_two_tasks_without_an_external_id_too(tmp_path: Path) -> None:
    with simulator.serve([WITHOUT]) as running:
        rig = SimulatedRig(tmp_path, running, [calls()], request_limit=0.5, send_within=2.0)
        rig.seed("Contact", LastName="Ann", Phone="+14155552671")
        send(rig, *answered("c1"))
        rig.settle(1)
        Control(running.control_url).fault(
            "reset_after", match={"method": "POST", "body_regex": "CallDurationInSeconds"}
        )
        send(rig, *answered("c2", talk=61))
        rig.settle(2)
        assert sorted(task["CallDurationInSeconds"] for task in rig.rows("Task")) == [60, 61]
        rig.executor.stop()
        rig.executor.close()
