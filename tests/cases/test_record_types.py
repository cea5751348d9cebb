"""Record types are named by their developer name, for persons, what comes with them and activities."""

from typing import Any

import pytest

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import SalesforceSettings
from processors.integration.check_org import targets
from processors.sources.load import read_integrations
from simulator import Running
from tests.cases.conftest import Play
from tests.cases.runner import Run
from tests.cases.test_external_ids import ANN_OF_ACME, dropped, event_of, has, mapped, persons, result

COMPANY = "Company: { constant: Acme }"


def typed(source: str, more: str = "") -> dict[str, str]:
    """Return the integration of call results whose leads have the record type of that source."""
    return persons("lead", f"{COMPANY}, RecordTypeId: {source}", more)


def type_of(run: Run, name: str = "Lead", **fields: Any) -> str | None:
    """Return the developer name of the record type of the one record."""
    held = run.row(name, **fields).get("RecordTypeId")
    return None if held is None else str(run.row("RecordType", Id=held)["DeveloperName"])


@pytest.mark.parametrize("said", ["Partner", "partner", " PARTNER "])
def test_a_lead_gets_the_record_type_that_the_event_names(play: Play, said: str) -> None:
    assert type_of(play([result(fields={"kind": said})], **typed("fields.kind"))) == "Partner"


def test_a_lead_gets_the_record_type_that_the_file_names(play: Play) -> None:
    assert type_of(play([result()], **typed("{ constant: Partner }"))) == "Partner"


def test_a_value_map_gives_developer_names(play: Play) -> None:
    file = typed("{ from: fields.kind, values: { p: Partner, s: Standard } }")
    assert type_of(play([result(fields={"kind": "p"})], **file)) == "Partner"


def test_a_record_id_passes(play: Play) -> None:
    run = play([], **typed("fields.kind"))
    run.play([result(fields={"kind": run.row("RecordType", DeveloperName="Partner")["Id"]})])
    assert type_of(run) == "Partner"


@pytest.mark.parametrize("said", ["Nobody", "Retired", "Secret", "Partner lead"])
def test_a_name_that_cannot_be_given_leaves_the_default_and_is_told(play: Play, said: str) -> None:
    run = play([result(fields={"kind": said})], **typed("fields.kind"))
    assert type_of(run) == "Standard"
    assert dropped(run) == [("Lead.RecordTypeId", "unknown_record_type")]


def test_by_setting_an_unknown_name_refuses_the_event(play: Play) -> None:
    more = "write: { fields: { Lead.RecordTypeId: { unfit: refuse } } }\n"
    run = play([result(fields={"kind": "Nobody"})], **typed("fields.kind", more))
    assert run.told() == ["error.picklist_unmapped"]
    assert "no record type 'Nobody' that the integration user may give; there is Partner, Standard" in str(
        run.outcomes()[-1].detail
    )


def test_a_record_type_that_is_there_is_unchanged(play: Play) -> None:
    run = play([result(fields={"kind": "Partner"}), result("r-2", fields={"kind": "PARTNER"})], **typed("fields.kind"))
    assert run.told()[-1] == "updated.unchanged"


def test_a_default_record_type_is_for_creation(play: Play) -> None:
    file = typed("{ from: fields.kind, default: Standard }")
    run = play([result(fields={"kind": "Partner"}), result("r-2")], **file)
    assert type_of(run) == "Partner"


def test_an_activity_gets_its_record_type(play: Play) -> None:
    run = play([has("Contact", ANN_OF_ACME), event_of("pbx-call", "Support")], **mapped("pbx-call", "RecordTypeId"))
    assert type_of(run, "Task") == "Support"


@pytest.mark.parametrize(("name", "faults"), [("Partner", 0), ("Nobody", 1), ("Secret", 1)])
def test_check_knows_the_record_types_of_the_org(play: Play, running: Running, name: str, faults: int) -> None:
    play()
    text = typed(f"{{ constant: {name} }}")["results"]
    told = {"login_url": running.url, "client_id": "signalbox", "client_secret": "simulated-secret"}
    facts = SalesforceClient("main", SalesforceSettings.model_validate(told)).facts()
    (integration,) = read_integrations({"results.yaml": text.encode()}).by_name.values()
    found = [fault for fault in targets(integration, facts) if "RecordTypeId" in fault.text]
    assert [fault.level for fault in found] == ["error"] * faults
