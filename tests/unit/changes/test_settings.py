"""Settings of the way back: what is accepted, and that each fault is one line with file, line and advice."""

from datetime import UTC, datetime

import pytest

from processors.model.errors import Misconfigured
from processors.model.org_facts import FieldFacts, ObjectFacts, OrgFacts
from processors.sources.load import read_integrations
from signalbox.targets_of_changes import changes_targets
from tests.fakes.changes import told

BASE = """\
name: one
org: acme
enabled: true
project: Solar
result_codes: [YES]
action: update_only
changes:
  enabled: true
"""


def faults(text: str) -> list[str]:
    with pytest.raises(Misconfigured) as raised:
        read_integrations({"a.yaml": (BASE + text).encode()})
    return raised.value.faults


def test_any_source_may_be_told_and_nobody_is_unless_enabled() -> None:
    loaded = read_integrations({"a.yaml": BASE.replace("changes:\n  enabled: true\n", "").encode()})
    assert not loaded.by_name["one"].changes.enabled
    whole = BASE + "  objects: {Lead: {fields: {stage: {from: Status, values: {Open: New}}, city: City}}}\n"
    lead = read_integrations({"a.yaml": whole.encode()}).by_name["one"].changes.objects["Lead"]
    assert (lead.scope, lead.fields["city"].salesforce, lead.fields["stage"].values) == (
        "forward_only",
        "City",
        {"Open": "New"},
    )


@pytest.mark.parametrize("name", ["Task", "Event"])
def test_sp_36_sp_39_tasks_and_events_are_refused_at_their_line(name: str) -> None:
    (fault,) = faults(f"  objects:\n    {name}: {{}}\n")
    assert fault.startswith(
        f"a.yaml:10: changes.objects.{name}: {name}s of Salesforce never go back to the source (SP-"
    )
    assert "SP-36, SP-39" in fault


@pytest.mark.parametrize(
    "text, fault",
    [
        ("", "a.yaml:7: changes: nothing comes back without 'objects'; name at least one of Lead, "),
        ("  objects:\n    Case: {}\n", "a.yaml:10: changes.objects.Case: changes of Case are not read; use Lead, "),
        (
            "  objects:\n    Lead:\n      scope: forward\n",
            "a.yaml:11: changes.objects.Lead.scope 'forward' is unknown; did",
        ),
        (
            "  objects:\n    Lead:\n      filters:\n        - {name: x, field: Industry}\n",
            "a.yaml:12: changes.objects.Lead.filters[0]: a filter has one side; name exactly one of 'equals' and ",
        ),
        (
            "  objects:\n    Lead:\n      fields:\n        stage: {from: Status, unmapped: error, values: {A: B}}\n",
            "a.yaml:12: changes.objects.Lead.fields.stage.unmapped 'error' is unknown; ",
        ),
        (
            "  objects:\n    Lead:\n      fields:\n        stage: {from: Status, unmapped: default}\n",
            "a.yaml:12: changes.objects.Lead.fields.stage: 'unmapped' and 'default' speak of values that 'values' ",
        ),
        (
            "  objects:\n    Lead:\n      fields:\n        city: 'City, Name FROM User'\n",
            "a.yaml:12: changes.objects.Lead.fields.city.from is 'City, Name FROM User'; use ",
        ),
        (
            "  objects: {Lead: {}}\n  users: [rep@example.com]\n",
            "a.yaml:7: changes: 'users' needs 'default_owner', who stands in for owners that are none of them (SP-28)",
        ),
    ],
)
def test_each_fault_is_one_line_with_file_line_and_advice(text: str, fault: str) -> None:
    (found,) = faults(text)
    assert found.startswith(fault)


def field(name: str, *values: str) -> FieldFacts:
    return FieldFacts(name, "picklist" if values else "string", 80, True, True, True, False, False, False, True, values)


def test_sp_24_check_names_what_the_org_does_not_have() -> None:
    wanted = {
        "Lead": {
            "fields": {"a": "Gone__c", "stage": {"from": "Status", "values": {"Opne": "New"}}, "o": "Owner.Name"},
            "filters": [{"name": "f", "field": "Account__r.Name", "equals": ["x"]}],
        },
        "Contact": {"fields": {"n": "LastName"}},
    }
    lead = ObjectFacts("Lead", {item.name: item for item in (field("Status", "Open"), field("OwnerId"))})
    facts = OrgFacts("main", "00D", "005", {"Lead": lead}, {}, "", datetime(2026, 1, 1, tzinfo=UTC))
    found = [(target.level, target.text) for target in changes_targets(told("one", wanted), facts)]
    assert [level for level, _ in found] == ["error", "error", "warning", "error"]
    assert "Lead.Gone__c: Gone__c does not exist" in found[0][1]
    assert "Lead.Account__r.Name: Account__c does not exist" in found[1][1]
    assert "Lead.Status: 'Opne' is none of the field's values" in found[2][1]
    assert "Contact is not visible" in found[3][1]
    off = told("one", wanted, changes={"enabled": False})
    assert changes_targets(off, facts) == []
