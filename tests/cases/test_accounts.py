"""One company has one account, and nobody else's data (kind second-account)."""

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import case


def names(rows: object) -> list[str]:
    return sorted(str(row["Name"]) for row in rows)  # type: ignore[attr-defined]


def result(event: str = "r-1", project: str = "C", at: str = "21:00", **over: object) -> dict[str, object]:
    body = {
        "event_id": event,
        "call_id": f"c-{event}",
        "project": project,
        "result_code": "YES",
        "resulted": f"2026-11-27T{at}:00Z",
        "person": {"last_name": "Ann", "email": "ann@example.com", "company": "Acme Inc."},
        "agent": {"email": "integration@example.com"},
        **over,
    }
    return {"publish": "crm.event.call-result", "events": [body]}


def account(*named: str) -> dict[str, object]:
    return {"org has": "Account", "records": [{"Name": text} for text in named]}


def ann(company: str | None = None) -> dict[str, object]:
    named = {"company": company} if company else {}
    return {"last_name": "Ann", "email": "ann@example.com", **named}


@pytest.mark.parametrize("name", ["k9_blank", "k9_comma"])
def test_the_account_of_the_case_is_found(play: Play, name: str) -> None:
    run = play(case(name))
    assert len(run.rows("Account")) == 1
    assert run.row("Contact")["AccountId"] == run.row("Account")["Id"]


def test_the_lead_of_the_case_converts_into_the_account_of_its_company(play: Play) -> None:
    run = play(case("k9_convert"))
    assert run.row("Contact")["AccountId"] == run.row("Account")["Id"]


@pytest.mark.parametrize("stored", ["ACME", "acme,\u00a0incorporated", "Acme  Inc", "Acme Inc."])
def test_a_company_is_found_in_another_writing_and_keeps_its_own(play: Play, stored: str) -> None:
    run = play([account(stored, "Acme Roofing", "Acmeon"), result()])
    assert len(run.rows("Account")) == 3
    assert run.row("Account", Name=stored)["Id"] == run.row("Contact")["AccountId"]


def test_another_legal_form_is_another_company(play: Play) -> None:
    run = play([account("Acme GmbH"), result()])
    assert names(run.rows("Account")) == ["Acme GmbH", "Acme Inc."]


def test_two_accounts_in_other_writings_are_several(play: Play) -> None:
    run = play([account("ACME", "acme inc"), result()])
    assert run.told() == ["error.multiple_match"]


def test_two_people_of_one_new_company_share_its_account(play: Play) -> None:
    other = {"last_name": "Bob", "email": "bob@example.com", "company": "ACME, INC"}
    both = [result(), result("r-2", person=other)]
    run = play([{"publish": "crm.event.call-result", "events": [row["events"][0] for row in both]}])  # type: ignore[index]
    assert len(run.rows("Account")) == 1
    assert {row["AccountId"] for row in run.rows("Contact")} == {run.row("Account")["Id"]}


def test_another_company_writes_nothing_to_the_contacts_own_account(play: Play) -> None:
    run = play([account("Acme Inc."), result("r-0"), result(person=ann("Newcomer Ltd"), at="21:30")])
    assert names(run.rows("Account")) == ["Acme Inc."]
    outcome = run.outcomes()[-1]
    assert "other_account" in outcome.flags
    assert "Account.Name" in outcome.discarded_fields


def test_by_setting_the_contact_follows_to_the_new_company(play: Play) -> None:
    steps = [account("Newcomer"), result("r-0"), result(person=ann("Newcomer Ltd"), at="21:30")]
    run = play(steps, contacts=CONTACTS + "account: { enabled: true, keys: [Name], on_other: follow }\n")
    assert run.row("Contact")["AccountId"] == run.row("Account", Name="Newcomer")["Id"]


def test_by_setting_another_company_is_an_error(play: Play) -> None:
    steps = [result("r-0"), result(person=ann("Newcomer Ltd"), at="21:30")]
    run = play(steps, contacts=CONTACTS + "account: { enabled: true, keys: [Name], on_other: error }\n")
    assert run.told()[-1] == "error.other_account"


def test_nobody_without_a_company_shares_an_account(play: Play) -> None:
    steps = [result("r-0", person=ann()), result("r-1", person={"last_name": "Bob", "email": "bob@example.com"})]
    text = CONTACTS.replace("Name: person.company }", "Name: { from: person.company, default: Unknown company } }")
    run = play(steps, contacts=text + "account: { enabled: true, keys: [Name] }\n")
    assert run.rows("Account") == []
    assert len(run.rows("Contact")) == 2


