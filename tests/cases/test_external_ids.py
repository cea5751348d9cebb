"""A mapped reference names its record by an external ID, for persons and for each source's activities."""

from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import Run, Step, user
from tests.cases.test_hosts import booking
from tests.cases.test_pbx_calls import ANN, DESK, IN, known, pbx, told

ANN_OF_ACME = {"LastName": "Ann", "Email": "ann@example.com", "Phone": ANN}
ABOUT: dict[str, dict[str, Any]] = {
    "Account": {"Name": "Acme", "Number__c": "A-42"},
    "Opportunity": {"Name": "D", "StageName": "New", "CloseDate": "2026-12-31", "Number__c": 42},
    "Case": {"Subject": "Leak", "Number__c": "C-42"},
    "Campaign": {"Name": "Spring", "Number__c": "S-42"},
    "Region__c": {"Name": "North", "Code__c": "N"},
}
KEYS = {name: next(field for field in fields if field.endswith("__c")) for name, fields in ABOUT.items()}
OBJECTS = pytest.mark.parametrize("name", ABOUT)

ACTIVITIES = {
    "call-result": """name: results
preset: vanillasoft
org: main
enabled: true
project: P
result_codes: ["YES"]
action: update_or_create_contact
activity: { enabled: true, object: Task }
""",
    "booking": """name: bookings
preset: jicoo
org: main
enabled: true
workspace: W
booking: { register: contact }
activity: { enabled: true, object: Event, owner: integration@example.com }
""",
    "pbx-call": """name: calls
preset: wildix
org: main
enabled: true
network: N
calls: { region: US }
activity: { enabled: true, object: Task, owner: integration@example.com }
""",
    "field-activity": """name: field
preset: spotio
org: main
enabled: true
workspace: F
field_sales: { to_salesforce: true, object: lead, owner: integration@example.com }
activity: { enabled: true, owner: integration@example.com }
""",
}
ACTIVITIES["user-action"] = ACTIVITIES["call-result"]
"""Of each source that logs activities; what a user does by hand is carried out by an integration of any source."""
FILES = {
    "call-result": "results",
    "booking": "bookings",
    "pbx-call": "calls",
    "field-activity": "field",
    "user-action": "results",
}


def result(event_id: str = "r-1", **more: Any) -> Step:
    """Return a step that publishes a call result about Ann."""
    body = {
        "event_id": event_id,
        "call_id": f"c-{event_id}",
        "project": "P",
        "result_code": "YES",
        "resulted": "2026-11-27T21:00:00Z",
        "person": {"last_name": "Ann", "email": "ann@example.com"},
        "agent": {"email": "integration@example.com"},
    }
    return {"publish": "crm.event.call-result", "events": [{**body, **more}]}


def field_activity(value: Any) -> Step:
    body = {
        "event_id": "f-1",
        "activity_id": "fa-1",
        "record_id": "fr-1",
        "workspace": "F",
        "kind": "activity",
        "changed": "2026-11-27T21:00:00Z",
        "started": "2026-11-27T20:00:00Z",
        "person": {"last_name": "Ann", "email": "ann@example.com"},
        "agent": {"email": "integration@example.com"},
        "fields": {"about": value},
    }
    return {"publish": "crm.event.field-activity", "events": [body]}


def by_hand(value: Any, **more: Any) -> Step:
    """Return a step that publishes what a user logged about Ann by hand."""
    body = {
        "event_id": "u-1",
        "action": "log_activity",
        "integration": "results",
        "at": "2026-11-27T21:00:00Z",
        "subject": "Talked",
        "person": {"last_name": "Ann", "email": "ann@example.com"},
        "agent": {"email": "integration@example.com"},
        "fields": {"about": value},
    }
    return {"publish": "crm.event.user-action", "events": [{**body, **more}]}


def event_of(source: str, value: Any) -> Step:
    """Return a step that publishes an event of the source whose own field `about` has the value."""
    if source == "call-result":
        return result(fields={"about": value})
    if source == "booking":
        return booking("b-1", "booked", 1, fields={"about": value})
    if source == "field-activity":
        return field_activity(value)
    if source == "user-action":
        return by_hand(value)
    return pbx(told("ended", 90, **IN, callee=DESK, duration=90.0, talk=60.0, fields={"about": value}))


def mapped(source: str, field: str) -> dict[str, str]:
    """Return the integration of the source with one mapped field of its activity."""
    return {FILES[source]: ACTIVITIES[source] + f"map: {{ activity: {{ {field}: fields.about }} }}\n"}


def persons(kind: str, fields: str, more: str = "") -> dict[str, str]:
    """Return the integration of call results with mapped fields of the person."""
    text = ACTIVITIES["call-result"].replace("contact", kind).replace("enabled: true, object: Task", "enabled: false")
    return {"results": f"{text}{more}map: {{ {kind}: {{ LastName: person.last_name, {fields} }} }}\n"}


def has(name: str, *rows: dict[str, Any]) -> Step:
    return {"org has": name, "records": list(rows)}


def activity(run: Run, source: str) -> Any:
    return run.row("Event" if source == "booking" else "Task")


def dropped(run: Run) -> list[tuple[str, str]]:
    """Return the fields that the last outcome lists as left out, and why."""
    return [(field.field, field.why) for field in run.outcomes()[-1].dropped_fields]


@pytest.mark.parametrize("source", ACTIVITIES)
def test_the_activity_of_each_source_is_about_the_record_that_has_the_number(play: Play, source: str) -> None:
    value = ABOUT["Opportunity"]["Number__c"]
    steps = [has("Contact", ANN_OF_ACME), has("Opportunity", ABOUT["Opportunity"]), event_of(source, value)]
    run = play(steps, **mapped(source, "Opportunity.Number__c"))
    assert activity(run, source)["WhatId"] == run.row("Opportunity")["Id"]
    assert dropped(run) == []


