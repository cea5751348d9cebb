"""A batch is decided in order: commands of one person see what those before them do."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from processors.executor.jobs.job import Job
from processors.executor.pipeline.decide import DecidedBatch, decide_batch
from processors.executor.pipeline.touched import touched_keys
from processors.matching.known_person import Comparison
from processors.matching.lookup import PERSON_FIELDS, Lookup
from processors.model.decision import Decision, Step
from processors.model.match import Match
from processors.model.record import Record
from tests.fakes.org import KEY
from tests.fakes.scheduler import command, integration
from tests.unit.deciding.rules.scenarios import org_facts
from tests.unit.executor.pipeline.plans import update

FACTS = replace(org_facts(), external_field={"Lead": KEY})
LEAD, OTHER = "00Q000000000001AAA", "00Q000000000002AAA"


def job(place: int, *keys: str, **more: Any) -> Job:
    return Job(command(f"{place}@example.com", **more), integration(), place, 0, 0.0, frozenset(keys))


def lead(record: str = LEAD, **fields: Any) -> Record:
    return Record("Lead", record, {"Email": "a@example.com", **fields})


def decided(jobs: list[Job], found: Mapping[str, Match], decide: Callable[[Job, Match], Decision]) -> DecidedBatch:
    return decide_batch(jobs, lambda item: found.get(item.id, Match()), decide, FACTS, Lookup())


def creates(job: Job, _match: Match) -> Decision:
    return Decision("created", steps=(Step("lead", "create", "Lead", fields={}, effect=f"key-{job.id}"),))


def test_an_update_sees_what_an_earlier_one_of_the_batch_writes() -> None:
    first, second = job(1, "a"), job(2, "a")
    seen: list[Any] = []

    def decide(item: Job, match: Match) -> Decision:
        seen.append(match.leads[0].fields.get("Title"))
        return Decision("updated", steps=(update(LEAD, Title=f"by {item.queue_position}"),))

    match = Match("key_set:1", leads=(lead(Title="before"),))
    batch = decided([second, first], {first.id: match, second.id: match}, decide)
    assert seen == ["before", "by 1"], "whatever order they are given in"
    assert set(batch.plans) == {first.id, second.id}
    assert batch.waiting == []


def test_nobody_is_decided_beside_one_who_creates_with_the_same_key() -> None:
    first, second, third = job(1, "a"), job(2, "a"), job(3, "b")
    batch = decided([first, second, third], {}, creates)
    assert set(batch.plans) == {first.id, third.id}
    assert batch.waiting == [second]


def test_a_person_who_is_known_by_a_record_is_met_by_the_record_too() -> None:
    first, second = job(1, "a"), job(2, "b")
    match = Match("key_set:1", leads=(lead(),))

    def decide(item: Job, found: Match) -> Decision:
        if item is first:
            return Decision("updated", steps=(Step("convert", "convert", "Lead", record_id=LEAD, status="Done"),))
        return Decision("updated", steps=(update(LEAD, Title="x"),))

    batch = decided([first, second], {first.id: match, second.id: match}, decide)
    assert set(batch.plans) == {first.id}
    assert batch.waiting == [second]
    assert {f"rec:{LEAD}", f"sfid:{LEAD}"} <= batch.wanted[first.id]


@pytest.mark.parametrize("place", PERSON_FIELDS["phone"])
def test_commands_whose_number_stands_in_any_field_of_a_person_are_not_decided_at_once(place: str) -> None:
    """Where own records are compared by a field, it is claimed, whatever the integrations look by."""
    assert place in Comparison().fields_of("Contact", "phone")
    number = "+14155550170"
    first, second = job(1, "a"), job(2, f"phone:{number}")
    held = Record("Contact", "003000000000001AAA", {place: number})

    def writes(item: Job, match: Match) -> Decision:
        if item is second:
            return creates(item, match)
        return Decision("updated", steps=(Step("contact", "update", "Contact", record_id=held.id, fields=written),))

    written: dict[str, Any] = {"Title": "x"}
    batch = decided([first, second], {first.id: Match("key_set:1", contacts=(held,))}, writes)
    assert f"phone:{number}" in batch.wanted[first.id], "nobody with that number is decided elsewhere"
    written = {place: number}
    bare = replace(held, fields={})
    batch = decided([first, second], {first.id: Match("key_set:1", contacts=(bare,))}, writes)
    assert (set(batch.plans), batch.waiting) == ({first.id}, [second])


def test_what_is_left_as_it_is_because_of_a_write_before_it_waits_until_that_is_through() -> None:
    """The write may yet be refused."""
    first, second = job(1, "a"), job(2, "a")

    def decide(item: Job, _match: Match) -> Decision:
        return Decision("updated", steps=(update(LEAD, Title="x"),) if item is first else (), reason="none")

    match = Match("key_set:1", leads=(lead(),))
    batch = decided([first, second], {first.id: match, second.id: match}, decide)
    assert set(batch.plans) == {first.id}
    assert batch.waiting == [second]


def test_a_fault_of_ours_in_one_decision_takes_nobody_along_but_who_shares_a_key() -> None:
    first, second, third = job(1, "a"), job(2, "a"), job(3, "b")

    def decide(item: Job, _match: Match) -> Decision:
        if item is first:
            raise ValueError("a bug")
        return Decision("updated")

    batch = decided([first, second, third], {}, decide)
    assert {name: str(fault) for name, fault in batch.faults.items()} == {first.id: "a bug"}
    assert batch.waiting == [second]
    assert set(batch.plans) == {third.id}


def test_what_is_touched_is_claimed_by_every_name_of_the_records() -> None:
    match = Match("key_set:1", leads=(lead(**{KEY: "effect"}),), also=(OTHER,))
    decision = Decision("updated", steps=(update(LEAD, Title="x"), Step("lead", "create", "Lead", effect="new")))
    keys = touched_keys(job(1, "a"), decision, match, FACTS, Lookup())
    assert {f"rec:{LEAD}", f"sfid:{LEAD}", f"sfid:{OTHER}", "thing:effect", "thing:new", "email:a@example.com"} <= keys


def test_a_plan_remembers_how_it_was_found_and_every_key_that_it_holds() -> None:
    item = job(1, "a")
    match = Match("key_set:2", leads=(lead(),), ignored_id=OTHER)
    batch = decided(
        [item], {item.id: match}, lambda _job, _match: Decision("updated", steps=(update(LEAD, Title="x"),))
    )
    plan = batch.plans[item.id]
    assert (plan.match_step, plan.ignored_id) == ("key_set:2", OTHER)
    assert {"a", f"rec:{LEAD}"} <= set(plan.keys)
