import time
from typing import Any

import pytest
import requests

LEAD = {"LastName": "A", "Company": "B"}
MATCH = {"method": "POST", "path_regex": "sobjects/Lead"}


def wait_until(condition: Any, seconds: Any = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.01)


def leads(api: Any) -> Any:
    return [effect for effect in api.control.effects() if effect["object"] == "Lead"]


@pytest.mark.parametrize(("action", "applied"), [("reset_before", 0), ("reset_after", 1), ("cut_body", 1)])
def test_a_dropped_connection_leaves_what_the_fault_says(api: Any, action: Any, applied: Any) -> None:
    api.control.fault(action, match=MATCH)
    with pytest.raises(requests.RequestException):
        api.call("POST", "sobjects/Lead", LEAD).json()
    assert len(leads(api)) == applied
    assert api.call("POST", "sobjects/Lead", LEAD).status_code == 201
    assert len(leads(api)) == applied + 1


def test_a_late_write_is_applied_after_the_connection_is_gone(api: Any) -> None:
    api.control.fault("late_apply", match=MATCH, seconds=0.3)
    with pytest.raises(requests.ConnectionError):
        api.call("POST", "sobjects/Lead", LEAD)
    assert leads(api) == []
    wait_until(lambda: len(leads(api)) == 1)


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [("status", 500, "UNKNOWN_EXCEPTION"), ("expire_session", 401, "INVALID_SESSION_ID"),
     ("limit", 403, "REQUEST_LIMIT_EXCEEDED"), ("maintenance", 503, "SERVER_UNAVAILABLE"),
     ("lock", 400, "UNABLE_TO_LOCK_ROW")],
)  # fmt: skip
def test_a_refusal_by_fault_writes_nothing(api: Any, action: Any, status: Any, code: Any) -> None:
    api.control.fault(action, match=MATCH)
    answer = api.call("POST", "sobjects/Lead", LEAD)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)
    assert leads(api) == []
    if action == "expire_session":
        assert api.call("GET", "limits").status_code == 401


def test_html_with_200_is_no_json(api: Any) -> None:
    api.control.fault("html200")
    answer = api.call("GET", "limits")
    assert answer.status_code == 200
    assert "text/html" in answer.headers["Content-Type"]


def test_a_fault_skips_and_counts(api: Any) -> None:
    api.control.fault("status", match=MATCH, count=2, skip=1, status=502)
    statuses = [api.call("POST", "sobjects/Lead", LEAD).status_code for _ in range(4)]
    assert statuses == [201, 502, 502, 201]
    assert api.control.clear_faults()[0]["struck"] == 2


def test_a_hanging_request_sends_no_byte_within_the_clients_timeout(api: Any) -> None:
    api.control.fault("hang")
    with pytest.raises(requests.ReadTimeout):
        api.session.get(f"{api.base}/limits", timeout=0.2)


def test_the_pace_waits_by_call_and_by_record(api: Any) -> None:
    api.control.pace({"base": 0.05, "record": 0.01})
    rows = [{"attributes": {"type": "Lead"}, **LEAD} for _ in range(10)]
    begin = time.monotonic()
    api.call("POST", "composite/sobjects", {"records": rows})
    assert time.monotonic() - begin >= 0.15


def test_a_held_lock_refuses_the_record_and_its_children_until_it_is_over(api: Any) -> None:
    account = api.make("Account", Name="x")
    api.control.lock(account, 60)
    assert (
        api.call("PATCH", f"sobjects/Account/{account}", {"Name": "y"}).json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
    )
    assert api.call("POST", "sobjects/Contact", {"LastName": "A", "AccountId": account}).status_code == 400
    api.control.shift(61)
    assert api.call("PATCH", f"sobjects/Account/{account}", {"Name": "y"}).status_code == 204
    api.control.shift(-61)


def test_the_daily_limit_refuses_and_a_day_later_does_not(api: Any) -> None:
    api.control.ask("POST", "calls", {"used": 100_000})
    answer = api.call("GET", "limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=100000/100000"
    api.control.ask("POST", "calls", {"used": 0})
    assert api.call("GET", "limits").status_code == 200


def test_state_is_dumped_and_loaded_whole(api: Any) -> None:
    key = api.make("Lead", **LEAD, Signalbox_Key__c="k")
    state = api.control.state()
    api.control.wipe()
    assert api.query("SELECT Id FROM Lead") == []
    api.control.load(state)
    assert api.query("SELECT Id FROM Lead WHERE Signalbox_Key__c = 'k'")[0]["Id"] == key
    assert api.make("Lead", **LEAD) != key


def test_the_log_tells_requests_and_their_effects_with_values_before_and_after(api: Any) -> None:
    key = api.make("Lead", **LEAD, Signalbox_Key__c="k")
    api.call("PATCH", f"sobjects/Lead/{key}", {"Title": "Boss"})
    entry = api.control.log()[-1]
    assert (entry["method"], entry["status"], entry["user"]) == ("PATCH", 204, "integration@example.com")
    effect = entry["effects"][0]
    assert (effect["kind"], effect["id"], effect["external_ids"]) == ("update", key, {"Signalbox_Key__c": "k"})
    assert (effect["before"], effect["after"]) == ({"Title": None}, {"Title": "Boss"})


def test_an_unknown_fault_is_refused_with_the_known_ones(api: Any) -> None:
    with pytest.raises(ValueError, match="reset_before"):
        api.control.fault("explode")
