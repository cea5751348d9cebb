"""The feed by SOQL: statements, pages cut short, refusals, the org's time."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connectors.salesforce.changes import LEAST, PolledChanges, changes_statement
from connectors.salesforce.composite import Answer
from processors.changes.ports import Ask, FeedPosition
from processors.model.errors import OrgDown, Transient

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROW = {
    "Id": "00Q000000000001AAA",
    "SystemModstamp": "2026-03-02T08:00:00.000+0000",
    "CreatedDate": "2026-03-01T08:00:00.000+0000",
    "IsDeleted": False,
    "LastModifiedById": "005000000000001AAA",
    "LastModifiedBy": {"Email": "ann@example.com"},
    "Owner": None,
    "City": "Bern",
    "Address": {"city": "Bern"},
}


def feed(*answers: Answer, asked: list[Any] | None = None, ahead: timedelta = timedelta()) -> PolledChanges:
    left = list(answers)

    def send(requests: Any) -> Any:
        (asked if asked is not None else []).append(requests)
        return [left.pop(0) for _ in requests], {"Date": format_datetime(NOW + ahead, usegmt=True)}

    return PolledChanges(
        send, lambda: {"date": format_datetime(NOW + ahead, usegmt=True)}, lambda _: None, lambda: 0, lambda: NOW
    )


def page(*rows: Any, done: bool = True) -> Answer:
    return Answer(200, {"records": list(rows), "done": done})


def ask(**more: Any) -> Ask:
    return Ask(**{"object": "Lead", "fields": ("City",), "after": None, "most": 2_000, **more})


def test_a_statement_reads_after_its_position_in_one_order() -> None:
    after = FeedPosition(datetime(2026, 3, 2, 8, 0, 0, 5_000, tzinfo=UTC), "00Q000000000001AAA")
    text = changes_statement(ask(after=after, until=NOW, fields=("City", "city", "Owner.Name")))
    assert text == (
        "SELECT Owner.Name, City, MasterRecordId, Owner.Email, LastModifiedBy.Email, LastModifiedById, IsDeleted, "
        "CreatedDate, SystemModstamp, Id FROM Lead WHERE (SystemModstamp > 2026-03-02T08:00:00.005Z OR "
        "(SystemModstamp = 2026-03-02T08:00:00.005Z AND Id > '00Q000000000001AAA')) AND "
        "SystemModstamp <= 2026-03-02T09:00:00.000Z ORDER BY SystemModstamp, Id LIMIT 2000"
    )
    first = changes_statement(ask(object="Opportunity", after=FeedPosition(NOW), created_until=NOW))
    assert "MasterRecordId" not in first
    assert "WHERE SystemModstamp >= 2026-03-02T09:00:00.000Z AND CreatedDate <= 2026-03-02T09:00:00.000Z" in first


@pytest.mark.parametrize("name", ["City FROM User", "City,Name", "a'b"])
def test_s01_nothing_but_a_name_comes_into_a_statement(name: str) -> None:
    with pytest.raises(ValueError, match="not a field"):
        changes_statement(ask(fields=(name,)))
    with pytest.raises(ValueError, match="not a record ID"):
        changes_statement(ask(after=FeedPosition(NOW, "x' OR '1'='1")))


def test_a_row_is_read_whole_and_compound_values_travel_as_json() -> None:
    (read,) = feed(page(ROW)).read([ask(fields=("City", "Address", "Owner.Name"))])
    (row,) = read.rows
    assert (row.changed_by_email, row.owner_email, row.deleted) == ("ann@example.com", None, False)
    assert row.fields == {"City": "Bern", "Address": '{"city":"Bern"}', "Owner.Name": None}
    assert not read.full


def test_a_page_that_the_org_cut_short_is_full_and_its_locator_is_never_followed() -> None:
    (read,) = feed(page(ROW, done=False)).read([ask()])
    assert (len(read.rows), read.full) == (1, True)


def test_a_refusal_of_one_object_leaves_the_others() -> None:
    wrong = Answer(400, [{"errorCode": "INVALID_FIELD", "message": "No such column 'x'"}])
    refused, read = feed(wrong, page(ROW)).read([ask(), ask(object="Contact")])
    assert "INVALID_FIELD" in (refused.refused or "")
    assert len(read.rows) == 1


def test_an_org_that_finds_a_page_too_much_work_is_asked_for_half_of_it() -> None:
    slow = Answer(400, [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}])
    asked: list[Any] = []
    source = feed(*[slow] * 7, page(ROW), asked=asked)
    for _ in range(6):
        (read,) = source.read([ask()])
        assert (read.rows, read.full, read.refused) == ((), True, None)
    assert f"LIMIT%20{LEAST}" not in asked[4][0].path
    (read,) = source.read([ask()])
    assert "QUERY_TIMEOUT" in (read.refused or "")
    assert f"LIMIT%20{LEAST}" in asked[6][0].path


def test_what_is_of_the_whole_org_is_no_page() -> None:
    with pytest.raises(OrgDown):
        feed(Answer(503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "busy"}])).read([ask()])
    with pytest.raises(Transient):
        feed(Answer(200, {"done": True})).read([ask()])
    with pytest.raises(Transient):
        feed(page({"Id": "00Q000000000001AAA"})).read([ask()])


def test_the_orgs_time_is_that_of_its_answers() -> None:
    source = feed(page(), ahead=timedelta(hours=-3))
    assert source.now() == NOW - timedelta(hours=3)
    silent = PolledChanges(lambda _requests: ([], {}), dict, lambda _: None, lambda: 0, lambda: NOW)
    assert silent.now() == NOW
