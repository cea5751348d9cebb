"""
What a FIND answers.

Rule of this file: one behaviour a test, on the small org.
"""

from datetime import timedelta

import pytest

from simulator.soql import SoqlError, search
from tests.unit.simulator.soql.org import NOW, record_id, small_org


def found(text: str) -> list[tuple[str, int]]:
    """Type and number of each record found."""
    records = search(text, small_org(), NOW, "65.0")
    return [(r["attributes"]["type"], int(r["attributes"]["url"].rsplit("/", 1)[1][3:15])) for r in records]


@pytest.mark.parametrize(
    ("terms", "group", "leads"),
    [
        ("ann@example.com", "EMAIL", [1]),
        ("ANN", "ALL", [1]),
        ("ann OR bob", "NAME", [1, 2]),
        ("ann AND bob", "NAME", []),
        ("example AND NOT bob", "EMAIL", [1, 4]),
        ("(ann OR dee) AND example", "EMAIL", [1, 4]),
        ("example (ann OR bob)", "EMAIL", [1, 2]),
        ('"cotton ltd"', "NAME", []),
        ("cotton_ltd", "NAME", [3]),
        ("cott*", "NAME", [3]),
        ("b?b", "NAME", [2]),
        ("exam*", "EMAIL", [1, 2, 4]),
        ("cott\\*", "NAME", []),
        ("O\\'Hara", "NAME", [1]),
        ("4155550001", "PHONE", [1]),
        ("5550002", "PHONE", [2]),
        ('"(415) 555-0003"', "PHONE", [3]),
        ("415555*", "PHONE", [1, 2, 3, 4]),
        ("4155550001 OR 4155550004 OR 4150000000", "PHONE", [1, 4]),
        ("4155550001", "EMAIL", []),
        ("ann\\} OR \\{bob", "NAME", [1, 2]),
    ],
)
def test_the_search_expression_finds_its_leads(terms: str, group: str, leads: list[int]) -> None:
    assert found(f"FIND {{{terms}}} IN {group} FIELDS RETURNING Lead(Id)") == [("Lead", number) for number in leads]


def test_returning_names_fields_conditions_order_and_limits_for_each_object() -> None:
    text = "FIND {example} IN EMAIL FIELDS RETURNING Lead(Name, Email WHERE IsConverted = false ORDER BY Email DESC "
    text += "LIMIT 1), Contact(Name)"
    records = search(text, small_org(), NOW, "65.0")
    assert [record.get("Name") for record in records] == [None, "Bo", "Di"]
    assert records[0]["Email"] == "dee@example.com"
    assert records[1]["attributes"]["url"] == f"/services/data/v65.0/sobjects/Contact/{record_id('003', 1)}"
    assert len(search(text + " LIMIT 2", small_org(), NOW)) == 2


def test_without_returning_every_stock_object_is_searched_for_ids() -> None:
    records = search("FIND {example}", small_org(), NOW)
    assert {record["attributes"]["type"] for record in records} == {"Contact", "Lead", "User"}
    assert all(set(record) == {"attributes", "Id"} for record in records)


def test_what_the_index_does_not_know_yet_is_not_found() -> None:
    early = NOW - timedelta(days=2)
    assert len(search("FIND {example} RETURNING Lead", small_org(), early)) == 2
    assert len(search("FIND {example} RETURNING Lead", small_org(), NOW)) == 3


def test_a_very_long_search_loses_its_operators_and_then_everything() -> None:
    long = " OR ".join(["ann"] * 500)
    assert len(search(f"FIND {{{long} OR dee}} RETURNING Lead", small_org(), NOW)) == 2
    longer = " OR ".join(["ann"] * 700)
    assert search(f"FIND {{{longer} OR dee}} RETURNING Lead", small_org(), NOW) == []
    assert search(f"FIND {{{'ann ' * 3_000}}} RETURNING Lead", small_org(), NOW) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FIND {a}", "MALFORMED_SEARCH"),
        ("FIND ann", "MALFORMED_SEARCH"),
        ("FIND {ann AND}", "MALFORMED_SEARCH"),
        ("FIND {(ann} RETURNING Lead", "MALFORMED_SEARCH"),
        ("FIND {ann)} RETURNING Lead", "MALFORMED_SEARCH"),
        ("FIND {ann} IN SOME FIELDS", "MALFORMED_SEARCH"),
        ("FIND {ann} RETURNING Nope(Id)", "INVALID_TYPE"),
        ("FIND {ann} RETURNING Lead(Nope)", "INVALID_FIELD"),
        ("FIND {ann} RETURNING Lead(Id WHERE Description = 'x')", "INVALID_FIELD"),
        ("FIND {ann} WITH SNIPPET", "NOT_IMPLEMENTED"),
    ],
)
def test_a_wrong_search_is_refused_with_its_code(text: str, code: str) -> None:
    with pytest.raises(SoqlError) as caught:
        found(text)
    assert caught.value.code == code
