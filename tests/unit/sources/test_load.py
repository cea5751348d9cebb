import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from processors.integration.messages import _ALLOWED
from processors.integration.model import Integration
from processors.model.errors import Misconfigured
from processors.sources.booking.settings import BookingIntegration
from processors.sources.call_result.settings import CallResultIntegration
from processors.sources.load import PRESETS, Integrations, json_schema, load_integrations, preset, read_integrations
from processors.sources.settings import CLASSES, integration_of

EXAMPLES = Path(__file__).parents[3] / "deploy" / "integrations"
GOOD = """\
name: one
org: acme
enabled: true
project: Solar
result_codes: [YES, CB]
action: update_only
"""


def loaded(*texts: str) -> Integrations:
    return read_integrations({f"{letter}.yaml": text.encode() for letter, text in zip("abcdef", texts, strict=False)})


def faults(*texts: str | bytes) -> list[str]:
    files = {f"{x}.yaml": t if isinstance(t, bytes) else t.encode() for x, t in zip("abcdef", texts, strict=False)}
    with pytest.raises(Misconfigured) as raised:
        read_integrations(files)
    return raised.value.faults


def test_vs_2_plain_yes_and_no_are_result_codes_and_not_booleans() -> None:
    [integration] = loaded(GOOD.replace("[YES, CB]", "[YES, no, on, 12:30]")).by_name.values()
    assert CallResultIntegration.of(integration).result_codes == ("YES", "no", "on", "12:30")


@pytest.mark.parametrize(
    "change, fault",
    [
        (("org:", "orgg:"), "a.yaml:2: key 'orgg' is unknown; did you mean 'org'?"),
        (("org: acme\n", ""), "a.yaml:1: key 'org' is missing; add it"),
        (("acme", "Acme!"), "a.yaml:2: org is 'Acme!'; use small letters, digits and '-' alone"),
        (
            ("acme", "none"),
            "a.yaml:2: org: org 'none' is reserved for events that no integration wants; choose another",
        ),
        (("true", "yes"), "a.yaml:3: enabled is 'yes'; write true or false"),
        (("[YES, CB]", "[YES, 7]"), "a.yaml:5: result_codes[1] is 7, not text; put it in quotes"),
        (("[YES, CB]", "[]"), "a.yaml:5: result_codes is empty; name at least one"),
        (("[YES, CB]", "YES"), "a.yaml:5: result_codes is 'YES', not a list; write [..., ...]"),
        (("project:", "org: b\nproject:"), "a.yaml:4: key 'org' is given twice (first on line 2); keep one"),
        (("project: Solar", "project: [Solar"), "a.yaml:5: this is not YAML: "),
        (("name: one", "name: one\nactive_from: 2026-01-05T10:00:00"), "a.yaml:2: active_from is "),
        (("name: one", "name: one\npreset: vanilasoft"), "a.yaml:2: preset 'vanilasoft' is unknown; did you mean"),
        (
            ("name: one", "name: one\nmatch: {key_sets: [[{from: person.email}]]}"),
            "a.yaml:2: match.key_sets[0][0]: a key",
        ),
        (
            ("name: one", "name: one\nmap:\n  lead:\n    Email: person.mail"),
            "a.yaml:4: map.lead.Email.from: the event has",
        ),
        (
            ("name: one", "name: one\nmap:\n  lead:\n    Email: {form: zone}"),
            "a.yaml:4: key 'map.lead.Email.form' is unk",
        ),
        (("name: one", "name: one\nrecipients: [x@]"), "a.yaml:2: recipients[0]: 'x@' is not a mail address: "),
        (
            ("name: one", "name: one\nmatch: {region: Germany}"),
            "a.yaml:2: match.region is 'Germany'; use the two capital letters of a country, such as DE",
        ),
        (
            ("name: one", "name: one\nmap: {contact: {OwnerId: rep@example.com}}"),
            "a.yaml:2: map.contact.OwnerId.from: the event has no 'rep@example.com'; name one of ",
        ),
        (
            (
                "name: one",
                "name: one\nmap: {lead: {Rating: {from: fields.grade, values: {A: Hot}, unmapped: default}}}",
            ),
            "a.yaml:2: map.lead.Rating: 'unmapped: default' takes the value of 'default'; add 'default'",
        ),
        (
            ("name: one", "name: one\nwrite: {fields: {Tier__c: {unfit: refuse}}}"),
            "a.yaml:2: write.fields.Tier__c: 'Tier__c' is no field of a written object; name it as Lead.Rating: Lead, ",
        ),
        (
            ("name: one", "name: one\nwrite: {fields: {Lead.Tier__c: refuse}}"),
            "a.yaml:2: write.fields.Lead.Tier__c: 'refuse' is no policy; write {unfit: refuse}",
        ),
    ],
)
def test_each_fault_is_one_line_with_file_line_and_advice(change: tuple[str, str], fault: str) -> None:
    found = faults(GOOD.replace(*change))
    assert any(line.startswith(fault) for line in found), found
    assert all("; " in line and "\n" not in line for line in found)


