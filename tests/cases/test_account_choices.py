"""A company that is found twice is chosen among, and an account whose contact was refused is used (second-account)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from processors.intake.map import command
from processors.intake.route import route
from processors.integration.catalog import Integrations
from schemas.command import Command
from schemas.identity import command_id
from tests.cases.conftest import Play
from tests.cases.runner import Run, event
from tests.cases.test_accounts import CONTACTS, account, ann, result

KEYED = CONTACTS + "account: { enabled: true, keys: [Name] }\n"
PARKING = KEYED.replace("map:", "match: { several: park }\nmap:")
TWINS = ("ACME", "acme inc")


def choose(run: Run, **said: object) -> dict[str, object]:
    """Return the choice of the command that is parked."""
    body = {
        "event_id": "a-1",
        "action": "choose_match",
        "integration": "contacts",
        "at": "2026-11-27T22:00:00Z",
        "person": ann(),
        "about": run.notices()[-1].command_id,
        **said,
    }
    return {"publish": "crm.event.user-action", "events": [body]}


def sent(run: Run, value: dict[str, object], attempt: int = 0) -> Command:
    """Return the command of a published event at an attempt."""
    known = Integrations.of(decider.integration for decider in run.deciders.values())
    read = event(str(value["publish"]), value["events"][0])  # type: ignore[index]
    made = command(read, route(read, known), datetime.now(UTC))
    id_ = command_id(made.contract, made.event_id, made.integration, attempt=attempt)
    return replace(made, command_id=id_, attempt=attempt)


def test_a_company_found_twice_waits_for_a_choice_by_setting(play: Play) -> None:
    run = play([account(*TWINS), result()], contacts=PARKING)
    assert run.outcomes() == []
    (notice,) = run.notices()
    assert {candidate.id for candidate in notice.candidates} == {row["Id"] for row in run.rows("Account")}


def test_the_account_that_is_chosen_has_the_contact(play: Play) -> None:
    run = play([account(*TWINS), result()], contacts=PARKING)
    second = run.row("Account", Name="acme inc")["Id"]
    run.play([choose(run, salesforce_id=second)])
    run.wait(lambda: len(run.outcomes()) == 2, what="the command to go on")
    assert run.row("Contact")["AccountId"] == second
    assert len(run.rows("Account")) == 2


def test_the_choice_of_a_company_leaves_the_person_as_they_are(play: Play) -> None:
    known = {"org has": "Contact", "records": [{"LastName": "Ann", "Email": "ann@example.com"}]}
    run = play([account(*TWINS), known, result()], contacts=PARKING)
    second = run.row("Account", Name="acme inc")["Id"]
    run.play([choose(run, salesforce_id=second)])
    run.wait(lambda: len(run.outcomes()) == 2, what="the command to go on")
    assert run.row("Contact")["AccountId"] == second


def test_none_of_them_makes_a_new_account(play: Play) -> None:
    run = play([account(*TWINS), result()], contacts=PARKING)
    run.play([choose(run, create_new=True)])
    run.wait(lambda: len(run.outcomes()) == 2, what="the command to go on")
    assert run.row("Contact")["AccountId"] == run.row("Account", Name="Acme Inc.")["Id"]


@pytest.mark.parametrize(
    ("stored", "said"), [("A.C.M.E.", "Acme"), ("A.C.M.E. Inc.", "ACME Inc"), ("Acme", "A.C.M.E.")]
)
def test_a_company_written_as_an_abbreviation_is_found(play: Play, stored: str, said: str) -> None:
    run = play([account(stored), result(person=ann(said))], contacts=KEYED)
    assert run.row("Account")["Id"] == run.row("Contact")["AccountId"]


def test_an_account_whose_contact_was_refused_stands_and_the_retry_uses_it(play: Play) -> None:
    run = play(contacts=KEYED)
    run.control().fault("rows", match={"body_regex": '"LastName": ?"Ann"'}, object="Contact", error="apex")
    run.play([result()])
    assert run.told()[0].startswith("error.salesforce_refused")
    made = run.row("Account")["Id"]
    assert f"Account {made} was made before the refusal and stands" in str(run.outcomes()[0].detail)
    run.send(sent(run, result(), attempt=1))
    run.wait(lambda: len(run.outcomes()) == 2, what="the retry")
    assert run.row("Contact")["AccountId"] == made
    assert len(run.rows("Account")) == 1


def test_the_next_event_of_the_person_uses_it_too(play: Play) -> None:
    run = play(contacts=KEYED)
    run.control().fault("rows", match={"body_regex": '"LastName": ?"Ann"'}, object="Contact", error="apex")
    run.play([result(), result("r-2", at="21:30")])
    assert run.row("Contact")["AccountId"] == run.row("Account")["Id"]
