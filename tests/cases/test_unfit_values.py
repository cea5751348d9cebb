"""One unfit value must not lose the record: it is conformed or left out, and told (one-unfit-value-refuses-all)."""

from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import FOLDER, Run, case

RESULT = "crm.event.call-result"


def result(**fields: Any) -> dict[str, Any]:
    """Return Ann's call result with the project's own *fields*."""
    return {
        "event_id": "r-1",
        "call_id": "c-1",
        "project": "P",
        "result_code": "YES",
        "resulted": "2026-11-27T21:00:00Z",
        "person": {"last_name": "Ann", "email": "ann@example.com", "company": "Acme"},
        "fields": fields,
    }


def publish(event: dict[str, Any]) -> dict[str, Any]:
    return {"publish": RESULT, "events": [event]}


def results(more: str = "", **changed: str) -> str:
    """Return the file of call results, with *more* at its end and some lines *changed*."""
    text = (FOLDER / "integrations" / "results.yaml").read_text(encoding="utf-8")
    for old, new in changed.items():
        text = text.replace(old, new)
    return text + more


def conformed(run: Run) -> dict[str, tuple[object, object, str]]:
    (outcome,) = run.outcomes()
    return {field.field: (field.sent, field.kept, field.why) for field in outcome.conformed_fields}


def dropped(run: Run) -> dict[str, tuple[object, str]]:
    (outcome,) = run.outcomes()
    return {field.field: (field.sent, field.why) for field in outcome.dropped_fields}


@pytest.mark.parametrize(
    ("name", "field", "kept", "why"),
    [
        ("k4_thousands", "AnnualRevenue", 10_000, "number_format"),
        ("k4_usdate", "Visit_Day__c", "2026-12-05", "date_format"),
        ("k4_yes", "Opt_In__c", True, "boolean_format"),
    ],
)
def test_a_value_in_another_form_is_written_in_the_fields_own(
    play: Play, name: str, field: str, kept: object, why: str
) -> None:
    run = play(case(name))
    assert run.row("Lead")[field] == kept
    assert conformed(run)[f"Lead.{field}"][1:] == (kept, why)


def test_a_title_that_is_too_long_is_cut_with_an_ellipsis(play: Play) -> None:
    run = play(case("k4_title188"))
    title = run.row("Lead")["Title"]
    assert len(title) <= 128
    assert title.endswith("…")
    assert conformed(run)["Lead.Title"][2] == "too_long"


def test_a_value_that_a_restricted_picklist_lacks_is_left_out_and_told(play: Play) -> None:
    run = play(case("k4_tier"))
    assert run.row("Lead").get("Tier__c") is None
    assert dropped(run) == {"Lead.Tier__c": ("C", "unknown_value")}
    assert run.told() == ["created"]


def test_a_booking_keeps_its_meeting_whatever_the_length_of_its_location(play: Play) -> None:
    run = play(case("k4_location"))
    location = run.row("Event")["Location"]
    assert len(location) == 255
    assert location.startswith("https://m.example.com/a1b2c3")
    assert conformed(run)["Event.Location"][2] == "too_long"


def test_an_event_of_three_weeks_is_cut_to_the_fourteen_days_that_an_event_may_last(play: Play) -> None:
    steps = case("k4_location")
    event = {**steps[0]["events"][0], "location": "Room 1", "end": "2026-12-22T10:00:00Z"}
    run = play([{"publish": "crm.event.booking", "events": [event]}])
    assert run.row("Event")["EndDateTime"].startswith("2026-12-15T10:00:00")
    assert conformed(run)["Event.EndDateTime"][2] == "over_14_days"


def test_an_invalid_e_mail_is_left_out_where_the_lead_is_known_by_its_phone(play: Play) -> None:
    event = {**result(), "person": {"last_name": "Ann", "email": "ann@@example", "phones": ["+14155550199"]}}
    run = play([publish({**event, "person": {**event["person"], "company": "Acme"}})])
    assert run.row("Lead").get("Email") is None
    assert dropped(run) == {"Lead.Email": ("ann@@example", "not_an_email")}


def test_an_invalid_e_mail_that_is_the_only_key_is_refused_as_it_was(play: Play) -> None:
    event = {**result(), "person": {"last_name": "Ann", "email": "ann@@example", "company": "Acme"}}
    run = play([publish(event)])
    assert run.told()[0].startswith("error.salesforce_refused INVALID_EMAIL_ADDRESS")


@pytest.mark.parametrize(
    ("locale", "sent", "kept"),
    [("de", "1.234,56", 1235), ("en", "$5000", 5000), ("de-CH", "CHF 12’500.00", 12_500), ("en", "(1,200)", -1200)],
)
def test_a_number_is_read_by_the_locale_of_the_integration(play: Play, locale: str, sent: str, kept: int) -> None:
    run = play([publish(result(budget=sent))], results=results(f"locale: {locale}\n"))
    assert run.row("Lead")["AnnualRevenue"] == kept


