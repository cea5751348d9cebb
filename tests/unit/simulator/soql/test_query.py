"""
What a SELECT answers.

Rule of this file: one behaviour a test, on the small org.
"""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.soql import Answer, parse, run
from tests.unit.simulator.soql.org import NOW, Org, record_id, small_org


def ask(text: str, org: Org | None = None, **options: Any) -> Answer:
    """The answer on the small org."""
    return run(text, org or small_org(), now=NOW, **options)


def numbers(where: str, **options: Any) -> list[int]:
    """Which of the four leads a WHERE clause (or more) selects."""
    rows = ask(f"SELECT Id FROM Lead {where}", **options).rows
    return [int(row["Id"][3:15]) for row in rows]


def test_a_record_has_attributes_first_and_fields_as_describe_writes_them() -> None:
    row = ask("select id, NAME, isconverted, createddate, born__C from LEAD limit 1", version="65.0").rows[0]
    assert list(row) == ["attributes", "Id", "Name", "IsConverted", "CreatedDate", "Born__c"]
    lead = record_id("00Q", 1)
    assert row["attributes"] == {"type": "Lead", "url": f"/services/data/v65.0/sobjects/Lead/{lead}"}
    assert row["CreatedDate"] == "2026-03-15T10:00:00.005+0000"
    assert row["Born__c"] == "2000-01-01"
    assert row["IsConverted"] is False


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("WHERE Email = 'ANN@example.COM'", [1]),
        ("WHERE Email IN ('ann@example.com', 'DEE@example.com')", [1, 4]),
        ("WHERE Email NOT IN ('ann@example.com', 'dee@example.com')", [2, 3]),
        ("WHERE Email = null", [3]),
        ("WHERE Email = ''", [3]),
        ("WHERE Email != null", [1, 2, 4]),
        ("WHERE Email <> 'bob@example.com'", [1, 3, 4]),
        ("WHERE Name = 'Ann O\\'Hara'", [1]),
        ("WHERE Name LIKE 'B%'", [2]),
        ("WHERE Name LIKE '_ob'", [2]),
        ("WHERE Name LIKE '100\\% cotton\\_ltd'", [3]),
        ("WHERE Name LIKE '%\\_%'", [3]),
        ("WHERE Name LIKE '%'", [1, 2, 3]),
        ("WHERE NOT Name LIKE 'b%'", [1, 3, 4]),
        ("WHERE Score__c > 1", [2]),
        ("WHERE Score__c <= 1.0", [1, 4]),
        ("WHERE Score__c = 5.5e0", [2]),
        ("WHERE Score__c IN (1, -2)", [1, 4]),
        ("WHERE IsConverted = true", [2]),
        ("WHERE IsConverted != TRUE AND Email LIKE '%example%'", [1, 4]),
        ("WHERE Born__c >= 2000-01-03", [3, 4]),
        ("WHERE CreatedDate < 2026-03-16T11:00:00+01:00", [1]),
        ("WHERE CreatedDate = 2026-03-16T10:00:00.005Z", [2]),
        ("WHERE CreatedDate = TODAY", [4]),
        ("WHERE CreatedDate = LAST_N_DAYS:1", [3, 4]),
        ("WHERE CreatedDate < yesterday", [1, 2]),
        ("WHERE CreatedDate IN (TODAY, N_DAYS_AGO:3)", [1, 4]),
        ("WHERE CreatedDate != TODAY", [1, 2, 3]),
        ("WHERE Born__c = THIS_YEAR", []),
        ("WHERE Topics__c INCLUDES ('red;green', 'blue')", [1]),
        ("WHERE Topics__c INCLUDES ('green')", [1, 2]),
        ("WHERE Topics__c EXCLUDES ('red')", [2, 3, 4]),
        ("WHERE DAY_IN_MONTH(Born__c) = 2", [2]),
        ("WHERE Owner.Name = 'inbound'", [2, 4]),
        ("WHERE Owner.Type = 'User'", [1, 3]),
        ("WHERE Lead.Name = 'bob'", [2]),
        ("l WHERE l.Name = 'bob'", [2]),
        ("WHERE Id IN (SELECT WhoId FROM Task WHERE Subject = 'call')", [1]),
        ("WHERE Id NOT IN (SELECT WhoId FROM Task)", [2, 3, 4]),
        ("WHERE (Name = 'bob' OR Score__c = 1) AND Status = 'open'", [1, 2]),
        ("WHERE Name = 'bob' OR (Score__c < 0 AND NOT (IsConverted = true))", [2, 4]),
        ("ORDER BY Score__c", [3, 4, 1, 2]),
        ("ORDER BY Score__c DESC NULLS LAST", [2, 1, 4, 3]),
        ("ORDER BY Status, Name DESC", [4, 3, 2, 1]),
        ("ORDER BY Owner.Name DESC, Id DESC LIMIT 2 OFFSET 1", [2, 3]),
        ("LIMIT 0", []),
        ("WHERE Id != null LIMIT 1 FOR UPDATE", [1]),
        ("USING SCOPE everything WHERE Name = 'bob' WITH SECURITY_ENFORCED", [2]),
    ],
)
def test_a_condition_selects_its_leads(where: str, expected: list[int]) -> None:
    assert numbers(where) == expected


