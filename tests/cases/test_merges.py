"""A record that was merged is followed to the winner (kind merged-record-not-followed)."""

from collections.abc import Mapping

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import Run, case
from tests.cases.test_phones import dialled

LOSER, WINNER, LAST = "00Q5g000000001KEAQ", "00Q5g000000001JEAQ", "00Q5g000000001LEAQ"


def leads(*ids: str) -> dict[str, object]:
    records = [
        {"LastName": f"L{number}", "Company": f"C{number}", "Email": f"l{number}@example.com"}
        for number in range(len(ids))
    ]
    return {"org has": "Lead", "records": records, "ids": list(ids)}


def merge(winner: str, loser: str) -> dict[str, object]:
    return {"a person merges": "Lead", "winner": winner, "loser": loser}


def result(event: str = "r-1", **over: object) -> dict[str, object]:
    body = {
        "event_id": event,
        "call_id": f"c-{event}",
        "project": "P",
        "result_code": "YES",
        "resulted": "2026-11-27T21:00:00Z",
        "person": {"last_name": "Said", "email": "l0@example.com", "company": "X"},
        "agent": {"email": "integration@example.com"},
        **over,
    }
    return {"publish": "crm.event.call-result", "events": [body]}


def written(run: Run, record: str) -> Mapping[str, object]:
    outcome = run.outcomes()[-1]
    assert outcome.kind == "updated", run.told()
    assert "merged_record" in outcome.flags
    assert {touched.id for touched in outcome.records if touched.object == "Lead"} == {run.id(record)}
    return run.row("Lead", LastName="Said")


def test_the_winner_of_the_case_is_written(play: Play) -> None:
    run = play(case("k8_id"))
    assert run.told() == ["updated"]
    assert run.row("Lead")["LastName"] == "Lm-8200200"


def test_a_record_that_was_merged_is_followed_by_its_salesforce_id(play: Play) -> None:
    run = play([leads(LOSER, WINNER), merge(WINNER, LOSER), result(salesforce_id=LOSER)])
    assert written(run, WINNER)["Company"] == "X"


def test_a_record_that_was_merged_is_followed_by_its_keys(play: Play) -> None:
    run = play([leads(LOSER, WINNER), merge(WINNER, LOSER), result()])
    assert written(run, WINNER)["Company"] == "X"


@pytest.mark.parametrize("named", ["by ID", "by key"])
def test_a_chain_of_merges_is_followed_to_its_end(play: Play, named: str) -> None:
    said = {"salesforce_id": LOSER} if named == "by ID" else {}
    run = play([leads(LOSER, WINNER, LAST), merge(WINNER, LOSER), merge(LAST, WINNER), result(**said)])
    assert written(run, LAST)["Company"] == "X"


def test_who_has_the_key_today_goes_before_who_was_merged(play: Play) -> None:
    again = {"org has": "Lead", "records": [{"LastName": "Now", "Company": "N", "Email": "l0@example.com"}]}
    run = play([leads(LOSER, WINNER), merge(WINNER, LOSER), again, result()])
    assert run.row("Lead", LastName="Said")["Company"] == "X"
    assert run.row("Lead", LastName="L1")["Company"] == "C1"


def test_the_link_moves_to_the_winner(play: Play) -> None:
    def record(number: int, last_name: str) -> dict[str, object]:
        body = {
            "event_id": f"e-{number}",
            "record_id": "rec-1",
            "workspace": "F",
            "changed": f"2026-11-27T20:0{number}:00Z",
            "person": {"last_name": last_name, "email": "l0@example.com", "company": "X"},
        }
        return {"publish": "crm.event.field-record", "events": [body]}

    run = play(
        [leads(LOSER, WINNER), record(1, "First"), merge(WINNER, LOSER), record(2, "Second"), record(3, "Third")]
    )
    assert run.told() == ["updated", "updated", "updated"]
    last = run.outcomes()[-1]
    assert {touched.id for touched in last.records} == {run.id(WINNER)}
    assert "merged_record" not in last.flags
    assert run.row("Lead")["LastName"] == "Third"


def test_a_call_is_logged_on_who_was_merged_with_the_callers_record(play: Play) -> None:
    people = [{"LastName": "Old", "Phone": "+14155550170"}, {"LastName": "New"}]
    ids = ["0035g000000000WAAQ", "0035g000000000XAAQ"]
    merged = {"a person merges": "Contact", "winner": ids[1], "loser": ids[0]}
    run = play([{"org has": "Contact", "records": people, "ids": ids}, merged, dialled("+14155550170")])
    assert run.row("Task")["WhoId"] == run.id(ids[1])


def test_a_record_that_was_deleted_and_not_merged_is_not_followed(play: Play) -> None:
    gone = {"a person changes": "Lead", "id": LOSER, "fields": {"IsDeleted": True}}
    run = play([leads(LOSER, WINNER), gone, result(salesforce_id=LOSER)])
    assert run.told() == ["created"]
