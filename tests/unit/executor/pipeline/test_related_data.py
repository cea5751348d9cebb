"""The activities that a command has logged are found by their key, or by the ID that the ledger keeps."""

from datetime import UTC, datetime

from processors.executor.pipeline.related_data import RelatedData, with_related
from processors.model.match import Match
from processors.model.org_facts import OrgFacts
from processors.model.record import Record
from tests.fakes.org import KEY

FACTS = OrgFacts("main", "00D", "005", {}, {"Task": KEY}, "Closed", datetime(2026, 1, 5, tzinfo=UTC))
KEPT = RelatedData(
    source_states={"s1": b"{}"},
    together={"s2": (b"{}",)},
    assigned=None,
    assigned_numbers={},
    linked=None,
    winner_link="L2",
    own=(),
    people=(),
    old_keys=(),
    effects=("e1", "e2"),
    activities={"e2": "T2"},
)


def found(*records: Record) -> dict[str, str]:
    """Return the IDs of the activities of the command, by effect key."""
    match = with_related(Match(), KEPT, records, FACTS)
    return {effect: record.id for effect, record in match.activities.items()}


def test_a_task_is_found_by_its_key() -> None:
    assert found(Record("Task", "T1", {KEY: "e1"}), Record("Task", "T9", {KEY: "e9"})) == {"e1": "T1"}


def test_a_task_without_a_key_is_found_by_the_id_that_is_kept() -> None:
    assert found(Record("Task", "T2", {})) == {"e2": "T2"}


def test_a_deleted_one_and_one_of_another_object_are_not_found() -> None:
    assert found(Record("Task", "T1", {KEY: "e1", "IsDeleted": True}), Record("Lead", "L1", {KEY: "e1"})) == {}


def test_what_the_ledger_keeps_and_the_users_are_part_of_the_match() -> None:
    user = Record("User", "005", {"Email": "a@example.com"})
    match = with_related(Match(), KEPT, [user, Record("Lead", "L1", {})], FACTS)
    assert match.users == (user,)
    assert (match.source_states, match.together, match.winner_link) == (KEPT.source_states, KEPT.together, "L2")
