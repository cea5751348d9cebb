"""API calls that are not over: what they hold, when they are looked at, when they can land no more."""

from dataclasses import replace

from processors.executor.org_queue.calls_in_flight import CallsInFlight
from processors.executor.org_queue.claims import Claims
from processors.executor.org_queue.signal import Signal
from tests.unit.executor.org_queue.calls import call_of
from tests.unit.executor.org_queue.test_claims import job


def calls() -> CallsInFlight:
    return CallsInFlight(Claims(), Signal())


def test_a_call_without_an_answer_is_taken_when_it_is_due_the_earliest_first() -> None:
    held, first, second = calls(), job(1, "a"), job(2, "b")
    held.unanswered(call_of(first, claims=("a",), call_id="one"), [first], 5.0)
    held.unanswered(call_of(second, claims=("b",), call_id="two"), [second], 4.0)
    assert held.take_due(3.9) is None
    assert [taken.call.id for _ in range(2) if (taken := held.take_due(6.0))] == ["two", "one"]
    assert held.take_due(6.0) is None
    assert held.claims.blocker(["a"]) == "a", "its claims are its own until it is resolved"


def test_what_cannot_be_seen_yet_is_looked_at_again_and_counted() -> None:
    held, item = calls(), job(1, "a")
    held.unanswered(call_of(item), [item], 1.0)
    taken = held.take_due(1.0)
    assert taken is not None
    changes = held.signal.changes
    held.look_again(taken, 3.0)
    assert (taken.looks, held.look_times(), held.unanswered_jobs()) == (1, [3.0], 1)
    assert held.signal.changes > changes


def test_a_copy_that_may_land_stands_in_everybodys_way_but_its_own_commands() -> None:
    held, item = calls(), job(1, "a")
    sent = call_of(item, claims=("a", "rec:x"))
    held.unanswered(sent, [item], 1.0)
    held.alive(sent, replace(sent, claims=("rec:x",)))
    assert held.claims.blocker(["a"]) is None
    assert held.claims.blocker(["rec:x"]) == "rec:x"
    assert held.claims.blocker(["rec:x"], held.own[item.id]) is None


def test_a_call_that_can_land_no_more_lets_its_claims_go() -> None:
    held, item = calls(), job(1, "a")
    first, second = (
        call_of(item, claims=("a",), call_id=name, until=until) for name, until in (("x", 10.0), ("y", 20.0))
    )
    held.alive(None, first)
    held.alive(None, second)
    assert held.expired(9.9) == []
    assert held.expired(10.0) == [first]
    assert sorted(held.expiry_times()) == [10.0, 20.0]
    held.over(first)
    assert held.own[item.id] == {"y"}
    assert held.claims.blocker(["a"]) == "a"
    held.over(second)
    assert (dict(held.own), len(held.claims), held.expiry_times()) == ({}, 0, [])


def test_of_a_settled_command_no_call_is_its_own_any_more() -> None:
    held, item = calls(), job(1, "a")
    held.alive(None, call_of(item, claims=("a",)))
    held.forget([item])
    assert item.id not in held.own
    assert held.claims.blocker(["a"]) == "a", "its copy may land all the same"
