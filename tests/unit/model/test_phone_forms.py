"""Which numbers a text names, and how an org may hold them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.model.phone_forms import number_key, number_keys, numbers_in, search_words, written_forms
from processors.model.phone_numbers import without_prefix
from processors.model.phone_regions import region_named

ANN = "+14155550109"


@pytest.mark.parametrize(
    "text",
    [
        "415.555.0109",
        "+1 (415) 555-0109",
        "1-415-555-0109",
        "415/555-0109",
        "+1 415-555-0109 ext. 5",
        "415-555-0109x9",
        "415 555 0109 x 9",
        "(415)5550109 #5",
        "415-555-0109 (cell)",
        "cell: 415 555 0109",
        "415 555 0109 home",
        "001 415 555 0109",
        "415\u200b5550109",
        "４１５-555-0109",
        "tel:+1-415-555-0109",
        "415\u2013555\u20130109",
        "+1 415 555 0109;ext=4",
        "(00)1 415 555 0109",
    ],
)
def test_a_number_is_read_in_any_writing(text: str) -> None:
    """An extension and words around it are no part of it."""
    assert numbers_in(text, "US") == (ANN,)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+49 (0)30 5550124", "US", "+49305550124"),
        ("0044 20 75550130", "US", "+442075550130"),
        ("(0049) 30 5550124", "US", "+49305550124"),
        ("030 / 555 01 24", "DE", "+49305550124"),
        ("0049305550124", "DE", "+49305550124"),
        ("1-800-FLOWERS", "US", "+18003569377"),
    ],
)
def test_a_country_may_be_written_or_assumed(text: str, region: str, number: str) -> None:
    """`00`, a trunk zero in brackets, and the region of a number that names none."""
    assert numbers_in(text, region) == (number,)


def test_a_text_may_name_several_numbers_or_none() -> None:
    """Each counts; what is no number is compared by its digits, or not at all."""
    assert numbers_in("415 555 0109 / 415 555 0110", "US") == (ANN, "+14155550110")
    assert numbers_in("n/a", "US") == ()
    assert number_key("12345", "US") == "12345"
    assert number_key("ab", "US") is None


def test_the_country_of_the_record_decides_for_a_number_that_names_none() -> None:
    """Where it would not be valid there, the integration's region counts too."""
    assert number_keys("030 5550124", "US", "Germany") == ("+49305550124",)
    assert number_keys("030 5550124", "US", "Deutschland") == ("+49305550124",)
    assert ANN in number_keys("415-555-0109", "US", "Japan")
    assert number_keys("+1 415-555-0109", "US", "Germany") == (ANN,)


@pytest.mark.parametrize(
    ("name", "region"), [("Germany", "DE"), ("usa", "US"), ("U.K.", "GB"), ("fr", "FR"), ("日本", "JP"), ("x", None)]
)
def test_a_country_is_known_by_code_and_name(name: str, region: str | None) -> None:
    """In any language, and as people write it."""
    assert region_named(name) == region


def test_the_forms_of_a_list_are_those_that_people_type() -> None:
    """Blanks, hyphens and dots; with and without country."""
    forms = written_forms(ANN, "US")
    for form in ("415.555.0109", "+1 (415) 555-0109", "1-415-555-0109", "(415) 555-0109", "4155550109", "14155550109"):
        assert form in forms
    assert "0044 20 7946 0018" in written_forms("020 7946 0018", "GB")


def test_the_words_of_a_search_are_digits() -> None:
    """With the country, as written inside it, and bare."""
    assert search_words("+49305550124") == ("49305550124", "0305550124", "305550124")


@pytest.mark.parametrize(
    ("dialled", "region", "prefixes", "read"),
    [
        ("914155550225", "US", ("9", "0"), "14155550225"),
        ("94155550225", "US", ("9", "0"), "4155550225"),
        ("9 415 555 0225", "US", ("9", "0"), "415 555 0225"),
        ("00305550124", "DE", ("9", "0"), "0305550124"),
        ("0004420 79460018", "DE", ("0",), "004420 79460018"),
        ("4155550225", "US", ("4",), "4155550225"),
        ("914155550225", "US", (), "914155550225"),
        ("9201", "US", ("9",), "9201"),
        (None, "US", ("9",), None),
    ],
)
def test_an_outside_line_is_no_part_of_the_number(
    dialled: str | None, region: str, prefixes: tuple[str, ...], read: str | None
) -> None:
    """Its digits are taken off only where the number is none with them."""
    assert without_prefix(dialled, region, prefixes) == read


@given(st.text(max_size=30))
def test_no_text_breaks_a_number(text: str) -> None:
    """Sources send anything."""
    found = numbers_in(text, "US")
    assert number_key(text, "US") == (found[0] if found else number_key(text, "US"))
    assert all(number_key(form, "US") in number_keys(text, "US") for form in written_forms(text, "US")[:1] if found)
    assert all(numbers_in(item, "US") == (item,) for item in found)
