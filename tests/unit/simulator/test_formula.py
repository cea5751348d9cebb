"""Formulas of validation rules: the stated subset, and what is refused when the org file is read."""

from datetime import date
from typing import Any

import pytest

from simulator.orgfile import parse as org_file
from simulator.rules import formula

TODAY = date(2026, 3, 2)
ROW = {
    "Rating": "Hot",
    "Phone": None,
    "Company": "Real AG",
    "Seats__c": 12.0,
    "CloseDate": date(2026, 3, 1),
    "Open": True,
}
BEFORE = {**ROW, "Rating": "Cold"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('AND(ISPICKVAL(Rating, "Hot"), ISBLANK(Phone))', True),
        ('ISPICKVAL(rating, "Cold") || NOT(ISBLANK(Phone))', False),
        ('TEXT(Rating) = "Hot" && !ISNEW()', True),
        ('AND(ISCHANGED(Rating), TEXT(PRIORVALUE(Rating)) = "Cold")', True),
        ("Seats__c > 10", True),
        ("Seats__c * 2 - 4 <> 20", False),
        ("Missing__c < 1", True),
        ("CloseDate < TODAY()", True),
        ("Phone < TODAY()", False),
        ('NOT(REGEX(Company, "[A-Z][a-z]+ AG"))', False),
        ('CONTAINS(LOWER(Company), "real") && LEN(Company) = 7', True),
        ('IF(Open, BEGINS(Company, "Real"), FALSE)', True),
        ('Phone = ""', True),
        ('UPPER(TRIM(" a ")) + "b" = "Ab"', True),
        ('VALUE("3") >= 3', True),
        ('"say \\"hi\\"" <> "say hi"', True),
    ],
)
def test_a_formula_of_the_subset_has_its_value(text: str, value: Any) -> None:
    assert formula.value(text, ROW, BEFORE, TODAY) is value


def test_a_new_record_has_no_value_before() -> None:
    assert (
        formula.value('ISNEW() && NOT(ISCHANGED(Rating)) && TEXT(PRIORVALUE(Rating)) = "Hot"', ROW, None, TODAY) is True
    )


@pytest.mark.parametrize(("text", "named"), [("VLOOKUP(a, b, c)", "VLOOKUP"), ("AND(", "AND("), ("a = 'b'", "a = ")])
def test_a_formula_beyond_the_subset_is_refused_when_the_file_is_read(text: str, named: str) -> None:
    rule = {"object": "Lead", "formula": text, "message": "no"}
    with pytest.raises(ValueError, match="formula") as raised:
        org_file({"validation_rules": [rule]})
    assert named in str(raised.value)