def test_a_path_near_one_of_the_contract_is_suggested_and_own_fields_are_free() -> None:
    [line] = faults(GOOD + "map: {lead: {Email: person.mail, Budget: fields.any thing}}\n")
    assert "did you mean 'person.email'?" in line


def test_vs_10_an_unknown_action_is_rejected_with_the_four_listed() -> None:
    [line] = faults(GOOD.replace("update_only", "update_and_forget"))
    assert line.startswith("a.yaml:6: action 'update_and_forget' is unknown; ")
    assert line.endswith(
        "the four are update_only, update_or_create_lead, update_or_create_contact, "
        "update_and_convert_lead_or_create_contact"
    )


def test_vs_4_a_code_used_twice_in_one_project_is_rejected_naming_both_integrations_and_files() -> None:
    [line] = faults(GOOD, GOOD.replace("one", "two").replace("[YES, CB]", "[NA, ' yes ']"))
    assert line.startswith("b.yaml:5: result code ' yes ' of project 'Solar' already fires integration 'one' (a.yaml)")
    assert "'two'" in line


def test_vs_4_the_same_code_in_another_project_or_of_a_disabled_integration_is_accepted() -> None:
    found = loaded(
        GOOD,
        GOOD.replace("one", "two").replace("Solar", "Wind"),
        GOOD.replace("one", "three").replace("true", "false"),
    )
    assert set(found.by_name) == {"one", "two", "three"}


def test_vs_4_a_code_given_twice_in_one_integration_is_rejected() -> None:
    [line] = faults(GOOD.replace("CB", "yes"))
    assert line.startswith("a.yaml:5: result code 'yes'")


def test_two_integrations_of_one_name_are_rejected() -> None:
    [line] = faults(GOOD, GOOD.replace("YES, CB", "NA"))
    assert line == "b.yaml:1: integration 'one' is already described in a.yaml; give one of them another name"


def test_every_fault_of_every_file_is_in_one_report() -> None:
    wrong = GOOD.replace("org:", "orgg:").replace("update_only", "x")
    other = GOOD.replace("one", "two").replace("YES, CB", "NA") + "recipients: [x]\n"
    found = faults(wrong, b"", b"a: \xff", other)
    assert len(found) == 6
    assert "b.yaml:1: the file is empty; describe one integration in it, or delete it" in found
    assert "c.yaml:1: the file is not UTF-8; save it as UTF-8" in found


def test_vs_29_recipients_may_be_empty_or_several() -> None:
    assert loaded(GOOD).by_name["one"].recipients == ()
    two = loaded(GOOD + "recipients: [a@example.com, b@example.com]\n").by_name["one"]
    assert two.recipients == ("a@example.com", "b@example.com")


def test_an_account_key_that_is_not_mapped_is_rejected_and_unmapped_contacts_are_not() -> None:
    text = GOOD.replace("update_only", "update_or_create_contact") + "account:\n  enabled: true\n  keys: [Name, Site]\n"
    [line] = faults(text + "map: {account: {Name: person.company}}\n")
    assert line.startswith("a.yaml:9: account key 'Site' is not in map.account; ")


def test_a_preset_lies_beneath_the_files_own_values() -> None:
    own = "preset: vanillasoft\nmap: {contact: {Email: {constant: a@example.com}, Phone: null}}\n"
    integration = loaded(GOOD + own).by_name["one"]
    assert integration.map.contact["Email"].constant == "a@example.com"
    assert integration.map.contact["Email"].source is None
    assert "Phone" not in integration.map.contact
    assert integration.map.lead["Phone"].source == "person.phones"


