"""Facts and check: what is read of an org, what is kept, and what is said to be missing."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.salesforce.check import missing
from connectors.salesforce.facts import OBJECTS

DEPLOY = Path(__file__).parents[4] / "deploy" / "salesforce"


def reply(status: int, body: Any = None, headers: dict[str, str] | None = None) -> bytes:
    data = b"" if body is None else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}
    return (f"HTTP/1.1 {status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())).encode() + b"\r\n" + data


def field(name: str, **more: Any) -> dict[str, Any]:
    plain = {"type": "string", "length": 80, "createable": True, "updateable": True, "nillable": True}
    return {"name": name, **plain, "defaultedOnCreate": False, "unique": False, "externalId": False, **more}


class Org:
    """Answers describe, with 304 where it is asked so, and LeadStatus."""

    def __init__(self) -> None:
        self.absent = {"Opportunity"}
        self.fields = {name: [field("Name", nillable=False)] for name in OBJECTS}
        self.fields["Lead"].append(field("Signalbox_Key__c", unique=True, externalId=True))
        self.fields["Contact"].append(field("Signalbox_Key__c", externalId=True))
        self.statuses = [{"Id": "01J000000000001AAA", "MasterLabel": "Closed - Converted"}]
        self.answered: list[int] = []

    def __call__(self, request: Any) -> bytes:
        if "/query?" in request.path:
            return reply(200, {"done": True, "records": self.statuses})
        name = request.path.split("/")[-2]
        if name in self.absent:
            return reply(404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}])
        if "if-modified-since" in request.headers:
            self.answered.append(304)
            return reply(304)
        self.answered.append(200)
        return reply(200, {"fields": self.fields[name]}, {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})


def test_facts_say_what_the_org_has(serve: Any, connect: Any) -> None:
    org = Org()
    facts = connect(serve(org)).facts()
    assert facts.organization_id == "00D000000000001AAA"
    assert facts.user_id == "005000000000001AAA"
    assert facts.converted_status == "Closed - Converted"
    assert set(facts.objects) == set(OBJECTS) - org.absent
    assert facts.objects["Lead"].fields["Name"].required
    assert facts.external_field == {"Lead": "Signalbox_Key__c"}


def test_describes_are_not_sent_again_while_they_are_the_same(serve: Any, connect: Any) -> None:
    org = Org()
    client = connect(serve(org))
    first = client.facts()
    assert client.facts().objects == first.objects
    seen = len(OBJECTS) - len(org.absent)
    assert org.answered == [200] * seen + [304] * seen


def test_check_says_what_is_missing_and_what_it_costs(serve: Any, connect: Any) -> None:
    org = Org()
    org.statuses = []
    facts = connect(serve(org)).facts()
    lines = missing(facts)
    assert [line.split(":")[0] for line in lines] == ["main"] * len(lines)
    assert [word for word in OBJECTS if any(f" {word} " in line for line in lines)] == [
        "Contact",
        "Account",
        "Opportunity",
        "Task",
        "Event",
    ]
    assert "made on Activity" in "".join(lines)
    assert "no lead status" in lines[-1]
    whole = replace(
        facts,
        objects=dict.fromkeys(OBJECTS, facts.objects["Lead"]),
        external_field=dict.fromkeys(OBJECTS, "Signalbox_Key__c"),
        converted_status="Closed",
    )
    assert missing(whole) == []


def test_a_jwt_login_is_signed_and_names_the_user(serve: Any, connect: Any) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    server = serve(Org())
    connect(server, client_secret=None, private_key=private, username="signalbox@example.org").facts()
    assert server.logins == 1
    claims = jwt.decode(server.forms[0]["assertion"], key.public_key(), algorithms=["RS256"], audience=server.url)
    assert (claims["iss"], claims["sub"]) == ("id", "signalbox@example.org")


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.xml")), ids=lambda path: path.name)
def test_the_metadata_is_well_formed_xml_of_the_metadata_api(path: Path) -> None:
    root = ET.fromstring(path.read_text("utf-8"))  # noqa: S314  # our own file
    assert root.tag.startswith("{http://soap.sforce.com/2006/04/metadata}")


def test_the_manifest_lists_exactly_the_fields_and_sets_that_are_shipped() -> None:
    space = {"m": "http://soap.sforce.com/2006/04/metadata"}
    manifest = ET.parse(DEPLOY / "manifest" / "package.xml")  # noqa: S314  # our own file
    listed = {occurrence.text for occurrence in manifest.findall("m:types/m:members", space)}
    main = DEPLOY / "force-app" / "main" / "default"
    fields = {f"{item.parts[-3]}.{item.name.partition('.')[0]}" for item in main.glob("objects/*/fields/*.xml")}
    sets = {item.name.partition(".")[0] for item in main.glob("permissionsets/*.xml")}
    assert listed == fields | sets
    assert len(fields) == 5
    for path in main.glob("objects/*/fields/*.xml"):
        found = {item.tag.partition("}")[2]: item.text for item in ET.parse(path).getroot()}  # noqa: S314  # our own file
        assert (found["externalId"], found["unique"], found["fullName"]) == ("true", "true", "Signalbox_Key__c")
