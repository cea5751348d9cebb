"""Kind *IDs where people read names*: outcomes name records and owners, from what the match read anyway."""

from typing import Any

from tests.cases.conftest import Play
from tests.cases.runner import user
from tests.cases.test_own_records import ANN, booking, result

OWNED = {"org has": "User", "records": [user("rep@example.com")], "ids": ["REP"]}


def lead(last: str, **more: Any) -> dict[str, Any]:
    """Return a step that seeds a lead of the representative."""
    fields = {"FirstName": "Ann", "LastName": last, "Company": "Lee Ltd", "Email": "ann@example.com", "OwnerId": "REP"}
    return {"org has": "Lead", "records": [{**fields, **more}]}


def test_several_candidates_are_told_by_name_and_owner(play: Play) -> None:
    run = play([OWNED, lead("Lee"), lead("Leigh"), booking(1, ANN)])
    [outcome] = run.outcomes()
    assert outcome.reason == "multiple_match"
    assert sorted((candidate.name, candidate.owner) for candidate in outcome.candidates) == [
        ("Ann Lee", "rep"),
        ("Ann Leigh", "rep"),
    ]
    assert {candidate.owner_id for candidate in outcome.candidates} == {run.id("REP")}


def test_a_record_that_was_written_has_its_name_and_owner(play: Play) -> None:
    run = play([OWNED, lead("Lee"), result(1, ANN)])
    [written] = [record for record in run.outcomes()[-1].records if record.object == "Lead"]
    assert (written.name, written.owner) == ("Ann Lee", "rep")
    assert written.owner_id == run.row("Lead")["OwnerId"]


def test_a_record_that_was_made_has_the_name_that_it_was_given(play: Play) -> None:
    run = play([booking(1, ANN, title="First meeting")])
    assert {record.object: record.name for record in run.outcomes()[-1].records} == {
        "Lead": "Ann Lee",
        "Event": "First meeting",
    }
