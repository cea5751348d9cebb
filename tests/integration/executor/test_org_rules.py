"""The org's own rules: what its duplicate rules find is told and chosen from, and its assignment rules give owners."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import simulator
from schemas.user_action import UserAction
from simulator.orgfile import OrgFile
from tests.fakes.scheduler import command, integration
from tests.fakes.simulated import SimulatedRig, by_hand, person

LEADS = {"object": "Lead", "name": "Leads_DR", "fields": ["LastName", "Company"], "match": ["Lead", "Contact"]}
CONTACTS = {"object": "Contact", "name": "Contacts_DR", "fields": ["LastName"], "match": ["Contact"]}
ACCOUNTS = {"object": "Account", "name": "Accounts_DR", "fields": ["Phone"], "match": ["Account"]}
HOT = {"object": "Lead", "when": {"field": "Rating", "value": "Hot"}, "owner": "Leads"}

Opened = Callable[..., SimulatedRig]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    with ExitStack() as stack:

        def make(*duplicate: Any, rules: Any = None, **more: Any) -> SimulatedRig:
            org = OrgFile(duplicate_rules=list(duplicate), assignment_rules=[HOT])
            running = stack.enter_context(simulator.serve([org]))
            settings = {"org_rules": rules} if rules else {}
            rig = SimulatedRig(tmp_path, running, [integration("upsert", **settings, **more)])
            stack.callback(rig.executor.close)
            stack.callback(rig.executor.stop)
            return rig

        yield make


def doe(rig: SimulatedRig, **more: Any) -> str:
    return rig.seed("Lead", **{"LastName": "Doe", "Company": "Acme", "Email": "doe@old.example", **more})


def alert(rule: Any, **more: Any) -> Any:
    return {**rule, "action": "alert", **more}


def parked(rig: SimulatedRig) -> str:
    rig.wait(lambda: rig.executor.scheduler.counts(rig.clock())["parked"] == 1, what="the command to be parked")
    return rig.notices()[-1].command_id


def choice(about: str, **more: Any) -> Any:
    told: dict[str, Any] = {"integration": "upsert", "person": person(), "about": about, **more}
    return by_hand(UserAction("a1", "choose_match", at=datetime.now(UTC), **told))


@pytest.mark.parametrize("action", ["alert", "block"])
def test_what_the_rule_found_are_the_candidates_of_the_refusal(opened: Opened, action: str) -> None:
    rig = opened({**LEADS, "action": action})
    first, second = doe(rig), doe(rig)
    rig.send(command("ann@example.com"))
    (outcome,) = rig.settle(1)
    assert rig.kinds([outcome]) == ["error.salesforce_refused"]
    assert [refusal.code for refusal in outcome.refusals] == ["DUPLICATES_DETECTED"]
    assert {candidate.id for candidate in outcome.candidates} == {first, second}
    assert {candidate.name for candidate in outcome.candidates} == {"Doe"}
    assert all(candidate.created for candidate in outcome.candidates)
    assert "Leads_DR" in (outcome.detail or "")
    assert len(rig.rows("Lead")) == 2


def test_a_duplicate_among_many_records_costs_nobody_else_anything(opened: Opened) -> None:
    rig = opened(alert(LEADS))
    found = doe(rig)
    rig.send(*(command(f"p{n}@example.com", LastName="Doe" if n in (3, 7) else f"P{n}") for n in range(20)))
    outcomes = rig.settle(20)
    refused = [outcome for outcome in outcomes if outcome.kind == "error"]
    assert {outcome.person.email for outcome in refused} == {"p3@example.com", "p7@example.com"}
    assert [[row.id for row in outcome.candidates] for outcome in refused] == [[found], [found]]
    assert len(rig.rows("Lead")) == 19


@pytest.mark.parametrize(("action", "kind"), [("alert", "created"), ("block", "error.salesforce_refused")])
def test_saving_all_the_same_passes_a_warning_and_never_a_block(opened: Opened, action: str, kind: str) -> None:
    rig = opened({**LEADS, "action": action}, rules={"duplicates": "save"})
    doe(rig)
    rig.send(command("ann@example.com"))
    assert rig.kinds(rig.settle(1)) == [kind]


def test_saving_all_the_same_covers_updates(opened: Opened) -> None:
    rig = opened(alert(LEADS, on=["create", "edit"]), rules={"duplicates": "save"})
    doe(rig)
    rig.seed("Lead", LastName="Roe", Company="Acme", Email="ann@example.com")
    rig.send(command("ann@example.com"))
    assert rig.kinds(rig.settle(1)) == ["updated"]


def test_an_update_that_a_rule_refuses_lists_what_was_found_and_never_parks(opened: Opened) -> None:
    rig = opened(alert(LEADS, on=["edit"]), rules={"duplicates": "park"})
    found = doe(rig)
    rig.seed("Lead", LastName="Roe", Company="Acme", Email="ann@example.com")
    rig.send(command("ann@example.com"))
    (outcome,) = rig.settle(1)
    assert [candidate.id for candidate in outcome.candidates] == [found]


def test_a_parked_duplicate_goes_to_the_record_chosen(opened: Opened) -> None:
    rig = opened(alert(LEADS), rules={"duplicates": "park"})
    found = doe(rig)
    rig.send(command("ann@example.com", Title="Boss"))
    about = parked(rig)
    assert [candidate.id for candidate in rig.notices()[-1].candidates] == [found]
    assert rig.outcomes() == []
    rig.send(choice(about, salesforce_id=found))
    assert "updated" in rig.kinds(rig.settle(2))
    (lead,) = rig.rows("Lead")
    assert (lead["Id"], lead["Title"], lead["Email"]) == (found, "Boss", "ann@example.com")


def test_a_parked_duplicate_is_saved_where_none_of_them_is_meant(opened: Opened) -> None:
    rig = opened(alert(LEADS), rules={"duplicates": "park"})
    doe(rig)
    rig.send(command("ann@example.com"))
    rig.send(choice(parked(rig), create_new=True))
    assert "created" in rig.kinds(rig.settle(2))
    assert len(rig.rows("Lead")) == 2


def test_a_parked_duplicate_survives_a_crash_and_ends_as_an_error_where_nobody_chooses(opened: Opened) -> None:
    rig = opened(alert(LEADS), rules={"duplicates": "park"}, match={"park_hours": 0.5})
    found = doe(rig)
    rig.send(command("ann@example.com"))
    parked(rig)
    rig.restart()
    parked(rig)
    rig.hour_later()
    (outcome,) = rig.settle(1)
    assert rig.kinds([outcome]) == ["error.salesforce_refused"]
    assert [candidate.id for candidate in outcome.candidates] == [found]
    assert len(rig.rows("Lead")) == 1


@pytest.mark.parametrize(("duplicates", "kind"), [("refuse", "error.salesforce_refused"), ("save", "converted")])
def test_a_conversion_honours_what_its_integration_allows(opened: Opened, duplicates: str, kind: str) -> None:
    rig = opened(alert(CONTACTS), rules={"duplicates": duplicates}, action="update_and_convert_lead_or_create_contact")
    found = rig.seed("Contact", LastName="Doe", Email="doe@old.example")
    rig.seed("Lead", LastName="Doe", Company="Acme", Email="ann@example.com")
    rig.send(command("ann@example.com"))
    (outcome,) = rig.settle(1)
    assert rig.kinds([outcome]) == [kind], outcome.refusals
    assert [candidate.id for candidate in outcome.candidates] == ([found] if duplicates == "refuse" else [])


def test_conversions_of_two_integrations_each_keep_their_own_word(tmp_path: Path) -> None:
    convert = {"action": "update_and_convert_lead_or_create_contact"}
    settings = [
        integration("strict", **convert),
        integration("lax", org_rules={"duplicates": "save"}, **convert),
    ]
    with simulator.serve([OrgFile(duplicate_rules=[alert(CONTACTS)])]) as running:
        rig = SimulatedRig(tmp_path, running, settings)
        rig.seed("Contact", LastName="Doe", Email="doe@old.example")
        for name in ("ann", "bob"):
            rig.seed("Lead", LastName="Doe", Company=name, Email=f"{name}@example.com")
        rig.send(
            command("ann@example.com", integration="strict"),
            command("bob@example.com", integration="lax"),
        )
        by_integration = {outcome.integration: outcome for outcome in rig.settle(2)}
        kinds = rig.kinds([by_integration["strict"], by_integration["lax"]])
        assert kinds == ["error.salesforce_refused", "converted"], by_integration["lax"].refusals
        rig.executor.stop()
        rig.executor.close()


def test_an_account_that_is_a_duplicate_is_chosen_for_the_new_contact(opened: Opened) -> None:
    rig = opened(
        alert(ACCOUNTS),
        rules={"duplicates": "park"},
        action="update_or_create_contact",
        account={"enabled": True},
        map={"account": {"Name": "person.company", "Phone": "fields.phone"}},
    )
    found = rig.seed("Account", Name="Acme Holding", Phone="+14155552671")
    rig.send(command("ann@example.com", account={"Name": "Acme", "Phone": "+14155552671"}))
    rig.send(choice(parked(rig), salesforce_id=found))
    rig.settle(2)
    (contact,) = rig.rows("Contact")
    assert contact["AccountId"] == found
    assert len(rig.rows("Account")) == 1


def test_assignment_rules_own_a_new_lead_and_never_take_one_away(opened: Opened) -> None:
    rig = opened()
    rig.send(command("ann@example.com", Rating="Hot"))
    rig.settle(1)
    (lead,) = rig.rows("Lead")
    assert lead["OwnerId"].startswith("00G")
    other = rig.seed("Lead", LastName="Roe", Company="Acme", Email="roe@example.com")
    before = next(row["OwnerId"] for row in rig.rows("Lead") if row["Id"] == other)
    rig.send(command("roe@example.com", Rating="Hot"))
    rig.settle(2)
    assert next(row["OwnerId"] for row in rig.rows("Lead") if row["Id"] == other) == before


@pytest.mark.parametrize("how", ["off", "owner"])
def test_assignment_rules_do_not_run_where_they_are_off_or_the_event_names_the_owner(opened: Opened, how: str) -> None:
    rig = opened(rules={"assignment": "off"} if how == "off" else None)
    owner = rig.seed("Lead", LastName="Any", Company="Acme")
    mine = next(row["OwnerId"] for row in rig.rows("Lead") if row["Id"] == owner)
    rig.send(command("ann@example.com", Rating="Hot", **({"OwnerId": mine} if how == "owner" else {})))
    rig.settle(1)
    assert {row["OwnerId"] for row in rig.rows("Lead")} == {mine}
