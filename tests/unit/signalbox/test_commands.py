"""The command line: what goes out, what is told, with which exit code."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from connectors.database.engine import open_engine
from connectors.database.migrate import at_head, revision
from processors.intake.decode import decode
from processors.integration.check_org import targets
from processors.model.org_facts import FieldFacts, ObjectFacts, OrgFacts
from processors.sources.settings import integration_of
from schemas.call_result import CallResult
from schemas.codec import SingleObject
from schemas.topics import SOURCE_BOOKING, SOURCE_PBX_CALL, SOURCE_PROSPECT, SOURCE_USER_ACTION, SOURCES, TOPICS
from signalbox.cli import app
from signalbox.commands.publish import message

EVENT = {
    "event_id": "e1",
    "call_id": "c1",
    "project": "demo",
    "result_code": "YES",
    "resulted": "2026-01-05T12:00:00Z",
    "person": {"last_name": "Example", "phones": ["+41440000000"]},
}
INTEGRATION = {
    "name": "yes",
    "org": "main",
    "enabled": True,
    "project": "demo",
    "result_codes": ["YES"],
    "action": "update_or_create_lead",
    "map": {"lead": {"LastName": "person.last_name"}},
}
runner = CliRunner()


@pytest.fixture(autouse=True)
def _installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("integrations").mkdir()
    Path("integrations/yes.yaml").write_text(json.dumps(INTEGRATION))
    monkeypatch.setenv("SIGNALBOX_DATABASE", "sqlite:///here.db")


def test_a_line_becomes_the_event_that_it_says() -> None:
    codec = SingleObject()
    key, value = message(TOPICS[0], codec, json.dumps(EVENT))
    event = CallResult.from_avro(codec.decode("call_result", value))
    assert key == b"c1"
    assert event.resulted == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert event.person.last_name == "Example"
    assert event.person.email is None


@pytest.mark.parametrize(
    ("topic", "event"),
    [
        (
            SOURCE_BOOKING,
            {
                "event_id": "e1",
                "booking_id": "b1",
                "workspace": "Roofs",
                "status": "moved",
                "changed": "2026-01-05T12:00:00Z",
                "person": {"email": "ann@example.com"},
                "start": "2026-01-06T12:00:00+01:00",
                "end": "2026-01-06T13:00:00+01:00",
                "answers": {"Seats": 3},
            },
        ),
        (
            SOURCE_PBX_CALL,
            {
                "event_id": "e2",
                "call_id": "c1",
                "network": "pbx",
                "step": "transferred_blind",
                "at": "2026-01-05T12:00:00Z",
                "caller": {"kind": "external", "number": "+41440000000"},
                "user": {"email": "ann@example.com"},
            },
        ),
        (
            SOURCE_USER_ACTION,
            {
                "event_id": "e3",
                "action": "create_task",
                "integration": "calls",
                "at": "2026-01-05T12:00:00Z",
                "person": {},
                "due": "2026-01-09T12:00:00Z",
            },
        ),
        (
            SOURCE_PROSPECT,
            {
                "event_id": "e4",
                "prospect_id": "p1",
                "workspace": "Roofs",
                "changed": "2026-01-05T12:00:00Z",
                "person": {
                    "full_name": "Ann Lee",
                    "second_email": "a.lee@example.com",
                    "numbers": [{"number": "+1 202 555 0143", "kind": "mobile"}, {"number": "+1 202 555 0144"}],
                },
                "notes": "Met at the fair",
                "fields": {"interests": ["Solar", "Battery"]},
            },
        ),
    ],
)
def test_a_line_of_each_source_becomes_the_event_that_it_says(topic: str, event: dict[str, Any]) -> None:
    row = next(item for item in TOPICS if item.name == topic)
    key, value = message(row, SingleObject(), json.dumps(event))
    found = decode(value, SingleObject(), SOURCES[topic])
    assert key.decode() == event[row.key]
    assert found.event_time == datetime(2026, 1, 5, 12, tzinfo=UTC)
    for name, said in event.items():
        if isinstance(said, str) and not said.startswith("2026-"):
            assert getattr(found, name) == said
    assert dict(getattr(found, "answers", {})) == event.get("answers", {})


def test_a_whole_number_is_taken_where_the_contract_has_a_decimal_one() -> None:
    row = next(topic for topic in TOPICS if topic.name == "crm.event.pbx-call")
    step = {"event_id": "e", "call_id": "c", "network": "n", "step": "ended", "at": "2026-01-05T12:00:00Z"}
    whole, decimal = ({**step, "duration": seconds, "talk": seconds} for seconds in (90, 90.0))
    assert message(row, SingleObject(), json.dumps(whole)) == message(row, SingleObject(), json.dumps(decimal))
    for wrong in (True, "90", 10**400):
        with pytest.raises(ValueError, match="duration"):
            message(row, SingleObject(), json.dumps({**step, "duration": wrong}))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nope", "not JSON"),
        ("[1]", "not a JSON object"),
        (json.dumps({**EVENT, "resultd": 1}), "unknown field resultd"),
        (json.dumps({**EVENT, "person": {"lastname": "X"}}), "unknown field person.lastname"),
        (json.dumps({**EVENT, "resulted": "yesterday"}), "resulted is no ISO 8601 time"),
        (json.dumps({**EVENT, "resulted": "2026-01-05T12:00:00"}), "resulted has no zone"),
        (json.dumps({**EVENT, "project": 3}), "project"),
        (json.dumps({**EVENT, "call_id": None}), "call_id"),
        (json.dumps({name: EVENT[name] for name in EVENT if name != "person"}), "person is missing"),
    ],
)
def test_a_line_that_does_not_fit_is_told_by_its_fault(line: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        message(TOPICS[0], SingleObject(), line)


def test_publish_to_a_topic_without_contract_is_refused_with_the_choice() -> None:
    done = runner.invoke(app, ["publish", "-", "--topic", "crm.dead-letter.command"], input="{}\n")
    assert done.exit_code == 2
    assert "crm.event.call-result" in done.stderr


def test_wrong_files_are_exit_2_with_every_fault_on_its_own_line() -> None:
    Path("integrations/bad.yaml").write_text("name: bad\nprojekt: x\n")
    done = runner.invoke(app, ["check", "--offline"])
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) > 1
    assert all(line.startswith("bad.yaml:") for line in done.stderr.splitlines())


def test_right_files_are_exit_0_offline() -> None:
    done = runner.invoke(app, ["check", "--offline"])
    assert done.exit_code == 0, done.output
    assert "1 integrations, no org was asked: 0 errors" in done.output


@pytest.mark.outside
def test_an_org_that_does_not_answer_is_one_line_and_exit_1(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LOGIN_URL": "http://127.0.0.1:1", "CLIENT_ID": "x", "CLIENT_SECRET": "canary"}.items():
        monkeypatch.setenv(f"SIGNALBOX_ORGS__MAIN__{name}", value)
    done = runner.invoke(app, ["check"])
    assert done.exit_code == 1
    assert "error: main: cannot be asked" in done.output
    assert "canary" not in done.output
    assert "Traceback" not in done.output


def test_an_org_without_connection_is_an_error() -> None:
    done = runner.invoke(app, ["check"])
    assert done.exit_code == 1
    assert "add orgs.main" in done.output


def test_a_wrong_database_url_shows_nothing_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALBOX_DATABASE", "nonsense with canary")
    done = runner.invoke(app, ["migrate"])
    assert done.exit_code == 2
    assert "canary" not in done.output


def test_migrate_makes_what_the_processes_wait_for() -> None:
    before = runner.invoke(app, ["log"])
    assert before.exit_code == 1
    assert "signalbox migrate" in before.stderr
    assert runner.invoke(app, ["migrate"]).exit_code == 0
    assert at_head(open_engine("sqlite:///here.db"))
    assert runner.invoke(app, ["log"]).exit_code == 0


def test_tables_of_a_later_release_are_told_in_one_line_and_stay_as_they_are() -> None:
    assert runner.invoke(app, ["migrate"]).exit_code == 0
    engine = open_engine("sqlite:///here.db")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    done = runner.invoke(app, ["migrate"])
    assert done.exit_code == 2
    assert done.stderr.strip().count("\n") == 0
    assert "a later release has migrated it" in done.stderr
    assert revision(engine) == "later"


def test_the_shipped_contracts_may_follow_their_versions_and_a_missing_one_may_not(tmp_path: Path) -> None:
    assert runner.invoke(app, ["schemas", "check"]).exit_code == 0
    empty = tmp_path / "none"
    empty.mkdir()
    done = runner.invoke(app, ["schemas", "check", "--folder", str(empty)])
    assert done.exit_code == 1
    assert "outcome.avsc is missing" in done.stderr


def _field(name: str, **said: object) -> FieldFacts:
    facts = {"type": "string", "length": 80, "createable": True, "updateable": True, "nillable": True}
    rest = {"defaulted": False, "unique": False, "external_id": False, "restricted": False}
    return FieldFacts(name=name, **{**facts, **rest, **said})  # type: ignore[arg-type]  # one of each type


def _targets(mapped: dict[str, object], *fields: FieldFacts, **more: object) -> list[tuple[str, str]]:
    lead = ObjectFacts("Lead", {field.name: field for field in fields})
    facts = OrgFacts("main", "00D", "005", {"Lead": lead}, {}, "Qualified", datetime(2026, 1, 1, tzinfo=UTC))
    integration = integration_of({**INTEGRATION, "map": {"lead": mapped}, **more})
    found = targets(integration, facts)
    assert all(finding.org == "main" for finding in found)
    return [(finding.level, finding.text) for finding in found]


def test_a_mapped_field_that_the_org_lacks_is_an_error() -> None:
    [(level, text)] = _targets({"Nmae": "person.last_name"})
    assert level == "error"
    assert "Lead.Nmae does not exist" in text


def test_a_mapped_field_that_is_read_only_is_an_error() -> None:
    [(level, text)] = _targets({"Name": "person.last_name"}, _field("Name", createable=False, updateable=False))
    assert level == "error"
    assert "Lead.Name is read-only" in text


def test_a_fixed_value_that_a_restricted_picklist_lacks_is_an_error() -> None:
    rating = _field("Rating", type="picklist", restricted=True, values=("Hot", "Cold"))
    [(level, text)] = _targets({"Rating": {"constant": "Warm"}}, rating)
    assert level == "error"
    assert "Lead.Rating takes no 'Warm'; its values are Hot, Cold" in text
    assert _targets({"Rating": {"constant": "Hot"}}, rating) == []


def test_a_mandatory_field_that_is_not_mapped_is_a_warning() -> None:
    [(level, text)] = _targets({"Title": "person.last_name"}, _field("Title"), _field("Company", nillable=False))
    assert level == "warning"
    assert "Lead.Company is mandatory" in text


def test_a_match_key_that_the_org_lacks_is_an_error() -> None:
    key = {"from": "person.email", "kind": "email", "lead": "Mail__c"}
    found = _targets({"Title": "person.last_name"}, _field("Title"), match={"key_sets": [[key]]})
    assert [level for level, _ in found] == ["error"]
    assert "match key Lead.Mail__c" in found[0][1]
