"""The client against a server that lies, hangs and cuts: what each answer means (R15 to R25, S02, S03)."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.salesforce.errors import Refused
from processors.model.errors import InDoubt, OrgDown, RequestRefused, TooLate, Transient
from processors.model.requests import Conversion, In, Question, Write

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LEAD = "00Q000000000001AAA"
ASK = Question("Lead", ("Email",), ((In("Email", ("a@example.com",)),),))
UPDATE = Write("update", "Lead", LEAD, fields={"Company": "Example"})
EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def reply(
    status: int = 200, body: Any = None, headers: dict[str, str] | None = None, length: int | None = None
) -> bytes:
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(length or len(data)), **(headers or {})}
    return (f"HTTP/1.1 {status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())).encode() + b"\r\n" + data


def composite(*answers: tuple[int, Any]) -> bytes:
    return reply(
        200,
        {
            "compositeResponse": [
                {"referenceId": f"s{n}", "httpStatusCode": s, "body": b} for n, (s, b) in enumerate(answers)
            ]
        },
        {"Sforce-Limit-Info": "api-usage=18/5000"},
    )


def page(*records: dict[str, Any], more: str | None = None) -> dict[str, Any]:
    return {
        "done": more is None,
        "records": list(records),
        "totalSize": len(records),
        **({"nextRecordsUrl": more} if more else {}),
    }


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=60)


def operate(client: Any, what: str) -> Any:
    if what == "find":
        return client.find([ASK])
    if what == "write":
        return client.write([UPDATE], send_by=soon())
    return client.convert([Conversion(LEAD, "Closed - Converted")], send_by=soon())


def test_a_question_is_answered_by_one_composite_call(serve: Any, connect: Any) -> None:
    server = serve(lambda _: composite((200, page({"attributes": {}, "Id": LEAD, "Email": "a@example.com"}))))
    client = connect(server)

    found = client.find([ASK])

    assert found.api_calls == 1
    assert found.rows[0][0].id == LEAD
    assert found.rows[0][0].fields == {"Email": "a@example.com"}
    assert client.usage() == (18, 5000)
    assert client.api_calls() == 2  # the login and the composite
    sub = server.requests[0].json["compositeRequest"][0]
    assert parse_qs(urlsplit(sub["url"]).query)["q"] == [
        "SELECT Id, Email FROM Lead WHERE (Email IN ('a@example.com'))"
    ]
    assert server.requests[0].headers["sforce-call-options"] == "client=signalbox"


def test_pages_are_followed_and_rows_come_once(serve: Any, connect: Any) -> None:
    more = "/services/data/v65.0/query/01gD0000002HU6KIAW-2000"

    def script(request: Any) -> bytes:
        if request.method == "GET":
            assert request.path == more
            return reply(200, page({"Id": "00Q000000000002AAA", "Email": None}, {"Id": LEAD, "Email": None}))
        return composite((200, page({"Id": LEAD, "Email": "x"}, more=more)))

    found = connect(serve(script)).find([ASK])
    assert [row.id for row in found.rows[0]] == [LEAD, "00Q000000000002AAA"]
    assert found.api_calls == 2


@pytest.mark.parametrize(
    "url", ["https://evil.example/x", "//evil.example/x", "/services/data/v65.0/query/../../x", None, 7]
)
def test_an_address_of_a_next_page_that_is_no_locator_is_never_asked(serve: Any, connect: Any, url: Any) -> None:
    body = {"done": False, "records": [], "nextRecordsUrl": url}
    server = serve(lambda _: composite((200, body)))
    with pytest.raises(Transient):
        connect(server).find([ASK])
    assert len(server.requests) == 1


def test_a_statement_that_is_too_complicated_is_asked_again_in_smaller_ones(serve: Any, connect: Any) -> None:
    def script(request: Any) -> bytes:
        answers: list[tuple[int, Any]] = []
        for sub in request.json["compositeRequest"]:
            statement = parse_qs(urlsplit(sub["url"]).query)["q"][0]
            good = len(statement) <= 3000
            wrong = [{"errorCode": "QUERY_TOO_COMPLICATED", "message": "too much"}]
            ids = [text for text in statement.split("'") if "@" in text]
            answers.append(
                (200, page(*({"Id": item_id[:18].ljust(18, "0")} for item_id in ids))) if good else (400, wrong)
            )
        return composite(*answers)

    values = tuple(f"person{n:06d}@example.com" for n in range(400))
    server = serve(script)
    client = connect(server)
    found = client.find([Question("Lead", (), ((In("Email", values),),))])
    assert len(found.rows[0]) == 400
    assert found.api_calls == len(server.requests)


@pytest.mark.parametrize("status", [413, 414, 431])
def test_a_request_that_is_too_large_is_asked_in_smaller_ones_and_the_length_is_kept(
    serve: Any, connect: Any, status: int
) -> None:
    def script(request: Any) -> bytes:
        if len(request.body) > 8_000:
            return reply(status, b"")
        subs = request.json["compositeRequest"]
        return composite(*[(200, page({"Id": LEAD, "Email": "x"}))] * len(subs))

    values = tuple(f"person{n:06d}@example.com" for n in range(1_000))
    server = serve(script)
    client = connect(server, statement_length=9_000)
    question = Question("Lead", ("Email",), ((In("Email", values),),))
    found = client.find([question])
    assert len(found.rows[0]) == 1
    asked = len(server.requests)
    assert found.api_calls == asked
    client.find([question])
    again = server.requests[asked:]
    assert {len(item.body) > 8_000 for item in again} == {True, False}
    assert len(again) < asked + 5


def test_a_single_statement_that_stays_too_large_is_refused(serve: Any, connect: Any) -> None:
    server = serve(lambda _: reply(413, b""))
    with pytest.raises(RequestRefused):
        connect(server).find([ASK])
    assert len(server.requests) == 1


def test_eight_expired_sessions_make_one_login_and_keep_their_headers(serve: Any, connect: Any) -> None:
    together = threading.Barrier(8)

    def script(request: Any) -> bytes:
        if request.headers["authorization"] == "Bearer token-1" and len(server.requests) > 1:
            together.wait(10)
            return reply(401, EXPIRED)
        return composite((200, [{"id": LEAD, "success": True, "errors": []}]))

    server = serve(script)
    client = connect(server, allow_duplicates=True)
    client.write([UPDATE], send_by=soon())
    assert server.logins == 1

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda _: client.write([UPDATE], send_by=soon()), range(8)))

    assert all(item[0].success for item in written)
    assert server.logins == 2
    assert len(server.requests) == 17
    assert {request.headers["sforce-duplicate-rule-header"] for request in server.requests} == {"allowSave=true"}
    assert {request.headers["sforce-auto-assign"] for request in server.requests} == {"FALSE"}


@pytest.mark.parametrize("what", ["find", "write", "convert"])
def test_a_session_that_is_refused_for_ever_stops_after_three_logins(serve: Any, connect: Any, what: str) -> None:
    server = serve(lambda _: reply(401, EXPIRED))
    client = connect(server)
    for _ in range(3):
        with pytest.raises(OrgDown, match="3 logins"):
            operate(client, what)
    assert server.logins == 3


def test_a_dead_credential_stops_after_three_logins_and_is_tried_again_after_the_pause(
    serve: Any, connect: Any
) -> None:
    server = serve(lambda _: composite((200, page())))
    server.login = lambda _: reply(
        400, {"error": "invalid_client_id", "error_description": "client identifier invalid"}
    )
    times = [NOW]
    client = connect(server, clock=lambda: times[0], login_pause=300)
    with ThreadPoolExecutor(8) as pool:
        errors = [pool.submit(client.find, [ASK]).exception(30) for _ in range(8)]
    assert server.logins == 3
    assert all(isinstance(error, OrgDown) for error in errors)
    assert any("3 logins" in str(error) for error in errors)
    assert not any("canary-secret" in str(error) for error in errors)

    times[0] += timedelta(seconds=301)
    server.login = None
    client.find([ASK])
    assert server.logins == 4


AMBIGUOUS = {
    "500": reply(500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}]),
    "500 without a body": reply(500),
    "502": reply(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}),
    "504": reply(504, b""),
    "HTML with 200": reply(200, b"<html>Sorry</html>", {"Content-Type": "text/html"}),
    "nothing with 200": reply(200, b""),
    "cut body": reply(200, b'{"compositeResponse":[', {"X-Cut": "1"}, length=500),
    "cut JSON": reply(200, b'{"compositeResponse":['),
    "not UTF-8": reply(200, b'{"compositeResponse":["\xff\xfe\xe9"]}'),
    "not gzip": reply(200, b"plain", {"Content-Encoding": "gzip"}),
    "another shape": reply(200, {"compositeResponse": [{"referenceId": "s9"}]}),
    "a list": reply(200, [1]),
    "deep": reply(200, b"[" * 100_000),
}


@pytest.mark.parametrize("fault", AMBIGUOUS)
@pytest.mark.parametrize("what", ["find", "write", "convert"])
def test_an_answer_without_use_leaves_a_write_in_doubt_and_a_read_to_be_asked_again(
    serve: Any, connect: Any, what: str, fault: str
) -> None:
    server = serve(lambda _: AMBIGUOUS[fault])
    with pytest.raises(Transient) as caught:
        operate(connect(server), what)
    assert isinstance(caught.value, InDoubt) == (what != "find")
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["hang", "reset", "close"])
@pytest.mark.parametrize("what", ["find", "write", "convert"])
def test_a_connection_that_ends_after_the_request_left_is_a_doubt_only_for_writes(
    serve: Any, connect: Any, what: str, fault: str
) -> None:
    server = serve(lambda _: fault)
    with pytest.raises(Transient) as caught:
        operate(connect(server, read_timeout=0.3), what)
    assert isinstance(caught.value, InDoubt) == (what != "find")
    assert len(server.requests) == 1


DOWN = {
    "daily limit": reply(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]),
    "too busy": reply(503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "Server Too Busy"}]),
    "maintenance": reply(503, b"<html>Maintenance</html>", {"Content-Type": "text/html"}),
    "redirect": reply(302, b"", {"Location": "http://evil.example/"}),
    "version gone": reply(410, [{"errorCode": "UNSUPPORTED_API_VERSION", "message": "gone"}]),
}


@pytest.mark.parametrize("fault", DOWN)
@pytest.mark.parametrize("what", ["find", "write", "convert"])
def test_an_answer_about_the_whole_org_pauses_it(serve: Any, connect: Any, what: str, fault: str) -> None:
    server = serve(lambda _: DOWN[fault])
    with pytest.raises(OrgDown):
        operate(connect(server), what)
    assert len(server.requests) == 1


def test_usage_is_read_from_errors_too_and_the_soft_limit_stops_further_calls(serve: Any, connect: Any) -> None:
    server = serve(
        lambda _: reply(
            403,
            [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "x"}],
            {"Sforce-Limit-Info": "api-usage=5000/5000; per-app-api-usage=17/250(appName=x)"},
        )
    )
    times = [NOW]
    client = connect(server, clock=lambda: times[0])
    with pytest.raises(OrgDown):
        client.find([ASK])
    assert client.usage() == (5000, 5000)
    with pytest.raises(OrgDown, match="soft limit"):
        client.find([ASK])
    assert len(server.requests) == 1
    times[0] += timedelta(seconds=301)
    with pytest.raises(OrgDown, match="403"):
        client.find([ASK])
    assert len(server.requests) == 2


@pytest.mark.parametrize("what", ["find", "write", "convert"])
def test_an_org_that_cannot_be_reached_is_down_and_nothing_is_in_doubt(serve: Any, connect: Any, what: str) -> None:
    server = serve(lambda _: composite((200, page())))
    client = connect(server)
    client.find([ASK])
    client.close()
    server.close()
    with pytest.raises(OrgDown):
        operate(client, what)


@pytest.mark.parametrize("what", ["write", "convert"])
def test_a_write_whose_send_by_has_passed_never_leaves(serve: Any, connect: Any, what: str) -> None:
    server = serve(lambda _: composite((200, [{"id": LEAD, "success": True, "errors": []}])))
    client = connect(server)
    late = datetime.now(UTC) - timedelta(seconds=1)
    call = client.write if what == "write" else client.convert
    with pytest.raises(TooLate):
        call([UPDATE] if what == "write" else [Conversion(LEAD, "x")], send_by=late)
    assert not server.requests


def test_send_by_is_checked_again_after_a_login(serve: Any, connect: Any) -> None:
    times = [NOW]

    def script(_: Any) -> bytes:
        times[0] += timedelta(seconds=10)
        return reply(401, EXPIRED)

    server = serve(script)
    with pytest.raises(TooLate):
        connect(server, clock=lambda: times[0]).write([UPDATE], send_by=NOW + timedelta(seconds=5))
    assert len(server.requests) == 1


def test_rows_come_back_in_order_each_with_its_own_error(serve: Any, connect: Any) -> None:
    lock = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access", "fields": []}
    bad = {
        "statusCode": "REQUIRED_FIELD_MISSING",
        "message": "Required fields are missing: [Company]",
        "fields": ["Company"],
    }
    server = serve(
        lambda _: composite(
            (200, [{"id": LEAD, "success": True, "errors": []}, {"success": False, "errors": [lock]}]),
            (200, [{"id": "003000000000001AAA", "success": True, "errors": []}]),
            (200, [{"success": False, "errors": [bad]}]),
        )
    )
    written = connect(server).write(
        [
            UPDATE,
            Write("update", "Lead", "00Q000000000002AAA", fields={"Company": "x"}),
            Write("create", "Contact", external=("Signalbox_Key__c", "k1"), fields={"LastName": "x"}),
            Write("create", "Lead", fields={"LastName": "x"}),
        ],
        send_by=soon(),
    )
    assert [item.success for item in written] == [True, False, True, False]
    assert written[1].errors[0].transient
    assert written[2].created
    assert written[3].errors[0].fields == ("Company",)
    assert not written[3].errors[0].transient
    urls = [(item["method"], item["url"]) for item in server.requests[0].json["compositeRequest"]]
    assert urls == [
        ("PATCH", "/services/data/v65.0/composite/sobjects"),
        ("POST", "/services/data/v65.0/composite/sobjects"),
        ("POST", "/services/data/v65.0/composite/sobjects"),
    ]
    assert server.requests[0].json["collateSubrequests"] is False


def test_a_collection_that_is_refused_whole_refuses_its_rows_alone(serve: Any, connect: Any) -> None:
    wrong = [
        {"errorCode": "NOT_FOUND", "message": "Provided external ID field does not exist or is not accessible: K__c"}
    ]
    server = serve(lambda _: composite((200, [{"id": LEAD, "success": True, "errors": []}]), (404, wrong)))
    create = Write("create", "Lead", external=("K__c", "1"), fields={"LastName": "x"})
    written = connect(server).write([UPDATE, create], send_by=soon())
    assert written[0].success
    assert written[1].errors[0].code == "NOT_FOUND"


def test_a_collection_that_failed_without_a_word_leaves_the_call_in_doubt(serve: Any, connect: Any) -> None:
    wrong = [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}]
    server = serve(lambda _: composite((200, [{"id": LEAD, "success": True, "errors": []}]), (500, wrong)))
    with pytest.raises(InDoubt):
        connect(server).write([UPDATE, Write("create", "Lead", fields={"LastName": "x"})], send_by=soon())


def test_a_query_of_a_field_that_is_not_there_is_refused_and_not_retried(serve: Any, connect: Any) -> None:
    server = serve(lambda _: composite((400, [{"errorCode": "INVALID_FIELD", "message": "No such column 'x__c'"}])))
    with pytest.raises(Refused, match="x__c"):
        connect(server).find([ASK])


def test_a_login_that_names_a_foreign_instance_gets_no_request(serve: Any, connect: Any) -> None:
    server = serve(lambda _: composite((200, page())))
    server.login = lambda _: reply(200, {"access_token": "t", "instance_url": "https://evil.example", "id": "x"})
    with pytest.raises(OrgDown, match=r"evil\.example"):
        connect(server).find([ASK])
    assert not server.requests


def test_netrc_and_proxies_of_the_environment_are_not_used(
    serve: Any, connect: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server = serve(lambda _: composite((200, page())))
    connect(server).find([ASK])
    assert server.requests[0].headers["authorization"] == "Bearer token-1"


def test_one_thread_keeps_one_connection(serve: Any, connect: Any) -> None:
    server = serve(lambda _: composite((200, page())))
    client = connect(server)
    for _ in range(5):
        client.find([ASK])
    assert server.connections == 1


def test_no_secret_and_no_token_shows_in_any_error(serve: Any, connect: Any) -> None:
    for answer in [*AMBIGUOUS.values(), *DOWN.values(), reply(401, EXPIRED)]:
        client = connect(serve(lambda _, answer=answer: answer))
        for what in ("find", "write", "convert"):
            with pytest.raises(Transient) as caught:
                operate(client, what)
            shown = repr(caught.value) + str(caught.value.__cause__)
            assert "canary" not in shown
            assert "token-" not in shown
            assert "a@example.com" not in shown


def test_a_value_that_spoils_its_collection_costs_its_own_row_alone(serve: Any, connect: Any) -> None:
    wrong = [{"errorCode": "JSON_PARSER_ERROR", "message": "Cannot deserialize instance of datetime from VALUE_STRING"}]

    def script(request: Any) -> bytes:
        answers: list[tuple[int, Any]] = []
        for sub in request.json["compositeRequest"]:
            rows = sub["body"]["records"]
            bad = any(row["Birthdate"] == "soon" for row in rows)
            good = [{"id": row["id"], "success": True, "errors": []} for row in rows]
            answers.append((400, wrong) if bad else (200, good))
        return composite(*answers)

    writes = [
        Write("update", "Contact", f"003{n:012d}AAA", fields={"Birthdate": "soon" if n == 77 else "2000-01-01"})
        for n in range(200)
    ]
    server = serve(script)
    written = connect(server).write(writes, send_by=soon())
    assert [n for n, item in enumerate(written) if not item.success] == [77]
    assert written[77].errors[0].code == "JSON_PARSER_ERROR"
    assert not written[77].errors[0].transient
    assert len(server.requests) == 5
