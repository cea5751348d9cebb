"""Two processes with one name, on real Kafka: told at the start, and a fenced one ends."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from confluent_kafka.admin import AdminClient

from connectors.kafka.admin import ensure_topics
from schemas.topics import change_rows
from tests.fixtures.processes import wait_until
from tests.integration.changes.test_on_kafka import INTEGRATION, PACE
from tests.torture.stage import Actor, Stage, staged

pytestmark = pytest.mark.timeout(300)

FENCED = 3
JOINED = {"executor": "org begins", "changes": "changes of an org are read"}


@pytest.fixture
def box(tmp_path: Path, clean_kafka: str) -> Iterator[Stage]:
    """Return a stage with an org for both processes, on a broker that no member of the name is left on."""
    with ExitStack() as stack:
        stage = Stage(tmp_path / "stage", clean_kafka, integrations={"field": yaml.safe_dump(INTEGRATION)})
        stack.enter_context(staged(stage))
        settings = stage.folder / "settings.yaml"
        settings.write_text(yaml.safe_dump({**yaml.safe_load(settings.read_text()), "changes": PACE}))
        ensure_topics(AdminClient({"bootstrap.servers": clean_kafka}), change_rows({"field": "acme"}), replication=1)
        yield stage


def says(box: Stage, actor: Actor, words: str) -> Callable[[], bool]:
    """Return whether the log of a process has these words."""
    log = box.log(actor)
    return lambda: log.exists() and words in log.read_text()


def elsewhere(box: Stage, folder: str, name: str) -> dict[str, str]:
    """Return the environment of a process with the same name and a state folder of its own."""
    return {"SIGNALBOX_INSTANCE": name, "SIGNALBOX_STATE": str(box.folder / folder)}


@pytest.mark.parametrize("role", ["executor"])
def test_a_second_process_of_one_folder_is_told_of_the_first_and_ends(box: Stage, role: str) -> None:
    env = {"SIGNALBOX_INSTANCE": f"{box.run}-same"}
    first = box.start(role, "first", env=env)
    wait_until(says(box, first, JOINED[role]), 60, "the first")
    second = box.start(role, "second", env=env)
    assert second.process is not None
    assert second.process.wait(60) == 2
    assert "give each its own name" in box.log(second).read_text()
    assert first.process is not None
    assert first.process.poll() is None


@pytest.mark.parametrize("role", ["executor"])
def test_a_second_process_of_another_host_waits_and_tells_and_the_first_works_on(box: Stage, role: str) -> None:
    name = f"{box.run}-same"
    first = box.start(role, "first", env=elsewhere(box, "one", name))
    wait_until(says(box, first, JOINED[role]), 60, "the first")
    second = box.start(role, "second", env=elsewhere(box, "two", name))
    wait_until(says(box, second, "another process is in group"), 60, "the word of the second")
    assert JOINED[role] not in box.log(second).read_text()
    assert first.process is not None
    assert first.process.poll() is None
    box.kill(first)
    del box.actors[first.name]
    wait_until(says(box, second, JOINED[role]), 60, "the second to begin")


@pytest.mark.parametrize("role", ["executor", "changes"])
def test_a_fenced_process_ends_with_its_own_code_and_its_next_life_waits(box: Stage, role: str) -> None:
    name = f"{box.run}-same"
    first = box.start(role, "first", env=elsewhere(box, "one", name))
    wait_until(says(box, first, JOINED[role]), 60, "the first")
    # A state folder that was copied: it says that this name is proven.
    (box.folder / "two").mkdir()
    (box.folder / "two" / f"{role}.{name}").write_text(f"{name}\n")
    second = box.start(role, "second", env=elsewhere(box, "two", name))
    assert first.process is not None
    assert first.process.wait(60) == FENCED
    assert "give each a name of its own" in box.log(first).read_text()
    wait_until(says(box, second, JOINED[role]), 60, "the second")
    box.live(first)
    wait_until(says(box, first, "another process is in group"), 60, "the word of the first")
    assert second.process is not None
    assert second.process.poll() is None


def test_an_executor_without_a_name_makes_one_and_keeps_it(box: Stage) -> None:
    actor = box.start("executor", env={"SIGNALBOX_INSTANCE": ""})
    wait_until(says(box, actor, "org begins"), 60, "the org")
    first = json.loads(box.log(actor).read_text().splitlines()[0])
    assert (first["event"], first["process"], first["integrations"]) == ("process begins", "executor", ["field"])
    assert first["version"] == version("signalbox")
    assert first["digest"]
    (kept,) = [path for path in (box.folder / "state").iterdir() if path.name.startswith("executor-")]
    name = kept.read_text().split()[0]
    box.kill(actor)
    box.live(actor)
    wait_until(lambda: box.log(actor).read_text().count("org begins") >= 2 * len(box.orgs), 60, "the next life")
    assert kept.read_text().split()[0] == name
    owners = {json.dumps(row[0]) for row in box.query("SELECT owner FROM lease")}
    assert owners == {json.dumps(name)}
