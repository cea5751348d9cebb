import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from signalbox.settings import GROUP_EXECUTOR
from tests.fixtures.processes import stop, wait_until
from tests.integration.signalbox.conftest import Staging
from tests.integration.signalbox.outcomes import outcomes
from tests.integration.signalbox.tool import signalbox
from tests.torture.calls import Deal, call
from tests.torture.stage import Actor, Stage, ready

pytestmark = pytest.mark.timeout(200)
BOUND = 40.0


def _hand_over(box: Stage, *events: str) -> None:
    made = Deal()
    for event in events:
        made.say(call(event, event, "lead"), "acme-lead")
    box.hand_over(made.messages)


def _published(box: Stage) -> list[str]:
    """Return the events of all outcomes in sequence; an outcome or a number that came twice fails."""
    found = outcomes(box.kafka)
    numbers = [number for number, _ in found]
    ids = [outcome.outcome_id for _, outcome in found]
    assert sorted(set(numbers)) == numbers, f"a number came twice: {numbers}"
    assert len(set(ids)) == len(ids), f"an outcome came twice: {ids}"
    return [event for _, outcome in found for event in outcome.event_ids]


def _wait_published(box: Stage, events: Sequence[str]) -> None:
    wait_until(lambda: len(_published(box)) >= len(events), BOUND, f"{len(events)} outcomes", pause=0.3)
    assert _published(box) == list(events)


def _end(box: Stage, actor: Actor) -> None:
    assert actor.process is not None
    stop(actor.process, 15)


def _forget_offsets(box: Stage) -> None:
    admin = AdminClient({"bootstrap.servers": box.kafka})

    def gone() -> bool:
        try:
            admin.delete_consumer_groups([GROUP_EXECUTOR])[GROUP_EXECUTOR].result(10)
        except KafkaException as error:
            # A static member counts until its session ends.
            return bool(error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND)
        return True

    wait_until(gone, BOUND, "the group's end", pause=0.5)


def _stopped(box: Stage, actor: Actor) -> str:
    ready(box, actor, "org stopped")
    told = [line for line in box.log(actor).read_text().splitlines() if "org stopped" in line]
    assert len(told) == 1, told
    return told[0]


def _resume(box: Stage, through: int) -> None:
    said = signalbox(box.folder, "org", "resume", "acme")
    assert (said.code, said.err) == (0, "")
    assert said.out == f"acme: outcomes through {through} are published; the executor goes on after it within seconds\n"


def _settle(box: Stage, *events: str) -> None:
    """Let an executor answer two commands and end in good order."""
    first = box.start("executor")
    ready(box, first)
    before = _published(box)
    _hand_over(box, *events)
    wait_until(lambda: len(_published(box)) == len(before) + len(events), BOUND, "the outcomes", pause=0.3)
    _end(box, first)
    box.log(first).unlink()


def test_d22_an_org_whose_offsets_expired_goes_on_when_it_is_resumed_without_a_restart(stage: Staging) -> None:
    box = stage()
    _settle(box, "a", "b")
    before = _published(box)
    _forget_offsets(box)
    _hand_over(box, "c")
    executor = box.start("executor")

    assert "signalbox org resume acme" in _stopped(box, executor)
    assert _published(box) == before
    _resume(box, 2)
    _wait_published(box, [*before, "c"])
    assert executor.lives == 1
    assert executor.process is not None
    assert executor.process.poll() is None
    wait_until(
        lambda: box.query("SELECT resume_from FROM lease WHERE org = 'acme'") == [(None,)],
        BOUND,
        "the resume to be forgotten",
    )
    statuses = signalbox(box.folder, "org", "status", "--json").values
    [status] = [item for item in statuses if item["org"] == "acme"]
    assert (status["published_through"], status["unpublished"]) == (3, 0)
    assert status["states"] == {"settled": 3}
    assert (status["last_sequence"], status["calls_in_doubt"], status["resume_from"]) == (3, 0, None)
    keys = {"owner", "epoch", "oldest_due", "last_settled", "unclean_starts"}
    assert keys <= set(status)


def test_a_crash_between_the_resume_and_the_first_commit_needs_no_second_resume(stage: Staging) -> None:
    box = stage()
    _settle(box, "a", "b")
    before = _published(box)
    _forget_offsets(box)
    _hand_over(box, "c")
    executor = box.start("executor", probe=[{"place": "before_transaction", "do": "kill"}])
    _stopped(box, executor)
    _resume(box, 2)
    wait_until((box.folder / "probe-0").exists, BOUND, "the kill")
    assert executor.process is not None
    executor.process.wait(20)
    assert _published(box) == before
    box.live(executor)

    _wait_published(box, [*before, "c"])
    assert box.log(executor).read_text().count("org stopped") == 1


def test_d25_an_org_on_an_older_backup_goes_on_after_its_last_published_outcome(stage: Staging) -> None:
    box = stage()
    _settle(box, "a")
    ledger = Path(box.database.removeprefix("sqlite:///"))
    with sqlite3.connect(ledger) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    backup = box.folder / "backup.db"
    shutil.copy(ledger, backup)
    _settle(box, "b")
    for more in ("-wal", "-shm"):
        ledger.with_name(ledger.name + more).unlink(missing_ok=True)
    shutil.copy(backup, ledger)
    _hand_over(box, "c")
    executor = box.start("executor")

    told = _stopped(box, executor)
    assert "older backup" in told
    assert "signalbox org resume acme" in told
    _resume(box, 2)
    _wait_published(box, ["a", "b", "c"])
    assert [number for number, _ in outcomes(box.kafka)] == [1, 2, 3]
