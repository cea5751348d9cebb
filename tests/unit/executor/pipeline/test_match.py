"""What the org and the ledger hold for each command of a batch, read at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import orjson

from processors.executor.jobs.job import Job
from processors.executor.pipeline.match import match_batch
from processors.matching.match import person_keys
from processors.model.match import Resolution
from processors.model.requests import Question
from tests.fakes.org import FakeOrg
from tests.fakes.scheduler import command, integration


class Kept:
    """A ledger in small, and what it was asked."""

    def __init__(
        self, links: Mapping[tuple[str, str], str] | None = None, history: Mapping[str, Any] | None = None
    ) -> None:
        self.by_name, self.history, self.asked = links or {}, history or {}, list[str]()

    def links(self, _lease: Any, kind: str, source_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the links of a kind."""
        self.asked.append(f"links:{kind}")
        return {
            source_id: self.by_name[kind, source_id] for source_id in source_ids if (kind, source_id) in self.by_name
        }

    def linked(self, *_arguments: Any) -> Mapping[str, Sequence[str]]:
        """Return no link of a record."""
        return {}

    def source_states(self, _lease: Any, _keys: Any) -> Mapping[tuple[str, str], bytes]:
        """Return no state of a source entity."""
        return {}

    def own_records(self, _lease: Any, _keys: Any) -> Sequence[Any]:
        """Return no own record."""
        return []

    def field_history(self, _lease: Any, record_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Return what is kept of the fields of records."""
        return {
            record_id: orjson.dumps(self.history[record_id]) for record_id in record_ids if record_id in self.history
        }


class Asked(FakeOrg):
    """An org that counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__(lambda: 1_000.0)
        self.rounds: list[Sequence[Question]] = []

    def find(self, questions: Sequence[Question]) -> Any:
        """Note the round."""
        self.rounds.append(questions)
        return super().find(questions)


def job(place: int, **more: Any) -> Job:
    made = command(f"{place}@example.com")
    return Job(made, integration(), place, 0, 0.0, person_keys(made, "US"), **more)


def matched(org: Asked, kept: Kept, *jobs: Job) -> Any:
    deps: Any = SimpleNamespace(ledger=kept, region="US")
    return match_batch(jobs, deps, SimpleNamespace(org="main"), org, org.facts())  # type: ignore[arg-type]  # a lease in small


def test_the_people_of_a_whole_batch_are_asked_for_in_one_round() -> None:
    org = Asked()
    ids = [org.add("Lead", LastName="Doe", Company="Acme", Email=f"{place}@example.com") for place in range(1, 41)]
    jobs = [job(place) for place in range(1, 41)]
    match = matched(org, Kept(), *jobs)
    assert [[lead.id for lead in match(each).leads] for each in jobs] == [[item_id] for item_id in ids]
    assert len(org.rounds) == 1


def test_the_function_that_comes_back_reads_nothing() -> None:
    org = Asked()
    item = job(1)
    match = matched(org, Kept(), item)
    org.add("Lead", LastName="Doe", Company="Acme", Email="1@example.com")
    rounds = len(org.rounds)
    assert match(item).leads == ()
    assert len(org.rounds) == rounds


def test_nobody_is_found_for_a_command_without_settings() -> None:
    org = Asked()
    org.add("Lead", LastName="Doe", Company="Acme", Email="1@example.com")
    known, unknown = job(1), replace(job(1), settings=None)
    match = matched(org, Kept(), known, unknown)
    assert len(match(known).leads) == 1
    assert match(unknown).leads == ()


def test_the_record_that_someone_chose_comes_before_what_the_keys_find() -> None:
    org = Asked()
    org.add("Lead", LastName="Doe", Company="Acme", Email="1@example.com")
    chosen = org.add("Lead", LastName="Other", Company="Acme", Email="other@example.com")
    item = job(1, resolution=Resolution(chosen))
    found = matched(org, Kept(), item)(item)
    assert (found.step, [each.id for each in found.leads]) == ("chosen", [chosen])


def test_the_record_that_was_chosen_for_good_is_that_persons_ever_after() -> None:
    org = Asked()
    org.add("Lead", LastName="Doe", Company="Acme", Email="1@example.com")
    assigned = org.add("Lead", LastName="Other", Company="Acme", Email="other@example.com")
    item = job(1)
    found = matched(org, Kept({("assignment", "email:1@example.com"): assigned}), item)(item)
    assert (found.step, [each.id for each in found.leads]) == ("assigned", [assigned])


def test_what_is_kept_of_the_fields_of_a_record_comes_with_it_and_with_no_other() -> None:
    org = Asked()
    first = org.add("Lead", LastName="Doe", Company="Acme", Email="1@example.com")
    second = org.add("Lead", LastName="Doe", Company="Acme", Email="2@example.com")
    history = {first: {"Title": {"at": "1"}}, second: {"City": {"at": "2"}}}
    item, other = job(1), job(2)
    match = matched(org, Kept(history=history), item, other)
    assert match(item).field_history == {first: {"Title": {"at": "1"}}}
    assert match(other).field_history == {second: {"City": {"at": "2"}}}
