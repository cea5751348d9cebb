"""Kind *people as sources send them*: whole names, numbers with their kind, a second address, several choices."""

from typing import Any

from tests.cases.conftest import Play
from tests.cases.test_own_records import result

RESULTS = """
name: results
preset: vanillasoft
org: demo
enabled: true
project: P
result_codes: ["YES"]
action: update_or_create_lead
map:
  lead:
    FirstName: person.first_name
    LastName: person.last_name
    Email: person.email
    Phone: person.phones
    MobilePhone: person.mobile
    Company: { from: person.company, default: None given }
    Description: notes
"""


def whole(name: str, **more: Any) -> dict[str, Any]:
    """Return a person whose name is not told in parts."""
    return {"full_name": name, "company": "Lee Ltd", **more}


def test_a_whole_name_makes_a_lead_with_both_names(play: Play) -> None:
    person = whole("Dr. Ann van der Lee", email="ann@example.com")
    run = play([result(1, person, notes="Met at the fair")], results=RESULTS)
    lead = run.row("Lead")
    assert (lead["FirstName"], lead["LastName"], lead["Description"]) == ("Ann", "van der Lee", "Met at the fair")


def test_a_name_in_japanese_script_begins_with_the_family_name(play: Play) -> None:
    run = play([result(1, whole("山田 太郎", email="taro@example.com"))], results=RESULTS)
    assert (run.row("Lead")["FirstName"], run.row("Lead")["LastName"]) == ("太郎", "山田")


def test_a_second_address_finds_the_person(play: Play) -> None:
    first = whole("Ann Lee", email="ann@example.com")
    second = whole("Ann Lee", email="ann.lee@example.net", second_email="ann@example.com")
    run = play([result(1, first), result(2, second, call_id="c-2")], results=RESULTS)
    assert len(run.rows("Lead")) == 1
    assert run.outcomes()[-1].kind == "updated"


def test_a_number_with_its_kind_fills_its_field_and_finds_the_person(play: Play) -> None:
    mobile = {"number": "+1 202 555 0144", "kind": "mobile"}
    run = play([result(1, whole("Ann Lee", numbers=[mobile]))], results=RESULTS)
    assert run.row("Lead")["MobilePhone"] == "+1 202 555 0144"
    run.play([result(2, whole("Annie Lee", numbers=[{**mobile, "number": "(202) 555-0144"}]), call_id="c-2")])
    assert [lead["FirstName"] for lead in run.rows("Lead")] == ["Annie"]


def test_a_call_that_is_resulted_again_with_a_whole_name_is_about_the_same_person(play: Play) -> None:
    run = play([result(1, {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"})], results=RESULTS)
    run.play([result(2, whole("Lee Ann", email="ann@exmaple.com"))])
    assert len(run.rows("Lead")) == 1
    assert "OW-5" in run.outcomes()[-1].rule_ids
