import random
import time

import pytest

from tests.fixtures.processes import wait_until
from tests.torture.calls import address, deal
from tests.torture.conftest import Staging
from tests.torture.size import size
from tests.torture.stage import at_work, is_time

CALLS = size(1000, 5000)
KILLS = size(8, 20)


@pytest.mark.timeout(480)
def test_kills_at_random_lose_nothing_and_repeat_nothing(stage: Staging, seed: int) -> None:
    box = stage()
    rng = random.Random(seed)
    people = max(10, CALLS // 10)
    known = range(0, people, 5)
    ids = box.org().seed("Lead", [{"LastName": f"Number {n}", "Company": "Old", "Email": address(n)} for n in known])
    made = deal(seed, CALLS, people, dict(zip(known, ids, strict=True)))
    box.expect(*made.expected)
    box.org().pace({"base": 0.05, "record": 0.0005})
    killable = [box.start(role, name) for role in ("intake", "executor") for name in ("one", "two")]
    box.start("audit")
    box.start("notifier")
    share = len(made.messages) // (KILLS + 1)
    for kill in range(KILLS + 1):
        box.publish(made.messages[kill * share : (kill + 1) * share if kill < KILLS else None])
        if kill == KILLS:
            break
        end = time.monotonic() + rng.uniform(0.2, 3.0)
        wait_until(is_time(end, killable), 30, "a process that is at work")
        box.kill(rng.choice(at_work(killable)))
        box.revive()
    box.wait_finished(240)
    verdict = box.verify(
        f"outcomes={CALLS}", f"effects.create={people // 2}", "effects.convert=1", "mails=1", mails=True
    )
    assert verdict.violations == [], verdict.violations[:20]
    assert sum(actor.lives - 1 for actor in killable) >= KILLS