def test_what_only_looks_empty_because_its_content_was_refused_is_told_once() -> None:
    assert faults(GOOD.replace("[YES, CB]", "[7]")) == ["a.yaml:5: result_codes[0] is 7, not text; put it in quotes"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_a_valid_integration_of_the_required_keys(name: str) -> None:
    own = {
        "jicoo": "workspace: W",
        "wildix": "network: N",
        "lead_liaison": "workspace: W",
        "spotio": "workspace: W",
    }.get(name)
    text = f"name: one\norg: acme\nenabled: true\n{own}\n" if own else GOOD
    integration = loaded(text + f"preset: {name}\n").by_name["one"]
    assert integration.preset == name
    assert {"match", "write"} & set(preset(name))


def test_a_digest_follows_the_resolved_settings_and_nothing_else() -> None:
    plain, spelt = loaded(GOOD), loaded("# a comment\n" + GOOD + "lane: live\n")
    changed = loaded(GOOD + "lane: bulk\n")
    assert plain.digest("one") == spelt.digest("one") != changed.digest("one")


def test_lookup_is_by_source_project_and_code_and_orgs_are_listed_once() -> None:
    found = loaded(GOOD, GOOD.replace("one", "two").replace("Solar", "Wind"))
    integration = found.find("call_result", " solar", "cb ")
    assert integration is not None
    assert integration.name == "one"
    assert found.find("call_result", "Solar", "NA") is None
    assert found.orgs() == ("acme",)


def test_a_folder_without_files_is_a_fault(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(Misconfigured):
            load_integrations(folder)


def test_the_shipped_examples_load_and_name_the_published_schema() -> None:
    found = load_integrations(EXAMPLES)
    assert all(isinstance(integration, Integration) for integration in found.by_name.values())
    assert {integration.source for integration in found.by_name.values()} == {
        "call_result",
        "booking",
        "pbx_call",
        "prospect",
        "field_sales",
    }
    for path in EXAMPLES.glob("*.yaml"):
        assert path.read_text().startswith("# yaml-language-server: $schema=integration.schema.json\n")


def test_the_published_schema_is_up_to_date() -> None:
    assert json.loads((EXAMPLES / "integration.schema.json").read_text()) == json_schema()


BOOKINGS = "name: two\norg: acme\nenabled: true\npreset: jicoo\nworkspace: Roofs\n"
CALLS = "name: three\norg: acme\nenabled: true\npreset: wildix\nnetwork: acme\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (BOOKINGS.replace("workspace: Roofs\n", ""), "a.yaml:1: key 'workspace' is missing; add it"),
        (CALLS.replace("network: acme\n", ""), "a.yaml:1: key 'network' is missing; add it"),
        (GOOD.replace("project: Solar\n", ""), "a.yaml:1: key 'project' is missing; add it"),
        (BOOKINGS.replace("Roofs", ""), "a.yaml:5: workspace is empty; write its value"),
        (CALLS.replace("network: acme", "network:"), "a.yaml:5: network is empty; write its value"),
        (GOOD.replace("project: Solar", "project:"), "a.yaml:4: project is empty; write its value"),
        (BOOKINGS + "result_codes: [YES]\n", "a.yaml:6: key 'result_codes' belongs to source 'call_result', not to"),
        (GOOD + "booking: {register: lead}\n", "a.yaml:7: key 'booking' belongs to source 'booking', not to"),
        (GOOD + "calls: {region: DE}\n", "a.yaml:7: key 'calls' belongs to source 'pbx_call', not to"),
        (BOOKINGS + "map: {lead: {Title: answer.role}}\n", "a.yaml:6: map.lead.Title.from: the event has no"),
        (CALLS + "map: {activity: {Type: call.tlak}}\n", "a.yaml:6: map.activity.Type.from: the event has no"),
        (CALLS + "calls: {short_seconds: -1}\n", "a.yaml:6: calls.short_seconds is -1"),
        (CALLS + "calls: {region: Germany}\n", "a.yaml:6: calls.region is 'Germany'"),
        (BOOKINGS + "booking: {register: leads}\n", "a.yaml:6: booking.register 'leads' is unknown; did you mean"),
        (BOOKINGS + "match: {several: oldst}\n", "a.yaml:6: match.several 'oldst' is unknown; did you mean"),
    ],
)
def test_what_a_source_needs_and_has_no_use_for_is_told_at_its_line(text: str, fault: str) -> None:
    found = faults(text)
    assert [line for line in found if line.startswith(fault)], found
    assert all("; " in line and "\n" not in line for line in found)


