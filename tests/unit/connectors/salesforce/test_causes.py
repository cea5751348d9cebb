"""The table of causes: each broken connection by the words in which Salesforce tells of it."""

from typing import Any

import pytest

from connectors.salesforce.causes import SIGNS, absent, cause_of
from connectors.salesforce.error_table import CODES
from connectors.salesforce.errors import Refused, fail, row_error
from connectors.salesforce.login import default_audience
from processors.model.connection import CAUSES, SENTENCES, WHOLE_ORG
from processors.model.errors import OrgDown
from tests.fixtures.scripted_server import reply

WORDS = [
    ("invalid_grant", "authentication failure - Invalid Password", "auth_password"),
    ("invalid_grant", "authentication failure", "auth_password"),
    ("invalid_grant", "user account is locked", "auth_password"),
    ("invalid_grant", "expired access/refresh token", "auth_token"),
    ("invalid_grant", "ip restricted", "ip_restricted"),
    ("invalid_grant", "IP restricted or invalid login hours", "ip_restricted"),
    ("invalid_grant", "inactive organization", "no_api"),
    ("invalid_grant", "user hasn't approved this consumer", "auth_credentials"),
    ("invalid_grant", "invalid assertion", "auth_credentials"),
    ("invalid_client", "invalid client credentials", "auth_credentials"),
    ("invalid_client_id", "client identifier invalid", "auth_credentials"),
    ("inactive_user", "user is inactive", "auth_credentials"),
    ("invalid_grant", "request not supported on this domain", "wrong_domain"),
    ("invalid_grant", "audience is invalid", "wrong_audience"),
    ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "app_blocked"),
    ("invalid_grant", "this app is blocked by admin", "app_blocked"),
    ("app_not_found", "External client app is not installed in this org", "app_blocked"),
    ("invalid_app_access", "user is not admin approved to access this app", "app_blocked"),
    ("UNSUPPORTED_API_VERSION", "This API version is retired", "api_version"),
    ("GONE", "", "api_version"),
    ("INVALID_SESSION_ID", "Session expired or invalid", "auth_token"),
    ("INVALID_SESSION_ID", "This session is not valid for use with the REST API", "no_api"),
    ("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The users password has expired", "auth_password"),
    ("LOGIN_DURING_RESTRICTED_DOMAIN", "", "ip_restricted"),
    ("API_CURRENTLY_DISABLED", "API is disabled for this User", "no_api"),
    ("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", "no_api"),
]


@pytest.mark.parametrize(("code", "message", "cause"), WORDS)
def test_ll_19_to_21_each_refusal_has_its_cause(code: str, message: str, cause: str) -> None:
    assert cause_of(code, message) == cause


@pytest.mark.parametrize("code", ["REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "404", ""])
def test_an_org_that_is_away_or_busy_has_no_cause(code: str) -> None:
    assert cause_of(code, "Server Too Busy") is None


def test_every_cause_but_those_that_we_find_ourselves_has_a_sign_and_all_have_a_sentence() -> None:
    assert {sign.cause for sign in SIGNS} == set(WHOLE_ORG) - {"wrong_org", "no_rights"}
    assert set(SENTENCES) == set(CAUSES)
    for sentence in SENTENCES.values():
        assert sentence.todo.endswith(".")
        assert "\n" not in sentence.what + sentence.todo


def test_each_code_of_a_call_that_has_a_cause_pauses_the_org() -> None:
    own = {sign.code for sign in SIGNS if sign.code.isupper()}
    assert {code: CODES.get(code) for code in own} == dict.fromkeys(own, "org")


@pytest.mark.parametrize(
    ("code", "message", "fields", "what"),
    [
        ("INVALID_FIELD", "No such column 'Tier__c' on sobject of type Lead", (), "Tier__c"),
        ("INVALID_FIELD", "No such column 'Owner.Tier__c' on entity 'Lead'. If you are", (), "Owner.Tier__c"),
        ("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: Title. Please check", (), "Title"),
        (
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Unable to create/update fields: Title.",
            ("Title", "Phone"),
            "Title, Phone",
        ),
        ("INVALID_TYPE", "sObject type 'Visit__c' is not supported.", (), "Visit__c"),
        ("INVALID_FIELD", "something else", (), "a field"),
        ("STRING_TOO_LONG", "No such column 'x'", (), None),
    ],
)
def test_ll_18_what_is_gone_is_read_from_the_refusal(
    code: str, message: str, fields: tuple[str, ...], what: str | None
) -> None:
    assert absent(code, message, fields) == what
    assert row_error({"statusCode": code, "message": message, "fields": list(fields)}).gone == what


def test_ll_18_a_refused_query_names_what_is_gone() -> None:
    body = [{"errorCode": "INVALID_FIELD", "message": "SELECT x\n^\nNo such column 'Tier__c' on entity 'Lead'"}]
    with pytest.raises(Refused) as told:
        fail(400, body, write=False, what="query of Lead")
    assert told.value.absent == "Tier__c"


def test_ll_28_a_credential_of_another_org_is_refused_at_login_and_its_token_used_for_nothing(
    serve: Any, connect: Any
) -> None:
    server = serve(lambda _: reply(200, {}))
    client = connect(server, organization_id="00D9Z000000AAAA")
    with pytest.raises(OrgDown, match="the credential belongs to org 00D") as told:
        client.facts()
    assert told.value.cause == "wrong_org"
    assert "organization_id is 00D9Z000000AAAA" in str(told.value)
    assert server.requests == []


def test_ll_20_sessions_refused_for_ever_have_the_cause_of_a_token_that_was_taken(serve: Any, connect: Any) -> None:
    server = serve(lambda _: reply(401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}]))
    client = connect(server)
    for _ in range(2):
        with pytest.raises(OrgDown) as told:
            client.facts()
        assert told.value.cause == "auth_token"


