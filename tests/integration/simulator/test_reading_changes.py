"""What a poller of changes needs of an org: an order to read by, the org's time, records that go and come back."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest


def test_a_long_result_is_read_in_parts_by_moment_and_id(api: Any) -> None:
    moment = "2026-01-02T03:04:05.678Z"
    made = api.control.seed("Lead", [{"LastName": "L", "Company": "A", "SystemModstamp": moment}] * 7)
    found: list[str] = []
    while True:
        after = f" WHERE SystemModstamp = {moment} AND Id > '{found[-1]}'" if found else ""
        part = api.query(f"SELECT Id FROM Lead{after} ORDER BY SystemModstamp, Id LIMIT 3")
        if not part:
            break
        found += [row["Id"] for row in part]
    assert found == sorted(made)


def test_a_reference_has_no_order(api: Any) -> None:
    answer = api.call("GET", "query", params={"q": "SELECT Id FROM Lead WHERE OwnerId > '005000000000001'"})
    assert answer.status_code == 400
    assert "invalid operator on id field" in answer.text


def test_every_answer_tells_the_orgs_time(api: Any) -> None:
    api.control.shift(7_200)
    told = parsedate_to_datetime(api.call("GET", "limits").headers["Date"])
    api.control.shift(-7_200)
    assert abs(told - datetime.now(UTC) - timedelta(hours=2)) < timedelta(seconds=60)


def test_a_record_is_changed_past_the_rules_also_into_the_bin_and_out_of_it(api: Any) -> None:
    winner, loser = api.control.seed("Lead", [{"LastName": "L", "Company": "A"}] * 2)
    api.control.merge("Lead", winner, loser)
    rows = api.call("GET", "queryAll", params={"q": "SELECT Id, IsDeleted, MasterRecordId FROM Lead"}).json()["records"]
    found = {row["Id"]: (row["IsDeleted"], row["MasterRecordId"]) for row in rows}
    assert found == {winner: (False, None), loser: (True, winner)}
    api.control.change("Lead", loser, IsDeleted=False, City="Bern")
    assert [row["City"] for row in api.query(f"SELECT City FROM Lead WHERE Id = '{loser}'")] == ["Bern"]


def test_what_cannot_be_changed_is_said(api: Any) -> None:
    with pytest.raises(ValueError, match="has no record 00Q000000000009AAA"):
        api.control.change("Lead", "00Q000000000009AAA", City="Bern")
