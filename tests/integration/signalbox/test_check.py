import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator import Control, OrgFile, Running, serve
from tests.fixtures.processes import free_ports
from tests.integration.signalbox.tool import Said, signalbox

SECRET = "simulated-secret"
GOOD = """
name: solar
preset: vanillasoft
org: acme
enabled: true
project: Solar
result_codes: [SALE]
action: update_or_create_lead
match:
  key_sets:
    - - {from: person.email, kind: email, lead: Email, contact: Email}
map:
  lead: {Description: fields.comment}
  contact: {Description: fields.comment}
recipients: [team@example.com]
"""
CALLS = """
name: calls
preset: wildix
org: acme
enabled: true
network: pbx
calls: {region: DE}
activity: {owner: OWNER}
"""
LEAD_MAP = "  lead: {Description: fields.comment}\n"


class Box:
    """Settings, integration files and one simulated org."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "integrations").mkdir()
        self.write("solar", GOOD)

    def write(self, name: str, text: str) -> None:
        (self.folder / "integrations" / f"{name}.yaml").write_text(text)

    def settings(self, origin: str, secret: str = SECRET) -> None:
        org = {"login_url": origin, "client_id": "signalbox", "client_secret": secret, "login_pause": 1.0}
        value = {
            "kafka": {"bootstrap": "127.0.0.1:1"},
            "database": f"sqlite:///{self.folder / 'ledger.db'}",
            "integrations": str(self.folder / "integrations"),
            "orgs": {"acme": {**org, "request_limit": 6.0, "read_timeout": 4.0}},
        }
        (self.folder / "settings.yaml").write_text(yaml.safe_dump(value))

    def check(self, *words: str) -> Said:
        said = signalbox(self.folder, "check", *words)
        assert SECRET not in said.out + said.err
        return said

    def mapped(self, lead: str) -> None:
        self.write("solar", GOOD.replace(LEAD_MAP, f"  lead: {{{lead}}}\n"))


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def _org(**more: Any) -> OrgFile:
    return dataclasses.replace(OrgFile(name="acme"), **more)


def _running(box: Box, org: OrgFile) -> Running:
    running = serve([org])
    running.start()
    box.settings(running.origin("acme"))
    return running


@pytest.fixture
def stock(box: Box) -> Iterator[Running]:
    running = _running(box, _org())
    yield running
    running.stop()


def _with(lead: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    fields = {name: [dict(row) for row in given] for name, given in OrgFile().fields.items()}
    fields["Lead"].append(dict(lead))
    return fields


def test_an_integration_whose_targets_are_all_there_passes(box: Box, stock: Running) -> None:
    said = box.check()

    assert (said.code, said.err) == (0, "")
    assert said.lines[-1] == "1 integrations, 1 orgs asked: 0 errors, 0 warnings"


def test_a_field_that_the_org_lacks_is_an_error_that_names_integration_org_and_field(box: Box, stock: Running) -> None:
    box.mapped("Nowhere__c: fields.comment")
    said = box.check()

    assert said.code == 1
    assert [line for line in said.lines if line.startswith("error: acme: integration solar: Lead.Nowhere__c ")]
    assert said.lines[-1].endswith(": 1 errors, 0 warnings")


def test_a_field_that_nobody_can_write_is_an_error(box: Box, stock: Running) -> None:
    box.mapped("CreatedDate: fields.comment")
    said = box.check()

    assert said.code == 1
    assert "error: acme: integration solar: Lead.CreatedDate is read-only" in said.out


def test_a_constant_that_a_restricted_picklist_does_not_take_is_an_error(box: Box, stock: Running) -> None:
    box.mapped("CleanStatus: {constant: Sparkling}")
    said = box.check("--json")

    assert said.code == 1
    (finding,) = said.values
    assert (finding["level"], finding["org"]) == ("error", "acme")
    assert finding["text"].startswith(
        "integration solar: Lead.CleanStatus takes no 'Sparkling'; its values are Matched"
    )


def test_a_mandatory_field_that_is_not_mapped_is_a_warning(box: Box) -> None:
    fields = _with({"name": "Region__c", "type": "string", "length": 20, "required": True})
    with serve([_org(fields=fields)]) as running:
        box.settings(running.origin("acme"))
        said = box.check()

    assert said.code == 0
    assert "warning: acme: integration solar: Lead.Region__c is mandatory in the org and not mapped" in said.out


def test_an_org_without_external_id_fields_is_warned_of_what_that_costs(box: Box) -> None:
    with serve([_org(fields={})]) as running:
        box.settings(running.origin("acme"))
        said = box.check()

    assert said.code == 0
    assert [line for line in said.lines if line.startswith("warning: acme: Lead has no Unique External ID field")]


def test_an_org_that_does_not_answer_is_one_line_and_not_one_for_each_field(box: Box) -> None:
    box.settings(f"http://127.0.0.1:{free_ports(1)[0]}")
    said = box.check()

    assert (said.code, said.err) == (1, "")
    assert said.lines[0].startswith("error: acme: cannot be asked: ")
    assert len(said.lines) == 2


def test_a_refused_login_is_one_line_that_does_not_tell_the_secret(box: Box, stock: Running) -> None:
    box.settings(stock.origin("acme"), secret="not-the-right-one")
    said = box.check()

    assert said.code == 1
    assert said.lines[0].startswith("error: acme: cannot be asked: ")
    assert "not-the-right-one" not in said.out + said.err


def test_offline_asks_no_org(box: Box) -> None:
    box.settings(f"http://127.0.0.1:{free_ports(1)[0]}")
    said = box.check("--offline")

    assert (said.code, said.out) == (0, "1 integrations, no org was asked: 0 errors, 0 warnings\n")


def test_wrong_files_are_told_with_every_fault_before_any_org_is_asked(box: Box) -> None:
    box.settings(f"http://127.0.0.1:{free_ports(1)[0]}")
    box.mapped("Description: fields.")
    box.write("roof", GOOD.replace("name: solar", "name: roof").replace("update_or_create_lead", "sell_it"))
    box.write("wind", GOOD.replace("name: solar", "name: wind").replace("kind: email", "kind: mail"))
    said = box.check()

    assert (said.code, said.out) == (2, "")
    for name in ("solar", "roof", "wind"):
        assert f"{name}.yaml" in said.err
    assert "sell_it" in said.err


def test_an_org_that_has_no_connection_is_an_error_that_says_what_to_add(box: Box, stock: Running) -> None:
    text = GOOD.replace("name: solar", "name: roof").replace("org: acme", "org: other")
    box.write("roof", text.replace("SALE", "ROOF"))
    said = box.check()

    assert said.code == 1
    assert "error: other: has no connection in the settings, but roof writes there; add orgs.other" in said.out


def test_a_default_owner_of_activities_who_is_no_active_user_is_an_error(box: Box) -> None:
    with serve([_org()]) as running:
        box.settings(running.origin("acme"))
        box.write("calls", CALLS.replace("OWNER", "nobody@example.com"))
        wrong = box.check()
        box.write("calls", CALLS.replace("OWNER", OrgFile().username.upper()))
        right = box.check()

    assert wrong.code == 1
    assert "integration calls: activity.owner 'nobody@example.com' is no active user of the org" in wrong.out
    assert (right.code, right.lines) == (0, ["2 integrations, 1 orgs asked: 0 errors, 0 warnings"])


def test_an_activity_or_telephone_field_that_the_org_lacks_is_an_error(box: Box, stock: Running) -> None:
    named = "calls: {region: DE, objects: [Lead], phone_fields: {Lead: [Fone]}}"
    text = CALLS.replace("owner: OWNER", "object: Task").replace("calls: {region: DE}", named)
    box.write("calls", text + "map: {activity: {CallMood: call.cause}}\n")
    said = box.check()

    assert said.code == 1
    assert "error: acme: integration calls: Task.CallMood does not exist" in said.out
    assert "error: acme: integration calls: telephone field Lead.Fone does not exist" in said.out


def test_an_org_without_an_external_id_on_activities_is_told_what_is_lost_and_how_to_make_it(box: Box) -> None:
    with serve([_org(fields={})]) as running:
        box.settings(running.origin("acme"))
        said = box.check()

    for name in ("Task", "Event"):
        [line] = [text for text in said.lines if f"{name} has no Unique External ID field" in text]
        assert "is looked for by what it hangs on and says" in line
        assert "deploy deploy/salesforce (the field is made on Activity)" in line


def test_ll_4_an_org_that_allows_too_few_api_calls_is_a_warning_with_both_numbers(box: Box) -> None:
    running = _running(box, _org(daily_limit=1000))
    path = box.folder / "settings.yaml"
    value = yaml.safe_load(path.read_text())
    value["orgs"]["acme"]["api_calls_needed"] = 1500
    path.write_text(yaml.safe_dump(value))
    said = box.check()
    running.stop()

    assert said.code == 0
    assert "warning: acme: allows 1000 API calls a day, and api_calls_needed says 1500; buy more" in said.lines


def test_ll_28_a_credential_of_another_org_is_one_clear_line(box: Box, stock: Running) -> None:
    path = box.folder / "settings.yaml"
    value = yaml.safe_load(path.read_text())
    value["orgs"]["acme"]["organization_id"] = "00D9Z000000AAAA"
    path.write_text(yaml.safe_dump(value))
    said = box.check()

    assert said.code == 1
    (line,) = (text for text in said.lines if text.startswith("error"))
    assert "the credential belongs to org 00D" in line
    assert "organization_id is 00D9Z000000AAAA" in line


@pytest.mark.parametrize(
    ("campaign", "level", "says"),
    [
        ("{name: Nowhere}", "error", "campaign.name 'Nowhere' is no campaign that the integration user can see"),
        ("{id: 701000000000000AAA}", "error", "campaign.id 701000000000000AAA is no campaign"),
        ("{name: twice}", "error", "campaign.name 'twice' is 2 campaigns; name it by its id"),
        ("{name: Over}", "warning", "campaign.name 'Over' is not active"),
        ("{name: spring fair}", "", ""),
        ("{name: spring fair, status: Responded}", "", ""),
        (
            "{name: spring fair, status: Invited}",
            "error",
            "campaign.status 'Invited' is no member status of Spring Fair",
        ),
        ("{external_id: {Nr__c: 1}}", "error", "campaign.external_id: Campaign.Nr__c does not exist or is hidden"),
        ("{external_id: {Type: x}}", "error", "campaign.external_id: Campaign.Type is no External ID"),
    ],
)
def test_a_campaign_that_is_not_there_is_an_error(
    box: Box, stock: Running, campaign: str, level: str, says: str
) -> None:
    active = [{"Name": "Twice"}, {"Name": "twice"}, {"Name": "Spring Fair"}]
    Control(stock.control_url, "acme").seed("Campaign", [{**row, "IsActive": True} for row in active])
    Control(stock.control_url, "acme").seed("Campaign", [{"Name": "Over", "IsActive": False}])
    box.write("solar", f"{GOOD}campaign: {campaign}\n")
    said = box.check()
    assert said.code == (1 if level == "error" else 0)
    assert [line for line in said.lines if line.startswith(f"{level}: acme: integration solar: {says}")] or not level
