"""How each action ends on a person account: matched, updated and made like a contact with its account (0107)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import simulator
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.model.ports import Salesforce
from tests.cases.runner import Run, integrations, org_file
from tests.cases.test_accounts import ann, result
from tests.cases.test_pbx_calls import ANN, DESK, IN, calls, pbx, told

ACTIVITY = "activity: { enabled: true, object: Task }\n"
UPDATED = """name: contacts
preset: vanillasoft
org: main
enabled: true
project: C
result_codes: ["YES"]
action: update_or_create_contact
map:
  contact: { LastName: person.last_name, Email: person.email, Title: person.first_name }
  account: { Name: person.company, Site: fields.site }
  opportunity:
    Name: person.last_name
    StageName: { constant: Prospecting }
    CloseDate: { constant: "2026-12-31" }
account: { enabled: true, keys: [Name] }
opportunity: { enabled: true }
activity: { enabled: true, object: Task }
recipients: [ops@example.com]
"""


class PersonRun(Run):
    """A run whose org makes new contacts without an account as person accounts."""

    def salesforce(self) -> Salesforce:
        settings = {
            "login_url": self.running.url,
            "client_id": "signalbox",
            "client_secret": "simulated-secret",
            "person_account_type": "PersonAccount",
        }
        return SalesforceClient("main", SalesforceSettings.model_validate(settings))


@pytest.fixture(scope="module")
def running() -> Iterator[simulator.Running]:
    with simulator.serve([replace(org_file(), person_accounts=True, record_types={})]) as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, running: simulator.Running) -> Iterator[PersonRun]:
    simulator.Control(running.control_url).wipe()
    found = PersonRun(
        tmp_path, running, integrations(contacts=UPDATED, calls=calls("objects: [Account, Contact, Lead]"))
    )
    yield found
    found.executor.stop()
    found.executor.close()


def person_of(run: Run) -> tuple[Any, Any]:
    """Return the one account and the one contact, which are the same person."""
    account, contact = run.row("Account"), run.row("Contact")
    assert (account["IsPersonAccount"], contact["IsPersonAccount"]) == (True, True)
    assert (account["PersonContactId"], contact["AccountId"]) == (contact["Id"], account["Id"])
    return account, contact


def test_a_new_person_without_a_company_is_a_person_account_and_is_found_again(run: PersonRun) -> None:
    run.play([result(person=ann())])
    account, contact = person_of(run)
    assert (account["PersonEmail"], contact["Email"]) == ("ann@example.com", "ann@example.com")
    assert run.row("Task")["WhoId"] == contact["Id"]
    (told,) = run.outcomes()
    assert ("Contact", contact["Id"], "created") in [
        (record.object, record.id, record.operation) for record in told.records
    ]

    run.play([result("r-2", at="22:00", person={**ann(), "first_name": "CFO"})])
    account, contact = person_of(run)
    assert (account["PersonTitle"], contact["Title"]) == ("CFO", "CFO")
    assert {row["WhoId"] for row in run.rows("Task")} == {contact["Id"]}
    assert run.outcomes()[-1].kind == "updated"


def test_the_opportunity_of_a_person_is_made_once_and_names_its_contact(run: PersonRun) -> None:
    run.play([result(person=ann()), result("r-2", at="22:00", person=ann())])
    deals = run.rows("Opportunity")
    assert len(deals) == 1
    assert deals[0]["ContactId"] == run.row("Contact")["Id"]


def test_a_company_that_an_event_names_writes_nothing_to_a_person_account(run: PersonRun) -> None:
    run.play([result(person=ann()), result("r-2", at="22:00", person={**ann("Acme Inc.")}, fields={"site": "Bern"})])
    account, _ = person_of(run)
    assert account["Name"] == "Ann"
    assert "Account.Name" in run.outcomes()[-1].discarded_fields


def test_a_person_account_is_no_company_that_bears_its_name(run: PersonRun) -> None:
    run.play([result(person=ann())])
    run.play([result("r-2", person={"last_name": "Bo", "email": "bo@example.com", "company": "Ann"}, at="22:00")])
    company = run.row("Account", IsPersonAccount=False)
    assert run.row("Contact", LastName="Bo")["AccountId"] == company["Id"]


def test_a_person_with_a_company_is_a_contact_of_it(run: PersonRun) -> None:
    run.play([result()])
    assert run.row("Contact")["AccountId"] == run.row("Account", IsPersonAccount=False)["Id"]


def test_a_lead_without_a_company_is_converted_into_a_person(run: PersonRun) -> None:
    run.play(
        [
            {"org has": "Lead", "records": [{"LastName": "Ann", "Email": "ann@example.com"}]},
            result(project="V", person=ann()),
        ]
    )
    _, contact = person_of(run)
    assert run.row("Lead")["ConvertedContactId"] == contact["Id"]
    assert run.outcomes()[-1].kind == "converted"


def test_a_call_from_a_persons_number_is_about_its_contact_alone(run: PersonRun) -> None:
    """The number stands on both records, and accounts come first for this network: still that is one person."""
    run.play([result(person=ann())])
    account, contact = person_of(run)
    run.control().change("Account", str(account["Id"]), Phone=ANN)
    run.control().change("Contact", str(contact["Id"]), Phone=ANN)
    run.play([pbx(told("answered", 5, **IN, callee=DESK), told("ended", 65, **IN, callee=DESK))])
    (call,) = [row for row in run.rows("Task") if row.get("CallType") == "Inbound"]
    assert (call["WhoId"], call.get("WhatId")) == (contact["Id"], None)


def test_a_create_whose_answer_is_lost_is_found_by_its_key(run: PersonRun) -> None:
    run.control().fault("reset_after", match={"body_regex": "LastName"})
    run.play([result(person=ann())])
    person_of(run)
    assert run.outcomes()[-1].kind == "created"
