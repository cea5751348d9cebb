from typing import Any

DATA = "/services/data/v65.0"


def lead(**fields: Any) -> Any:
    return {"attributes": {"type": "Lead"}, "LastName": "A", "Company": "B", **fields}


def test_a_collection_answers_each_row_in_order(api: Any) -> None:
    rows = [lead(), lead(LastName=None), lead(LastName="C")]
    answer = api.call("POST", "composite/sobjects", {"records": rows}).json()
    assert [item["success"] for item in answer] == [True, False, True]
    assert answer[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert len(api.query("SELECT Id FROM Lead")) == 2


def test_all_or_none_undoes_the_good_rows_and_their_effects(api: Any) -> None:
    before = len(api.control.effects())
    body = {"allOrNone": True, "records": [lead(), lead(Company=None)]}
    answer = api.call("POST", "composite/sobjects", body).json()
    assert answer[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert api.query("SELECT Id FROM Lead") == []
    assert len(api.control.effects()) == before


def test_an_upsert_collection_fails_every_row_that_shares_a_key(api: Any) -> None:
    rows = [lead(Signalbox_Key__c="x"), lead(Signalbox_Key__c="x"), lead(Signalbox_Key__c="y")]
    answer = api.call("PATCH", "composite/sobjects/Lead/Signalbox_Key__c", {"records": rows}).json()
    assert [item["success"] for item in answer] == [False, False, True]
    assert answer[2]["created"] is True


def test_a_collection_takes_200_records_and_ten_runs_of_a_type(api: Any) -> None:
    many = api.call("POST", "composite/sobjects", {"records": [lead()] * 201})
    assert many.json()[0]["errorCode"] == "EXCEEDED_ID_LIMIT"
    account = {"attributes": {"type": "Account"}, "Name": "x"}
    assert api.call("POST", "composite/sobjects", {"records": [lead(), account] * 6}).status_code == 400
    assert api.call("POST", "composite/sobjects", {"records": [lead(), account] * 5}).status_code == 200


def test_collections_update_delete_and_read_by_id(api: Any) -> None:
    keys = [api.make("Lead", LastName=name, Company="B") for name in "ab"]
    rows = [{"attributes": {"type": "Lead"}, "id": key, "Title": "x"} for key in keys]
    assert all(item["success"] for item in api.call("PATCH", "composite/sobjects", {"records": rows}).json())
    read = api.call("POST", "composite/sobjects/Lead", {"ids": [keys[0], "00Q000000000009AAA"], "fields": ["Title"]})
    assert read.json()[0]["Title"] == "x"
    assert read.json()[1] is None
    gone = api.call("DELETE", f"composite/sobjects?ids={','.join(keys)}&allOrNone=false").json()
    assert [item["success"] for item in gone] == [True, True]


def test_a_composite_is_one_call_and_follows_references(api: Any) -> None:
    used = api.control.calls()["used"]
    subs = [
        {"method": "POST", "url": f"{DATA}/composite/sobjects", "referenceId": "leads", "body": {"records": [lead()]}},
        {"method": "POST", "url": f"{DATA}/sobjects/Task", "referenceId": "t", "body": {"WhoId": "@{leads[0].id}"}},
        {"method": "GET", "url": f"{DATA}/sobjects/Task/@{{t.id}}", "referenceId": "g"},
        {"method": "GET", "url": f"{DATA}/query?q=SELECT+Id+FROM+Lead", "referenceId": "q"},
    ]
    answer = api.call("POST", "composite", {"compositeRequest": subs}).json()["compositeResponse"]
    assert [item["httpStatusCode"] for item in answer] == [200, 201, 200, 200]
    assert answer[2]["body"]["WhoId"] == answer[0]["body"][0]["id"]
    assert answer[3]["body"]["totalSize"] == 1
    assert api.control.calls()["used"] == used + 1


def test_a_failed_subrequest_halts_what_depends_on_it(api: Any) -> None:
    subs = [
        {"method": "POST", "url": f"{DATA}/sobjects/Lead", "referenceId": "a", "body": {}},
        {"method": "POST", "url": f"{DATA}/sobjects/Task", "referenceId": "b", "body": {"WhoId": "@{a.id}"}},
        {"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": "c", "body": {"Name": "x"}},
    ]
    answer = api.call("POST", "composite", {"compositeRequest": subs}).json()["compositeResponse"]
    assert [item["httpStatusCode"] for item in answer] == [400, 400, 201]
    assert answer[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_a_composite_with_all_or_none_leaves_nothing_where_one_fails(api: Any) -> None:
    subs = [
        {"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": "a", "body": {"Name": "x"}},
        {"method": "POST", "url": f"{DATA}/sobjects/Lead", "referenceId": "b", "body": {}},
    ]
    answer = api.call("POST", "composite", {"allOrNone": True, "compositeRequest": subs}).json()["compositeResponse"]
    assert [item["body"][0]["errorCode"] for item in answer] == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert api.query("SELECT Id FROM Account") == []


def test_a_composite_takes_25_subrequests_and_five_queries(api: Any) -> None:
    query = [{"method": "GET", "url": f"{DATA}/query?q=SELECT+Id+FROM+Lead", "referenceId": f"r{n}"} for n in range(6)]
    assert api.call("POST", "composite", {"compositeRequest": query}).status_code == 400
    assert api.call("POST", "composite", {"compositeRequest": query[:5]}).status_code == 200
    get = [{"method": "GET", "url": f"{DATA}/limits", "referenceId": f"r{n}"} for n in range(26)]
    assert api.call("POST", "composite", {"compositeRequest": get}).status_code == 400


def test_a_tree_creates_parents_and_children_at_once(api: Any) -> None:
    child = {"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "A"}
    row = {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "B", "Contacts": {"records": [child]}}
    answer = api.call("POST", "composite/tree/Account", {"records": [row]})
    assert answer.status_code == 201
    assert api.query("SELECT AccountId FROM Contact")[0]["AccountId"] == answer.json()["results"][0]["id"]
    del child["LastName"]
    assert api.call("POST", "composite/tree/Account", {"records": [row]}).json()["hasErrors"] is True
    assert len(api.query("SELECT Id FROM Account")) == 1


def test_a_long_result_comes_in_pages(api: Any) -> None:
    api.control.seed("Lead", [{"LastName": f"n{n}", "Company": "c"} for n in range(2500)])
    page = api.call("GET", "query", params={"q": "SELECT Id FROM Lead"}).json()
    assert (page["totalSize"], page["done"], len(page["records"])) == (2500, False, 2000)
    rest = api.session.get(api.origin + page["nextRecordsUrl"], timeout=20).json()
    assert (rest["done"], len(rest["records"])) == (True, 500)


def test_what_is_not_done_says_so_by_name(api: Any) -> None:
    answer = api.call("POST", "composite/graph", {})
    assert answer.status_code == 501
    assert "composite/graph" in answer.json()[0]["message"]