def test_paths_near_those_of_the_source_are_suggested() -> None:
    [line] = faults(CALLS + "map: {activity: {Type: call.tlak}}\n")
    assert "did you mean 'call.talk'?" in line


@pytest.mark.parametrize("text", [BOOKINGS, CALLS])
def test_a_workspace_or_network_fires_one_enabled_integration_only(text: str) -> None:
    name = text.split("\n", maxsplit=1)[0].removeprefix("name: ")
    [line] = faults(text, text.replace(f"name: {name}", "name: another"))
    assert "already fires integration" in line
    assert "'another'" in line


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ("", "there is no integration 'three'"),
        (CALLS.replace("name: three", "name: itself") + "activity: {one_with: itself}\n", "'itself' names itself"),
        (CALLS, "does not name 'one' back"),
        (CALLS.replace("org: acme", "org: other") + "activity: {one_with: one}\n", "is of another org"),
    ],
)
def test_two_integrations_that_share_activities_name_each_other(other: str, fault: str) -> None:
    found = faults(GOOD + "activity: {enabled: true, one_with: three}\n", *([other] if other else []))
    assert any(fault in line for line in found), found


def test_two_that_name_each_other_are_accepted() -> None:
    found = loaded(
        GOOD + "activity: {enabled: true, one_with: three}\n", CALLS + "activity: {enabled: true, one_with: one}\n"
    )
    assert found.by_name["one"].activity.one_with == "three"


def test_an_unknown_source_is_told_with_all_sources_and_the_other_faults() -> None:
    found = faults(GOOD.replace("name: one", "name: one\nsource: bookings\nenabld: true"))
    assert found[0] == (
        "a.yaml:2: source 'bookings' is unknown; did you mean 'booking'? choose one of call_result, booking, pbx_call, "
        "prospect, field_sales"
    )
    assert [line[:32] for line in found[1:]] == ["a.yaml:3: key 'enabld' is unknown"[:32]]


def test_each_key_of_a_source_is_in_the_published_schema() -> None:
    properties = json_schema()["properties"]
    for kind in CLASSES.values():
        assert set(kind.model_json_schema()["properties"]) <= set(properties)
    assert properties["source"]["enum"] == list(CLASSES)
    assert properties["preset"]["anyOf"][0]["enum"] == list(PRESETS)


def test_settings_of_one_source_are_none_of_another() -> None:
    told = {"name": "two", "org": "acme", "project": "Solar", "result_codes": ["YES"], "action": "update_only"}
    integration = integration_of(told)
    assert CallResultIntegration.of(integration).project == "Solar"
    with pytest.raises(TypeError, match="of source 'call_result', no BookingIntegration"):
        BookingIntegration.of(integration)
    for name in ("project", "result_codes", "action"):
        with pytest.raises(ValidationError, match=f"call_result.{name}\n  Field required"):
            integration_of({key: value for key, value in told.items() if key != name})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "preset: jicoo\nworkspace: W\nbooking: {statuses: {noshow: ignore}}",
            "a.yaml:6: booking.statuses.noshow 'noshow' is unknown; did you mean 'no_show'? choose one of booked, ",
        ),
        (
            "preset: wildix\nnetwork: N\ncalls: {phone_fields: {lead: [Phone]}}",
            "a.yaml:6: calls.phone_fields.lead 'lead' is unknown; did you mean 'Lead'? choose one of Lead, Contact",
        ),
        (
            "preset: lead_liaison\nworkspace: W\nschedule: {every: 5 minutes}",
            "a.yaml:6: schedule.every is '5 minutes'; use a whole number and s, m or h, such as 5m",
        ),
        (
            "preset: jicoo\nworkspace: W\ncampaign: {id: Fair}",
            "a.yaml:6: campaign.id is 'Fair'; use a campaign's record ID: 15 or 18 characters that begin with 701",
        ),
    ],
)
def test_a_wrong_key_or_form_is_told_with_what_is_right(text: str, fault: str) -> None:
    [found] = faults(f"name: one\norg: acme\nenabled: true\n{text}\n")
    assert found.startswith(fault), found


def test_each_pattern_of_the_settings_is_told_in_words() -> None:
    patterns = set(_patterns(json_schema()))
    assert patterns
    assert patterns <= set(_ALLOWED), patterns - set(_ALLOWED)


def _patterns(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for item in node.values():
            yield from _patterns(item)
    elif isinstance(node, list):
        for item in node:
            yield from _patterns(item)
