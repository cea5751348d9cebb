"""The batches under way, and the claims that each holds."""

from processors.executor.org_queue.batches import Batches
from processors.executor.org_queue.claims import Claims
from tests.unit.executor.org_queue.test_claims import job


def test_a_batch_holds_every_key_of_its_jobs_until_it_ends() -> None:
    batches = Batches(Claims())
    first, second = job(1, "a", wants="rec:x"), job(2, "b")
    holder = batches.begin([first, second])
    assert batches.keys(holder) == {"a", "b", "rec:x"}
    assert all(batches.claims.blocker([key]) == key for key in ("a", "b", "rec:x"))
    assert batches.end(holder) == [first, second]
    assert (len(batches), len(batches.claims)) == (0, 0)


def test_whoever_leaves_lets_go_of_what_no_other_job_of_the_batch_needs() -> None:
    batches = Batches(Claims())
    first, second = job(1, "a", "shared"), job(2, "shared")
    holder = batches.begin([first, second])
    batches.drop(holder, [first])
    assert batches.jobs(holder) == [second]
    assert batches.claims.blocker(["a"]) is None
    assert batches.claims.blocker(["shared"]) == "shared"


def test_a_batch_that_is_split_never_leaves_a_key_free_in_between() -> None:
    batches = Batches(Claims())
    first, second = job(1, "a"), job(2, "b", "a")
    holder = batches.begin([first, second])
    other = batches.split(holder, [second])
    assert (batches.jobs(holder), batches.jobs(other)) == ([first], [second])
    assert batches.claims.blocker(["a"], frozenset({holder, other})) is None
    assert batches.claims.blocker(["a"], frozenset({holder})) == "a"
    batches.end(other)
    assert batches.claims.blocker(["b"]) is None
    assert batches.claims.blocker(["a"]) == "a"


def test_a_later_batch_knows_of_an_earlier_one_that_still_matches() -> None:
    batches = Batches(Claims())
    earlier, later = batches.begin([job(1, "a")], matching=True), batches.begin([job(2, "b")], matching=True)
    assert batches.earlier_match(later, (0, 2))
    assert not batches.earlier_match(earlier, (0, 1)), "so two batches never wait for each other"
    batches.matched(earlier)
    assert not batches.earlier_match(later, (0, 2))


def test_a_match_is_told_at_which_turn_of_the_claims_it_began() -> None:
    batches = Batches(Claims())
    first = batches.begin([job(1, "a")])
    holder = batches.begin([job(2, "b")], matching=True)
    began = batches.claims.turn
    batches.end(first)
    assert batches.matched(holder) == began
    assert batches.claims.left_since(["a"], began)
    assert batches.matched("unknown") == 0


def test_batches_and_their_jobs_are_counted() -> None:
    batches = Batches(Claims())
    suspect = job(1, "a")
    batches.begin([suspect, job(2, "b")])
    batches.begin([job(3, "c", lane=2)])
    assert (batches.count(bulk=False), batches.count(bulk=True), batches.counts()) == (1, 1, {"working": 3})
    assert not batches.has_suspect()
    suspect.suspect_of_crash()
    assert batches.has_suspect()
