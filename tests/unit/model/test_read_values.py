"""Numbers, days, moments and words as people write them, by locale."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.model.read_values import day, moment, number, truth
from tests.fixtures.examples import examples

LOCALES = ("en", "en-GB", "de", "de-CH", "fr", "sv", "ja", "pt_BR", "en_IN")


@pytest.mark.parametrize(
    ("text", "locale", "value"),
    [
        ("10,000", "en", "10000"),
        ("10.000", "de", "10000"),
        ("10.5", "de", "10.5"),
        ("1.234,56", "en", "1234.56"),
        ("1.234,56", "de", "1234.56"),
        ("1,234.56", "de", "1234.56"),
        ("1 234,56", "fr", "1234.56"),
        ("1\u202f234,56\u00a0€", "fr", "1234.56"),
        ("$5000", "en", "5000"),
        ("US$ 5,000.50", "en", "5000.50"),
        ("CHF 12’500.00", "de-CH", "12500.00"),
        ("5000 EUR", "en", "5000"),
        ("£ 5", "en", "5"),
        ("R$ 5", "pt_BR", "5"),
        ("1,00,000", "en_IN", "100000"),
        ("(1,200)", "en", "-1200"),
        ("-$5", "en", "-5"),
        ("$-5", "en", "-5"),
        ("−5", "en", "-5"),
        ("15 %", "en", "15"),
        ("1e5", "en", "100000"),
        ("1.234.567", "en", "1234567"),
        ("1,5", "en", "1.5"),
        ("１２３", "ja", "123"),
    ],
)
def test_a_number_is_read(text: str, locale: str, value: str) -> None:
    assert number(text, locale) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    ["", "ten", "10k", "5 Mio", "1,23,4", "1.2.3", "12-15", "12/05/2026", "--", "$", "0x10", "10 000 or more", "٣"],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert number(text, "en") is None


@pytest.mark.parametrize(
    ("text", "locale", "value"),
    [
        ("2026-12-05", "en", "2026-12-05"),
        ("20261205", "en", "2026-12-05"),
        ("2026-12-05T23:30:00-05:00", "en", "2026-12-05"),
        ("12/05/2026", "en", "2026-12-05"),
        ("12/05/2026", "en-GB", "2026-05-12"),
        ("5.12.2026", "de", "2026-12-05"),
        ("25/12/2026", "en", "2026-12-25"),
        ("12/25/2026", "de", "2026-12-25"),
        ("2026/12/05", "de", "2026-12-05"),
        ("12/5/26", "en", "2026-12-05"),
        ("5 Dec 2026", "en", "2026-12-05"),
        ("December 5th, 2026", "de", "2026-12-05"),
        ("Sat, 5 December 2026", "en", "2026-12-05"),
        ("5. Dezember 2026", "de", "2026-12-05"),
        ("5 décembre 2026", "fr", "2026-12-05"),
        ("5 de dezembro de 2026", "pt_BR", "2026-12-05"),
        ("05-Dec-26", "en", "2026-12-05"),
        ("12/05/2026 10:30 AM", "en", "2026-12-05"),
    ],
)
def test_a_day_is_read(text: str, locale: str, value: str) -> None:
    assert day(text, locale) == date.fromisoformat(value)


@pytest.mark.parametrize("text", ["", "soon", "31/31/2026", "2026-02-30", "5 Dec", "12/2026", "5 Foo 2026", "1/2/3/4"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert day(text, "en") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-12-05T10:30:00Z", datetime(2026, 12, 5, 10, 30, tzinfo=UTC)),
        ("2026-12-05 10:30", datetime(2026, 12, 5, 10, 30, tzinfo=UTC)),
        ("12/05/2026 10:30 PM", datetime(2026, 12, 5, 22, 30, tzinfo=UTC)),
        ("12/05/2026 12:00 am", datetime(2026, 12, 5, 0, 0, tzinfo=UTC)),
        ("5 Dec 2026, 10:30 +02:00", datetime(2026, 12, 5, 8, 30, tzinfo=UTC)),
        ("5 Dec 2026", datetime(2026, 12, 5, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read(text: str, value: datetime) -> None:
    assert moment(text, "en") == value


@pytest.mark.parametrize("text", ["soon", "12/05/2026 25:00", "12/05/2026 13:00 PM", "10:30"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment(text, "en") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("yes", True), (" Ja ", True), ("1", True), ("ON", True), ("nein", False), ("0", False), ("maybe", None)],
)
def test_a_word_says_yes_or_no(text: str, value: bool | None) -> None:
    assert truth(text) is value


@examples(300)
@given(
    text=st.text(max_size=30) | st.from_regex(r"[-($]?[\d.,' ]{1,12}[)%€]?", fullmatch=True),
    locale=st.sampled_from(LOCALES),
)
def test_no_text_raises(text: str, locale: str) -> None:
    for read in (number, day, moment):
        read(text, locale)
    truth(text)
