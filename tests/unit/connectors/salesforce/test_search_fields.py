"""Fields of related records in a search, such as the owner's name."""

from typing import Any
from urllib.parse import unquote

from connectors.salesforce.composite import value_of
from connectors.salesforce.search import search


def test_a_search_reads_the_name_of_the_owner() -> None:
    asked: list[str] = []

    def get(path: str) -> Any:
        asked.append(unquote(path))
        row = {"attributes": {"type": "Lead"}, "Id": "00Q000000000001AAA", "Owner": {"Name": "Rep One"}}
        return {"searchRecords": [row]}

    found = search(get, ["+12025550143"], {"Lead": ("Name", "Owner.Name")})
    assert "Lead(Id, Name, Owner.Name)" in asked[0]
    assert found.rows[0][0].fields == {"Name": None, "Owner.Name": "Rep One"}


def test_a_related_record_that_is_not_there_has_no_name() -> None:
    assert value_of({"Id": "1", "Owner": None}, "Owner.Name") is None
    assert value_of({"id": "1", "owner": {"name": "Rep"}}, "Owner.Name") == "Rep"
