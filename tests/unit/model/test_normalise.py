"""Normal forms: when two ways to write something are one thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.model.normalise import bare_address, email, is_blank, record_id, without_tag
from processors.model.phone_forms import number_key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Ann@Example.COM ", "ann@example.com"),
        ("Dana D <Dana@example.com>", "dana@example.com"),
        ('"D, Dana" < dana@example.com >', "dana@example.com"),
        ("dana@example.com.", "dana@example.com"),
        ("\u200bdana@exam\u200dple.com\ufeff", "dana@example.com"),
        ("mailto:dana@example.com", "dana@example.com"),
        ("'dana@example.com',", "dana@example.com"),
        ("no address", "no address"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_an_email_is_trimmed_and_without_case(text: str | None, expected: str | None) -> None:
    """SOQL compares e-mails without case."""
    assert email(text) == expected


def test_an_email_is_written_as_its_bare_address() -> None:
    """With its case; what holds no address stays for whoever refuses it."""
    assert bare_address("Dana D <Dana@Example.com>") == "Dana@Example.com"
    assert bare_address("Dana D <Dana@Example.com>.") == "Dana@Example.com"
    assert bare_address("nobody") == "nobody"


@pytest.mark.parametrize(
    "text",
    [
        "a@b.com, Bob <c@d.com>",
        "a @ b.com; Bob <c@d.com>",
        "a@b.com;<c@d.com>",
        "mailto:a@b.com, Bob <c@d.com>",
        'a@b.com, "D, Bob" <c@d.com>',
        "Ann <a@b.com>, Bob <c@d.com>",
        "Ann <a@b.com>, c@d.com",
        "<a@b.com>; c@d.com",
        '"c@d.com" <a@b.com>',
        "c@d.com <a@b.com>",
        "'c@d.com' <a@b.com>",
        '"c@d.com, Forms" <a@b.com>',
    ],
)
def test_of_several_addresses_it_is_the_first(text: str) -> None:
    """One that is written as the name of another one does not count."""
    assert bare_address(text) == "a@b.com"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann+news@x.com", "ann@x.com"),
        ("ann@x.com", "ann@x.com"),
        ("+a@x.com", "+a@x.com"),
        ("a+b", "a+b"),
        (None, None),
    ],
)
def test_the_tag_of_plus_addressing_can_be_left_out(text: str | None, expected: str | None) -> None:
    """Where an integration says so."""
    assert without_tag(text) == expected


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("(415) 555-2671", "US", "+14155552671"),
        ("+44 20 7946 0018", "US", "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("4155552671 ext. 12", "US", "+14155552671"),
        ("12345", "US", "12345"),
        ("ab", "US", None),
        ("", "US", None),
        (None, "US", None),
    ],
)
def test_a_phone_is_one_number_however_written(text: str | None, region: str, expected: str | None) -> None:
    """What no plan knows is compared by its digits."""
    assert number_key(text, region) == expected


@given(st.text(max_size=20))
def test_no_text_breaks_a_normal_form(text: str) -> None:
    """Sources send anything."""
    assert number_key(text, "US") is None or number_key(text.strip(), "US") == number_key(text, "US")
    assert email(text) == email(email(text))
    assert record_id(record_id(text)) == record_id(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00Q000000000001", "00Q000000000001EAA"),
        ("00Q000000000001EAA", "00Q000000000001EAA"),
        ("00Q000000000001eaa", "00Q000000000001EAA"),
        ("001D000000IqhSL", "001D000000IqhSLIAZ"),
        ("00Q000000000001AAA", None),
        ("00Q00000000000", None),
        ("00Q00000000000é", None),
        ("' OR Id != '", None),
        (None, None),
    ],
)
def test_a_record_id_has_18_characters_and_a_right_checksum(text: str | None, expected: str | None) -> None:
    """A wrong checksum is a typing error, not an ID."""
    assert record_id(text) == expected


def test_false_and_zero_are_values() -> None:
    """Only None and spaces are blank."""
    assert [is_blank(text) for text in (None, "", " ", 0, False, "x")] == [True, True, True, False, False, False]
