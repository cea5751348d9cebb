import random
import time
from typing import Any

import pytest

from tests.fixtures.processes import wait_until
from tests.torture import calls, records
from tests.torture.conftest import Staging
from tests.torture.size import size
from tests.torture.stage import Stage, at_work, is_time
from tests.torture.steps import Dealt

PROSPECTS, RECORDS, KILLS = size(200, 500), size(120, 300), size(4, 8)


def _rows(box: Stage, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = box.org().state()["records"].get(name, [])
    return [row for row in rows if not row.get("IsDeleted")]


@pytest.mark.timeout(300)
def test_kills_leave_one_record_a_prospect_one_conversion_a_field_record_and_one_task_an_activity(
    stage: Staging, seed: int
) -> None:
    """Prospects gather for cycles; stages, activities and repeats come from two intakes, in whatever order."""
    box = stage(integrations=records.INTEGRATIONS)
    rng, made = random.Random(seed), Dealt()
    records.deal_prospects(made, rng, PROSPECTS, 100.0)
    won = records.deal_field_records(made, rng, RECORDS, 100.0)
    box.expect(*made.expected)
    names = records.INTEGRATIONS
    box.expect(*({"type": "integration", "integration": name, "recipients": [calls.TEAM]} for name in names))
    box.org().pace({"base": 0.05, "record": 0.0005})
    killable = [box.start(role, name) for role in ("intake", "executor") for name in ("one", "two")]
    box.start("audit")
    messages = made.in_order()
    share = len(messages) // (KILLS + 1)
    for kill in range(KILLS):
        box.publish_to(messages[kill * share : (kill + 1) * share])
        wait_until(lambda: box.settled() > 0, 60, "the first command to be answered")
        wait_until(is_time(time.monotonic() + rng.uniform(0.2, 2.0), killable), 60, "a process that is at work")
        box.kill(rng.choice(at_work(killable)))
        box.revive()
    box.publish_to([*messages[KILLS * share :], *made.at_last()])
    box.wait_finished(120)
    people = [*_rows(box, "Lead"), *_rows(box, "Contact")]
    leads = [row for row in _rows(box, "Lead") if not row.get("IsConverted")]
    converted = [row for row in _rows(box, "Lead") if row.get("IsConverted")]
    contacts, tasks = _rows(box, "Contact"), _rows(box, "Task")
    assert len(leads) + len(contacts) == PROSPECTS + RECORDS
    assert len(contacts) == won
    assert len(converted) <= won
    assert len(people) == PROSPECTS + RECORDS + len(converted)
    assert sorted(row["Subject"] for row in tasks) == sorted(f"Knock {number}" for number in range(RECORDS))
    assert {row["Status"] for row in tasks} == {"Completed"}
    verdict = box.verify(f"outcomes={PROSPECTS * 2}", f"effects.create={PROSPECTS + RECORDS}")
    assert verdict.violations == [], verdict.violations[:20]
    assert sum(actor.lives - 1 for actor in killable) >= KILLS
