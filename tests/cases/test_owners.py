"""Who acted, or owns the source's record, is known by e-mail, user ID or extension in every source."""

from typing import Any

import pytest

from tests.cases.conftest import Play
from tests.cases.runner import AGENTS, Run
from tests.cases.test_external_ids import ACTIVITIES, ANN_OF_ACME, FILES, has
from tests.cases.test_external_ids import event_of as event
from tests.cases.test_references import email_of

FIRST, SECOND = AGENTS
EXTENSION = "user_extension: Extension__c"
SOURCES = pytest.mark.parametrize("source", ACTIVITIES)


def by_agent(source: str, agent: dict[str, Any]) -> Any:
    """Return a step that publishes an event of the source by that agent; a call names its user alone."""
    step = event(source, None)
    named = {"user": agent} if source == "pbx-call" else {"agent": agent}
    return {**step, "events": [{**item, **named} for item in step["events"]]}


def with_extensions(source: str) -> dict[str, str]:
    """Return the integration of the source that knows users by their extension."""
    text = ACTIVITIES[source]
    changed = text.replace("activity: { ", f"activity: {{ {EXTENSION}, ")
    assert changed != text
    return {FILES[source]: changed}


def owner(run: Run, source: str) -> str:
    return email_of(run, run.row("Event" if source == "booking" else "Task")["OwnerId"])


def second(run: Run) -> str:
    """Give the second user extension 202, and return the ID of that user."""
    found = str(run.row("User", Email=SECOND)["Id"])
    run.control().change("User", found, Extension__c="202")
    return found


@SOURCES
def test_who_acted_is_known_by_user_id(play: Play, source: str) -> None:
    run = play([has("Contact", ANN_OF_ACME)], **{FILES[source]: ACTIVITIES[source]})
    run.play([by_agent(source, {"user_id": second(run)[:15]})])
    assert owner(run, source) == SECOND


@SOURCES
def test_who_acted_is_known_by_extension(play: Play, source: str) -> None:
    run = play([has("Contact", ANN_OF_ACME)], **with_extensions(source))
    second(run)
    run.play([by_agent(source, {"extension": " 202 "})])
    assert owner(run, source) == SECOND


@SOURCES
def test_an_extension_that_nobody_has_leaves_the_activity_to_the_default_owner(play: Play, source: str) -> None:
    run = play([has("Contact", ANN_OF_ACME)], **with_extensions(source))
    second(run)
    run.play([by_agent(source, {"extension": "999"})])
    assert owner(run, source) == "integration@example.com"
    assert {"owner_fallback", "owner_unknown"} & set(run.outcomes()[-1].flags)


RECORDS = {
    "prospect": """name: prospects
preset: lead_liaison
org: main
enabled: true
workspace: M
schedule: { every: 1s }
map: { lead: { OwnerId: %s } }
""",
    "field-record": """name: field
preset: spotio
org: main
enabled: true
workspace: F
field_sales: { to_salesforce: true }
activity: { user_extension: Extension__c }
map: { lead: { OwnerId: %s } }
""",
}
RECORD_FILES = {"prospect": "prospects", "field-record": "field"}


def record(source: str, owned: dict[str, Any]) -> Any:
    """Return a step that publishes a record of the source that this user owns there."""
    body = {
        "event_id": "e-1",
        "changed": "2026-11-27T20:01:00Z",
        "person": {"last_name": "Ann", "email": "ann@example.com", "company": "Acme"},
        "owner": owned,
    }
    own = (
        {"prospect_id": "p-1", "workspace": "M", "occasion": "changed"}
        if source == "prospect"
        else {"record_id": "r-1", "workspace": "F", "stage": "New"}
    )
    return {"publish": f"crm.event.{source}", "events": [{**body, **own}]}


@pytest.mark.parametrize("said", [SECOND, SECOND.upper()])
@pytest.mark.parametrize("source", RECORDS)
def test_a_mapped_owner_by_e_mail_owns_the_lead_of_a_record_of_the_source(play: Play, source: str, said: str) -> None:
    run = play([record(source, {"email": said})], **{RECORD_FILES[source]: RECORDS[source] % "owner.email"})
    assert email_of(run, run.row("Lead")["OwnerId"]) == SECOND


@pytest.mark.parametrize("source", RECORDS)
def test_a_mapped_owner_by_user_id_owns_the_lead_of_a_record_of_the_source(play: Play, source: str) -> None:
    run = play([], **{RECORD_FILES[source]: RECORDS[source] % "owner.user_id"})
    run.play([record(source, {"user_id": second(run)})])
    assert email_of(run, run.row("Lead")["OwnerId"]) == SECOND


@pytest.mark.parametrize("source", RECORDS)
def test_a_mapped_owner_who_is_no_user_is_left_out_and_flagged(play: Play, source: str) -> None:
    file = {RECORD_FILES[source]: RECORDS[source] % "owner.email"}
    run = play([record(source, {"email": "nobody@example.com"})], **file)
    assert run.row("Lead")["LastName"] == "Ann"
    assert "owner_unknown" in run.outcomes()[-1].flags


def test_the_owner_of_a_field_record_is_known_by_extension(play: Play) -> None:
    text = RECORDS["field-record"].replace("map: { lead: { OwnerId: %s } }\n", "")
    run = play(field=text)
    second(run)
    run.play([record("field-record", {"extension": "202"})])
    assert email_of(run, run.row("Lead")["OwnerId"]) == SECOND


@pytest.mark.parametrize(
    ("said", "owner_of_contact", "flagged"),
    [
        (SECOND, SECOND, False),
        (f" {SECOND.upper()} ", SECOND, False),
        ("x@example.com", "integration@example.com", True),
    ],
)
def test_who_steps_in_for_a_queue_is_named_by_e_mail(
    play: Play, said: str, owner_of_contact: str, flagged: bool
) -> None:
    text = ACTIVITIES["call-result"].replace("update_or_create_contact", "update_and_convert_lead_or_create_contact")
    text = text.replace("enabled: true, object: Task", "enabled: false") + f"convert: {{ owner: '{said}' }}\n"
    run = play([has("Group", {"Name": "Inbound", "Type": "Queue"})], results=text)
    queue = run.row("Group", Name="Inbound")["Id"]
    run.play([has("Lead", {**ANN_OF_ACME, "Company": "Acme", "OwnerId": queue}), event("call-result", None)])
    assert run.told() == ["converted"]
    assert email_of(run, run.row("Contact")["OwnerId"]) == owner_of_contact
    assert ("owner_unknown" in run.outcomes()[-1].flags) is flagged
