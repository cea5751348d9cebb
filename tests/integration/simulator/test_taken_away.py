"""What an admin takes away while the org runs: fields, rights, the app's secret."""

from collections.abc import Iterator

import pytest

import simulator
from tests.integration.simulator.conftest import Api, log_in, open_api


@pytest.fixture
def own() -> Iterator[Api]:
    with simulator.serve([simulator.OrgFile(name="own")]) as server:
        found = open_api(server, "own")
        yield found
        found.session.close()


def described(api: Api, field: str) -> bool | None:
    """Return whether describe lets the field be written; None where it is not there."""
    found = api.call("GET", "sobjects/Lead/describe").json()["fields"]
    return next((item["updateable"] for item in found if item["name"] == field), None)


@pytest.mark.parametrize("state", ["removed", "hidden"])
def test_a_field_that_is_taken_away_is_unknown_to_describe_and_to_writes_and_comes_back_whole(
    own: Api, state: str
) -> None:
    lead = own.make("Lead", LastName="A", Company="B", Title="Boss")
    own.control.field("lead", "title", state)
    assert described(own, "Title") is None
    refused = own.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "Chief"})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    assert own.call("GET", "query", params={"q": "SELECT Title FROM Lead"}).json()[0]["errorCode"] == "INVALID_FIELD"
    own.control.field("Lead", "Title", "there")
    assert described(own, "Title")
    assert own.query("SELECT Title FROM Lead")[0]["Title"] == "Boss"


def test_a_field_made_read_only_is_there_and_refused(own: Api) -> None:
    lead = own.make("Lead", LastName="A", Company="B")
    own.control.field("Lead", "Title", "read_only")
    assert described(own, "Title") is False
    refused = own.call("PATCH", f"sobjects/Lead/{lead}", {"Title": "Chief"})
    assert refused.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_removed_field_changes_the_date_of_describe_and_a_right_does_not(own: Api) -> None:
    before = own.call("GET", "sobjects/Lead/describe").headers["Last-Modified"]
    own.control.field("Lead", "Title", "hidden")
    since = {"If-Modified-Since": before}
    assert own.call("GET", "sobjects/Lead/describe", headers=since).status_code == 304
    own.control.field("Lead", "Title", "removed")
    assert own.call("GET", "sobjects/Lead/describe", headers=since).status_code == 200


def test_a_rotated_secret_ends_no_session_and_refuses_the_old_one(own: Api) -> None:
    own.control.credentials(client_secret="another")
    assert log_in(own.origin).json()["error"] == "invalid_client"
    assert log_in(own.origin, client_secret="another").status_code == 200
    assert own.call("GET", "limits").status_code == 200


def test_a_wiped_org_has_its_fields_and_its_secret_again(own: Api) -> None:
    own.control.field("Lead", "Title", "removed")
    own.control.field("Lead", "Phone", "hidden")
    own.control.credentials(client_secret="another")
    own.control.wipe()
    again = log_in(own.origin)
    assert again.status_code == 200
    own.session.headers["Authorization"] = f"Bearer {again.json()['access_token']}"
    assert described(own, "Title")
    assert described(own, "Phone")


@pytest.mark.parametrize(("field", "state"), [("Nothing", "removed"), ("Title", "gone")])
def test_what_is_not_there_cannot_be_taken_away(own: Api, field: str, state: str) -> None:
    with pytest.raises(ValueError, match=r"has no field|one of there"):
        own.control.field("Lead", field, state)
