"""Whole names, split for fields that want first and last name apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.model.person_name import split


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Dana Example", "Dana", "Example"),
        ("  Dana   Q.  Example ", "Dana Q.", "Example"),
        ("Example, Dana", "Dana", "Example"),
        ("van der Berg, Dr. Dana", "Dana", "van der Berg"),
        ("Dr. Dana Example", "Dana", "Example"),
        ("Herr Prof. Dr. Dana Example", "Dana", "Example"),
        ("Frau Example", None, "Example"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("María del Carmen de la Cruz", "María del Carmen", "de la Cruz"),
        ("Dana Example Jr.", "Dana", "Example Jr."),
        ("Dana Example, PhD", "Dana", "Example PhD"),
        ("Madonna", None, "Madonna"),
        ("Dr.", None, "Dr."),
        ("山田 太郎", "太郎", "山田"),
        ("山田太郎", None, "山田太郎"),
        ("김 민준", "민준", "김"),
        (" ", None, None),
    ],
)
def test_a_whole_name_is_split_by_the_rules_that_the_documentation_states(
    full: str, first: str | None, last: str | None
) -> None:
    assert split(full, "en") == (first, last)


@pytest.mark.parametrize("locale", ["hu", "ja-JP", "zh_Hant_TW", "ko", "vi"])
def test_the_locale_says_that_the_family_name_comes_first(locale: str) -> None:
    assert split("Nagy János", locale) == ("János", "Nagy")
    assert split("János, Nagy", locale) == ("Nagy", "János")


@given(st.text())
def test_whatever_the_name_the_last_name_is_there_where_it_has_letters(full: str) -> None:
    first, last = split(full, "en")
    assert (last is not None) == bool(full.replace(",", " ").split()) or first is not None
