"""The metadata that an administrator deploys: whole, without secrets, and no more rights than the setup page says."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from connectors.salesforce.settings import SalesforceSettings
from tests.unit.deploy import files

FOLDER = files.ROOT / "deploy" / "salesforce"
SOURCE = FOLDER / "force-app" / "main" / "default"
PAGE = (files.ROOT / "docs" / "salesforce-setup.md").read_text("utf-8")
SPACE = "{http://soap.sforce.com/2006/04/metadata}"
PLACES = {
    "ExternalClientApplication": ("externalClientApps", "eca"),
    "ExtlClntAppOauthSettings": ("extlClntAppOauthSettings", "ecaOauth"),
    "ExtlClntAppGlobalOauthSettings": ("extlClntAppGlobalOauthSets", "ecaGlblOauth"),
    "ExtlClntAppOauthConfigurablePolicies": ("extlClntAppOauthPolicies", "ecaOauthPlcy"),
    "PermissionSet": ("permissionsets", "permissionset"),
}


def texts(path: Path, name: str) -> list[str]:
    return [element.text or "" for element in ET.parse(path).iter(f"{SPACE}{name}")]  # noqa: S314  our own files


def members(manifest: str) -> dict[str, list[str]]:
    root = ET.parse(FOLDER / "manifest" / manifest).getroot()  # noqa: S314  our own file
    return {
        str(element.findtext(f"{SPACE}name")): [str(member.text) for member in element.iter(f"{SPACE}members")]
        for element in root.iter(f"{SPACE}types")
    }


@pytest.mark.parametrize("manifest", ["package.xml", "app.xml"])
def test_whatever_a_manifest_names_is_there(manifest: str) -> None:
    for kind, names in members(manifest).items():
        for name in names:
            if kind == "CustomField":
                sobject, field = name.split(".")
                path = SOURCE / "objects" / sobject / "fields" / f"{field}.field-meta.xml"
            else:
                folder, suffix = PLACES[kind]
                path = SOURCE / folder / f"{name}.{suffix}-meta.xml"
            assert ET.parse(path).getroot().tag == SPACE + kind  # noqa: S314  our own file


def test_the_app_holds_no_secret_and_what_is_replaced_at_deployment_is_in_its_file() -> None:
    project = json.loads((FOLDER / "sfdx-project.json").read_text("utf-8"))
    for item in project["replacements"]:
        assert item["stringToReplace"] in (FOLDER / item["filename"]).read_text("utf-8")
        assert item["replaceWithEnv"] in PAGE
    for path in SOURCE.rglob("*.xml"):
        assert not texts(path, "consumerKey") + texts(path, "consumerSecret"), path


def test_only_users_with_the_permission_set_get_in() -> None:
    policy = SOURCE / "extlClntAppOauthPolicies" / "Signalbox_oauthPlcy.ecaOauthPlcy-meta.xml"
    assert texts(policy, "permittedUsersPolicyType") == ["AdminApprovedPreAuthorized"]
    assert texts(policy, "commaSeparatedPermissionSet") == members("package.xml")["PermissionSet"]


def test_the_permission_set_gives_what_the_page_says_and_not_more() -> None:
    path = SOURCE / "permissionsets" / "Signalbox.permissionset-meta.xml"
    root = ET.parse(path).getroot()  # noqa: S314  our own file
    for element in root.iter(f"{SPACE}objectPermissions"):
        given = {child.tag.removeprefix(SPACE): child.text for child in element}
        assert str(given["object"]) in PAGE
        rights = {name for name, value in given.items() if value == "true"}
        assert rights == {"allowCreate", "allowEdit", "allowRead", "viewAllRecords"}
    permissions = {str(item.findtext(f"{SPACE}name")) for item in root.iter(f"{SPACE}userPermissions")}
    assert permissions == {"ActivitiesAccess", "ApiEnabled", "ConvertLeads", "EditEvent", "EditTask"}


@pytest.mark.parametrize("name", ["client_id", "client_secret", "private_key", "username", "login_url", "audience"])
def test_the_page_speaks_of_settings_that_are_there(name: str) -> None:
    assert f"`{name}`" in PAGE
    assert name in SalesforceSettings.model_fields
