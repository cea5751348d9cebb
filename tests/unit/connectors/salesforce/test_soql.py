"""SOQL text: hostile values change no structure, and the parts of a long list ask for everything (S01)."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce.soql import literal, path, statements
from processors.model.requests import In, Question
from simulator.soql.parse import parse
from simulator.soql.tree import InList

TOKEN = re.compile(r"'(?:[^'\\]|\\['\"\\nrtbf])*'|[A-Za-z_.]+|[(),]|\s+")
HOSTILE = [
    "' OR Name != '",
    "\\",
    "\\'",
    "a\\' OR Id != '",
    "%_",
    "line\nbreak",
    "\u2019 OR 1=1",
    "') OR (Id != ''",
    '"',
    "{0}",
    "\x08\x0c",
]


def shape(statement: str) -> list[str]:
    """Return the tokens of a statement, each string literal as one; fails where anything else is between them."""
    tokens, place = [], 0
    while place < len(statement):
        found = TOKEN.match(statement, place)
        assert found, statement[place:]
        place = found.end()
        if not found[0].isspace():
            tokens.append("'...'" if found[0].startswith("'") else found[0])
    return tokens


def value(text: str) -> str:
    """Return what a literal means, by the escapes of the SOQL reference."""
    plain = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
    return re.sub(r"\\(.)", lambda m: plain.get(m[1], m[1]), text[1:-1])


def question(*values: str) -> Question:
    return Question("Lead", ("Email", "Account.Name"), ((In("Email", values), In("LastName", ("Doe",))),))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_value_gives_the_same_statement_as_a_harmless_one(hostile: str) -> None:
    assert shape(statements(question(hostile), longest=10_000)[0]) == shape(
        statements(question("a"), longest=10_000)[0]
    )


@given(st.text(max_size=60))
def test_whatever_a_value_is_it_stays_one_literal_and_means_itself(text: str) -> None:
    written = literal(text)
    if written is None:
        assert any(not char.isprintable() for char in text)
        return
    assert shape(written) == ["'...'"]
    assert value(written) == text
    asked = statements(question(text), longest=10_000)[0]
    assert shape(asked) == shape(statements(question("a"), longest=10_000)[0])
    assert unquote(path(asked, deleted=False).removeprefix("query?q=")) == asked


@given(st.lists(st.text("abc'\\@.", min_size=1, max_size=30), max_size=80), st.integers(1_000, 3_000))
def test_the_parts_of_a_long_question_ask_for_every_value_once_and_none_is_too_long(
    values: list[str], longest: int
) -> None:
    asked = statements(Question("Lead", ("Email",), ((In("Email", tuple(values)),),)), longest=longest)
    assert all(len(text) <= longest for text in asked)
    found = [value(occurrence) for text in asked for occurrence in re.findall(r"'(?:[^'\\]|\\.)*'", text)]
    assert found == list(dict.fromkeys(values))


def test_alternatives_are_joined_by_or_and_those_that_cannot_match_are_left_out() -> None:
    asked = statements(
        Question(
            "Contact",
            ("Email",),
            ((In("Email", ("a",)), In("LastName", ("b", "c"))), (In("Phone", ()),), (In("Id", ("00Q000000000001",)),)),
        ),
        longest=10_000,
    )
    assert asked == [
        "SELECT Id, Email FROM Contact WHERE (Email IN ('a') AND LastName IN ('b','c')) OR (Id IN ('00Q000000000001'))"
    ]


def test_patterns_are_joined_by_or_and_only_their_wildcard_is_one() -> None:
    patterns = In("Name", ("o'reilly%inc%", "a_b%", "%", "x\\y%"), like=True)
    asked = statements(Question("Account", (), ((patterns, In("Site", ("s",))),)), longest=10_000)
    assert asked == [
        (
            "SELECT Id FROM Account WHERE ((Name LIKE 'o\\'reilly%inc%' OR Name LIKE 'a\\_b%' OR Name LIKE 'x\\\\y%')"
            " AND Site IN ('s'))"
        )
    ]


def test_many_patterns_are_asked_for_in_parts() -> None:
    patterns = tuple(f"company {number}%" for number in range(300))
    asked = statements(Question("Account", (), ((In("Name", patterns, like=True),),)), longest=2_000)
    assert all(len(text) <= 2_000 for text in asked)
    assert sum(text.count("LIKE") for text in asked) == 300


def test_a_question_that_nothing_can_match_asks_nothing() -> None:
    assert statements(Question("Lead", ("Email",), ()), longest=10_000) == []
    assert statements(question("x" * 4_001), longest=10_000) == []
    assert statements(question("nul\x00", "\ud800"), longest=10_000) == []


@pytest.mark.parametrize(
    "name", ["Id FROM User", "a'b", "", "Email)", "1a", "a..b", "Email\n", "(SELECT Id FROM Tasks)"]
)
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    for bad in (
        Question(name, (), ((In("Id", ("00Q000000000001",)),),)),
        Question("Lead", (name,), ((In("Id", ("00Q000000000001",)),),)),
    ):
        with pytest.raises(ValueError, match="not a"):
            statements(bad, longest=10_000)
    with pytest.raises(ValueError, match="not a field"):
        statements(Question("Lead", (), ((In(name, ("x",)),),)), longest=10_000)


@pytest.mark.parametrize(
    "text,kind,written",
    [
        ("true", "boolean", "true"),
        ("true OR Id != null", "boolean", None),
        ("12", "int", "12"),
        ("nan", "double", None),
        ("1.5", "double", "1.5"),
        ("2026-01-02", "date", "2026-01-02"),
        ("2026-01-02T03:04:05Z", "datetime", "2026-01-02T03:04:05Z"),
        ("TODAY", "date", None),
        ("12", "string", "'12'"),
        ("00Q000000000001AAA", "id", "'00Q000000000001AAA'"),
        ("00Q000000000001", "reference", "'00Q000000000001'"),
        ("//evil.example/x", "id", None),
        ("00Q000000000001AA9", "id", None),
    ],
)
def test_a_literal_is_written_as_its_field_type_wants_it(text: str, kind: str, written: str | None) -> None:
    assert literal(text, kind) == written


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_an_independent_parser_reads_the_values_that_were_asked_for(values: list[str]) -> None:
    storable = [fromkey for fromkey in dict.fromkeys(values) if literal(fromkey) is not None]
    asked = statements(Question("Lead", ("Email",), ((In("Email", tuple(values)),),)), longest=10_000)
    if not storable:
        assert asked == []
        return
    tree = parse(asked[0])
    assert isinstance(tree.where, InList)
    assert (tree.where.operator, [item.value for item in tree.where.values]) == ("IN", storable)


def test_an_id_that_is_none_does_not_spoil_the_question_for_others() -> None:
    ids = ("https://evil.example/", "00Q000000000001AAA", "")
    asked = statements(Question("Lead", (), ((In("Id", ids),),)), longest=10_000)
    assert asked == ["SELECT Id FROM Lead WHERE (Id IN ('00Q000000000001AAA'))"]
