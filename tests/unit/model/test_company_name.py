"""When two company names are one company, and how an org is asked for the other writings."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.model.company_name import LEGAL_FORMS, company, name_patterns, same_company


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Acme 10 Inc.", "ACME 10, Inc"),
        ("Acme 16 AG", "Acme  16 AG"),
        ("Acme\u00a0Roofing", "acme roofing"),
        ("Müller GmbH & Co. KG", "Mu\u0308ller GmbH & Co KG"),
        ("SARL Dupont", "Dupont S.A.R.L."),
        ("Acme", "Acme Incorporated"),
        ("Acme Ltd", "ACME Limited"),
        ("O'Reilly", "O\u2019Reilly Ltd."),
        ("A.C.M.E.", "Acme"),
        ("Foo Sp. z o.o.", "FOO sp. z o.o"),
        ("Acme, S. A.", "acme SA"),
        ("Ａｃｍｅ", "Acme\u200b"),
        ("Acme-Roofing", "Acme Roofing"),
    ],
)
def test_two_writings_are_one_company(left: str, right: str) -> None:
    """Case, blanks, composition, punctuation and the legal form do not count."""
    assert same_company(left, right)
    assert same_company(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Acme GmbH", "Acme Inc"),
        ("Acme", "Acme Roofing"),
        ("Müller", "Muller"),
        ("SAS Institute", "Institute"),
        ("AG", "KG"),
        ("---", "---"),
        ("Smith Co", "Smith"),
    ],
)
def test_two_companies_stay_two(left: str, right: str) -> None:
    """Another legal form is another company; so is another word, or another letter."""
    assert not same_company(left, right)


def test_an_integration_may_count_legal_forms() -> None:
    """Without forms every word counts."""
    assert not same_company("Acme Inc", "Acme", ())
    assert same_company("Acme Inc", "acme, inc.", ())


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("ACME 10, Inc", "Acme 10 Inc."),
        ("Acme  16 AG", "Acme 16 AG"),
        ("Mu\u0308ller KG", "Müller KG"),
        ("Dupont SARL", "SARL Dupont"),
        ("O'Reilly", "O\u2019Reilly Ltd."),
        ("Acme-Roofing", "Acme Roofing"),
    ],
)
def test_a_pattern_finds_the_other_writing(name: str, stored: str) -> None:
    """As LIKE reads it: without case, and `%` for anything."""
    held = unicodedata.normalize("NFC", stored).casefold()
    patterns = [re.escape(pattern).replace("%", ".*") for pattern in name_patterns(name)]
    assert any(re.fullmatch(pattern, held) for pattern in patterns)


@pytest.mark.parametrize("name", ["A", "X1", "?!", ""])
def test_a_short_name_is_not_asked_for_by_its_beginning(name: str) -> None:
    """It would find too many."""
    assert name_patterns(name) == ()


@given(st.text(max_size=40))
def test_no_name_breaks_the_normal_form(name: str) -> None:
    """Sources send anything."""
    known = company(name)
    assert known is None or known.same_as(known)
    assert len(name_patterns(name, LEGAL_FORMS)) <= 2
