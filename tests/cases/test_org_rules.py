"""Duplicate and assignment rules of the org, seen from events (docs/decisions/0079)."""

import pytest

from tests.cases.conftest import Play

ROE = {"LastName": "Roe", "Company": "Acme", "Email": "roe@old.example"}


def result(**person: str) -> dict[str, object]:
    body = {
        "event_id": "r-1",
        "call_id": "c-1",
        "project": "P",
        "result_code": "YES",
        "resulted": "2026-11-27T21:00:00Z",
        "person": {"last_name": "Roe", "company": "Acme", "email": "roe@example.com", **person},
        "agent": {"email": "integration@example.com"},
    }
    return {"publish": "crm.event.call-result", "events": [body]}


def test_a_call_result_that_a_duplicate_rule_refuses_names_the_lead_that_is_there(play: Play) -> None:
    run = play([{"org has": "Lead", "records": [ROE]}, result()])
    assert run.told() == ["error.salesforce_refused DUPLICATES_DETECTED: Use one of these records?"]
    (outcome,) = run.outcomes()
    assert [item.id for item in outcome.candidates] == [run.row("Lead")["Id"]]
    (candidate,) = outcome.candidates
    assert (candidate.name, candidate.owner) == ("Roe", run.row("User", Username="integration@example.com")["Name"])
    assert candidate.created is not None


@pytest.mark.parametrize("said", [{"last_name": "Rowe"}, {"company": "Acme Two"}, {"email": "roe@old.example"}])
def test_whoever_differs_or_is_found_by_a_key_is_written(play: Play, said: dict[str, str]) -> None:
    run = play([{"org has": "Lead", "records": [ROE]}, result(**said)])
    (outcome,) = run.outcomes()
    assert outcome.kind != "error"
    assert outcome.candidates == ()