@OBJECTS
def test_an_activity_is_about_any_object_that_it_may_be_about(play: Play, name: str) -> None:
    value = ABOUT[name][KEYS[name]]
    steps = [has("Contact", ANN_OF_ACME), has(name, ABOUT[name]), event_of("call-result", value)]
    run = play(steps, **mapped("call-result", f"{name}.{KEYS[name]}"))
    assert run.row("Task")["WhatId"] == run.row(name)["Id"]


@pytest.mark.parametrize("source", ACTIVITIES)
def test_a_number_that_no_record_has_is_left_out_and_told(play: Play, source: str) -> None:
    run = play([has("Contact", ANN_OF_ACME), event_of(source, "A-43")], **mapped(source, "Account.Number__c"))
    assert activity(run, source).get("WhatId") is None
    assert dropped(run) == [(f"{'Event' if source == 'booking' else 'Task'}.WhatId", "record_not_found")]


def test_a_number_that_several_records_have_is_left_out_and_told(play: Play) -> None:
    steps = [has("Contact", ANN_OF_ACME), has("Account", ABOUT["Account"], ABOUT["Account"])]
    run = play([*steps, event_of("call-result", "A-42")], **mapped("call-result", "Account.Number__c"))
    assert run.row("Task").get("WhatId") is None
    assert dropped(run) == [("Task.WhatId", "several_records")]


@pytest.mark.parametrize("kind", ["lead", "contact"])
def test_a_person_refers_to_a_custom_object_by_its_code(play: Play, kind: str) -> None:
    company = "Company: { constant: Acme }, " if kind == "lead" else ""
    run = play(
        [has("Region__c", ABOUT["Region__c"]), result(fields={"region": "n"})],
        **persons(kind, f"{company}Region__r.Code__c: fields.region"),
    )
    assert run.row(kind.title())["Region__c"] == run.row("Region__c")["Id"]


def test_a_contact_that_is_there_moves_to_the_account_with_the_number_and_is_unchanged_afterwards(play: Play) -> None:
    steps = [has("Contact", ANN_OF_ACME), has("Account", ABOUT["Account"])]
    file = persons("contact", "Account.Number__c: fields.customer")
    run = play([*steps, result(fields={"customer": "a-42"})], **file)
    assert run.row("Contact")["AccountId"] == run.row("Account")["Id"]
    run.play([result("r-2", fields={"customer": "A-42"})])
    assert run.told()[-1] == "updated.unchanged"


def test_an_owner_is_named_by_a_number_of_the_user(play: Play) -> None:
    rep = {**user("rep@example.com"), "Number__c": "77"}
    file = persons("lead", "Company: { constant: Acme }, User.Number__c: fields.owner")
    run = play([has("User", rep), result(fields={"owner": 77})], **file)
    assert run.row("Lead")["OwnerId"] == run.row("User", Number__c="77")["Id"]


@pytest.mark.parametrize("more", ["", "write: { blank: clear }\n"])
def test_a_number_that_is_not_known_takes_no_account_away(play: Play, more: str) -> None:
    file = persons("contact", "Account.Number__c: fields.customer", more)
    steps = [has("Contact", ANN_OF_ACME), has("Account", ABOUT["Account"])]
    run = play([*steps, result(fields={"customer": "A-42"}), result("r-2", fields={"customer": "A-43"})], **file)
    assert run.row("Contact")["AccountId"] == run.row("Account")["Id"]
    assert dropped(run) == [("Contact.AccountId", "record_not_found")]


def test_by_setting_a_number_that_no_record_has_refuses_the_event(play: Play) -> None:
    more = "write: { fields: { Contact.AccountId: { unfit: refuse } } }\n"
    file = persons("contact", "Account.Number__c: fields.customer", more)
    run = play([has("Contact", ANN_OF_ACME), result(fields={"customer": "A-43"})], **file)
    assert run.told() == ["error.no_match"]
    assert run.outcomes()[-1].detail == "Contact.AccountId: no Account has Number__c 'A-43'"


def test_a_default_reference_is_for_creation(play: Play) -> None:
    other = {"Name": "Beta", "Number__c": "B-1"}
    field = "Account.Number__c: { from: fields.customer, default: B-1 }"
    run = play(
        [has("Account", ABOUT["Account"], other), result(fields={"customer": "A-42"})], **persons("contact", field)
    )
    run.play([result("r-2")])
    assert run.row("Contact")["AccountId"] == run.row("Account", Name="Acme")["Id"]


def test_a_number_that_looks_like_a_record_id_names_no_record(play: Play) -> None:
    run = play([has("Account", ABOUT["Account"]), known(ANN)], **mapped("pbx-call", "Account.Number__c"))
    account = run.row("Account")["Id"]
    run.play([event_of("pbx-call", account)])
    assert run.row("Task").get("WhatId") is None


def test_a_lost_answer_leaves_one_contact_on_its_account(play: Play) -> None:
    file = persons("contact", "Account.Number__c: fields.customer")
    run = play([has("Account", ABOUT["Account"])], **file)
    write = {"method": "POST", "body_regex": "A-42|AccountId"}
    run.control().fault("reset_after", match=write)
    run.play([result(fields={"customer": "A-42"})])
    assert run.row("Contact")["AccountId"] == run.row("Account")["Id"]
    assert run.told() == ["created"]
