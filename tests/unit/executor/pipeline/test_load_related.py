"""What the ledger keeps around the commands of a batch, and what it makes of them."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from processors.executor.jobs.job import Job
from processors.executor.pipeline.load_related import load_related
from processors.matching.match import person_keys
from processors.model.match import Resolution
from processors.model.record import OwnRecord
from schemas.identity import effect_key
from tests.fakes.scheduler import command, integration

LEAD, CHOSEN, ASSIGNED = "00Q000000000001AAA", "00Q000000000002AAA", "00Q000000000003AAA"
LEASE: Any = SimpleNamespace(org="main")


class Kept:
    """A ledger in small; `asked` notes each read."""

    def __init__(self, links: Mapping[tuple[str, str], str] | None = None, own: Sequence[OwnRecord] = ()) -> None:
        self.by_name, self.own, self.asked = links or {}, own, list[str]()

    def links(self, _lease: Any, kind: str, source_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the links of a kind."""
        self.asked.append(f"links:{kind}")
        return {
            source_id: self.by_name[kind, source_id] for source_id in source_ids if (kind, source_id) in self.by_name
        }

    def source_states(self, _lease: Any, keys: Any) -> Mapping[tuple[str, str], bytes]:
        """Return no state of a source entity."""
        self.asked += ["states"] * bool(keys)
        return {}

    def own_records(self, _lease: Any, keys: Any) -> Sequence[OwnRecord]:
        """Return the records of these source entities."""
        self.asked.append("own")
        return [own_record for own_record in self.own if (own_record.integration, own_record.source_id) in keys]


def own(source_id: str, record: str = LEAD, name: str = "Lead") -> OwnRecord:
    return OwnRecord("upsert", source_id, record, name, "lead", "call_result", "e1", True)


def job(source_id: str = "t-1", activity: bool = False, **more: Any) -> Job:
    settings = integration(activity={"enabled": activity, "object": "Task"}) if activity else integration()
    made = command("ann@example.com", source_id=source_id)
    return Job(made, settings, 1, 0, 0.0, person_keys(made, "US"), **more)


def loaded(kept: Kept, *jobs: Job) -> Any:
    return load_related(jobs, kept, LEASE, "US")  # type: ignore[arg-type]  # a ledger in small


def test_records_that_were_chosen_for_the_person_are_read_with_the_match() -> None:
    item = job(resolution=Resolution(CHOSEN))
    kept = Kept({("assignment", "email:ann@example.com"): ASSIGNED})
    related, ids = loaded(kept, item)
    assert related[item.id].assigned == ASSIGNED
    assert ids == [CHOSEN, ASSIGNED]


def test_records_of_earlier_events_are_known_by_the_source_entity_alone() -> None:
    mine, other = job("t-1"), job("t-2")
    kept = Kept(own=[own("t-1"), own("t-3", CHOSEN)])
    related, ids = loaded(kept, mine, other)
    assert [each.record_id for each in related[mine.id].own] == [LEAD]
    assert related[mine.id].people == (LEAD,)
    assert related[other.id].own == ()
    assert ids == [LEAD]


def test_a_record_that_is_no_person_is_no_candidate() -> None:
    item = job()
    related, ids = loaded(Kept(own=[own("t-1", "001000000000001AAA", "Account")]), item)
    assert related[item.id].people == ()
    assert ids == []


def test_the_keys_that_release_0_1_0_gave_are_those_of_the_source_entity() -> None:
    item = job("t-1")
    related, _ = loaded(Kept(), item)
    assert related[item.id].old_keys == (effect_key("upsert", "t-1", "lead"), effect_key("upsert", "t-1", "contact"))


def test_activities_are_asked_for_only_where_they_are_written() -> None:
    without, kept = job(), Kept()
    related, _ = loaded(kept, without)
    assert (related[without.id].effects, "links:activity" in kept.asked) == ((), False)
    logging, kept = job(activity=True), Kept()
    related, _ = loaded(kept, logging)
    (effect,) = related[logging.id].effects
    assert "links:activity" in kept.asked
    related, _ = loaded(Kept({("activity", effect): "00T000000000001AAA"}), logging)
    assert related[logging.id].activities == {effect: "00T000000000001AAA"}


def test_the_commands_of_a_batch_are_read_for_at_once() -> None:
    few, many = Kept(), Kept()
    loaded(few, job("t-1"))
    loaded(many, *(job(f"t-{number}") for number in range(50)))
    assert many.asked == few.asked