def test_an_id_of_15_characters_finds_the_record_and_case_decides() -> None:
    lead = record_id("00Q", 1)
    assert numbers(f"WHERE Id = '{lead[:15]}'") == [1]
    assert numbers(f"WHERE Id = '{lead[:15].lower()}'") == []
    assert numbers(f"WHERE OwnerId = '{record_id('005', 1)[:15]}'") == [1, 3]


def test_parents_are_objects_and_several_levels_deep() -> None:
    row = ask("SELECT Account.Parent.Name, Name, Account.Name FROM Contact WHERE Name = 'Di'").rows[0]
    assert list(row) == ["attributes", "Account", "Name"]
    assert row["Account"]["Name"] == "Plant"
    assert row["Account"]["attributes"]["type"] == "Account"
    assert row["Account"]["Parent"]["Name"] == "Holding"
    top = ask("SELECT Account.Parent.Name FROM Contact WHERE Name = 'Bo'").rows[0]
    assert top["Account"]["Parent"] is None


def test_a_reference_to_several_objects_shows_name_and_type_of_whatever_is_there() -> None:
    rows = ask("SELECT Who.Name, Who.Type, Who.Id FROM Task").rows
    assert [(row["Who"]["Name"], row["Who"]["Type"]) for row in rows] == [("Ann O'Hara", "Lead"), ("Bo", "Contact")]
    who = rows[1]["Who"]
    assert who["attributes"]["type"] == "Name"
    assert who["attributes"]["url"].endswith(f"/sobjects/Contact/{who['Id']}")


def test_children_are_envelopes_and_their_limit_holds_for_each_parent() -> None:
    rows = ask("SELECT Name, (SELECT Name FROM Contacts ORDER BY Name DESC LIMIT 1) FROM Account").rows
    assert [row["Contacts"]["records"][0]["Name"] for row in rows] == ["Cy", "Di"]
    assert rows[0]["Contacts"]["totalSize"] == 1
    assert rows[0]["Contacts"]["done"] is True
    none = ask("SELECT (SELECT Id FROM Contacts WHERE Name = 'Bo') FROM Account ORDER BY Name DESC").rows
    assert none[0]["Contacts"] is None


def test_count_without_a_field_is_a_number_and_no_records() -> None:
    answer = ask("SELECT COUNT() FROM Lead WHERE Email != null")
    assert (answer.rows, answer.total_size, answer.is_count) == ([], 3, True)


def test_aggregates_without_groups_are_one_row_with_numbered_names() -> None:
    answer = ask(
        "SELECT COUNT(Id), COUNT(Email) mails, SUM(Score__c), AVG(Score__c), MIN(Name), MAX(Born__c) FROM Lead"
    )
    assert answer.rows == [
        {"attributes": {"type": "AggregateResult"}, "expr0": 4, "mails": 3, "expr1": 4.5, "expr2": 1.5,
         "expr3": "100% Cotton_Ltd", "expr4": "2000-01-04"}
    ]  # fmt: skip
    empty = ask("SELECT COUNT(Id) n, SUM(Score__c) s FROM Lead WHERE Name = 'nobody'").rows
    assert [(row["n"], row["s"]) for row in empty] == [(0, None)]


