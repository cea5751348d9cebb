"""A value as the org keeps it: one form for each type of describe, and which two values are the same one."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.model.org_facts import FieldFacts
from processors.model.stored_form import as_stored, at_scale, fact_of_type, same_value

SCALED = replace(fact_of_type("currency"), precision=18, scale=2)
LIST = replace(fact_of_type("multipicklist"), values=("Red", "Green", "Blue"), restricted=True)
TYPES = (
    "boolean", "combobox", "currency", "date", "datetime", "double", "email", "encryptedstring", "id", "int", "long",
    "multipicklist", "percent", "phone", "picklist", "reference", "string", "textarea", "time", "url", "location",
)  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "value", "kept"),
    [
        (fact_of_type("email"), " Ann Lee <Ann.Lee@Example.com>", "ann.lee@example.com"),
        (fact_of_type("email"), "Nobody", "nobody"),
        (fact_of_type("datetime"), "2026-03-02T10:00:00.987+01:00", "2026-03-02T09:00:00.000Z"),
        (fact_of_type("datetime"), "2026-03-02T09:00:00", "2026-03-02T09:00:00.000Z"),
        (fact_of_type("datetime"), "soon", "soon"),
        (fact_of_type("datetime"), "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        (fact_of_type("date"), "2026-03-02T23:30:00-08:00", "2026-03-02"),
        (fact_of_type("time"), "10:30:00.5+01:00", "09:30:00.000Z"),
        (fact_of_type("int"), "60", 60),
        (fact_of_type("int"), 60.0, 60),
        (fact_of_type("int"), "60.5", 60.5),
        (fact_of_type("int"), "an hour", "an hour"),
        (replace(SCALED, scale=0), 1234.567, 1235),
        (SCALED, "2.345", 2.35),
        (SCALED, -2.345, -2.35),
        (SCALED, "NaN", "NaN"),
        (fact_of_type("double"), 0.1, 0.1),
        (fact_of_type("boolean"), "TRUE", True),
        (fact_of_type("boolean"), 0, False),
        (fact_of_type("boolean"), "perhaps", "perhaps"),
        (fact_of_type("reference"), "003000000000001", "003000000000001AAA"),
        (fact_of_type("id"), " 003000000000001aaa ", "003000000000001AAA"),
        (fact_of_type("textarea"), "\r\n one\r\n\r\ntwo\rthree \n\n", "one\n\ntwo\nthree"),
        (fact_of_type("string"), True, True),
        (fact_of_type("string"), 12, 12),
        (LIST, "blue; Red ;Blue", "Red;Blue"),
        (replace(LIST, restricted=False), "Teal;Blue;Amber", "Blue;Amber;Teal"),
        (replace(LIST, type="picklist"), "GREEN", "Green"),
        (fact_of_type("picklist"), "hot ", "hot"),
        (fact_of_type("string"), " \n", None),
        (None, " as it is ", "as it is"),
        (None, 5.0, 5.0),
    ],
)
def test_a_value_has_the_form_in_which_the_org_keeps_it(fact: FieldFacts | None, value: Any, kept: Any) -> None:
    found = as_stored(fact, value)
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("kind", "source", "target", "same"),
    [
        ("currency", "5", 5.0, True),
        ("double", 5, 6.0, False),
        ("boolean", "true", True, True),
        ("boolean", False, True, False),
        ("date", "2026-03-02", "2026-03-02", True),
        ("datetime", "2026-03-02T09:00:00Z", "2026-03-02T10:00:00.000+0100", True),
        ("datetime", "2026-03-02T09:00:00.900Z", "2026-03-02T09:00:00.000+0000", True),
        ("datetime", "soon", "2026-03-02T10:00:00.000+0100", False),
        ("reference", "003000000000001", "003000000000001AAA", True),
        ("email", "Dana <D@example.com>", "d@example.com", True),
        ("int", "60", 60, True),
        ("string", " Boss", "Boss", True),
        ("string", "boss", "Boss", False),
        ("string", True, "true", True),
        ("string", 12, "12", True),
        ("string", "", None, True),
        ("string", False, None, False),
        ("int", 0, None, False),
    ],
)
def test_a_write_that_changes_nothing_is_known(kind: str, source: Any, target: Any, same: bool) -> None:
    """Compared as the field's type, not as text."""
    assert same_value(fact_of_type(kind), source, target) is same


@pytest.mark.parametrize(
    ("stored", "sent", "same"),
    [
        (None, "", True),
        ("Boss ", "Boss", True),
        (1, 1.0, True),
        (60, "60", True),
        ("2026-01-05T09:00:00.000+0000", "2026-01-05T10:00:00+01:00", True),
        ("Boss", "Chief", False),
        (None, "Boss", False),
        (True, "true", True),
        (True, 1, False),
        (0, None, False),
    ],
)
def test_where_describe_does_not_know_the_field_its_value_tells_the_type(stored: Any, sent: Any, same: bool) -> None:
    assert same_value(None, stored, sent) is same
    assert same_value(None, sent, stored) is same


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.datetimes().map(str),
    st.sampled_from(["003000000000001", "Ann@Example.com", "12.50", "true", "Blue;Red", "09:00:00Z", "1e400"]),
)


@given(st.sampled_from(TYPES), st.integers(0, 18), st.integers(0, 18), st.booleans(), _VALUES)
def test_what_is_kept_stays_as_it_is(kind: str, precision: int, scale: int, restricted: bool, value: Any) -> None:
    """No value breaks it; the form of a form is that form, and both are the same value."""
    fact = replace(
        fact_of_type(kind), precision=precision, scale=min(scale, precision), values=("Blue", "Red"),
        restricted=restricted,
    )  # fmt: skip
    kept = as_stored(fact, value)
    assert repr(as_stored(fact, kept)) == repr(kept)
    assert str(value) == "nan" or same_value(fact, value, kept)


def test_a_number_of_many_digits_is_rounded_without_losing_any() -> None:
    fact = replace(fact_of_type("double"), precision=38, scale=18)
    assert at_scale(fact, Decimal("12345678901234567890.5")) == Decimal("12345678901234567890.5")