def test_a_day_is_read_by_the_locale_of_the_integration(play: Play) -> None:
    run = play([publish(result(visit="12/05/2026"))], results=results("locale: en-GB\n"))
    assert run.row("Lead")["Visit_Day__c"] == "2026-05-12"


def test_several_picks_are_read_from_semicolons_and_unknown_ones_are_left_out(play: Play) -> None:
    restricted = "Topics__c"
    run = play([publish(result(topics="roof; wall ;Heat"))])
    assert run.row("Lead")[restricted] == "Roof;Wall;Heat"


def test_control_characters_never_reach_the_org(play: Play) -> None:
    run = play()
    with pytest.raises(ValueError, match=r"field fields\.title: text with the character U\+0000"):
        run.play([publish(result(title="Head\x00 of sales"))])
    run.play([publish(result(title="Head\x01 of\x07 sales", comment="line\nline"))])
    row = run.row("Lead")
    assert (row["Title"], row["Description"]) == ("Head of sales", "line\nline")
    assert set(conformed(run)) == {"Lead.Title"}


def test_what_is_no_number_and_no_day_is_left_out_and_the_rest_is_written(play: Play) -> None:
    run = play([publish(result(budget="about ten", visit="soon", optin="maybe", city="Bonn"))])
    row = run.row("Lead")
    assert (row["City"], row.get("AnnualRevenue"), row.get("Visit_Day__c")) == ("Bonn", None, None)
    assert {field: why for field, (_, why) in dropped(run).items()} == {
        "Lead.AnnualRevenue": "not_a_number",
        "Lead.Visit_Day__c": "not_a_date",
        "Lead.Opt_In__c": "not_a_boolean",
    }


@pytest.mark.parametrize(
    ("mode", "told"), [("refuse", "error.salesforce_refused"), ("drop", "created"), ("conform", "created")]
)
def test_the_setting_says_what_becomes_of_an_unfit_value(play: Play, mode: str, told: str) -> None:
    run = play([publish(result(budget="10,000"))], results=results(f"write: {{ unfit: {mode} }}\n"))
    assert run.told()[0].startswith(told)
    rows = run.rows("Lead")
    assert [row.get("AnnualRevenue") for row in rows] == {"refuse": [], "drop": [None], "conform": [10_000]}[mode]


def test_a_field_of_its_own_may_be_refused_where_the_others_are_conformed(play: Play) -> None:
    own = "write: { fields: { Lead.Tier__c: { unfit: refuse } } }\n"
    run = play([publish(result(budget="10,000", tier="C"))], results=results(own))
    assert run.told()[0].startswith("error.salesforce_refused INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")


def test_a_mandatory_field_that_would_be_left_out_is_refused_as_it_was(play: Play) -> None:
    # Company is a text of 255 characters: it is cut; LastName too, so that the lead is made.
    event = {**result(), "person": {"last_name": "L" * 200, "email": "ann@example.com", "company": "C" * 300}}
    run = play([publish(event)], results=results("write: { unfit: drop }\n"))
    assert run.told()[0].startswith("error.salesforce_refused STRING_TOO_LONG")


def test_a_value_that_was_conformed_is_not_written_again(play: Play) -> None:
    run = play([publish(result(title="T" * 200, budget="10,000"))])
    before = run.row("Lead")["SystemModstamp"]
    run.publish(RESULT, {**result(title="T" * 200, budget="10,000"), "event_id": "r-2", "call_id": "c-1"})
    assert run.row("Lead")["SystemModstamp"] == before


def test_an_activity_is_conformed_like_everything_else(play: Play) -> None:
    text = results("", **{"activity: { enabled: true, object: Task }": "activity: { enabled: true, object: Task }"})
    text = text.replace(
        "    City: fields.city\n",
        "    City: fields.city\n  activity:\n    Subject: fields.subject\n    Priority: fields.urgent\n",
    )
    run = play([publish(result(subject="S" * 300, urgent="high"))], results=text)
    task = run.row("Task")
    assert (len(task["Subject"]), task["Subject"][-1]) == (255, "…")
    assert "Task.Subject" in conformed(run)


def test_companions_and_the_contact_of_a_conversion_are_conformed_too(play: Play) -> None:
    text = (FOLDER / "integrations" / "convert.yaml").read_text(encoding="utf-8")
    text = text.replace(
        "  account: { Name: person.company }\n",
        "  account: { Name: person.company, AnnualRevenue: fields.budget }\n"
        "  contact: { LastName: person.last_name, Email: person.email, Title: fields.title }\n",
    )
    event = {**result(budget="1,500", title="T" * 200), "project": "V"}
    lead = {"LastName": "Ann", "Company": "Acme", "Email": "ann@example.com"}
    run = play([{"org has": "Lead", "records": [lead]}, publish(event)], convert=text)
    assert run.told() == ["converted"]
    assert len(run.row("Contact")["Title"]) == 128
    assert run.row("Account")["AnnualRevenue"] == 1500
    assert set(conformed(run)) == {"Contact.Title", "Account.AnnualRevenue"}
