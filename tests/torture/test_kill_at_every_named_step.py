import pytest

from tests.torture.calls import Deal, call, company, recipients
from tests.torture.conftest import Staging

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
        one = call(f"{seed}-{number}", person, code, company=company(person), at=number)
        made.say(one, f"acme-{code}", ("created", "updated"), times=2)
    for person in range(6):
        made.person(person)
    made.expected += [{"type": "account", "name": company(n)} for n in (0, 3)]
    return made


@pytest.mark.parametrize("place", PLACES)
def test_a_kill_at_every_named_step_loses_nothing_and_repeats_nothing(stage: Staging, place: str) -> None:
    box = stage()
    made = few(place)
    box.expect(*made.expected, *recipients())
    killed = box.start("executor", probe=[{"place": place, "nth": 1, "do": "kill"}])
    box.hand_over(made.messages)
    box.wait_finished(60)
    assert killed.lives == 2, f"{place} was never reached"
    verdict = box.verify("outcomes=12", "effects.create=8")
    assert verdict.violations == []
