"""`signalbox status` on real Kafka and a database: what runs, what waits, what is faulty, and what to do."""

import pytest

from tests.fixtures.processes import wait_until
from tests.integration.signalbox.conftest import Staging
from tests.integration.signalbox.tool import Said, signalbox
from tests.torture.calls import Deal, call

pytestmark = pytest.mark.timeout(200)
BOUND = 60.0
SOURCE = "crm.event.call-result"


def test_what_nobody_has_read_waits_and_what_does_not_run_is_named(stage: Staging) -> None:
    box = stage()
    box.publish([(b"k1", b"\x00"), (b"k2", b"other")])
    missing = {f"No {name} runs: start `signalbox run {name}`." for name in ("intake", "executor", "notifier", "audit")}
    last: list[Said] = []

    def named() -> bool:
        # A static member of an earlier installation on this broker counts until its session ends.
        last[:] = [signalbox(box.folder, "status", "--exit-code")]
        return missing <= {line.partition(". ")[2] for line in last[0].lines}

    wait_until(named, BOUND, "every process that is missing", pause=1.0)
    assert last[0].code == 1
    assert any(line.startswith(f"            2 wait in {SOURCE}, the oldest for ") for line in last[0].lines), last[
        0
    ].out


def test_a_transactions_end_is_no_message_that_waits(stage: Staging) -> None:
    box = stage()
    for role in ("executor", "audit"):
        box.start(role)
    made = Deal()
    for event in ("ann", "bob"):
        made.say(call(event, event, "lead"), "acme-lead")
    box.hand_over(made.messages)
    wait_until(lambda: box.query("SELECT count(*) FROM audit") == [(2,)], BOUND, "both in the audit", pause=0.2)

    def audited() -> bool:
        [found] = signalbox(box.folder, "status", "--json").values
        stages = {each["name"]: each for each in found["stages"]}
        return len(stages["audit"]["members"]) == 1 and stages["audit"]["waiting"] == []

    wait_until(audited, BOUND, "nothing that waits for the audit", pause=0.5)
    [found] = signalbox(box.folder, "status", "--json").values
    [org] = [each for each in found["orgs"] if each["org"]["org"] == "acme"]
    assert (org["unpublished"], org["org"]["states"]) == (0, {"settled": 2})


def test_a_faulty_file_is_shown_with_its_line(stage: Staging) -> None:
    box = stage()
    (box.folder / "integrations" / "zzz.yaml").write_text("name: zzz\naction: never\n")
    said = signalbox(box.folder, "status")

    assert said.code == 0, said.err
    assert "  zzz.yaml is faulty; no good text of it is known: its source waits" in said.lines
    assert any(line.strip().startswith("zzz.yaml:") for line in said.lines)
    assert any(line.endswith(": every process takes it up by itself.") for line in said.lines)


def test_without_kafka_the_rest_is_shown_and_kafka_is_asked_once(stage: Staging) -> None:
    box = stage()
    settings = box.folder / "settings.yaml"
    settings.write_text(settings.read_text().replace(box.kafka, "127.0.0.1:1"))
    said = signalbox(box.folder, "status")

    assert said.code == 0, said.err
    assert "  intake    not known: Kafka gave no answer" in said.lines
    assert any("Kafka did not list its topics" in line for line in said.lines)
    assert "Orgs" in said.lines
