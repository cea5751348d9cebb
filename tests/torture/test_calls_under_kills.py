import random
import time

import pytest

from tests.fixtures.processes import wait_until
from tests.torture import calls, steps
from tests.torture.conftest import Staging
from tests.torture.size import size
from tests.torture.stage import at_work, is_time

CALLS = size(500, 2000)
KILLS = size(5, 10)


@pytest.mark.timeout(300)
def test_d19_kills_at_random_leave_every_call_one_complete_task(stage: Staging, seed: int) -> None:
    """Steps of a call reach two intakes, in any order and again; bookings are moved and cancelled between them."""
    box = stage(integrations=steps.INTEGRATIONS)
    rng, made = random.Random(seed), steps.Dealt()
    for name, fields in steps.records():
        box.org().seed(name, [fields])
    steps.deal_calls(made, rng, CALLS)
    steps.deal_bookings(made, rng, CALLS // 10, float(CALLS))
    steps.deal_seats(made, rng, CALLS // 25, float(CALLS))
    box.expect(*made.expected)
    box.expect(
        *(
            {"type": "integration", "integration": integration, "recipients": [calls.TEAM]}
            for integration in steps.INTEGRATIONS
        )
    )
    box.org().pace({"base": 0.05, "record": 0.0005})
    killable = [box.start(role, name) for role in ("intake", "executor") for name in ("one", "two")]
    box.start("audit")
    messages = made.in_order()
    share = len(messages) // (KILLS + 1)
    for kill in range(KILLS):
        box.publish_to(messages[kill * share : (kill + 1) * share])
        # A kill before anything is at work proves little.
        wait_until(lambda: box.settled() > 0, 60, "the first call to be answered")
        wait_until(is_time(time.monotonic() + rng.uniform(0.2, 2.0), killable), 60, "a process that is at work")
        box.kill(rng.choice(at_work(killable)))
        box.revive()
    box.publish_to([*messages[KILLS * share :], *made.at_last()])
    box.wait_finished(100)
    verdict = box.verify(
        f"outcomes={CALLS}", f"ledger.absorbed={CALLS}", f"effects.create={CALLS // 2}", "effects.delete=1"
    )
    assert verdict.violations == [], verdict.violations[:20]
    assert sum(actor.lives - 1 for actor in killable) >= KILLS
