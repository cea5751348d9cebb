"""What a real org's settings refuse ends as a refusal in its words, and costs its own record alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import simulator
from connectors.salesforce.error_table import row_of
from tests.cases.runner import Run, integrations, org_file
from tests.cases.test_accounts import result

FILE = """name: contacts
preset: vanillasoft
org: main
enabled: true
project: C
result_codes: ["YES"]
action: update_or_create_contact
map:
  contact: { LastName: person.last_name, Email: person.email, MailingCountry: fields.country, Title: fields.title }
  account: { Name: person.company }
  opportunity:
    Name: person.last_name
    StageName: { constant: Prospecting }
    CloseDate: { constant: "2026-12-31" }
    CurrencyIsoCode: fields.currency
    NextStep: fields.step
account: { enabled: true, keys: [Name] }
opportunity: { enabled: true }
recipients: [ops@example.com]
"""
SETTINGS: dict[str, Any] = {
    "currencies": ["EUR", "USD"],
    "countries": {"Germany": {"code": "DE"}, "Switzerland": {"code": "CH"}},
    "validation_rules": [
        {"object": "Contact", "formula": 'ISCHANGED(Title) && Title = "Boss"', "message": "Nobody is the boss"}
    ],
    "approval_locks": [{"object": "Opportunity", "when": {"field": "NextStep", "value": "Approval"}}],
}


@pytest.fixture(scope="module")
def running() -> Iterator[simulator.Running]:
    with simulator.serve([replace(org_file(), **SETTINGS)]) as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, running: simulator.Running) -> Iterator[Run]:
    simulator.Control(running.control_url).wipe()
    found = Run(tmp_path, running, integrations(contacts=FILE))
    yield found
    found.executor.stop()
    found.executor.close()


def of(number: int, at: str = "21:00", **fields: str) -> dict[str, object]:
    """Return the step of a call result about one of several people."""
    who = {"last_name": f"Ann{number}", "email": f"ann{number}@example.com", "company": f"Real {number} AG"}
    return result(f"r-{number}-{at}", at=at, person=who, fields=fields)


def codes(run: Run) -> list[str]:
    """Return what Salesforce refused, each with a remedy that a person is told."""
    found = [refusal for outcome in run.outcomes() for refusal in outcome.refusals]
    assert all((row := row_of(refusal.code, refusal.message)) is not None and row.todo for refusal in found)
    return [refusal.code for refusal in found]


def test_a_country_that_the_org_does_not_list_is_refused_and_others_are_made(run: Run) -> None:
    run.play([of(1, country="Deutschland"), of(2, country="germany"), of(3)])
    assert codes(run) == ["FIELD_INTEGRITY_EXCEPTION"]
    assert run.row("Contact", LastName="Ann2")["MailingCountry"] == "Germany"
    assert {row["LastName"] for row in run.rows("Contact")} == {"Ann2", "Ann3"}


def test_a_deal_has_the_currency_that_is_mapped_and_else_the_orgs_own(run: Run) -> None:
    run.play([of(1, currency="USD"), of(2)])
    deals = {row["Name"]: row["CurrencyIsoCode"] for row in run.rows("Opportunity")}
    assert deals == {"Ann1": "USD", "Ann2": "EUR"}


def test_a_validation_rule_by_formula_refuses_the_update_alone(run: Run) -> None:
    run.play([of(1), of(2), of(1, at="22:00", title="Boss"), of(2, at="22:00", title="CFO")])
    assert codes(run) == ["FIELD_CUSTOM_VALIDATION_EXCEPTION"]
    assert {row["LastName"]: row.get("Title") for row in run.rows("Contact")} == {"Ann1": None, "Ann2": "CFO"}


def test_a_deal_that_waits_for_an_approval_is_refused_and_others_go_on(run: Run) -> None:
    run.play([of(1, step="Approval"), of(2, step="Call")])
    run.play([of(1, at="22:00", step="Visit"), of(2, at="22:00", step="Visit")])
    assert codes(run) == ["ENTITY_IS_LOCKED"]
    assert {row["NextStep"] for row in run.rows("Opportunity")} == {"Approval", "Visit"}
