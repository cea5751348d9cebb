"""Integration files of running processes, on a real broker: a fault stops nothing, a good change is taken up."""

import signal

import pytest

from connectors.kafka.last_good_texts import LastGoodTexts
from connectors.kafka.options import KafkaSettings
from processors.model.errors import Transient
from signalbox.instance import running_processes
from tests.fixtures.processes import wait_until
from tests.integration.signalbox.conftest import Staging
from tests.integration.signalbox.tool import signalbox
from tests.torture import calls
from tests.torture.calls import Deal, call
from tests.torture.stage import Actor, Stage

SECONDS = 90.0


def said(box: Stage, actor: Actor, word: str, times: int = 1) -> None:
    log = box.log(actor)
    wait_until(
        lambda: log.exists() and log.read_text(errors="replace").count(word) >= times,
        SECONDS,
        f"{word!r} of {actor.name}",
    )


def written(box: Stage, name: str, text: str) -> None:
    path = box.folder / "integrations" / f"{name}.yaml"
    part = path.with_suffix(".part")
    part.write_text(text)
    part.rename(path)


def kept_by(store: LastGoodTexts) -> dict[str, bytes]:
    try:
        return store.read()
    except Transient:  # a topic that was made a moment ago has no leader yet
        return {}


@pytest.mark.timeout(600)
def test_r36_a_faulty_file_stops_nothing_and_a_good_one_is_taken_up(stage: Staging) -> None:
    texts = calls.integrations()
    box = stage(integrations=texts)
    store = LastGoodTexts(KafkaSettings(box.kafka))
    deal = Deal()
    intake, executor = box.start("intake"), box.start("executor")
    wait_until(lambda: sorted(kept_by(store)) == sorted(f"{name}.yaml" for name in texts), SECONDS, "the good texts")

    # A fault while they run: told, and what ran runs on.
    written(box, "acme-lead", texts["acme-lead"].replace("action:", "acton:"))
    for actor in (intake, executor):
        said(box, actor, "integration file is faulty")
    deal.person(1)
    deal.say(call("e1", 1, "lead"), "acme-lead", ("created",))
    box.publish(deal.messages)
    wait_until(lambda: box.settled() == 1, SECONDS, "the command of the faulty file's integration")

    # A start with the fault: the last good text runs.
    pids = [item.process.pid for item in (intake, executor) if item.process]
    for actor in (intake, executor):
        box.kill(actor)
    box.revive()
    deal.messages.clear()
    deal.person(2)
    deal.say(call("e2", 2, "lead"), "acme-lead", ("created",))
    box.publish(deal.messages)
    wait_until(lambda: box.settled() == 2, SECONDS, "a command after a start with the faulty file")

    # A new file, faulty: what only it may want waits, and all else goes on.
    news = texts["acme-update"].replace("acme-update", "acme-new").replace("UPDATE", "NEW")
    written(box, "acme-new", news.replace("action:", "acton:"))
    said(box, intake, "starts anew")
    deal.messages.clear()
    deal.person(3)
    deal.say(call("e3", 3, "lead"), "acme-lead", ("created",))
    box.publish(deal.messages)
    wait_until(lambda: box.settled() == 3, SECONDS, "a command of another integration")
    deal.messages.clear()
    deal.person(4)
    deal.say(call("e4", 4, "new"), "acme-new", ("error",))
    box.publish(deal.messages)
    said(box, intake, "a faulty file may describe the integration that wants event e4")
    assert box.settled() == 3

    # Mended: each process takes it up by itself, under its own process ID, at once when it is told to look.
    pids = [item.process.pid for item in (intake, executor) if item.process]
    written(box, "acme-new", news)
    for actor in (intake, executor):
        box.send_signal(actor, signal.SIGHUP)
    wait_until(lambda: box.settled() == 4, SECONDS, "the event that waited")
    assert [item.process.pid for item in (intake, executor) if item.process] == pids
    assert all(item.process.poll() is None for item in (intake, executor) if item.process)
    kept = store.read()
    assert kept["acme-new.yaml"].decode() == news
    assert "acton" not in kept["acme-lead.yaml"].decode()
    box.expect(*deal.expected)
    assert box.verify("outcomes=4").violations == []


@pytest.mark.timeout(300)
def test_the_command_returns_once_every_process_runs_the_changed_files(stage: Staging) -> None:
    texts = calls.integrations()
    box = stage(integrations=texts)
    actors = [box.start("intake"), box.start("executor")]
    wait_until(lambda: len(running_processes(box.folder / "state")) == 2, SECONDS, "both processes' names")
    first = signalbox(box.folder, "reload")
    assert first.code == 0, first.err
    assert [line.split()[0] for line in first.lines] == ["executor", "intake"]

    pids = [actor.process.pid for actor in actors if actor.process]
    written(box, "acme-lead", texts["acme-lead"].replace("enabled: true", "enabled: false"))
    again = signalbox(box.folder, "reload")
    assert again.code == 0, again.err
    digests = [{line.rsplit(maxsplit=1)[1] for line in said.lines} for said in (first, again)]
    assert [len(each) for each in digests] == [1, 1]
    assert digests[0] != digests[1]
    assert [actor.process.pid for actor in actors if actor.process] == pids

    written(box, "acme-lead", texts["acme-lead"].replace("action:", "acton:"))
    faulty = signalbox(box.folder, "reload")
    assert faulty.code == 1
    assert "acme-lead.yaml is faulty; its last good text runs" in faulty.err.splitlines()
    assert faulty.lines == again.lines


def test_where_nothing_runs_the_command_says_so(stage: Staging) -> None:
    box = stage()
    said_so = signalbox(box.folder, "reload", "--timeout", "0")
    assert said_so.code == 1
    assert said_so.err.startswith("no process runs from the state folder ")


@pytest.mark.timeout(300)
def test_the_recipients_of_a_faulty_file_are_mailed_once(stage: Staging) -> None:
    texts = calls.integrations()
    box = stage(integrations=texts, mail_up=True)
    store = LastGoodTexts(KafkaSettings(box.kafka))
    notifier = box.start("notifier")
    wait_until(lambda: sorted(kept_by(store)) == sorted(f"{name}.yaml" for name in texts), SECONDS, "the good texts")
    written(box, "acme-lead", texts["acme-lead"].replace("action:", "acton:"))
    wait_until(lambda: len(list(box.mails.glob("*.eml"))) == 1, SECONDS, "the mail")

    # A start with the fault tells nobody again.
    box.kill(notifier)
    box.revive()
    said(box, notifier, "integration file is faulty", times=2)
    written(box, "acme-update", texts["acme-update"].replace("action:", "acton:"))
    wait_until(lambda: len(list(box.mails.glob("*.eml"))) == 2, SECONDS, "the mail about the second file")
    subjects = [path.read_text().split("Subject: ")[1].splitlines()[0] for path in box.mails.glob("*.eml")]
    assert sorted(subjects) == [f"Integration file {name}.yaml is faulty" for name in ("acme-lead", "acme-update")]
