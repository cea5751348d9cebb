import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.kafka_server import ROOT
from tests.torture.conftest import HERE, Staging
from tests.torture.scenarios import SCENARIOS
from tests.torture.stage import Stage

MISFIT = re.compile("(Attribute|Name|Type|UnboundLocal)Error: ")
PARTS = ("schemas", "processors", "connectors", "signalbox")


def copy_of_the_product(folder: Path, patch: Path) -> Path:
    for part in PARTS:
        shutil.copytree(
            ROOT / part, folder / part
        )  # with its bytecode, which counts for what the patch leaves as it is
    (folder / "tests" / "torture").mkdir(parents=True)
    shutil.copy(HERE / "run_with_probe.py", folder / "tests" / "torture")
    # Outside every repository git takes the folder as it is.
    done = subprocess.run(
        ["/usr/bin/env", "git", "apply", "-C1", str(patch)],
        cwd=folder,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{patch.name} does not fit the product any more; plant the bug anew: {done.stderr}"
    return folder


def misfits(box: Stage) -> list[str]:
    """Return the errors of code that names what is not there: a patch can still apply where the code has moved on."""
    logs = [box.log(actor).read_text(errors="replace") for actor in box.actors.values()]
    return [line for log in logs for line in log.splitlines() if MISFIT.match(line)]


def test_every_planted_bug_has_a_scenario() -> None:
    assert {patch.stem for patch in (HERE / "planted").glob("*.patch")} == set(SCENARIOS)
    assert len(SCENARIOS) >= 10


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_planted_bug_turns_the_verifier_red(stage: Staging, tmp_path: Path, name: str) -> None:
    scenario = SCENARIOS[name]
    tree = copy_of_the_product(tmp_path / "product", HERE / "planted" / f"{name}.patch")
    box = stage(tree=tree, **scenario.stage)
    scenario.play(box, 15.0)
    verdict = box.verify(mails="notifier-one" in box.actors)
    assert misfits(box) == [], f"{name}.patch does not fit the product any more; plant the bug anew"
    assert verdict.checks & scenario.red, (verdict.violations, verdict.counts)


def _name(scenario: str) -> str:
    return SCENARIOS[scenario].play.__name__


@pytest.mark.parametrize("name", sorted({_name(scenario): scenario for scenario in SCENARIOS}.values()), ids=_name)
def test_the_same_scenario_without_the_bug_is_green(stage: Staging, name: str) -> None:
    scenario = SCENARIOS[name]
    box = stage(**scenario.stage)
    scenario.play(box, 90.0)
    verdict = box.verify("outcomes=1", mails="notifier-one" in box.actors)
    assert verdict.violations == []
