"""
What the org refuses, and in which words.

Rule of this file: code and message both; the caret stands under the place that is wrong.
"""

import pytest

from simulator.soql import SoqlError, run
from tests.unit.simulator.soql.org import NOW, small_org


def refusal(text: str) -> SoqlError:
    """The refusal of *text* on the small org."""
    with pytest.raises(SoqlError) as caught:
        run(text, small_org(), now=NOW)
    return caught.value


def test_an_unknown_object_is_refused_word_for_word_as_a_real_org_does() -> None:
    wrong = refusal("select count() from XYZZY")
    assert wrong.code == "INVALID_TYPE"
    assert wrong.message == (
        "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\n"
        "sObject type 'XYZZY' is not supported. If you are attempting to use a custom object, be sure to append the "
        "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    )


def test_an_unknown_field_is_refused_with_its_place_in_a_later_row() -> None:
    wrong = refusal("SELECT Id,\n  Nope\nFROM Lead")
    assert wrong.code == "INVALID_FIELD"
    assert wrong.message.startswith("\n  Nope\n  ^\nERROR at Row:2:Column:3\nNo such column 'Nope' on entity 'Lead'.")


def test_the_caret_stands_under_the_place_even_in_a_long_statement() -> None:
    text = "SELECT " + ", ".join(["Id", "Name", "Email", "Phone", "Status"] * 1) + ", Nope, Score__c FROM Lead LIMIT 1"
    _, snippet, caret, place, _ = refusal(text).message.split("\n")
    assert snippet[caret.index("^") :].startswith("Nope")
    assert place == f"ERROR at Row:1:Column:{text.index('Nope') + 1}"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("SELECT Id FROM Lead WHERE Id IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("SELECT Id FROM Lead WHERE Name IN ('a', 'b',)", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("SELECT Id FROM Lead WHERE Name IN ('a' 'b')", "MALFORMED_QUERY", "unexpected token: ''b''"),
        ("SELECT Id FROM Lead WHERE Name IN ('a', 'b'", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Lead WHERE Name IN ('a', :b)", "MALFORMED_QUERY", "Bind variables"),
        ("SELECT Id, FROM Lead", "MALFORMED_QUERY", "unexpected token: 'FROM'"),
        ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Lead WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY", "token: 'OR'"),
        ("SELECT Id FROM Lead WHERE Name = 'a' OR Name = 'b' AND Name = 'c'", "MALFORMED_QUERY", "token: 'AND'"),
        ("SELECT Id FROM Lead WHERE Name = 'a", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Lead WHERE Name = 'a\\q'", "MALFORMED_QUERY", "escape"),
        ("SELECT Id FROM Lead WHERE Name = :name", "MALFORMED_QUERY", "Bind variables only allowed in Apex code"),
        (f"SELECT Id FROM Lead WHERE Name = '{'x' * 4_001}'", "MALFORMED_QUERY", "4000"),
        (f"SELECT Id FROM Lead WHERE Name = '{'x' * 100_000}'", "MALFORMED_QUERY", "100000"),
        ("SELECT Id FROM Lead WHERE Born__c = 2026-02-30", "MALFORMED_QUERY", "2026-02-30"),
        ("SELECT * FROM Lead", "MALFORMED_QUERY", "unexpected token: '*'"),
        ("SELECT Name, COUNT(Id) FROM Lead", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT Name n FROM Lead", "MALFORMED_QUERY", "aliasing"),
        ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY", "LIMIT of at most 200"),
        ("SELECT FIELDS(ALL) FROM Lead LIMIT 201", "MALFORMED_QUERY", "LIMIT of at most 200"),
        ("SELECT SUM(Name) FROM Lead", "MALFORMED_QUERY", "does not support aggregate operator SUM"),
        ("SELECT Id FROM Lead WHERE COUNT(Id) = 1", "MALFORMED_QUERY", "Aggregate"),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
        (
            "SELECT Id FROM Lead WHERE Description = 'x'",
            "INVALID_FIELD",
            "'Description' can not be filtered in a query",
        ),
        ("SELECT Id FROM Lead ORDER BY Description", "INVALID_FIELD", "can not be sorted"),
        ("SELECT Id, id FROM Lead", "INVALID_FIELD", "duplicate field selected"),
        ("SELECT Id FROM Lead WHERE Nope = 1", "INVALID_FIELD", "No such column 'Nope' on entity 'Lead'"),
        ("SELECT Nope.Name FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Nope' in field path"),
        ("SELECT Owner.Nope FROM Lead", "INVALID_FIELD", "No such column 'Nope' on entity 'Name'"),
        ("SELECT (SELECT Id FROM Nopes) FROM Account", "INVALID_TYPE", "Didn't understand relationship 'Nopes'"),
        ("SELECT (SELECT Nope FROM Contacts) FROM Account WHERE Name = 'x'", "INVALID_FIELD", "entity 'Contact'"),
        ("SELECT Id FROM Lead WHERE Score__c = '1'", "INVALID_FIELD", "double and should not be enclosed in quotes"),
        ("SELECT Id FROM Lead WHERE Name = 1", "INVALID_FIELD", "string and should be enclosed in quotes"),
        ("SELECT Id FROM Lead WHERE CreatedDate = '2026-01-01'", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Lead WHERE Name = TODAY", "INVALID_FIELD", "must be of type string"),
        ("SELECT Id FROM Lead WHERE IsConverted > true", "INVALID_FIELD", "invalid operator"),
        ("SELECT Id FROM Lead WHERE Id LIKE '00Q%'", "INVALID_FIELD", "invalid operator on id field"),
        ("SELECT Id FROM Lead WHERE Name INCLUDES ('x')", "INVALID_FIELD", "invalid operator"),
        ("SELECT Id FROM Lead WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
        ("SELECT Id FROM Lead WHERE CreatedDate = LAST_N_YEARS:9999", "INVALID_QUERY_FILTER_OPERATOR", "range"),
        ("SELECT Name, Account.Name FROM Contact GROUP BY Name, Account.Name", "MALFORMED_QUERY", "duplicate alias"),
        ("SELECT Id FROM Lead HAVING Name = 'x'", "MALFORMED_QUERY", "Field must be grouped or aggregated: Id"),
        ("SELECT Name FROM Lead GROUP BY ROLLUP(Name)", "NOT_IMPLEMENTED", "ROLLUP"),
        (f"SELECT Id FROM Lead WHERE {'NOT (' * 3_000}Name = 'x'{')' * 3_000}", "QUERY_TOO_COMPLICATED", ""),
        ("SELECT TYPEOF Who WHEN Lead THEN Id END FROM Task", "NOT_IMPLEMENTED", "TYPEOF"),
        ("SELECT FORMAT(Score__c) FROM Lead", "NOT_IMPLEMENTED", "FORMAT"),
        ("SELECT Id FROM Lead USING SCOPE mine", "NOT_IMPLEMENTED", "mine"),
        ("SELECT Id FROM Lead WITH DATA", "NOT_IMPLEMENTED", "DATA"),
    ],
)
def test_a_wrong_statement_is_refused_with_its_code_and_reason(text: str, code: str, words: str) -> None:
    wrong = refusal(text)
    assert wrong.code == code
    assert words in wrong.message


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (
            "Name = 'a' OR Id IN (SELECT WhoId FROM Task)",
            "Semi join sub-selects are not allowed with the 'OR' operator",
        ),
        ("Name = 'a' AND (Name = 'b' OR Id IN (SELECT WhoId FROM Task))", "not allowed with the 'OR' operator"),
        ("NOT (Id IN (SELECT WhoId FROM Task))", "only allowed at the top level WHERE expressions"),
        (
            "Id IN (SELECT WhoId FROM Task WHERE AccountId IN (SELECT Id FROM Account))",
            "Nesting of semi join sub-selects is not supported",
        ),
        ("Id IN (SELECT Id FROM Lead)", "should not be on the same object type"),
        ("Id IN (SELECT WhoId FROM Task LIMIT 1)", "no ORDER BY, LIMIT or OFFSET"),
        (" AND ".join(["Id IN (SELECT WhoId FROM Task)"] * 3), "at most 2"),
    ],
)
def test_a_semi_join_stands_where_a_real_org_takes_it_alone(where: str, words: str) -> None:
    wrong = refusal(f"SELECT Id FROM Lead WHERE {where}")
    assert wrong.code == "MALFORMED_QUERY"
    assert words in wrong.message


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("SELECT Status, COUNT(Id) FROM Lead GROUP BY ROLLUP(Status)", "ROLLUP"),
        ("SELECT Status, COUNT(Id) FROM Lead GROUP BY ROLLUP(Status, Rating)", "ROLLUP"),
        ("SELECT Status, COUNT(Id) FROM Lead GROUP BY CUBE(Status, Rating)", "CUBE"),
        ("SELECT Status, GROUPING(Status) g, COUNT(Id) FROM Lead GROUP BY Status", "GROUPING"),
        ("SELECT FORMAT(CreatedDate) Made FROM Lead", "FORMAT"),
        ("SELECT convertCurrency(AnnualRevenue) Own FROM Lead", "CONVERTCURRENCY"),
        ("SELECT Id FROM Lead WHERE DISTANCE(Address, GEOLOCATION(37,122), 'mi') < 20", "GEOLOCATION"),
        ("SELECT Id FROM PricebookEntry", "the object PricebookEntry"),
    ],
)
def test_what_is_not_done_is_refused_by_its_name(text: str, named: str) -> None:
    wrong = refusal(text)
    assert (wrong.code, named in wrong.message) == ("NOT_IMPLEMENTED", True)
