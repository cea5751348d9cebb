"""What `columns=true` tells of a statement, in the shape that the `sf` command line reads."""

from simulator.soql import columns, run
from tests.unit.simulator.soql.org import NOW, small_org


def column_names(text: str) -> list[object]:
    """The names of the columns; those with columns of their own as a pair."""
    found = columns(text, small_org(), now=NOW, version="65.0")["columnMetadata"]
    return [
        (item["columnName"], [inner["columnName"] for inner in item["joinColumns"]])
        if item["joinColumns"]
        else item["columnName"]
        for item in found
    ]


def test_fields_parents_and_nested_queries_are_columns() -> None:
    assert column_names("SELECT id, name FROM Contact") == ["Id", "Name"]
    assert column_names("SELECT Name, Owner.Name, Owner.Id FROM Account") == ["Name", ("Owner", ["Name", "Id"])]
    assert column_names("SELECT Name, (SELECT Email FROM Contacts) FROM Account") == ["Name", ("Contacts", ["Email"])]


def test_aggregates_are_columns_by_alias_or_number() -> None:
    text = "SELECT Status, COUNT(Id), MAX(Score__c) best FROM Lead GROUP BY Status"
    assert column_names(text) == ["Status", "expr0", "best"]
    told = columns(text, small_org(), now=NOW, version="65.0")
    assert (told["groupBy"], told["idSelected"], told["entityName"]) == (True, False, "Lead")
    assert [item["displayName"] for item in told["columnMetadata"]] == ["Status", "count(Id)", "best"]


def test_types_are_those_of_apex() -> None:
    text = "SELECT Id, Email, Score__c, IsConverted, toLabel(Status) FROM Lead"
    found = columns(text, small_org(), now=NOW, version="65.0")["columnMetadata"]
    assert [item["apexType"] for item in found] == ["Id", "String", "Double", "Boolean", "String"]
    assert [(item["textType"], item["numberType"], item["booleanType"]) for item in found[1:4]] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


def test_a_label_may_have_an_alias_and_stands_in_conditions() -> None:
    text = "SELECT Status, toLabel(Status) Shown FROM Lead WHERE toLabel(Status) != null ORDER BY Name LIMIT 1"
    (row,) = run(text, small_org(), now=NOW).rows
    assert row["Shown"] == row["Status"]
    assert list(row) == ["attributes", "Status", "Shown"]