def test_an_opportunity_needs_data_of_the_event(play: Play) -> None:
    run = play([result(person=ann())])
    assert run.rows("Opportunity") == []
    assert len(run.rows("Contact")) == 1


def test_update_only_makes_no_account_and_no_opportunity(play: Play) -> None:
    person = {"org has": "Contact", "records": [{"LastName": "Ann", "Email": "ann@example.com"}]}
    text = CONTACTS.replace("update_or_create_contact", "update_only")
    run = play([person, result(fields={"close": "2026-12-31"})], contacts=text + "account: { enabled: true }\n")
    assert run.rows("Account") == []


def test_an_older_event_converts_nothing(play: Play) -> None:
    lead = {"org has": "Lead", "records": [{"LastName": "Ann", "Company": "Acme", "Email": "ann@example.com"}]}
    newer = result("r-9", "P", "22:00", person=ann("Acme"), fields={"title": "Chief"})
    run = play([lead, newer, result("r-1", "V", "21:00")])
    assert run.row("Lead")["IsConverted"] is False
    assert run.told()[-1].startswith("skipped.stale") or run.told()[-1].startswith("updated")


def test_a_new_record_at_the_stage_of_conversion_ends_with_contact_and_account(play: Play) -> None:
    body = {
        "event_id": "e-1",
        "record_id": "rec-1",
        "workspace": "F",
        "stage": "Won",
        "changed": "2026-11-27T20:01:00Z",
        "person": {"last_name": "Ann", "email": "ann@example.com", "company": "Acme Inc."},
    }
    run = play([{"publish": "crm.event.field-record", "events": [body]}], field=AT_STAGE)
    assert run.row("Contact")["AccountId"] == run.row("Account", Name="Acme Inc.")["Id"]
    assert run.rows("Lead") == []


def test_two_leads_do_not_stop_a_contact_from_being_registered(play: Play) -> None:
    twins = [{"LastName": "Ann", "Company": f"C{number}", "Email": "ann@example.com"} for number in (1, 2)]
    body = {
        "event_id": "b-1",
        "booking_id": "bk-1",
        "workspace": "WB",
        "status": "booked",
        "changed": "2026-11-27T20:01:00Z",
        "person": {"last_name": "Ann", "email": "ann@example.com"},
        "start": "2026-12-01T10:00:00Z",
        "end": "2026-12-01T10:30:00Z",
    }
    run = play([{"org has": "Lead", "records": twins}, {"publish": "crm.event.booking", "events": [body]}])
    assert run.told() == ["created"]
    assert run.row("Contact")["Email"] == "ann@example.com"


def test_without_keys_nothing_is_made_where_a_match_is_demanded(play: Play) -> None:
    run = play([result("r-1", "P", person={"last_name": "Nobody", "company": "Acme"})])
    assert run.told() == ["error.no_keys"]
    assert run.rows("Lead") == []


CONTACTS = """
name: contacts
preset: vanillasoft
org: demo
enabled: true
project: C
result_codes: ["YES"]
action: update_or_create_contact
map: { account: { Name: person.company } }
"""
AT_STAGE = """
name: field
preset: spotio
org: demo
enabled: true
workspace: F
field_sales: { to_salesforce: true, object: lead, owner: integration@example.com, convert_at: Won }
"""


DEALS = """opportunity: { enabled: true }
map:
  contact: { LastName: person.last_name, Email: person.email }
  account: { Name: person.company }
  opportunity: { Name: fields.deal, StageName: { constant: New }, CloseDate: { constant: "2026-12-31" } }
"""


@pytest.mark.parametrize("how", ["leave", "follow", "error"])
def test_another_company_makes_no_opportunity_in_the_contacts_own_account(play: Play, how: str) -> None:
    text = CONTACTS.partition("map:")[0] + DEALS + f"account: {{ enabled: true, keys: [Name], on_other: {how} }}\n"
    first = result("r-0", fields={"deal": "Roof"})
    run = play([account("Acme Inc."), first], contacts=text)
    run.play([result(person=ann("Newcomer Ltd"), at="21:30", fields={"deal": "Wall"})])
    owner = {row["Id"]: row["Name"] for row in run.rows("Account")}
    deals = sorted((str(row["Name"]), owner[row["AccountId"]]) for row in run.rows("Opportunity"))
    followed = [("Wall", "Newcomer Ltd")] if how == "follow" else []
    assert deals == [("Roof", "Acme Inc."), *followed]
    assert ("Opportunity.Name" in run.outcomes()[-1].discarded_fields) is (how == "leave")
