import signal

from tests.fixtures.processes import wait_until
from tests.torture.calls import Deal, call, recipients
from tests.torture.conftest import Staging
from tests.torture.stage import ready


def test_d12_a_zombie_before_its_send_by_check_writes_nothing_and_publishes_nothing(stage: Staging) -> None:
    """D12: stopped after intents; its partitions move; the new owner resends and writes newer; the old one wakes."""
    box = stage(org_settings={"request_limit": 4.0})
    made = Deal()
    made.person("z")
    made.say(call("first", "z", "lead"), "acme-lead", ("created",))
    made.say(call("second", "z", "lead"), "acme-lead", ("updated",))
    box.expect(*made.expected, *recipients())
    zombie = box.start("executor", "zombie", probe=[{"place": "after_intents", "do": "stop"}])
    ready(box, zombie)
    box.hand_over(made.messages[:1])
    wait_until((box.folder / "probe-0").exists, 30, "the executor to stop after its intents")
    box.hand_over(made.messages[1:])
    box.start("executor", "heir")
    wait_until(lambda: box.settled() == 2, 90, "the heir to settle both commands")
    before = len(box.org().effects())
    box.send_signal(zombie, signal.SIGCONT)
    wait_until((box.folder / "returned").exists, 60, "the zombie's call to come back")
    box.wait_finished(60)
    assert len(box.org().effects()) == before
    verdict = box.verify("outcomes=2", "effects.create=1", "effects.update=1")
    assert verdict.violations == []
