"""Which waiting commands may go: order is kept for each key, and nobody takes a key that someone else holds."""

from processors.executor.jobs.job import Job
from processors.executor.org_queue.claims import Claims, careful, pick
from processors.executor.org_queue.queue import Queue
from processors.model.decision import Decision, Step
from processors.model.plan import Plan
from processors.model.requests import Written
from tests.fakes.scheduler import command

PLAN = Plan(Decision("created", steps=(Step("lead", "create", "Lead"),)), results=(Written(True, "x"),))


def job(place: int, *keys: str, wants: str = "", lane: int = 0, due: float = 0.0, alone: bool = False) -> Job:
    """Return a waiting command with these keys."""
    return Job(
        command("a@example.com"),
        None,
        place,
        lane,
        due,
        frozenset(keys),
        wants=frozenset(wants.split()),
        alone=alone,
    )


def queue(*jobs: Job) -> Queue:
    """Return a queue of these commands."""
    made = Queue()
    for item in jobs:
        made.add(item)
    return made


def picked(*jobs: Job, claims: Claims | None = None, limit: int = 10) -> list[int]:
    """Return the places of those that may go at time 1."""
    return [item.queue_position for item in pick(queue(*jobs), claims or Claims(), {}, 1.0, limit)]


def test_commands_of_one_person_go_together_in_order() -> None:
    assert picked(job(2, "a"), job(1, "a"), job(3, "b")) == [1, 2, 3]


def test_one_that_is_not_due_holds_back_its_own_people_and_nobody_else() -> None:
    assert picked(job(1, "a", due=5.0), job(2, "a", "b"), job(3, "b"), job(4, "c")) == [4]


def test_a_due_one_passes_those_of_a_lower_lane_that_are_not_due() -> None:
    assert picked(job(1, "a", lane=1, due=5.0), job(2, "a", lane=0)) == [2]


def test_a_key_that_is_held_holds_back_all_who_share_one_with_whoever_wants_it() -> None:
    claims = Claims()
    claims.take(["a"], "batch:1")
    assert picked(job(1, "x", wants="a"), job(2, "x"), job(3, "b"), claims=claims) == [3]


def test_a_command_that_goes_alone_is_a_batch_of_its_own() -> None:
    assert picked(job(1, "a", alone=True), job(2, "b"), job(3, "a")) == [1]
    assert picked(job(1, "b"), job(2, "a", alone=True), job(3, "a"), job(4, "c")) == [1, 4]


def test_nobody_is_decided_beside_a_plan_that_goes_on() -> None:
    going_on, fresh, other = job(1, "a"), job(2, "a"), job(3, "b")
    going_on.decide(PLAN)
    assert picked(going_on, fresh, other) == [1]
    assert picked(fresh, other) == [2, 3]


def test_two_plans_of_one_person_go_one_after_the_other() -> None:
    first, second, other = job(1, "a"), job(2, "a"), job(3, "b")
    for item in (first, second, other):
        item.decide(PLAN)
    assert picked(first, second, other) == [1, 3]


def test_a_claim_is_free_when_its_last_holder_lets_go() -> None:
    claims = Claims()
    claims.take(["a", "b"], "batch:1")
    claims.take(["a"], "call:1")
    claims.release(["a", "b"], "batch:1")
    assert claims.blocker(["b", "a"]) == "a"
    assert claims.blocker(["a"], frozenset({"call:1"})) is None
    claims.release(["a"], "call:1")
    assert (claims.blocker(["a"]), len(claims)) == (None, 0)


def test_who_let_go_since_a_turn_is_known_until_it_matters_to_nobody() -> None:
    claims = Claims()
    claims.take(["a"], "batch:1")
    began = claims.turn
    assert not claims.left_since(["a"], began)
    claims.release(["a"], "batch:1")
    assert claims.left_since(["a"], began)
    assert not claims.left_since(["a"], claims.turn)
    assert not claims.left_since(["b"], began)


def test_bulk_goes_apart_from_what_is_live() -> None:
    assert picked(job(1, "a"), job(2, "b", lane=2)) == [1]
    assert picked(job(1, "a", lane=2), job(2, "b", lane=2)) == [1, 2]


def test_a_suspect_is_alone_in_what_may_go() -> None:
    first, suspect, third = job(1, "a"), job(2, "b"), job(3, "c")
    suspect.suspect_of_crash()
    assert careful([first, suspect, third]) == [first]
    assert careful([suspect, third]) == [suspect]
    assert careful([first, third]) == [first, third]