def test_ll_19_a_credential_that_is_dead_keeps_its_cause_while_no_login_is_tried(serve: Any, connect: Any) -> None:
    server = serve(lambda _: reply(200, {}))
    server.login = lambda _: reply(400, {"error": "invalid_grant", "error_description": "ip restricted"})
    client = connect(server)
    causes = []
    for _ in range(5):
        with pytest.raises(OrgDown) as told:
            client.facts()
        causes.append(told.value.cause)
    assert causes == ["ip_restricted"] * 5
    assert server.logins == 3


def test_a_login_endpoint_that_is_down_is_no_broken_connection(serve: Any, connect: Any) -> None:
    server = serve(lambda _: reply(200, {}))
    server.login = lambda _: reply(503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "Server Too Busy"}])
    with pytest.raises(OrgDown) as told:
        connect(server).facts()
    assert told.value.cause is None


@pytest.mark.parametrize(
    ("status", "cause"), [(302, "wrong_domain"), (307, "wrong_domain"), (410, "api_version"), (503, None)]
)
def test_a_redirect_and_a_retired_version_have_their_cause_whatever_the_body_says(
    serve: Any, connect: Any, status: int, cause: str | None
) -> None:
    server = serve(lambda _: reply(status, b"", {"Location": "https://elsewhere.example.com/"}))
    with pytest.raises(OrgDown) as told:
        connect(server).facts()
    assert told.value.cause == cause
    assert len(server.requests) == 1


def test_a_login_that_is_redirected_names_the_wrong_domain(serve: Any, connect: Any) -> None:
    server = serve(lambda _: reply(200, {}))
    server.login = lambda _: reply(301, b"", {"Location": "https://elsewhere.example.com/"})
    with pytest.raises(OrgDown) as told:
        connect(server).facts()
    assert told.value.cause == "wrong_domain"


def test_an_org_that_moved_is_followed_by_a_login_and_the_request_is_sent_there_once(serve: Any, connect: Any) -> None:
    there = serve(lambda _: reply(200, {"done": True, "records": []}))
    here = serve(lambda _: reply(302, b"", {"Location": there.url}))
    here.login = lambda number: here.token(number) if number == 1 else there.token(number)
    client = connect(here, allowed_hosts=("127.0.0.1",))
    assert client._page("query?q=x") == {"done": True, "records": []}
    assert (len(here.requests), len(there.requests), here.logins) == (1, 1, 2)
    client._page("query?q=y")
    assert (len(here.requests), len(there.requests), here.logins) == (1, 2, 2)


@pytest.mark.parametrize(
    ("login_url", "audience"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://test.salesforce.com", "https://test.salesforce.com"),
        ("https://example.my.salesforce.com", "https://login.salesforce.com"),
        ("https://example-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
        ("https://example--full.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://example--full.my.salesforce.com", "https://test.salesforce.com"),
        ("https://example--full.cs87.my.salesforce.com", "https://test.salesforce.com"),
        ("https://cs87.salesforce.com", "https://test.salesforce.com"),
        ("https://example.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("https://example.my.site.com", "https://example.my.site.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_the_audience_of_a_jwt_is_what_salesforce_documents_for_the_kind_of_address(
    login_url: str, audience: str
) -> None:
    assert default_audience(login_url) == audience
