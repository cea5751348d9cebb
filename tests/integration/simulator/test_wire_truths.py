"""The wire as a real org has it: slashes, columns, results of upserts, bulk jobs, objects that are not done."""

from typing import Any

import pytest

KEY = "Signalbox_Key__c"


def test_two_slashes_are_one(api: Any) -> None:
    """Clients that join an address that ends with a slash and a path send them."""
    for path in ("/services/data/v65.0/limits", "//services/data/v65.0/limits", "///services/data/v65.0/limits"):
        assert api.session.get(f"{api.origin}{path}", timeout=20).status_code == 200


def test_a_query_for_columns_answers_columns_and_no_records(api: Any) -> None:
    body = api.call("GET", "query", params={"q": "SELECT Id, Owner.Name FROM Lead", "columns": "true"}).json()
    assert [item["columnName"] for item in body["columnMetadata"]] == ["Id", "Owner"]
    assert (body["entityName"], body["keyPrefix"], "records" in body) == ("Lead", "00Q", False)


def test_a_refused_row_of_an_upsert_says_that_nothing_was_created(api: Any) -> None:
    rows = [{"attributes": {"type": "Account"}, KEY: "a", "Name": "A"}, {"attributes": {"type": "Account"}, KEY: "b"}]
    answers = api.call("PATCH", f"composite/sobjects/Account/{KEY}", {"records": rows}).json()
    assert [(answer["success"], answer["created"]) for answer in answers] == [(True, True), (False, False)]


def bulk(api: Any, operation: str, text: str, **more: str) -> tuple[str, str]:
    """Run a job and return what succeeded and what failed."""
    body = {"operation": operation, "object": "Account", "contentType": "CSV", "lineEnding": "LF", **more}
    job = api.call("POST", "jobs/ingest", body).json()["id"]
    at = f"jobs/ingest/{job}"
    api.call("PUT", f"{at}/batches", data=text, headers={"Content-Type": "text/csv"})
    api.call("PATCH", at, {"state": "UploadComplete"})
    return api.call("GET", f"{at}/successfulResults").text, api.call("GET", f"{at}/failedResults").text


def test_rows_of_a_bulk_upsert_that_share_a_key_fail_each(api: Any) -> None:
    text = f"{KEY},Name\na,One\nb,Two\nA,Three\n"
    good, bad = bulk(api, "upsert", text, externalIdFieldName=KEY)
    assert [line.split(",")[-1] for line in good.splitlines()[1:]] == ["Two"]
    assert [line.split(",")[-1] for line in bad.splitlines()[1:]] == ["One", "Three"]
    assert "DUPLICATE_VALUE:Duplicate external id specified: a" in bad


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT Name, (SELECT Id FROM Contacts) FROM Account", "Aggregate Relationships not supported"),
        ("SELECT Name FROM Account GROUP BY Name", "GROUP BY is not supported"),
        ("SELECT COUNT() FROM Account", "Aggregate functions are not supported"),
        ("SELECT MAX(Name) FROM Account", "Aggregate functions are not supported"),
        ("SELECT Id FROM Account OFFSET 2", "OFFSET is not supported"),
        ("SELECT Id, BillingAddress FROM Account", "Selecting compound data not supported in Bulk Query"),
    ],
)
def test_a_bulk_query_refuses_what_the_real_one_refuses(api: Any, query: str, words: str) -> None:
    api.call("POST", "sobjects/Account", {"Name": "A", "BillingCity": "Bern"})
    answer = api.call("POST", "jobs/query", {"operation": "query", "query": query})
    assert answer.status_code == 400
    assert words in answer.json()[0]["message"]


def test_a_standard_object_that_is_not_done_is_refused_by_name_everywhere(api: Any) -> None:
    told = [
        api.call("GET", "sobjects/PricebookEntry/describe"),
        api.call("GET", "query", params={"q": "SELECT Id FROM PricebookEntry"}),
        api.call("POST", "sobjects/pricebookentry", {"UnitPrice": 1}),
    ]
    for item in told:
        assert item.status_code == 501
        assert "PricebookEntry" in item.json()[0]["message"]
    body = {"records": [{"attributes": {"type": "PricebookEntry"}}]}
    (row,) = api.call("POST", "composite/sobjects", body).json()
    assert row["errors"][0]["statusCode"] == "NOT_IMPLEMENTED"
    assert api.call("GET", "sobjects/Nobody/describe").status_code == 404


def test_the_status_objects_have_a_row_for_each_value(api: Any) -> None:
    def rows(text: str) -> list[tuple[Any, ...]]:
        found = api.call("GET", "query", params={"q": text}).json()["records"]
        return [tuple(value for name, value in item.items() if name != "attributes") for item in found]

    assert ("Completed", True) in rows("SELECT MasterLabel, IsClosed FROM TaskStatus")
    assert rows("SELECT MasterLabel FROM TaskPriority WHERE IsHighPriority = true") == [("High",)]
    assert rows("SELECT ApiName FROM CaseStatus WHERE IsClosed = true") == [("Closed",)]
    assert rows("SELECT ApiName, DefaultProbability FROM OpportunityStage WHERE IsWon = true") == [
        ("Closed Won", 100.0)
    ]
    assert rows("SELECT Id FROM Product2") == rows("SELECT Id FROM UserRole") == []


def test_a_bulk_upsert_by_id_changes_the_record_that_it_names_and_makes_the_others(api: Any) -> None:
    account = api.make("Account", Name="One")
    good, bad = bulk(api, "upsert", f"Id,Name\n{account},Two\n,Three\n", externalIdFieldName="Id")
    assert [line.split(",")[1] for line in good.splitlines()[1:]] == ["false", "true"]
    assert bad.splitlines()[1:] == []
    assert sorted(item["Name"] for item in api.query("SELECT Name FROM Account")) == ["Three", "Two"]


def test_what_belongs_to_a_merged_record_is_the_winners(api: Any) -> None:
    winner, loser = (api.make("Account", Name=name) for name in ("One", "Two"))
    contact = api.make("Contact", LastName="Lee", AccountId=loser)
    task = api.make("Task", WhatId=loser)
    api.control.merge("Account", winner, loser)
    assert api.query(f"SELECT AccountId FROM Contact WHERE Id = '{contact}'")[0]["AccountId"] == winner
    assert api.query(f"SELECT WhatId FROM Task WHERE Id = '{task}'")[0]["WhatId"] == winner
    (gone,) = api.call(
        "GET", "queryAll", params={"q": "SELECT MasterRecordId FROM Account WHERE IsDeleted = true"}
    ).json()["records"]
    assert gone["MasterRecordId"] == winner
