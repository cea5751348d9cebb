"""One value and one field: what is written, and why it is another value than was sent."""

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.model.fit import Fit, Writer, fit, shortened
from processors.model.org_facts import FieldFacts
from schemas.values import Scalar
from tests.fixtures.examples import examples

TEXT = FieldFacts("F", "string", 20, True, True, True, False, False, False, False)
ENGLISH = Writer()


def fact(kind: str, **more: Any) -> FieldFacts:
    return replace(TEXT, type=kind, **more)


PICKS = {"restricted": True, "values": ("Roof", "Wall")}
MONEY = fact("currency", precision=8, scale=2)
ID = "00Q5g000000000rEAA"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (TEXT, "as it is"),
        (TEXT, "two\nlines"),
        (TEXT, 5),
        (MONEY, 12.5),
        (MONEY, "12.50"),
        (MONEY, -3),
        (fact("int"), 7),
        (fact("boolean"), True),
        (fact("boolean"), "True"),
        (fact("date"), "2026-12-05"),
        (fact("date"), "2026-12-05T23:30:00-05:00"),
        (fact("datetime"), "2026-12-05T10:30:00Z"),
        (fact("picklist"), "anything"),
        (fact("picklist", **PICKS), "Roof"),
        (fact("multipicklist", **PICKS), "Wall;Roof"),
        (fact("email", length=80), "ann@example.com"),
        (fact("reference"), ID),
        (fact("phone"), "+1 415 555 0100"),
        (fact("location"), "x" * 99),
    ],
)
def test_what_the_field_takes_stays_as_it_is(field: FieldFacts, value: Scalar) -> None:
    assert fit(field, value, ENGLISH) == Fit(value)


@pytest.mark.parametrize(
    ("field", "value", "kept", "why"),
    [
        (TEXT, "x" * 21, "x" * 19 + "…", "too_long"),
        (fact("string", length=5), "abcdefg", "abcde", "too_long"),
        (TEXT, "a\x00b\x1f", "ab", "control_characters"),
        (fact("phone"), "+1 415 555 0100; +1 415 555 0101", "+1 415 555 0100", "too_long"),
        (MONEY, "10,000", 10_000, "number_format"),
        (MONEY, 1.239, 1.24, "scale"),
        (fact("int"), 2.5, 3, "scale"),
        (fact("int"), "2.4", 2, "scale"),
        (fact("boolean"), "yes", True, "boolean_format"),
        (fact("boolean"), 1, True, "boolean_format"),
        (fact("boolean"), 0.0, False, "boolean_format"),
        (fact("date"), "12/05/2026", "2026-12-05", "date_format"),
        (fact("datetime"), "12/05/2026 10:30 PM", "2026-12-05T22:30:00.000Z", "date_format"),
        (fact("picklist", **PICKS), " roof", "Roof", "list_format"),
        (fact("multipicklist", **PICKS), "roof; WALL", "Roof;Wall", "list_format"),
        (fact("multipicklist", **PICKS), "Roof, Wall", "Roof;Wall", "list_format"),
        (fact("multipicklist", **PICKS), "Roof;Door", "Roof", "unknown_value"),
        (fact("email", length=80), "Ann <ann@example.com>", "ann@example.com", "email_format"),
        (fact("email", length=80), "mailto:ann@example.com.", "ann@example.com", "email_format"),
        (fact("email", length=80), "\u200bann@example.com", "ann@example.com", "email_format"),
    ],
)
def test_another_form_is_written_in_the_fields_own(field: FieldFacts, value: Scalar, kept: Scalar, why: str) -> None:
    assert fit(field, value, ENGLISH) == Fit(kept, why)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        (fact("string", unique=True), "x" * 21, "too_long"),
        (fact("string", external_id=True), "x" * 21, "too_long"),
        (fact("url"), "https://example.com/12345", "too_long"),
        (fact("phone"), "1" * 30, "too_long"),
        (MONEY, "ten", "not_a_number"),
        (MONEY, True, "not_a_number"),
        (MONEY, 1_000_000, "out_of_range"),
        (MONEY, "1e400", "out_of_range"),
        (fact("int"), 3_000_000_000, "out_of_range"),
        (fact("boolean"), "maybe", "not_a_boolean"),
        (fact("date"), "soon", "not_a_date"),
        (fact("date"), "1066-10-14", "not_a_date"),
        (fact("date"), 20261205, "not_a_date"),
        (fact("datetime"), "soon", "not_a_date"),
        (fact("picklist", **PICKS), "Door", "unknown_value"),
        (fact("multipicklist", **PICKS), "Door;Gate", "unknown_value"),
        (fact("email", length=80), "ann@@example.com", "not_an_email"),
        (fact("email", length=10), "ann@example.com", "too_long"),
        (fact("reference"), "ann@example.com", "not_a_record_id"),
    ],
)
def test_what_fits_in_no_form_is_dropped(field: FieldFacts, value: Scalar, why: str) -> None:
    assert fit(field, value, ENGLISH) == Fit(value, why, dropped=True)


def test_a_moment_of_the_event_has_its_day_in_the_zone_of_days() -> None:
    new_york = Writer(days_in=timezone(timedelta(hours=-5)))
    day = fact("date")
    assert fit(day, "2026-03-02T03:30:00.000Z", new_york) == Fit("2026-03-01")
    assert fit(day, "2026-03-02", new_york) == Fit("2026-03-02")
    # What the source writes with an offset of its own is a day as it is written (LL-16).
    assert fit(day, "2026-03-02T00:30:00+09:00", new_york) == Fit("2026-03-02T00:30:00+09:00")


def test_text_is_cut_between_graphemes() -> None:
    family = "👨‍👩‍👧"
    assert shortened("x" * 18 + family + "yyyy", 22) == "x" * 18 + "…"
    assert shortened("e\u0301" * 20, 21) == "e\u0301" * 10 + "…"


ANY = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=60)
)
FIELDS = [TEXT, MONEY, fact("string", length=3), *(fact(kind, **PICKS) for kind in ("picklist", "multipicklist"))]
FIELDS += [
    fact(kind) for kind in ("int", "double", "boolean", "date", "datetime", "email", "phone", "url", "reference")
]


@examples(400)
@given(field=st.sampled_from(FIELDS), value=ANY)
def test_whatever_is_sent_is_kept_or_dropped_and_what_is_kept_fits(field: FieldFacts, value: Scalar) -> None:
    found = fit(field, value, ENGLISH)
    if not found.dropped and value is not None:
        assert fit(field, found.value, ENGLISH) == Fit(found.value)


def test_what_was_written_before_is_the_same_when_it_is_sent_again() -> None:
    long = fit(TEXT, "word " * 9, ENGLISH).value
    assert fit(TEXT, long, ENGLISH) == Fit(long)
