"""A conversion whose event names no company uses the account of the lead's company (kind second-account)."""

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import Step
from tests.cases.test_accounts import AT_STAGE, account, ann, names, result

WON = {
    "event_id": "e-1",
    "record_id": "rec-1",
    "workspace": "F",
    "stage": "Won",
    "changed": "2026-11-27T20:01:00Z",
    "person": ann(),
}


def lead(company: str, name: str = "Ann", email: str = "ann@example.com") -> Step:
    return {"org has": "Lead", "records": [{"LastName": name, "Company": company, "Email": email}]}


def convert(event: str = "r-1", **over: object) -> Step:
    return result(event, "V", **{"person": ann(), **over})  # type: ignore[arg-type]


@pytest.mark.parametrize("company", ["ACME", "acme,\u00a0incorporated", "Acme Inc."])
def test_the_company_of_the_lead_is_found_in_another_writing(play: Play, company: str) -> None:
    run = play([account("Acme Inc."), lead(company), convert()])
    assert run.row("Contact")["AccountId"] == run.row("Account")["Id"]
    assert run.row("Lead")["ConvertedAccountId"] == run.row("Account")["Id"]


def test_a_field_record_at_the_stage_of_conversion_uses_the_account_of_its_lead(play: Play) -> None:
    steps = [account("Acme Inc."), lead("Acme"), {"publish": "crm.event.field-record", "events": [WON]}]
    run = play(steps, field=AT_STAGE)
    assert run.row("Contact")["AccountId"] == run.row("Account")["Id"]


def test_two_leads_of_one_company_convert_into_one_account(play: Play) -> None:
    bob = {"last_name": "Bob", "email": "bob@example.com"}
    run = play([lead("Acme Inc."), lead("ACME", "Bob", "bob@example.com"), convert(), convert("r-2", person=bob)])
    assert names(run.rows("Account")) == ["Acme Inc."]
    assert {row["AccountId"] for row in run.rows("Contact")} == {run.row("Account")["Id"]}


def test_several_accounts_of_the_leads_company_convert_nothing(play: Play) -> None:
    run = play([account("ACME", "acme inc"), lead("Acme Inc."), convert()])
    assert run.told() == ["error.multiple_match"]
    assert run.row("Lead")["IsConverted"] is False
    assert names(run.rows("Account")) == ["ACME", "acme inc"]


def test_a_company_that_the_event_names_wins_over_the_leads(play: Play) -> None:
    run = play([account("Acme Inc.", "Beta Ltd"), lead("Acme Inc."), convert(person=ann("Beta Ltd"))])
    assert run.row("Contact")["AccountId"] == run.row("Account", Name="Beta Ltd")["Id"]


def test_a_lead_whose_company_is_a_placeholder_uses_no_account_of_that_name(play: Play) -> None:
    run = play([account("N/A"), lead("N/A")])
    shared = run.row("Account")["Id"]
    run.play([convert()])
    assert run.row("Contact")["AccountId"] != shared
