import signal

import pytest

from tests.fixtures.processes import wait_until
from tests.torture.calls import Deal, call, company, recipients
from tests.torture.conftest import Staging
from tests.torture.size import databases

PLACES = (
    "before_insert", "after_insert", "after_claim", "after_match", "after_intents", "after_write", "after_settle",
    "before_transaction", "inside_transaction", "after_transaction",
)  # fmt: skip


def few(seed: str) -> Deal:
    """Twelve call results of six people, each delivered twice."""
    made = Deal()
    for number in range(12):
        person = number % 6
        code = "contact" if person % 2 else "lead"
        call_result = call(f"{seed}-{number}", person, code, company=company(person), at=number)
        made.say(call_result, f"acme-{code}", ("created", "updated"), times=2)
    for person in range(6):
        made.person(person)
    made.expected += [{"type": "account", "name": company(n)} for n in (0, 3)]
    return made


FIRST = {
    "before_transaction": ["after_settle"],
    "inside_transaction": ["after_settle", "before_transaction"],
    "after_transaction": ["after_settle", "before_transaction"],
}
"""Place → what is passed before: the first transactions carry offsets alone, and one with outcomes is to be struck."""


@pytest.mark.parametrize(("place", "database"), [(PLACES[place], name) for place, name in databases(len(PLACES))])
def test_a_kill_at_every_named_step_loses_nothing_and_repeats_nothing(
    request: pytest.FixtureRequest, stage: Staging, place: str, database: str
) -> None:
    # A stage without a database has SQLite in its own folder.
    box = stage(database="" if database == "sqlite" else request.getfixturevalue("postgres_url"))
    made = few(place)
    box.expect(*made.expected, *recipients())
    killed = box.start("executor", probe=[{"place": place, "first": FIRST.get(place, []), "do": "kill"}])
    box.hand_over(made.messages)
    process = killed.process
    assert process is not None
    wait_until(lambda: process.poll() is not None, 60, f"the kill at {place}")
    assert process.returncode == -signal.SIGKILL
    box.wait_finished(120)
    assert killed.lives == 2
    # Where all was settled before the kill, the second life has but to publish, and is not to be ended at its start.
    wait_until(lambda: box.published() >= 12, 90, "the outcomes of the second life")
    verdict = box.verify("outcomes=12", "effects.create=8")
    assert verdict.violations == []
