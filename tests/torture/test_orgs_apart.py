import re
import time
from collections.abc import Callable

from tests.fixtures.processes import wait_until
from tests.torture.calls import Deal, address, call, integrations, recipients
from tests.torture.conftest import Staging
from tests.torture.stage import Stage, pause

ORGS = ("acme", "other")
DOWN = 20.0
PACE = 8.0
"""Seconds that the slow org takes for an answer; whoever waits for it waits longer."""


def two_orgs(stage: Staging, **more: object) -> Stage:
    return stage(orgs=ORGS, integrations={**integrations("acme"), **integrations("other")}, **more)


def some(made: Deal, org: str, numbers: range) -> list[tuple[bytes, bytes | None]]:
    before = len(made.messages)
    for number in numbers:
        made.say(call(f"{org}-{number}", f"{org}{number}", "lead", org=org), f"{org}-lead", ("created",))
        made.person(f"{org}{number}")
    return made.messages[before:]


def settled(box: Stage, org: str) -> int:
    return int(box.query(f"SELECT count(*) FROM command WHERE state = 'settled' AND org = '{org}'")[0][0])


def has_settled(box: Stage, org: str, due: int) -> Callable[[], bool]:
    return lambda: settled(box, org) == due


def troubled(box: Stage) -> bool:
    """Whether a call of the slow org is under way, the answer is being lost, and the locked record was refused."""
    lost = any(fault["struck"] for fault in box.org("other").ask("GET", "faults"))
    put_off = box.query("SELECT 1 FROM command WHERE event_id = 'lock' AND tries > 0")
    return lost and bool(put_off) and box.org("acme").calls()["running"] > 0


def event_settled(box: Stage, event: str) -> Callable[[], bool]:
    return lambda: bool(box.query(f"SELECT 1 FROM command WHERE event_id = '{event}' AND state = 'settled'"))


def test_one_org_down_pauses_alone_and_everything_settles_after(stage: Staging) -> None:
    box = two_orgs(stage)
    made = Deal()
    box.expect(*recipients(*ORGS))
    box.start("intake")
    executor = box.start("executor")
    box.publish(some(made, "acme", range(5)) + some(made, "other", range(5)))
    wait_until(lambda: settled(box, "acme") == settled(box, "other") == 5, 60, "the first outcomes of both orgs")
    box.org("acme").fault("maintenance", count=None)
    began = time.monotonic()
    number = 5
    while time.monotonic() - began < DOWN:
        box.publish(some(made, "acme", range(number, number + 3)) + some(made, "other", range(number, number + 3)))
        number += 3
        wait_until(has_settled(box, "other", number), 15, "the other org's outcomes while one is down")
        pause(1.0)
    assert settled(box, "acme") == 5
    box.org("acme").clear_faults()
    box.expect(*made.expected)
    box.wait_finished(60)
    assert executor.lives == 1
    assert box.log(executor).read_text().count("org begins") == 3, "a rebalance or a new start"
    verdict = box.verify(f"outcomes={2 * number}")
    assert verdict.violations == []
    assert verdict.counts["dead-letters"] == 0


def test_nobody_waits_for_a_slow_org_a_lost_answer_or_a_locked_person(stage: Staging) -> None:
    box = two_orgs(stage, org_settings={"request_limit": 12.0, "read_timeout": 12.0})
    made = Deal()
    [locked] = box.org("other").seed("Lead", [{"LastName": "Locked", "Company": "L", "Email": address("locked")}])
    box.expect(*recipients(*ORGS))
    box.start("intake")
    box.start("executor")
    box.publish(some(made, "acme", range(1)) + some(made, "other", range(1)))
    wait_until(lambda: settled(box, "acme") == settled(box, "other") == 1, 60, "the first outcomes of both orgs")
    box.org("acme").pace(PACE)
    box.org("other").lock(locked, 600.0)
    box.org("other").fault("hang", match={"body_regex": re.escape("other-lost")}, count=1, skip=1, seconds=60)
    made.say(call("lock", "locked", "lead", org="other"), "other-lead", ("updated",))
    made.say(call("other-lost", "other-lost", "lead", org="other"), "other-lead", ("created",))
    made.person("other-lost")
    box.publish([*some(made, "acme", range(1, 4)), *made.messages[2:4]])
    wait_until(lambda: troubled(box), 30, "the slow org, the lost answer and the locked person to be met")
    slow = []
    for number in range(10, 20):
        began = time.monotonic()
        box.publish(some(made, "other", range(number, number + 1)))
        wait_until(event_settled(box, f"other-{number}"), 30, f"other-{number}")
        slow.append(time.monotonic() - began)
    assert max(slow) < PACE - 2.0, slow
    waiting = {row[0] for row in box.query("SELECT event_id FROM command WHERE state != 'settled' AND org = 'other'")}
    assert "lock" in waiting, "the locked person was not waited for: the scenario proves nothing"
    box.org("other").lock(locked, 0)
    box.org("acme").pace("instant")
    box.expect(*made.expected)
    box.wait_finished(90)
    assert box.verify("outcomes=15").violations == []