def test_groups_are_filtered_by_having_and_sorted_by_aggregates() -> None:
    text = "SELECT Account.Name, COUNT(Id) n FROM Contact GROUP BY Account.Name {} ORDER BY COUNT(Id) DESC"
    assert [(r["Name"], r["n"]) for r in ask(text.format("")).rows] == [("Holding", 2), ("Plant", 1)]
    assert [r["Name"] for r in ask(text.format("HAVING COUNT(Id) < 2 AND Account.Name LIKE 'P%'")).rows] == ["Plant"]
    assert ask(text.format("") + " LIMIT 1 OFFSET 1").rows[0]["n"] == 1
    by_alias = ask("SELECT Status s, COUNT_DISTINCT(OwnerId) n FROM Lead GROUP BY Status ORDER BY Status").rows
    assert [(row["s"], row["n"]) for row in by_alias] == [("Closed", 2), ("Open", 2)]
    years = ask("SELECT CALENDAR_YEAR(Born__c), COUNT(Id) FROM Lead GROUP BY CALENDAR_YEAR(Born__c)").rows
    assert [(row["expr0"], row["expr1"]) for row in years] == [(2000, 4)]


def test_fields_stands_for_many_fields() -> None:
    row = ask("SELECT FIELDS(ALL) FROM Lead LIMIT 200").rows[0]
    assert {"Id", "Score__c", "Description"} <= set(row)
    assert set(ask("SELECT FIELDS(CUSTOM), Id FROM Lead LIMIT 1").rows[0]) == {
        "attributes", "Id", "Score__c", "Born__c", "Topics__c",
    }  # fmt: skip
    assert "Score__c" not in ask("SELECT FIELDS(STANDARD) FROM Lead").rows[0]


def test_deleted_rows_are_seen_only_by_all_rows() -> None:
    org = small_org()
    org.add("Lead", Id=record_id("00Q", 9), Name="gone", Email="gone@example.com", IsDeleted=True)
    assert ask("SELECT Id FROM Lead WHERE Name = 'gone'", org).total_size == 0
    assert ask("SELECT Id FROM Lead WHERE Email = 'gone@example.com'", org).total_size == 0
    assert ask("SELECT Id FROM Lead WHERE Email = 'gone@example.com'", org, all_rows=True).total_size == 1
    assert ask("SELECT Id FROM Lead WHERE Name = 'gone' ALL ROWS", org).total_size == 1


def test_sharing_hides_rows_parents_and_children() -> None:
    org = small_org()
    org.hidden = {record_id("00Q", 1), record_id("001", 1), record_id("003", 3)}
    assert ask("SELECT COUNT() FROM Lead", org).total_size == 3
    assert ask("SELECT Account.Name FROM Contact WHERE Name = 'Bo'", org).rows[0]["Account"] is None
    assert ask("SELECT (SELECT Id FROM Contacts) FROM Account", org).rows[0]["Contacts"] is None


@pytest.mark.parametrize(
    ("where", "passes"),
    [
        ("Email IN ('ann@example.com', 'bob@example.com')", 0),
        ("Email = 'ann@example.com' OR Phone = '(415) 555-0002'", 0),
        ("(Email = 'ann@example.com' OR Phone IN ('x')) AND Name LIKE 'a%'", 0),
        (f"Id = '{record_id('00Q', 1)}' AND IsConverted = false", 0),
        ("Email = 'ann@example.com' OR Name = 'bob'", 1),
        ("NOT Email = 'ann@example.com'", 1),
        ("Email IN ('ann@example.com', null)", 1),
    ],
)
def test_an_index_saves_the_pass_over_all_rows_wherever_it_is_sound(where: str, passes: int) -> None:
    org = small_org()
    text = f"SELECT Id FROM Lead WHERE {where}"
    with_index = ask(text, org).rows
    assert len(org.passes) == passes
    org.unindexed = {"id", "email", "phone"}
    assert ask(text, org).rows == with_index
    assert len(with_index) > 0


def test_a_thousand_keys_are_parsed_in_few_milliseconds() -> None:
    keys = ", ".join(f"'person{number}@example.com'" for number in range(1_000))
    text = f"SELECT Id, Name FROM Lead WHERE Email IN ({keys}) OR Phone IN ({keys})"
    best = min(_seconds(text) for _ in range(5))
    assert best < 0.05, f"{best * 1_000:.1f} ms"


def _seconds(text: str) -> float:
    begin = time.perf_counter()
    parse(text)
    return time.perf_counter() - begin


def test_moments_are_shown_in_utc_with_milliseconds() -> None:
    org = Org()
    org.add("Lead", Id=record_id("00Q", 1), CreatedDate=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert ask("SELECT CreatedDate FROM Lead", org).rows[0]["CreatedDate"] == "2026-01-02T03:04:05.000+0000"
