from typing import Any


def first(answer: Any) -> Any:
    return answer.json()[0]


def test_a_validation_rule_refuses_with_the_admins_words(rules: Any) -> None:
    answer = rules.call("POST", "sobjects/Lead", {"LastName": "A", "Company": "B", "Rating": "Hot"})
    assert (first(answer)["errorCode"], first(answer)["message"], first(answer)["fields"]) == (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION", "A hot lead needs a phone", ["Phone"],
    )  # fmt: skip
    assert rules.make("Lead", LastName="A", Company="B", Rating="Hot", Phone="1")


def test_an_alert_of_a_duplicate_rule_is_overridden_by_the_caller(rules: Any) -> None:
    key = rules.make("Contact", LastName="A", Email="a@example.com")
    body = {"LastName": "B", "Email": "A@example.com"}
    answer = rules.call("POST", "sobjects/Contact", body)
    assert first(answer)["errorCode"] == "DUPLICATES_DETECTED"
    detail = first(answer)["duplicateResut"]
    assert detail["allowSave"] is True
    assert detail["matchResults"][0]["matchRecords"][0]["record"]["Id"] == key
    allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert rules.call("POST", "sobjects/Contact", body, headers=allowed).status_code == 201


def test_a_block_of_a_duplicate_rule_is_not_overridden(rules: Any) -> None:
    rules.make("Account", Name="A")
    allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    answer = rules.call("POST", "sobjects/Account", {"Name": "a"}, headers=allowed)
    assert first(answer)["duplicateResut"]["allowSave"] is False


def test_an_assignment_rule_runs_unless_the_caller_says_no(rules: Any) -> None:
    body = {"LastName": "A", "Company": "B", "LeadSource": "Web"}
    mine = rules.call("POST", "sobjects/Lead", body, headers={"Sforce-Auto-Assign": "FALSE"}).json()["id"]
    queue = rules.make("Lead", **body)
    owners = {row["Id"]: row["OwnerId"][:3] for row in rules.query("SELECT Id, OwnerId FROM Lead")}
    assert owners == {mine: "005", queue: "00G"}


def test_a_user_sees_and_writes_only_what_sharing_and_rights_allow(rules: Any, another: Any) -> None:
    lead = rules.make("Lead", LastName="A", Company="B")
    app = {"grant_type": "password", "username": "shy@example.com", "password": "pw"}
    shy = another("rules", **app)
    assert shy.query("SELECT Id FROM Lead") == []
    assert shy.call("GET", f"sobjects/Lead/{lead}").status_code == 404
    assert shy.call("POST", "sobjects/Account", {"Name": "x"}).status_code == 400
    assert shy.make("Lead", LastName="Mine", Company="B")
    assert len(shy.query("SELECT Id FROM Lead")) == 1


def test_custom_objects_and_restricted_fields_come_from_the_org_file(rules: Any) -> None:
    lead = rules.make("Lead", LastName="A", Company="B", Tier__c="A")
    assert rules.make("Visit__c", Name="v", Lead__c=lead)
    assert rules.query("SELECT Lead__r.LastName FROM Visit__c")[0]["Lead__r"]["LastName"] == "A"
    bad = rules.call("POST", "sobjects/Lead", {"LastName": "A", "Company": "B", "Tier__c": "C"})
    assert first(bad)["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_describe_has_57_attributes_a_field_and_answers_304(api: Any) -> None:
    answer = api.call("GET", "sobjects/Lead/describe")
    fields = {item["name"]: item for item in answer.json()["fields"]}
    assert {len(field) for field in fields.values()} == {57}
    required = [n for n, f in fields.items() if f["createable"] and not f["nillable"] and not f["defaultedOnCreate"]]
    assert sorted(required) == ["Company", "LastName"]
    since = {"If-Modified-Since": answer.headers["Last-Modified"]}
    assert api.call("GET", "sobjects/Lead/describe", headers=since).status_code == 304
    assert {"Lead", "Task", "Event"} <= {item["name"] for item in api.call("GET", "sobjects").json()["sobjects"]}


def test_a_user_reads_its_own_permissions(rules: Any, another: Any) -> None:
    query = "SELECT PermissionsApiEnabled, PermissionsConvertLeads, PermissionsModifyAllData FROM UserPermissionAccess"
    (own,) = rules.query(query)
    assert [own[name] for name in sorted(own) if name.startswith("Perm")] == [True, True, False]
    rules.control.ask("POST", "rights", {"convert": False})
    (own,) = rules.query(query)
    assert own["PermissionsConvertLeads"] is False
    shy = another("rules", grant_type="password", username="shy@example.com", password="pw")
    assert len(shy.query(query)) == 1
    rules.control.ask("POST", "rights", {"object": "Lead", "rights": ["read"]})
    assert rules.call("GET", "sobjects/Lead/describe").json()["createable"] is False
    assert rules.call("POST", "sobjects/Lead", {"LastName": "A", "Company": "B"}).status_code == 400
    rules.control.wipe()
    assert rules.make("Lead", LastName="A", Company="B")
