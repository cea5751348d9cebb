"""
What holds for every statement.

Rule of this file: the oracle is a plain Python filter that knows nothing of the engine.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.soql import SoqlError, parse, run
from tests.unit.simulator.soql.org import NOW, Org, Row, record_id

WORDS = ["ann", "Ann", "BOB", "bob", "a_b", "a%b", "o'hara", "back\\slash", "two\nlines", "zoé"]
SCORES = [-2.0, 0.0, 1.0, 5.5]


@dataclass(frozen=True)
class Case:
    """A condition as text, and what it means in Python."""

    text: str
    means: Callable[[Row], bool]


def quoted(text: str) -> str:
    """*text* as a SOQL literal."""
    escapes = {"\\": "\\\\", "'": "\\'", "\n": "\\n", '"': '\\"', "\r": "\\r"}
    return "'" + "".join(escapes.get(letter, letter) for letter in text) + "'"


def low(value: Any) -> Any:
    """Text without case; anything else as it is."""
    return value.lower() if isinstance(value, str) else value


def texts() -> st.SearchStrategy[Case]:
    """Conditions on the two text fields, one of which has an index."""
    field, words = st.sampled_from(["Name", "Email"]), st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)

    def equal(name: str, found: list[str], operator: str) -> Case:
        low_words = {word.lower() for word in found}
        match operator:
            case "=":
                return Case(f"{name} = {quoted(found[0])}", lambda row: low(row[name]) == found[0].lower())
            case "!=":
                return Case(f"{name} != {quoted(found[0])}", lambda row: low(row[name]) != found[0].lower())
            case "<":
                return Case(
                    f"{name} < {quoted(found[0])}",
                    lambda row: row[name] is not None and row[name].lower() < found[0].lower(),
                )
            case "LIKE":
                pattern = found[0][:2].replace("\\", "\\\\").replace("'", "\\'").replace("_", "\\_").replace("%", "\\%")
                return Case(
                    f"{name} LIKE '{pattern}%'",
                    lambda row: row[name] is not None and row[name].lower().startswith(found[0][:2].lower()),
                )
        listed = f"({', '.join(map(quoted, found))})"
        if operator == "IN":
            return Case(f"{name} IN {listed}", lambda row: low(row[name]) in low_words)
        return Case(f"{name} NOT IN {listed}", lambda row: low(row[name]) not in low_words)

    return st.builds(equal, field, words, st.sampled_from(["=", "!=", "<", "LIKE", "IN", "NOT IN"]))


def scores() -> st.SearchStrategy[Case]:
    """Conditions on a number and on a boolean."""

    def number(operator: str, score: float) -> Case:
        compare: dict[str, Callable[[Any], bool]] = {
            "=": lambda value: value == score,
            "!=": lambda value: value != score,
            ">": lambda value: value is not None and value > score,
            "<=": lambda value: value is not None and value <= score,
        }
        return Case(f"Score__c {operator} {score}", lambda row: compare[operator](row["Score__c"]))

    flags = st.booleans().map(
        lambda flag: Case(f"IsConverted = {str(flag).lower()}", lambda row: row["IsConverted"] is flag)
    )
    nulls = st.sampled_from(["Name", "Email", "Score__c"]).map(
        lambda name: Case(f"{name} = NULL", lambda row: row[name] is None)
    )
    numbers = st.builds(number, st.sampled_from(["=", "!=", ">", "<="]), st.sampled_from(SCORES))
    return st.one_of(numbers, flags, nulls)


def joined(children: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    """AND, OR and NOT over smaller conditions."""
    several = st.lists(children, min_size=2, max_size=3)
    every = several.map(
        lambda cs: Case(" AND ".join(f"({c.text})" for c in cs), lambda row: all(c.means(row) for c in cs))
    )
    some = several.map(
        lambda cs: Case(" OR ".join(f"({c.text})" for c in cs), lambda row: any(c.means(row) for c in cs))
    )
    none = children.map(lambda c: Case(f"NOT ({c.text})", lambda row: not c.means(row)))
    return st.one_of(every, some, none)


conditions = st.recursive(st.one_of(texts(), scores()), joined, max_leaves=8)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "Name": st.none() | st.sampled_from(WORDS),
            "Email": st.none() | st.sampled_from(WORDS),
            "Score__c": st.none() | st.sampled_from(SCORES),
            "IsConverted": st.booleans(),
        }
    ),
    max_size=12,
)


@given(conditions, rows)
def test_a_where_tree_selects_what_a_plain_python_filter_selects(case: Case, values: list[dict[str, Any]]) -> None:
    org = Org()
    for number, value in enumerate(values):
        org.add("Lead", Id=record_id("00Q", number), **value)
    found = run(f"SELECT Id FROM Lead WHERE {case.text}", org, now=NOW).rows
    expected = [row["Id"] for row in org.tables.get("Lead", {}).values() if case.means(row)]
    assert [row["Id"] for row in found] == expected


def shape(value: Any) -> Any:
    """The parse tree without the strings of its literals."""
    if is_dataclass(value) and not isinstance(value, type):
        kind = getattr(value, "kind", "")
        hidden = {"value", "raw", "position"} if kind == "string" else {"raw", "position"}
        return (type(value).__name__, *(shape(getattr(value, f.name)) for f in fields(value) if f.name not in hidden))
    return tuple(map(shape, value)) if isinstance(value, tuple) else value


HOSTILE = ["' OR Name != '", "\\", "\\'", "') OR (Id != '", "%_", "\n", "'", '"', "’ OR ‘", "\\\\' --", "null", "\x00"]
STATEMENT = (
    "SELECT Id, (SELECT Id FROM Contacts WHERE Name = {0}) FROM Account WHERE (Name = {0} OR Name LIKE {0}) "
    "AND Name IN ({0}, 'b', {0}) AND Topics__c INCLUDES ({0}) AND Id IN (SELECT AccountId FROM Contact "
    "WHERE Name > {0}) LIMIT 5"
)


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60), st.text("'\\%_()\n\"ORNam= ", max_size=40)))
def test_an_escaped_text_never_changes_the_shape_of_the_tree(text: str) -> None:
    assert shape(parse(STATEMENT.format(quoted(text)))) == shape(parse(STATEMENT.format("'benign'")))


@given(st.text(max_size=60))
def test_an_escaped_text_is_read_back_as_itself(text: str) -> None:
    where: Any = parse(f"SELECT Id FROM Lead WHERE Name = {quoted(text)}").where
    assert where.value.value == text


def test_an_unescaped_text_does_change_the_tree_which_is_why_one_escapes() -> None:
    benign = parse("SELECT Id FROM Lead WHERE Name = 'x'")
    assert shape(parse("SELECT Id FROM Lead WHERE Name = 'x' OR Name != ''")) != shape(benign)


@given(st.text("SELECTFROMWHID idam e'()\\=,.<>:0123%", max_size=80), st.booleans())
def test_no_text_whatever_ends_otherwise_than_in_an_answer_or_a_refusal(text: str, begun: bool) -> None:
    statement = f"SELECT Id FROM Lead WHERE {text}" if begun else text
    try:
        ended = run(statement, Org(), now=NOW).total_size
    except SoqlError as refused:
        ended = 0 if refused.code and refused.message else 1
    assert ended == 0


@pytest.mark.parametrize("text", ["select id from lead where name='x'", "SELECT  Id\nFROM\tLead  WHERE Name  =\n'x'"])
def test_case_and_space_do_not_change_what_is_asked(text: str) -> None:
    org = Org()
    org.add("Lead", Id=record_id("00Q", 1), Name="X")
    assert run(text, org, now=NOW).total_size == 1
